//! A page of lists and forms: HTML that the server makes, for readers with scripts and without.
//!
//! What such a page shows costs the page's program nothing. In the browser [`living`](super::fragment_living) keeps it up to
//! date and sends its forms without a new page.

use leptos::prelude::*;

/// The lists and forms of the page at `path`, as the address asks for them.
#[component]
pub(crate) fn Fragment(
    /// Address of the page.
    path: &'static str,
) -> impl IntoView {
    let frame = NodeRef::<leptos::html::Div>::new();
    #[cfg(feature = "hydrate")]
    super::fragment_living::mount(frame, path);
    // In the browser it is there already, or comes from the server: see `mount`.
    view! { <div class="fragment" node_ref=frame inner_html=html(path)></div> }
}

#[cfg(feature = "ssr")]
fn html(path: &str) -> String {
    let query = leptos_router::hooks::use_location().search.get_untracked();
    let lists = use_context::<std::sync::Arc<dyn crate::backend::Lists>>();
    let html = lists.ok_or_else(|| "the server provided nobody who makes lists".to_owned());
    let html = html.and_then(|lists| lists.fragment(path, query.trim_start_matches('?')));
    html.unwrap_or_else(|error| {
        let reason = crate::escape::escaped(&error);
        format!("<section class=\"notice bad\" role=\"alert\"><h1>This page cannot be shown</h1><p>{reason}</p></section>")
    })
}

#[cfg(not(feature = "ssr"))]
fn html(_: &str) -> &'static str {
    ""
}
