//! Client side of a fragment: refreshes it and submits its forms.

use crate::fragment::form_state::{FormState, remember};
use crate::fragment::localise::{NOTIFICATIONS, localise_fragment};
use crate::live::{every_while_visible, use_live_data};
use crate::ui::request_notification_permission;
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

/// Refresh interval without change events, because values and ages change.
const REFRESH_INTERVAL: Duration = Duration::from_secs(5);

/// Selector of elements that suspend the refresh while the URL stays the same.
const KEPT: &str = "[data-keep]";

/// A refresh that makes the fragment at most this much shorter keeps its height, in CSS pixels: what is below does not move
/// for a few rows that come and go. About three rows.
const KEPT_HEIGHT: i32 = 96;

/// Keeps the fragment in `frame` up to date until it is dropped.
pub(crate) fn mount(frame: NodeRef<leptos::html::Div>, path: &'static str) {
    let data = use_live_data();
    let search = use_location().search;
    let navigate = use_navigate();
    // The result of a form has its own URL, so that Back leads to the form.
    let go = Rc::new(move |url: &str| {
        // The URL of the server has the base path already.
        navigate(url, NavigateOptions { scroll: false, resolve: false, ..Default::default() });
    });
    let refreshes = RwSignal::new(0_u32);
    let fragment = StoredValue::new_local(None::<Rc<Fragment>>);
    Effect::new(move |_| {
        let Some(frame) = frame.get() else { return };
        fragment.set_value(Fragment::new((*frame).clone().unchecked_into(), path, go.clone()).ok());
        every_while_visible(REFRESH_INTERVAL, move || {
            let _ = refreshes.try_update(|count| *count += 1);
        });
    });
    Effect::new(move |shown: Option<String>| {
        let search = search.get();
        data.alerts_changed.track();
        refreshes.track();
        if let Some(fragment) = fragment.with_value(Clone::clone) {
            let is_first = shown.is_none();
            let is_same = shown.is_none_or(|shown| shown == search);
            // The HTML of the first page and the reply to a form are up to date.
            let is_loaded = if is_first {
                !fragment.frame.inner_html().is_empty()
            } else {
                fragment.is_reply_to(&search)
            };
            if !is_loaded {
                leptos::task::spawn_local(fragment.load(search.clone(), is_same));
            }
        }
        search
    });
}

type Listener = Closure<dyn FnMut(Event)>;

/// A mounted fragment with its event listeners, which are removed on drop.
struct Fragment {
    frame: HtmlElement,
    path: &'static str,
    /// Number of the latest request: replies to older ones are ignored.
    latest_request: Cell<u32>,
    /// The current HTML.
    shown: RefCell<String>,
    /// Query that the current HTML already answers, before it is in the URL.
    answered: RefCell<Option<String>>,
    /// Changes the URL.
    go: Rc<dyn Fn(&str)>,
    listeners: RefCell<Vec<(&'static str, Listener)>>,
}

impl Fragment {
    fn new(frame: HtmlElement, path: &'static str, go: Rc<dyn Fn(&str)>) -> Result<Rc<Self>, JsValue> {
        let fragment = Rc::new(Self {
            frame,
            path,
            latest_request: Cell::new(0),
            shown: RefCell::default(),
            answered: RefCell::default(),
            go,
            listeners: RefCell::default(),
        });
        let weak = Rc::downgrade(&fragment);
        let submitted = Listener::new(move |event: Event| {
            if let Some(fragment) = weak.upgrade() {
                fragment.submit(event.unchecked_into());
            }
        });
        let changed = Listener::new(|event: Event| remember(&event));
        let frame = fragment.frame.clone();
        let clicked = Listener::new(move |event: Event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if target.is_some_and(|target| target.has_attribute(NOTIFICATIONS)) {
                let frame = frame.clone();
                request_notification_permission(move || localise_fragment(&frame));
            }
        });
        for (name, listener) in [("submit", submitted), ("input", changed), ("click", clicked)] {
            fragment.frame.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref())?;
            fragment.listeners.borrow_mut().push((name, listener));
        }
        localise_fragment(&fragment.frame);
        Ok(fragment)
    }

    /// Fetches the fragment. Form input is preserved when the URL `is_same`.
    async fn load(self: Rc<Self>, search: String, is_same: bool) {
        let number = self.begin_request();
        let separator = if search.is_empty() { "" } else { "?" };
        let reply = fetch(&format!("/api/fragment{}{separator}{search}", self.path), None).await;
        // The result of a form stays until the user navigates.
        let is_kept = is_same && self.frame.query_selector(KEPT).is_ok_and(|kept| kept.is_some());
        if self.latest_request.get() != number || is_kept {
            return;
        }
        // `data-stale` is a valid attribute name.
        let _ = self.frame.toggle_attribute_with_force("data-stale", reply.is_err());
        match reply {
            Ok(Reply { html, .. }) => self.show(&html, is_same),
            // The fragment keeps its content, marked as stale. The next refresh retries.
            Err(error) => leptos::logging::warn!("could not refresh the fragment: {error:?}"),
        }
    }

    /// Submits a form and shows the reply.
    fn submit(self: Rc<Self>, event: SubmitEvent) {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else {
            return;
        };
        // The browser submits GET forms, which only change the URL.
        // Attributes, not properties of the form: fields of the same name would hide those.
        let attribute = |name| form.get_attribute(name).unwrap_or_default();
        let (method, action) = (attribute("method"), attribute("action"));
        // A form with a target opens another page.
        if !method.eq_ignore_ascii_case("post") || form.has_attribute("target") {
            return;
        }
        let Ok(body) = body_of(&form, event.submitter()) else { return };
        event.prevent_default();
        if form.has_attribute("aria-busy") {
            return;
        }
        let _ = form.set_attribute("aria-busy", "true");
        let number = self.begin_request();
        leptos::task::spawn_local(async move {
            let reply = fetch(&action, Some(&body)).await;
            let _ = form.remove_attribute("aria-busy");
            match reply {
                Ok(Reply { html, url }) if self.latest_request.get() == number => {
                    self.show(&html, false);
                    self.navigate_to(url);
                    if let Ok(Some(message)) = self.frame.query_selector(".flash") {
                        let _ = message.unchecked_into::<HtmlElement>().focus();
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    leptos::logging::warn!("could not submit a form: {error:?}");
                    let is_forbidden = error.as_string().is_some_and(|error| error.starts_with("403"));
                    let _ = window().alert_with_message(if is_forbidden {
                        "Read only. Changes need the admin role."
                    } else {
                        "Server unreachable. The change may not have been saved; try again."
                    });
                }
            }
        });
    }

    /// Sets the URL to that of the current HTML.
    fn navigate_to(&self, url: Option<String>) {
        let Some(url) = url else { return };
        let query = url.split_once('?').map_or("", |(_, query)| query);
        if window().location().search().is_ok_and(|shown| shown.trim_start_matches('?') != query) {
            self.answered.replace(Some(query.to_owned()));
            (self.go)(&url);
        }
    }

    /// Whether the current HTML already answers this query.
    fn is_reply_to(&self, search: &str) -> bool {
        self.answered.take().is_some_and(|answered| answered == search)
    }

    fn begin_request(&self) -> u32 {
        self.latest_request.set(self.latest_request.get().wrapping_add(1));
        self.latest_request.get()
    }

    fn show(&self, html: &str, is_same: bool) {
        if is_same && *self.shown.borrow() == html {
            return;
        }
        let state = FormState::of(&self.frame);
        let state = if is_same { state } else { state.only_focus() };
        let height_before = self.frame.offset_height();
        self.frame.set_inner_html(html);
        html.clone_into(&mut self.shown.borrow_mut());
        localise_fragment(&self.frame);
        self.keep_height(height_before, is_same);
        state.restore();
    }

    fn keep_height(&self, before: i32, is_same: bool) {
        let style = self.frame.style();
        let _ = style.remove_property("min-height");
        let shorter_by = before - self.frame.offset_height();
        if is_same && (1..=KEPT_HEIGHT).contains(&shorter_by) {
            let _ = style.set_property("min-height", &format!("{before}px"));
        }
    }
}

impl Drop for Fragment {
    fn drop(&mut self) {
        for (name, listener) in self.listeners.get_mut() {
            let _ = self.frame.remove_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
    }
}

/// The encoded fields of a form, as the browser would send them.
pub(crate) fn body_of(form: &HtmlFormElement, submitter: Option<HtmlElement>) -> Result<String, JsValue> {
    let data = FormData::new_with_form(form)?;
    // The submit button is a field too.
    if let Some(button) = submitter
        && let (Some(name), Some(value)) = (button.get_attribute("name"), button.get_attribute("value"))
    {
        data.append_with_str(&name, &value)?;
    }
    let pairs = UrlSearchParams::new_with_str_sequence_sequence(&data)?;
    Ok(String::from(pairs.to_string()))
}

/// HTML reply of the server.
pub(crate) struct Reply {
    pub(crate) html: String,
    /// URL of the HTML, if it may differ from the request.
    url: Option<String>,
}

/// Fetches HTML, or submits fields and returns the resulting HTML, including error messages about the fields.
pub(crate) async fn fetch(url: &str, body: Option<&str>) -> Result<Reply, JsValue> {
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
    let response =
        JsFuture::from(window().fetch_with_str_and_init(&crate::base_path::url(url), &request)).await?;
    let response: Response = response.dyn_into()?;
    let location = response.headers().get("content-location")?;
    let is_html = response.headers().get("content-type")?.is_some_and(|kind| kind.starts_with("text/html"));
    let text = JsFuture::from(response.text()?).await?;
    match text.as_string() {
        Some(html) if is_html => Ok(Reply { html, url: location }),
        other => Err(JsValue::from_str(&format!("{}: {}", response.status(), other.unwrap_or_default()))),
    }
}
