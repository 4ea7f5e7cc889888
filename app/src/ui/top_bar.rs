//! Top bar of every page.

use crate::base_path::url;
use crate::live::use_live_data;
use crate::root::PAGES;
use crate::ui::{ConnectionBadge, ThemeSwitch, ZoneSwitch};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

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
fn icon_links() -> String {
    if cfg!(feature = "hydrate") {
        return String::new();
    }
    format!(
        "<a class=\"find-link\" href=\"{}\" rel=\"external\" aria-keyshortcuts=\"Control+K\" title=\"Search (Ctrl+K)\">\
    <svg viewBox=\"0 0 24 24\" width=\"18\" height=\"18\" aria-hidden=\"true\"><path d=\"M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z\
    M15.5 15.5L21 21\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linecap=\"round\"></path></svg><span>Search</span></a>\
    <a class=\"account\" href=\"{}\" rel=\"external\" aria-label=\"Account\">\
    <svg viewBox=\"0 0 24 24\" width=\"18\" height=\"18\" aria-hidden=\"true\">\
    <circle cx=\"12\" cy=\"8\" r=\"4\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"></circle>\
    <path d=\"M4 21a8 7 0 0 1 16 0\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" \
    stroke-linecap=\"round\"></path></svg></a>",
        url("/search"),
        url("/login")
    )
}

/// Links to all pages, connection badge, time zone and theme switch.
#[component]
pub(crate) fn TopBar() -> impl IntoView {
    let data = use_live_data();
    let firing = move || data.firing.get().map(|count| count.to_string());
    let path = use_location().pathname;
    let current = move |page: &'static str| {
        let page = url(page);
        move || path.with(|path| *path == page).then_some("page")
    };
    let pages = PAGES.into_iter().map(|(path, name)| {
        let count = (path == "/alerts").then(|| view! { " "<span class="count">{firing}</span> });
        view! { <a href=url(path) aria-current=current(path)>{name}{count}</a> }
    });
    let pages = pages.collect_view();
    view! {
        <header class="top-bar">
            <a href=url("/") class="brand" aria-current=current("/")><span class="sign" inner_html=LOGO></span></a>
            <nav aria-label="Pages">
                {pages}
            </nav>
            <ConnectionBadge/>
            <ZoneSwitch/>
            <ThemeSwitch/>
            <span class="others" inner_html=icon_links()></span>
        </header>
    }
}
