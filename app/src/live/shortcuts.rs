//! Keys and clicks that concern all charts of a page.

use crate::live::{ChartView, LiveData, set_paused, use_preferences};
use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// Id of the list of keyboard shortcuts, which the server has rendered.
const SHORTCUTS: &str = "keys";

/// Handles keys and menu clicks until the page is left.
pub(super) fn listen(data: LiveData, view: ChartView) {
    let preferences = use_preferences();
    let keys = window_event_listener(ev::keydown, move |event| key(data, view, &event));
    let presses = window_event_listener(ev::click, move |event| {
        if let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
            crate::chart::handle_menu_click(data, preferences, &target);
        }
    });
    on_cleanup(move || {
        keys.remove();
        presses.remove();
    });
}

fn key(data: LiveData, view: ChartView, event: &KeyboardEvent) {
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
            set_paused(data, view, !view.paused.get_untracked());
        }
        // The browser closes an open popover; the cursor stays.
        "Escape" if document().query_selector(":popover-open").is_ok_and(|open| open.is_some()) => {}
        "Escape" => {
            show_shortcuts(false);
            view.cursor.set(None);
            view.pin(None);
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
