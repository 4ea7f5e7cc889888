//! Banners that ask the user to reload the page.

use crate::live::use_connection;
use leptos::prelude::*;

/// Id of the element that the panic hook shows, without Leptos, which may be the cause of the panic.
pub(crate) const PANIC_BANNER: &str = "panic-banner";

// Static content adds least to the wasm bundle as HTML.
const STOPPED: &str = "<p>This page has crashed. Monitoring continues.</p>\
    <a class=\"button\" href=\"\" rel=\"external\">Reload the page</a>";
const OUTDATED: &str = "<p>A new version of Watchglass is available.</p>\
    <a class=\"button\" href=\"\" rel=\"external\">Reload the page</a>";

/// Banner for a panic, hidden until then.
#[component]
pub(crate) fn PanicBanner() -> impl IntoView {
    view! {
        <div id=PANIC_BANNER class="banner bad" role="alert" hidden inner_html=STOPPED></div>
    }
}

/// Banner shown when the server is of another build than the page.
#[component]
pub(crate) fn OutdatedBanner() -> impl IntoView {
    let outdated = use_connection().outdated;
    view! {
        <div class="banner" role="status" id="outdated-banner" hidden=move || !outdated.get() inner_html=OUTDATED></div>
    }
}
