//! Timer that runs only while the page is visible.

use leptos::ev;
use leptos::prelude::*;
use std::rc::Rc;
use std::time::Duration;
use web_sys::VisibilityState;

/// Calls `act` at this interval while the page is visible, and whenever it becomes visible, until the reactive owner is dropped.
pub(crate) fn every_while_visible(interval: Duration, act: impl Fn() + 'static) {
    repeat(interval, Rc::new(act));
}

/// Not generic, so that the wasm bundle has a single copy.
fn repeat(interval: Duration, act: Rc<dyn Fn()>) {
    let act = move || {
        if document().visibility_state() == VisibilityState::Visible {
            act();
        }
    };
    let timer = set_interval_with_handle(act.clone(), interval).ok();
    let visible = window_event_listener(ev::visibilitychange, move |_| act());
    on_cleanup(move || {
        if let Some(timer) = timer {
            timer.clear();
        }
        visible.remove();
    });
}
