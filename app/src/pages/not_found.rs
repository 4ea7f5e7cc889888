//! What is shown at an address that has no page.

use leptos::prelude::*;
use leptos_meta::Title;

/// Says so, with the right status, and points home.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(parts) = use_context::<crate::document::ResponseStatus>() {
        parts.not_found();
    }
    let path = leptos_router::hooks::use_location().pathname;
    view! {
        <Title text="Page not found"/>
        <section class="notice" aria-labelledby="not-found">
            <h1 id="not-found">"There is no page here"</h1>
            <p>"Nothing answers at " <code>{move || path.get()}</code> ". A link may be old, or a letter may be missing."</p>
            <p><a href="/">"Go to the overview"</a></p>
        </section>
    }
}
