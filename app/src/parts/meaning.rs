//! What the shape of a chart means: beside it where there is room, on phones one touch away.
//!
//! The sentences do not travel with the catalogue. The server renders them; a page that was not rendered by the server asks for
//! all of them, once.

use crate::live::Live;
use leptos::prelude::*;
use watchglass_model::Panel;

/// The sentence of a panel.
pub(super) fn meaning(live: Live, panel: &Panel) -> AnyView {
    let html = words(live, panel);
    view! {
        <details class="meaning">
            <summary>"What it means"</summary>
            <p inner_html=html></p>
        </details>
    }
    .into_any()
}

#[cfg(not(feature = "hydrate"))]
fn words(_: Live, panel: &Panel) -> String {
    crate::escape::escaped(&panel.meaning)
}

#[cfg(feature = "hydrate")]
fn words(live: Live, panel: &Panel) -> impl Fn() -> String + Send + Sync + 'static {
    // As the server writes them: a line for each panel, its id, a tab, its sentence.
    let begin = format!("\n{}\t", panel.id);
    move || {
        live.meanings.with(|all| {
            let sentence = all.split_once(&begin).map_or("", |(_, rest)| rest);
            sentence.split('\n').next().unwrap_or_default().to_owned()
        })
    }
}

/// Asks for all sentences, if the page shows a panel without its own.
#[cfg(feature = "hydrate")]
pub(crate) fn ask_for_meanings(live: Live) {
    let first = document().query_selector(".meaning > p:empty");
    if !live.meanings.with_untracked(String::is_empty) || !first.is_ok_and(|first| first.is_some()) {
        return;
    }
    leptos::task::spawn_local(async move {
        // Charts without sentences are charts all the same.
        if let Ok(answer) = super::fragment_living::fetch("/api/fragment/meanings", None).await {
            let _ = live.meanings.try_set(answer.html);
        }
    });
}
