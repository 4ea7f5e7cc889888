//! The living part of a page of lists and forms: asks for it again when something has changed, and sends its forms.

use crate::live::{every_while_seen, use_live};
use crate::parts::ask_for_notifications;
use crate::parts::fragment_dress::{NOTIFICATIONS, dress};
use crate::parts::fragment_state::{State, remember};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Element, Event, FormData, HtmlElement, HtmlFormElement, RequestInit, Response, SubmitEvent,
    UrlSearchParams,
};

/// How often the page is asked for again while nothing is said to have changed: values and ages go on.
const EVERY: Duration = Duration::from_secs(5);

/// What is not to be replaced as long as the address stays.
const KEPT: &str = "[data-keep]";

/// Keeps the page in `frame` up to date until it is left.
pub(crate) fn mount(frame: NodeRef<leptos::html::Div>, path: &'static str) {
    let live = use_live();
    let search = use_location().search;
    let navigate = use_navigate();
    // What a form shows has an address of its own. Going back is to lead to where the form was.
    let go = Rc::new(move |address: &str| {
        navigate(address, NavigateOptions { scroll: false, ..Default::default() })
    });
    let asks = RwSignal::new(0_u32);
    let page = StoredValue::new_local(None::<Rc<Page>>);
    Effect::new(move |_| {
        let Some(frame) = frame.get() else { return };
        page.set_value(Page::new((*frame).clone().unchecked_into(), path, go.clone()).ok());
        every_while_seen(EVERY, move || {
            let _ = asks.try_update(|count| *count += 1);
        });
    });
    Effect::new(move |shown: Option<String>| {
        let search = search.get();
        live.alerts_changed.track();
        asks.track();
        if let Some(page) = page.with_value(Clone::clone) {
            let is_first = shown.is_none();
            let is_same = shown.is_none_or(|shown| shown == search);
            // What the server rendered into the first page is as new as what it would answer now, and so is what a form
            // was answered with.
            let is_there =
                if is_first { !page.frame.inner_html().is_empty() } else { page.has_come_to(&search) };
            if !is_there {
                leptos::task::spawn_local(page.load(search.clone(), is_same));
            }
        }
        search
    });
}

type Listener = Closure<dyn FnMut(Event)>;

/// The page, and what listens to it. Dropping it ends that.
struct Page {
    frame: HtmlElement,
    path: &'static str,
    /// Number of the newest question: older answers are of no interest.
    asked: Cell<u32>,
    /// What was shown last.
    shown: RefCell<String>,
    /// The question that what is shown answers already, before the address has it.
    answered: RefCell<Option<String>>,
    /// Changes the address.
    go: Rc<dyn Fn(&str)>,
    listeners: RefCell<Vec<(&'static str, Listener)>>,
}

impl Page {
    fn new(frame: HtmlElement, path: &'static str, go: Rc<dyn Fn(&str)>) -> Result<Rc<Self>, JsValue> {
        let page = Rc::new(Self {
            frame,
            path,
            asked: Cell::new(0),
            shown: RefCell::default(),
            answered: RefCell::default(),
            go,
            listeners: RefCell::default(),
        });
        let weak = Rc::downgrade(&page);
        let submitted = Listener::new(move |event: Event| {
            if let Some(page) = weak.upgrade() {
                page.submit(event.unchecked_into());
            }
        });
        let changed = Listener::new(|event: Event| remember(&event));
        let frame = page.frame.clone();
        let clicked = Listener::new(move |event: Event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if target.is_some_and(|target| target.has_attribute(NOTIFICATIONS)) {
                let frame = frame.clone();
                ask_for_notifications(move || dress(&frame));
            }
        });
        for (name, listener) in [("submit", submitted), ("input", changed), ("click", clicked)] {
            page.frame.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref())?;
            page.listeners.borrow_mut().push((name, listener));
        }
        dress(&page.frame);
        Ok(page)
    }

    /// Asks for the page. What is being typed stays where the page `is_same` as before.
    async fn load(self: Rc<Self>, search: String, is_same: bool) {
        let number = self.begin();
        let question = if search.is_empty() { "" } else { "?" };
        let answer = fetch(&format!("/api/fragment{}{question}{search}", self.path), None).await;
        // What came of a form is to be read: it stays until the reader goes on.
        let is_kept = is_same && self.frame.query_selector(KEPT).is_ok_and(|kept| kept.is_some());
        if self.asked.get() != number || is_kept {
            return;
        }
        // Nothing that has this name refuses it.
        let _ = self.frame.toggle_attribute_with_force("data-stale", answer.is_err());
        match answer {
            Ok(Answer { html, .. }) => self.show(&html, is_same),
            // The page stays as it is, and says so. The next question may be answered.
            Err(error) => leptos::logging::warn!("no answer for this page: {error:?}"),
        }
    }

    /// Sends a form, and shows what comes of it.
    fn submit(self: Rc<Self>, event: SubmitEvent) {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else {
            return;
        };
        // A form that asks for a view changes the address: the browser may do that.
        // Not the form's own properties, which fields of these names would hide.
        let says = |name| form.get_attribute(name).unwrap_or_default();
        let (method, action) = (says("method"), says("action"));
        // One that names a target leads away from the page.
        if !method.eq_ignore_ascii_case("post") || form.has_attribute("target") {
            return;
        }
        let Ok(body) = body_of(&form, event.submitter()) else { return };
        event.prevent_default();
        if form.has_attribute("aria-busy") {
            return;
        }
        let _ = form.set_attribute("aria-busy", "true");
        let number = self.begin();
        leptos::task::spawn_local(async move {
            let answer = fetch(&action, Some(&body)).await;
            let _ = form.remove_attribute("aria-busy");
            match answer {
                Ok(Answer { html, address }) if self.asked.get() == number => {
                    self.show(&html, false);
                    self.come_to(address);
                    if let Ok(Some(said)) = self.frame.query_selector(".said") {
                        let _ = said.unchecked_into::<HtmlElement>().focus();
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    leptos::logging::warn!("a form was not sent: {error:?}");
                    let is_refused = error.as_string().is_some_and(|error| error.starts_with("403"));
                    let _ = window().alert_with_message(if is_refused {
                        "You may look, and change nothing: that needs the role admin."
                    } else {
                        "The server did not answer. Nothing is known to have changed; try again."
                    });
                }
            }
        });
    }

    /// Shows the address of what is shown.
    fn come_to(&self, address: Option<String>) {
        let Some(address) = address else { return };
        let query = address.split_once('?').map_or("", |(_, query)| query);
        if window().location().search().is_ok_and(|shown| shown.trim_start_matches('?') != query) {
            self.answered.replace(Some(query.to_owned()));
            (self.go)(&address);
        }
    }

    /// Whether the address has changed to that of what is shown already.
    fn has_come_to(&self, search: &str) -> bool {
        self.answered.take().is_some_and(|answered| answered == search)
    }

    fn begin(&self) -> u32 {
        self.asked.set(self.asked.get().wrapping_add(1));
        self.asked.get()
    }

    fn show(&self, html: &str, is_same: bool) {
        if is_same && *self.shown.borrow() == html {
            return;
        }
        let state = State::of(&self.frame);
        let state = if is_same { state } else { state.only_focus() };
        self.frame.set_inner_html(html);
        html.clone_into(&mut self.shown.borrow_mut());
        dress(&self.frame);
        state.restore();
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        for (name, listener) in self.listeners.get_mut() {
            let _ = self.frame.remove_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
    }
}

/// The fields of a form, as a form without scripts would send them.
pub(super) fn body_of(form: &HtmlFormElement, submitter: Option<HtmlElement>) -> Result<String, JsValue> {
    let data = FormData::new_with_form(form)?;
    // The button that was pressed is a field as well.
    if let Some(button) = submitter
        && let (Some(name), Some(value)) = (button.get_attribute("name"), button.get_attribute("value"))
    {
        data.append_with_str(&name, &value)?;
    }
    let pairs = UrlSearchParams::new_with_str_sequence_sequence(&data)?;
    Ok(String::from(pairs.to_string()))
}

/// What the server has answered.
pub(super) struct Answer {
    pub(super) html: String,
    /// The address of the page that it is, where that may be another.
    address: Option<String>,
}

/// Asks for HTML, or sends fields and takes HTML back. An answer that says what was wrong with the fields is one as well.
pub(super) async fn fetch(url: &str, body: Option<&str>) -> Result<Answer, JsValue> {
    let request = RequestInit::new();
    if let Some(body) = body {
        request.set_method("POST");
        request.set_body(&JsValue::from_str(body));
    }
    let headers = web_sys::Headers::new()?;
    headers.set("x-fragment", "1")?;
    if body.is_some() {
        headers.set("content-type", "application/x-www-form-urlencoded")?;
    }
    request.set_headers(&headers);
    let response = JsFuture::from(window().fetch_with_str_and_init(url, &request)).await?;
    let response: Response = response.dyn_into()?;
    let address = response.headers().get("content-location")?;
    let is_html = response.headers().get("content-type")?.is_some_and(|kind| kind.starts_with("text/html"));
    let text = JsFuture::from(response.text()?).await?;
    match text.as_string() {
        Some(html) if is_html => Ok(Answer { html, address }),
        other => Err(JsValue::from_str(&format!("{}: {}", response.status(), other.unwrap_or_default()))),
    }
}
