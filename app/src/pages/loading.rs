//! Loading of pages with charts: initial data, loading state and load error.

use crate::api::{PageData, page_data};
use crate::clock::local_time;
use crate::encoding::{EmbeddedResource, embedded_resource};
use crate::live::{LiveData, Window, follow_url, use_chart_view, use_live_data};
use leptos::prelude::*;
use std::sync::Arc;

/// Rows of the small charts that the server draws. Few rows keep the page small.
const INITIAL_ROWS: u32 = 150;

/// Initial data of a page; `None` when an earlier page has already loaded the live data.
pub(crate) type InitialData = Result<Option<PageData>, ServerFnError>;

/// Time window from the URL. The charts follow it.
pub(crate) fn page_window() -> Memo<Window> {
    follow_url(Window::default(), false)
}

/// Fetches the initial data, unless the page already has live data: that is newer and finer.
fn initial_data(window: Memo<Window>) -> EmbeddedResource<InitialData> {
    // The server draws only the first window; later changes of the window fetch the history alone.
    let (first, detail) = (window.get_untracked(), use_chart_view().detail.get_untracked());
    let has_data = use_live_data().loaded.get_untracked();
    embedded_resource(move || async move {
        if has_data {
            return Ok(None);
        }
        page_data(first.seconds(), first.end(), INITIAL_ROWS, detail).await.map(Some)
    })
}

/// A page that waits for its initial data and is then built by `page`. All such pages share this code: each copy would add
/// kilobytes to the wasm bundle.
pub(crate) fn with_initial_data(
    window: Memo<Window>,
    page: Arc<dyn Fn(Option<PageData>) -> AnyView + Send + Sync>,
) -> AnyView {
    let snapshot = initial_data(window);
    view! {
        <Suspense fallback=Loading>
            {move || {
                let page = Arc::clone(&page);
                Suspend::new(async move {
                match snapshot.await {
                    Ok(snapshot) => page(snapshot),
                    Err(error) => view! { <LoadError reason=error.to_string()/> }.into_any(),
                }
            })}}
        </Suspense>
    }
    .into_any()
}

/// Loads the initial data into the store. Call it before creating anything that reads the live data.
pub(crate) fn load_initial_data(data: LiveData, snapshot: Option<&PageData>) {
    if let Some(snapshot) = snapshot {
        data.store.update_value(|store| store.load(snapshot));
    }
    Effect::new(move |_| {
        data.loaded.set(true);
        #[cfg(feature = "hydrate")]
        crate::chart::fetch_meanings(data);
    });
}

/// Shown while the browser waits for the server.
#[component]
pub(crate) fn Loading() -> impl IntoView {
    view! { <p class="waiting">"Loading…"</p> }
}

/// Shown when loading has failed.
#[component]
pub(crate) fn LoadError(reason: String) -> impl IntoView {
    view! {
        <section class="notice bad" role="alert">
            <h1>"Could not load data"</h1>
            <p>{reason}</p>
            <p><a href="" rel="external">"Try again"</a></p>
        </section>
    }
}

/// Shows the time of the data when scripts are disabled.
#[component]
pub(crate) fn NoScriptBanner() -> impl IntoView {
    let newest = use_live_data().store.with_value(|store| store.newest());
    let measured = newest.map_or("unknown time".to_owned(), |time| local_time(time, None));
    // As HTML it adds least to the wasm bundle, which never shows it.
    let html = format!(
        "<p class=\"notice\">Live updates need JavaScript. Data as of {measured}; reload the page to \
         update it.</p>"
    );
    view! { <noscript inner_html=html></noscript> }
}
