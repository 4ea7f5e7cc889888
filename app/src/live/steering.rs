//! What a reader does to the charts of a page, put into its address: so that Back undoes it and a link repeats it.

use crate::live::{Live, write_keys};
use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::rc::Rc;
use watchglass_model::TimeRange;
use web_sys::{Element, KeyboardEvent, UrlSearchParams};

/// Goes to an address.
pub(crate) type Navigate = Rc<dyn Fn(&str, NavigateOptions)>;

/// How many places are remembered that double clicks lead back to.
const MOST_EARLIER: usize = 50;
/// Id of the list of keys, which the server has put into the page.
const KEYS: &str = "keys";

/// Lets the address be changed from charts, and listens to the keys that all of a page's charts share, until the page is
/// left.
pub(super) fn listen(live: Live) {
    live.navigate.set_value(Some(Rc::new(use_navigate())));
    live.earlier.set_value(Vec::new());
    let keys = window_event_listener(ev::keydown, move |event| key(live, &event));
    let presses = window_event_listener(ev::click, move |event| {
        if let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
            crate::parts::act(live, &target);
        }
    });
    on_cleanup(move || {
        keys.remove();
        presses.remove();
    });
    crate::parts::follow(live);
}

fn key(live: Live, event: &KeyboardEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_in = |what: &str| {
        target.as_ref().is_some_and(|target| target.closest(what).is_ok_and(|found| found.is_some()))
    };
    if event.ctrl_key() || event.alt_key() || event.meta_key() || is_in("input,select,textarea") {
        return;
    }
    match event.key().as_str() {
        // On what can be pressed, a space presses it.
        " " if !is_in("button,a,summary") => {
            event.prevent_default();
            live.pause(!live.paused.get_untracked());
        }
        // The browser closes what is open above the page; the cursor stays.
        "Escape" if document().query_selector(":popover-open").is_ok_and(|open| open.is_some()) => {}
        "Escape" => {
            show_keys(false);
            live.cursor.set(None);
            live.pin(None);
        }
        "?" => show_keys(true),
        // The entries of the menu of the chart that has the focus.
        letter if letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            let panel = target.and_then(|target| target.closest("[data-panel]").ok().flatten());
            let entry =
                panel.and_then(|panel| panel.query_selector(&format!("[data-key={letter}]")).ok().flatten());
            if let Some(entry) = entry {
                entry.unchecked_into::<web_sys::HtmlElement>().click();
            }
        }
        _ => {}
    }
}

/// Shows or hides the list of keys; shown already, asked for again, it is hidden.
fn show_keys(is_shown: bool) {
    if let Some(keys) = document().get_element_by_id(KEYS) {
        let _ = keys.toggle_attribute_with_force("hidden", !is_shown || !keys.has_attribute("hidden"));
    }
}

/// The parameters of the address.
pub(crate) fn query() -> Option<UrlSearchParams> {
    UrlSearchParams::new_with_str(&window().location().search().ok()?).ok()
}

/// Where one is, wherever the cursor is: the parameters without it.
fn place() -> String {
    query().map_or_else(String::new, |query| {
        query.delete("at");
        String::from(query.to_string())
    })
}

impl Live {
    /// Changes parameters of the address: those with `None` are left out. A change that `replaces` the address is not one
    /// that Back undoes.
    pub(crate) fn go(self, changes: &[(&str, Option<String>)], replaces: bool) {
        let Some(query) = query() else { return };
        for (name, value) in changes {
            match value {
                Some(value) => query.set(name, value),
                None => query.delete(name),
            }
        }
        self.open(&String::from(query.to_string()), replaces);
    }

    /// Opens this page with other parameters.
    fn open(self, query: &str, replace: bool) {
        let path = window().location().pathname().unwrap_or_default();
        if let Some(Some(navigate)) = self.navigate.try_with_value(Clone::clone) {
            let options = NavigateOptions { replace, scroll: false, ..Default::default() };
            let address = if query.is_empty() { path } else { format!("{path}?{query}") };
            navigate(&address, options);
        }
    }

    /// Shows another stretch of time.
    pub(crate) fn travel(self, range: TimeRange) {
        let before = place();
        let _ = self.earlier.try_update_value(|earlier| {
            if earlier.len() >= MOST_EARLIER {
                earlier.remove(0);
            }
            earlier.push(before);
        });
        let millis = |time: watchglass_model::Timestamp| Some(time.millis().to_string());
        self.go(&[("window", None), ("from", millis(range.start)), ("to", millis(range.end))], false);
    }

    /// Goes back to where one was before a chart was taken hold of; without such a place, to what is live.
    pub(crate) fn travel_back(self) {
        let now = place();
        let mut before = None;
        let _ = self.earlier.try_update_value(|earlier| {
            // Where one has gone back to by other ways is no way back.
            while before.is_none() && !earlier.is_empty() {
                before = earlier.pop().filter(|place| *place != now);
            }
        });
        match before {
            Some(query) => self.open(&query, false),
            None if self.window.get_untracked().end().is_some() => {
                self.go(&[("from", None), ("to", None), ("at", None)], false);
            }
            None => {}
        }
    }

    /// Lets the cursor stay at a moment, or go.
    pub(crate) fn pin(self, moment: Option<i64>) {
        if self.pinned.get_untracked() != moment {
            self.go(&[("at", moment.map(|moment| moment.to_string()))], true);
        }
    }

    /// Leaves lines out of the charts.
    pub(crate) fn hide(self, keys: &[u32]) {
        let keys = Some(write_keys(keys)).filter(|keys| !keys.is_empty());
        self.go(&[("hide", keys)], true);
    }

    /// Lets the charts stand still while a pointer rests on one of them, or go on unless they are paused; values go on.
    pub(crate) fn rest(self, is_resting: bool) {
        let state = (self.window.try_get_untracked(), self.paused.try_get_untracked());
        if let (Some(window), Some(false)) = state
            && window.end().is_none()
        {
            self.update(|store| {
                store.hold(is_resting);
                !is_resting
            });
        }
    }

    /// Lets the charts stand still, or go on. What is past stands still already.
    pub(crate) fn pause(self, is_paused: bool) {
        if self.window.get_untracked().end().is_none() {
            self.paused.set(is_paused);
            self.update(|store| {
                store.hold(is_paused);
                true
            });
        }
    }
}
