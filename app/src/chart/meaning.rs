//! Explanation of a panel: next to the chart where there is space, collapsed on phones.
//!
//! The catalogue in the page does not contain the explanations. The server renders them; a page that the client has rendered
//! fetches all of them once.

use crate::live::LiveData;
use leptos::prelude::*;
use watchglass_model::Panel;

/// The explanation of a panel.
pub(super) fn meaning(data: LiveData, panel: &Panel) -> AnyView {
    let html = words(data, panel);
    view! {
        <details class="meaning">
            <summary>"What it means"</summary>
            <p inner_html=html></p>
        </details>
    }
    .into_any()
}

#[cfg(not(feature = "hydrate"))]
fn words(_: LiveData, panel: &Panel) -> String {
    crate::escape::escaped(&panel.description)
}

#[cfg(feature = "hydrate")]
fn words(data: LiveData, panel: &Panel) -> impl Fn() -> String + Send + Sync + 'static {
    // Format of the reply: one line per panel with id, tab and explanation.
    let prefix = format!("\n{}\t", panel.id);
    move || {
        data.meanings.with(|all| {
            let sentence = all.split_once(&prefix).map_or("", |(_, rest)| rest);
            sentence.split('\n').next().unwrap_or_default().to_owned()
        })
    }
}

/// Fetches all explanations, if the page shows a panel without one.
#[cfg(feature = "hydrate")]
pub(crate) fn fetch_meanings(data: LiveData) {
    let first = document().query_selector(".meaning > p:empty");
    if !data.meanings.with_untracked(String::is_empty) || !first.is_ok_and(|first| first.is_some()) {
        return;
    }
    leptos::task::spawn_local(async move {
        // On failure, charts just have no explanation.
        if let Ok(reply) = crate::fragment::fetch("/api/fragment/meanings", None).await {
            let _ = data.meanings.try_set(reply.html);
        }
    });
}
