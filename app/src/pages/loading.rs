//! What pages that show numbers have in common: the snapshot they begin with, and what stands there without it.

use crate::api::{Snapshot, snapshot};
use crate::clock::local_time;
use crate::encoding::{Carried, carried};
use crate::live::{Live, Window, follow_address, use_live};
use leptos::prelude::*;
use std::sync::Arc;

/// The small charts that the server draws are this wide, in rows: enough for a glance, and light to send.
const SMALL_ROWS: u32 = 150;

/// What a page begins with: nothing where an earlier page has brought the live data along already.
pub(crate) type First = Result<Option<Snapshot>, ServerFnError>;

/// The window that the page's address names. The charts follow it.
pub(crate) fn page_window() -> Memo<Window> {
    follow_address(Window::default(), false)
}

/// Asks for the snapshot, unless the page has live data already: that is newer, and finer.
pub(crate) fn first_snapshot(window: Memo<Window>) -> Carried<First> {
    // Only the first snapshot is the server's to draw; a change of window after that asks for a history alone.
    let (first, detail) = (window.get_untracked(), use_live().detail.get_untracked());
    let has_data = use_live().loaded.get_untracked();
    carried(move || async move {
        if has_data {
            return Ok(None);
        }
        snapshot(first.seconds(), first.end(), SMALL_ROWS, detail).await.map(Some)
    })
}

/// A page that begins with the snapshot: `page` makes it once that is there. All such pages share this code, of which each copy
/// would cost the page's program kilobytes.
pub(crate) fn with_snapshot(
    window: Memo<Window>,
    page: Arc<dyn Fn(Option<Snapshot>) -> AnyView + Send + Sync>,
) -> AnyView {
    let snapshot = first_snapshot(window);
    view! {
        <Suspense fallback=Waiting>
            {move || {
                let page = Arc::clone(&page);
                Suspend::new(async move {
                match snapshot.await {
                    Ok(snapshot) => page(snapshot),
                    Err(error) => view! { <Failed reason=error.to_string()/> }.into_any(),
                }
            })}}
        </Suspense>
    }
    .into_any()
}

/// Takes over the snapshot. To be called before anything that reads the live data is made.
pub(crate) fn begin(live: Live, snapshot: Option<&Snapshot>) {
    if let Some(snapshot) = snapshot {
        live.store.update_value(|store| store.load(snapshot));
    }
    Effect::new(move |_| {
        live.loaded.set(true);
        #[cfg(feature = "hydrate")]
        crate::parts::ask_for_meanings(live);
    });
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
