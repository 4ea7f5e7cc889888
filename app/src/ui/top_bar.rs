//! Top bar of every page.

use crate::live::use_live_data;
use crate::root::PAGES;
use crate::ui::{ConnectionBadge, ThemeSwitch, ZoneSwitch};
use leptos::prelude::*;
use leptos_router::components::A;

/// Logo and name. Only the server renders the bar; static HTML adds nothing to the wasm bundle.
const LOGO: &str = if cfg!(feature = "hydrate") {
    ""
} else {
    "<svg viewBox=\"0 0 24 24\" width=\"22\" height=\"22\" aria-hidden=\"true\">\
    <circle cx=\"12\" cy=\"12\" r=\"10\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"></circle>\
    <path d=\"M4.5 13.5h4l2-6 3.5 10 2-4h3.5\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" \
    stroke-linejoin=\"round\" stroke-linecap=\"round\"></path></svg><span>Watchglass</span>"
};

/// Links with icons: search (magnifying glass) and account (person).
const ICON_LINKS: &str = if cfg!(feature = "hydrate") {
    ""
} else {
    "<a class=\"find-link\" href=\"/search\" rel=\"external\" aria-keyshortcuts=\"Control+K\" title=\"Search (Ctrl+K)\">\
    <svg viewBox=\"0 0 24 24\" width=\"18\" height=\"18\" aria-hidden=\"true\"><path d=\"M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z\
    M15.5 15.5L21 21\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linecap=\"round\"></path></svg><span>Search</span></a>\
    <a class=\"account\" href=\"/login\" rel=\"external\" aria-label=\"Account\">\
    <svg viewBox=\"0 0 24 24\" width=\"18\" height=\"18\" aria-hidden=\"true\">\
    <circle cx=\"12\" cy=\"8\" r=\"4\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"></circle>\
    <path d=\"M4 21a8 7 0 0 1 16 0\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" \
    stroke-linecap=\"round\"></path></svg></a>"
};

/// Links to all pages, connection badge, time zone and theme switch.
#[component]
pub(crate) fn TopBar() -> impl IntoView {
    let data = use_live_data();
    let firing = move || data.firing.get().map(|count| count.to_string());
    let pages = PAGES.into_iter().map(|(path, name)| {
        let count = (path == "/alerts").then(|| view! { " "<span class="count">{firing}</span> });
        view! { <A href=path exact=true>{name}{count}</A> }
    });
    let pages = pages.collect_view();
    view! {
        <header class="top-bar">
            <A href="/" attr:class="brand"><span class="sign" inner_html=LOGO></span></A>
            <nav aria-label="Pages">
                {pages}
            </nav>
            <ConnectionBadge/>
            <ZoneSwitch/>
            <ThemeSwitch/>
            <span class="others" inner_html=ICON_LINKS></span>
        </header>
    }
}
