//! The bar at the top of every page.

use crate::live::use_live;
use crate::parts::{ConnectionBadge, ThemeSwitch, ZoneSwitch};
use crate::root::PAGES;
use leptos::prelude::*;
use leptos_router::components::A;

/// Sign and name. What never changes costs the page's program least as HTML of the server: the program never makes this bar.
const SIGN: &str = if cfg!(feature = "hydrate") {
    ""
} else {
    "<svg viewBox=\"0 0 24 24\" width=\"22\" height=\"22\" aria-hidden=\"true\">\
    <circle cx=\"12\" cy=\"12\" r=\"10\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"></circle>\
    <path d=\"M4.5 13.5h4l2-6 3.5 10 2-4h3.5\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" \
    stroke-linejoin=\"round\" stroke-linecap=\"round\"></path></svg><span>Watchglass</span>"
};

/// A magnifying glass: finds pages, charts and what can be done. A person: leads to who is signed in, and out.
const OTHERS: &str = if cfg!(feature = "hydrate") {
    ""
} else {
    "<a class=\"find-link\" href=\"/find\" rel=\"external\" aria-keyshortcuts=\"Control+K\" title=\"Find (Ctrl+K)\">\
    <svg viewBox=\"0 0 24 24\" width=\"18\" height=\"18\" aria-hidden=\"true\"><path d=\"M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z\
    M15.5 15.5L21 21\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linecap=\"round\"></path></svg><span>Find</span></a>\
    <a class=\"account\" href=\"/login\" rel=\"external\" aria-label=\"Account\">\
    <svg viewBox=\"0 0 24 24\" width=\"18\" height=\"18\" aria-hidden=\"true\">\
    <circle cx=\"12\" cy=\"8\" r=\"4\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"></circle>\
    <path d=\"M4 21a8 7 0 0 1 16 0\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" \
    stroke-linecap=\"round\"></path></svg></a>"
};

/// The ways to all pages, the state of the connection, the theme.
#[component]
pub(crate) fn TopBar() -> impl IntoView {
    let live = use_live();
    let firing = move || live.firing.get().map(|count| count.to_string());
    let pages = PAGES.into_iter().map(|(path, name)| {
        let count = (path == "/alerts").then(|| view! { " "<span class="count">{firing}</span> });
        view! { <A href=path exact=true>{name}{count}</A> }
    });
    let pages = pages.collect_view();
    view! {
        <header class="top-bar">
            <A href="/" attr:class="brand"><span class="sign" inner_html=SIGN></span></A>
            <nav aria-label="Pages">
                {pages}
            </nav>
            <ConnectionBadge/>
            <ZoneSwitch/>
            <ThemeSwitch/>
            <span class="others" inner_html=OTHERS></span>
        </header>
    }
}
