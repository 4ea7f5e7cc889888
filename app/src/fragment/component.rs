//! Fragment: lists and forms that the server renders as HTML, with and without scripts.
//!
//! Its content adds nothing to the wasm bundle. In the browser, [`refresh`](super::refresh) refreshes it and
//! submits its forms without a page load.

use leptos::prelude::*;

/// The fragment at `path`, for the query of the URL.
#[component]
pub(crate) fn Fragment(
    /// Path of the fragment.
    path: &'static str,
) -> impl IntoView {
    let frame = NodeRef::<leptos::html::Div>::new();
    #[cfg(feature = "hydrate")]
    super::refresh::mount(frame, path);
    // In the browser the content is already there, or is fetched from the server: see `mount`.
    view! { <div class="fragment" node_ref=frame inner_html=html(path)></div> }
}

#[cfg(feature = "ssr")]
fn html(path: &str) -> String {
    let query = leptos_router::hooks::use_location().search.get_untracked();
    let renderer = use_context::<std::sync::Arc<dyn crate::backend::FragmentRenderer>>();
    let html = renderer.ok_or_else(|| crate::backend::FragmentFailure {
        status: 500,
        message: "the server provided no fragment renderer".to_owned(),
    });
    let html = html.and_then(|renderer| renderer.fragment(path, query.trim_start_matches('?')));
    html.unwrap_or_else(|error| {
        if let Some(response) = use_context::<crate::document::ResponseStatus>() {
            response.set(error.status);
        }
        let reason = crate::escape::escaped(&error.message);
        format!("<section class=\"notice bad\" role=\"alert\"><h1>This page cannot be shown</h1><p>{reason}</p></section>")
    })
}

#[cfg(not(feature = "ssr"))]
fn html(_: &str) -> &'static str {
    ""
}
