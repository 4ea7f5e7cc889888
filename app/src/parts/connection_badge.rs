//! How live the page is, and of when its numbers are.

use crate::clock::time_of_day;
use crate::live::use_live;
use leptos::prelude::*;

/// Live, stale, reconnecting or offline, in words; colour and shape only repeat them.
#[component]
pub(crate) fn ConnectionBadge() -> impl IntoView {
    let live = use_live();
    let word = move || live.status.get().word();
    // A reader hears changes of state, not every second of an age.
    let spoken = Memo::new(move |_| word());
    let time = move || {
        let newest = live.read(|store| store.newest()).flatten();
        match (newest, live.utc_offset.get()) {
            (Some(time), Some(offset)) => time_of_day(time, offset),
            _ => String::new(),
        }
    };
    view! {
        <div class="connection" data-state=word>
            <span class="dot" aria-hidden="true"></span>
            <span class="word">{move || live.status.get().text()}</span>
            <time class="clock" title="Time of the newest values">{time}</time>
            <span class="hidden" role="status">{move || format!("Connection: {}", spoken.get())}</span>
        </div>
    }
}
