//! The clock that times are told by: the browser's, or UTC. Kept in a cookie, like the theme.

use crate::live::{Live, use_live};
use leptos::prelude::*;

/// A button that turns to the other clock, and says which one counts: UTC, until the page's program knows the reader's.
#[component]
pub(crate) fn ZoneSwitch() -> impl IntoView {
    let live = use_live();
    view! {
        <button class="zone-switch" type="button" aria-label="Switch times between Local and UTC"
            on:click=move |_| switch(live) inner_html="UTC"></button>
    }
}

#[cfg(not(feature = "hydrate"))]
fn switch(_: Live) {}

#[cfg(feature = "hydrate")]
fn switch(live: Live) {
    let before = chosen_offset();
    let zone = if is_utc() { "local" } else { "utc" };
    let cookie = format!("zone={zone}; Path=/; Max-Age=31536000; SameSite=Lax");
    let _ = js_sys::Reflect::set(&document(), &"cookie".into(), &cookie.into());
    show_clock(live);
    let _ = live.drawing.try_update(|count| *count += 1);
    if let Some(body) = document().body() {
        super::fragment_dress::set_clock(&body, before);
    }
}

/// Tells times by the clock that counts.
#[cfg(feature = "hydrate")]
pub(crate) fn show_clock(live: Live) {
    live.utc_offset.set(Some(chosen_offset()));
    if let Ok(Some(button)) = document().query_selector(".zone-switch") {
        button.set_text_content(Some(if is_utc() { "UTC" } else { "Local" }));
    }
}

/// Whether the reader has chosen UTC.
#[cfg(feature = "hydrate")]
pub(super) fn is_utc() -> bool {
    let cookies = js_sys::Reflect::get(&document(), &"cookie".into()).ok().and_then(|text| text.as_string());
    cookies.is_some_and(|cookies| cookies.split(';').any(|cookie| cookie.trim() == "zone=utc"))
}

/// Minutes that the clock which counts is ahead of UTC.
#[cfg(feature = "hydrate")]
pub(super) fn chosen_offset() -> i32 {
    if is_utc() { 0 } else { -(js_sys::Date::new_0().get_timezone_offset() as i32) }
}
