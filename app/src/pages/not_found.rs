//! Page for URLs that do not exist.

use crate::base_path::url;
use leptos::prelude::*;
use leptos_meta::Title;

/// Sets the status 404, names the path and links to the overview.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(parts) = use_context::<crate::document::ResponseStatus>() {
        parts.set(404);
    }
    let path = leptos_router::hooks::use_location().pathname;
    view! {
        <Title text="Page not found"/>
        <section class="notice" aria-labelledby="not-found">
            <h1 id="not-found">"Page not found"</h1>
            <p>"There is no page at " <code>{move || path.get()}</code> "."</p>
            <p><a href=url("/")>"Go to the overview"</a></p>
        </section>
    }
}
