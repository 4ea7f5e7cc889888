//! Banners that ask for a reload.

use crate::live::use_live;
use leptos::prelude::*;

/// The element that the panic hook shows. It does so without leptos, which may be what broke.
pub(crate) const PANIC_BANNER: &str = "panic-banner";

// What never changes costs the page's program least as HTML.
const STOPPED: &str = "<p>This page ran into a fault of its own and has stopped. The server goes on.</p>\
    <a class=\"button\" href=\"\" rel=\"external\">Reload the page</a>";
const OUTDATED: &str = "<p>The server was updated. This page is of the version before.</p>\
    <a class=\"button\" href=\"\" rel=\"external\">Reload the page</a>";

/// Waits, hidden, for a panic.
#[component]
pub(crate) fn PanicBanner() -> impl IntoView {
    view! {
        <div id=PANIC_BANNER class="banner bad" role="alert" hidden inner_html=STOPPED></div>
    }
}

/// Shown when the server is of another build than the page.
#[component]
pub(crate) fn OutdatedBanner() -> impl IntoView {
    let outdated = use_live().outdated;
    view! {
        <div class="banner" role="status" id="outdated-banner" hidden=move || !outdated.get() inner_html=OUTDATED></div>
    }
}
