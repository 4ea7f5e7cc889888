//! Badge with connection status and time of the newest values.

use crate::clock::time_of_day;
use crate::live::{use_connection, use_live_data, use_preferences};
use leptos::prelude::*;

/// Live, stale, reconnecting or offline as text; colour and shape only repeat it.
#[component]
pub(crate) fn ConnectionBadge() -> impl IntoView {
    let (data, connection, preferences) = (use_live_data(), use_connection(), use_preferences());
    let word = move || connection.status.get().name();
    // Screen readers announce changes of the status, not every second of the age.
    let spoken = Memo::new(move |_| word());
    let time = move || {
        let newest = data.read(|store| store.newest()).flatten();
        match (newest, preferences.utc_offset.get()) {
            (Some(time), Some(offset)) => time_of_day(time, offset),
            _ => String::new(),
        }
    };
    view! {
        <div class="connection" data-state=word>
            <span class="dot" aria-hidden="true"></span>
            <span class="word">{move || connection.status.get().text()}</span>
            <span class="clock" title="Time of the latest values">{time}</span>
            <span class="hidden" role="status">{move || format!("Connection: {}", spoken.get())}</span>
        </div>
    }
}
