//! Navigation of charts by the URL, so that the Back button undoes it and links reproduce it.

use crate::live::{Live, format_line_keys};
use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::rc::Rc;
use watchglass_model::TimeRange;
use web_sys::{Element, KeyboardEvent, UrlSearchParams};

/// Navigates to a URL.
pub(crate) type Navigate = Rc<dyn Fn(&str, NavigateOptions)>;

/// Maximum number of earlier ranges that double clicks return to.
const MAX_BACK_STACK: usize = 50;
/// Id of the list of keyboard shortcuts, which the server has rendered.
const SHORTCUTS: &str = "keys";

/// Enables navigation by charts, and handles keys and clicks that concern all charts of a page, until the page is left.
pub(super) fn listen(live: Live) {
    live.navigate.set_value(Some(Rc::new(use_navigate())));
    live.back_stack.set_value(Vec::new());
    let keys = window_event_listener(ev::keydown, move |event| key(live, &event));
    let presses = window_event_listener(ev::click, move |event| {
        if let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
            crate::chart::handle_menu_click(live, &target);
        }
    });
    on_cleanup(move || {
        keys.remove();
        presses.remove();
    });
    crate::chart::update_menu_links(live);
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
        // On buttons and links, Space activates them.
        " " if !is_in("button,a,summary") => {
            event.prevent_default();
            live.set_paused(!live.paused.get_untracked());
        }
        // The browser closes an open popover; the cursor stays.
        "Escape" if document().query_selector(":popover-open").is_ok_and(|open| open.is_some()) => {}
        "Escape" => {
            show_shortcuts(false);
            live.cursor.set(None);
            live.pin(None);
        }
        "?" => show_shortcuts(true),
        // Shortcuts of the menu of the focused chart.
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

/// Shows or hides the keyboard shortcuts; showing them a second time hides them.
fn show_shortcuts(is_shown: bool) {
    if let Some(keys) = document().get_element_by_id(SHORTCUTS) {
        let _ = keys.toggle_attribute_with_force("hidden", !is_shown || !keys.has_attribute("hidden"));
    }
}

/// The query parameters of the current URL.
pub(crate) fn query_params() -> Option<UrlSearchParams> {
    UrlSearchParams::new_with_str(&window().location().search().ok()?).ok()
}

/// The current query string without the position of the cursor.
fn query_without_cursor() -> String {
    query_params().map_or_else(String::new, |query| {
        query.delete("at");
        String::from(query.to_string())
    })
}

impl Live {
    /// Changes query parameters; `None` removes one. With `replaces`, there is no new entry in the browser history.
    pub(crate) fn set_query_params(self, changes: &[(&str, Option<String>)], replaces: bool) {
        let Some(query) = query_params() else { return };
        for (name, value) in changes {
            match value {
                Some(value) => query.set(name, value),
                None => query.delete(name),
            }
        }
        self.navigate_to(&String::from(query.to_string()), replaces);
    }

    /// Opens this page with another query string.
    fn navigate_to(self, query: &str, replace: bool) {
        let path = window().location().pathname().unwrap_or_default();
        if let Some(Some(navigate)) = self.navigate.try_with_value(Clone::clone) {
            let options = NavigateOptions { replace, scroll: false, ..Default::default() };
            let address = if query.is_empty() { path } else { format!("{path}?{query}") };
            navigate(&address, options);
        }
    }

    /// Navigates to another time range.
    pub(crate) fn show_range(self, range: TimeRange) {
        let current = query_without_cursor();
        let _ = self.back_stack.try_update_value(|stack| {
            if stack.len() >= MAX_BACK_STACK {
                stack.remove(0);
            }
            stack.push(current);
        });
        let millis = |time: watchglass_model::Timestamp| Some(time.millis().to_string());
        self.set_query_params(
            &[("window", None), ("from", millis(range.start)), ("to", millis(range.end))],
            false,
        );
    }

    /// Returns to the range before the last zoom or pan; without one, to the live window.
    pub(crate) fn go_back(self) {
        let current = query_without_cursor();
        let mut previous = None;
        let _ = self.back_stack.try_update_value(|stack| {
            // Skip the current range: the user may have returned to it with the Back button.
            while previous.is_none() && !stack.is_empty() {
                previous = stack.pop().filter(|query| *query != current);
            }
        });
        match previous {
            Some(query) => self.navigate_to(&query, false),
            None if self.window.get_untracked().end().is_some() => {
                self.set_query_params(&[("from", None), ("to", None), ("at", None)], false);
            }
            None => {}
        }
    }

    /// Pins the cursor at a time, or releases it.
    pub(crate) fn pin(self, time: Option<i64>) {
        if self.pinned.get_untracked() != time {
            self.set_query_params(&[("at", time.map(|time| time.to_string()))], true);
        }
    }

    /// Hides these lines and shows all others.
    pub(crate) fn set_hidden_lines(self, keys: &[u32]) {
        let keys = Some(format_line_keys(keys)).filter(|keys| !keys.is_empty());
        self.set_query_params(&[("hide", keys)], true);
    }

    /// Freezes the charts while a pointer is on one of them. Values stay live; paused charts stay paused.
    pub(crate) fn freeze_while_hovered(self, is_hovered: bool) {
        let state = (self.window.try_get_untracked(), self.paused.try_get_untracked());
        if let (Some(window), Some(false)) = state
            && window.end().is_none()
        {
            self.update(|store| {
                store.freeze(is_hovered);
                !is_hovered
            });
        }
    }

    /// Pauses or resumes the charts. A past range does not move anyway.
    pub(crate) fn set_paused(self, is_paused: bool) {
        if self.window.get_untracked().end().is_none() {
            self.paused.set(is_paused);
            self.update(|store| {
                store.freeze(is_paused);
                true
            });
        }
    }
}
