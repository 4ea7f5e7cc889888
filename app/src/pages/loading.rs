//! What pages that show numbers have in common: the snapshot they begin with, and what stands there without it.

use crate::api::{Snapshot, snapshot};
use crate::clock::local_time;
use crate::encoding::{Carried, carried};
use crate::live::{Live, Window, use_live};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The small charts that the server draws are this wide, in rows: enough for a glance, and light to send.
const SMALL_ROWS: u32 = 150;

/// What a page begins with: nothing where an earlier page has brought the live data along already.
pub(crate) type First = Result<Option<Snapshot>, ServerFnError>;

/// The window that the page's address names. The charts follow it.
pub(crate) fn page_window() -> Memo<Window> {
    let live = use_live();
    let query = use_query_map();
    let window = Memo::new(move |_| Window::from_name(query.read().get_str("window")));
    Effect::new(move |_| live.window.set(window.get()));
    window
}

/// Asks for the snapshot, unless the page has live data already: that is newer, and finer.
pub(crate) fn first_snapshot(window: Memo<Window>) -> Carried<First> {
    // Only the first snapshot is the server's to draw; a change of window after that asks for a history alone.
    let first = window.get_untracked().seconds();
    let has_data = use_live().loaded.get_untracked();
    carried(
        move || async move { if has_data { Ok(None) } else { snapshot(first, SMALL_ROWS).await.map(Some) } },
    )
}

/// Takes over the snapshot. To be called before anything that reads the live data is made.
pub(crate) fn begin(live: Live, snapshot: Option<&Snapshot>) {
    if let Some(snapshot) = snapshot {
        live.store.update_value(|store| store.load(snapshot));
    }
    Effect::new(move |_| live.loaded.set(true));
}

/// What is shown while the browser waits for the server.
#[component]
pub(crate) fn Waiting() -> impl IntoView {
    view! { <p class="waiting">"Asking the server for its numbers…"</p> }
}

/// What is shown when the server's answer cannot be had.
#[component]
pub(crate) fn Failed(reason: String) -> impl IntoView {
    view! {
        <section class="notice bad" role="alert">
            <h1>"The server did not give its numbers"</h1>
            <p>{reason}</p>
            <p><a href="" rel="external">"Try again"</a></p>
        </section>
    }
}

/// Tells those without scripts of when the numbers are.
#[component]
pub(crate) fn StandsStill() -> impl IntoView {
    let newest = use_live().store.with_value(|store| store.newest());
    let measured = newest.map_or("no moment yet".to_owned(), |time| local_time(time, None));
    // As HTML it costs the page's program least, which never shows it.
    let html = format!(
        "<p class=\"notice\">Live updates need JavaScript. These are the numbers of {measured}; load the page again \
         for newer ones.</p>"
    );
    view! { <noscript inner_html=html></noscript> }
}
