//! The bar at the top of every page.

use crate::live::use_live;
use crate::parts::{ConnectionBadge, ThemeSwitch};
use leptos::prelude::*;
use leptos_router::components::A;

/// Sign and name. What never changes costs the page's program least as HTML.
const SIGN: &str = "<svg viewBox=\"0 0 24 24\" width=\"22\" height=\"22\" aria-hidden=\"true\">\
    <circle cx=\"12\" cy=\"12\" r=\"10\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"></circle>\
    <path d=\"M4.5 13.5h4l2-6 3.5 10 2-4h3.5\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" \
    stroke-linejoin=\"round\" stroke-linecap=\"round\"></path></svg><span>Watchglass</span>";

/// The ways to all pages, the state of the connection, the theme.
#[component]
pub(crate) fn TopBar() -> impl IntoView {
    let live = use_live();
    let firing = move || live.firing.get().map(|count| count.to_string());
    view! {
        <header class="top-bar">
            <A href="/" attr:class="brand"><span class="sign" inner_html=SIGN></span></A>
            <nav aria-label="Pages">
                <A href="/" exact=true>"Overview"</A>
                <A href="/alerts">"Alerts "<span class="count">{firing}</span></A>
                <A href="/database">"Database"</A>
                <A href="/cache">"Cache"</A>
            </nav>
            <ConnectionBadge/>
            <ThemeSwitch/>
        </header>
    }
}
