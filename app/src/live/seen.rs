//! What is done again and again while somebody looks at the page.

use leptos::ev;
use leptos::prelude::*;
use std::rc::Rc;
use std::time::Duration;
use web_sys::VisibilityState;

/// Calls `act` each time so much has passed, and when the page is looked at again, until the present owner is gone. Not while
/// nobody looks.
pub(crate) fn every_while_seen(time: Duration, act: impl Fn() + 'static) {
    repeat(time, Rc::new(act));
}

/// One copy of it is enough for whatever is done.
fn repeat(time: Duration, act: Rc<dyn Fn()>) {
    let act = move || {
        if document().visibility_state() == VisibilityState::Visible {
            act();
        }
    };
    let timer = set_interval_with_handle(act.clone(), time).ok();
    let visible = window_event_listener(ev::visibilitychange, move |_| act());
    on_cleanup(move || {
        if let Some(timer) = timer {
            timer.clear();
        }
        visible.remove();
    });
}
