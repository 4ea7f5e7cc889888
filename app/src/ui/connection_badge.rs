//! Badge with connection status and time of the newest values.

use crate::clock::time_of_day;
use crate::live::use_live;
use leptos::prelude::*;

/// Live, stale, reconnecting or offline as text; colour and shape only repeat it.
#[component]
pub(crate) fn ConnectionBadge() -> impl IntoView {
    let live = use_live();
    let word = move || live.status.get().name();
    // Screen readers announce changes of the status, not every second of the age.
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
            <time class="clock" title="Time of the latest values">{time}</time>
            <span class="hidden" role="status">{move || format!("Connection: {}", spoken.get())}</span>
        </div>
    }
}
