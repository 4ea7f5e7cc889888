//! Time zone switch: the zone of the browser or UTC. Stored in a cookie, like the theme.

use crate::live::{LiveData, Preferences, use_live_data, use_preferences};
use leptos::prelude::*;

/// Button that shows the current time zone and switches to the other one. Before hydration it is UTC.
#[component]
pub(crate) fn ZoneSwitch() -> impl IntoView {
    let (data, preferences) = (use_live_data(), use_preferences());
    view! {
        <button class="zone-switch" type="button" aria-label="Switch times between Local and UTC"
            on:click=move |_| switch(data, preferences) inner_html="UTC"></button>
    }
}

#[cfg(not(feature = "hydrate"))]
fn switch(_: LiveData, _: Preferences) {}

#[cfg(feature = "hydrate")]
fn switch(data: LiveData, preferences: Preferences) {
    let old_offset = utc_offset_minutes();
    let zone = if is_utc() { "local" } else { "utc" };
    let path = crate::base_path::url("/");
    let cookie = format!("zone={zone}; Path={path}; Max-Age=31536000; SameSite=Lax");
    let _ = js_sys::Reflect::set(&document(), &"cookie".into(), &cookie.into());
    apply(preferences);
    data.redraw_charts();
    if let Some(body) = document().body() {
        crate::fragment::set_utc_offset(&body, old_offset);
    }
}

/// Applies the selected time zone once the page is hydrated: the server has rendered all times in UTC.
#[cfg(feature = "hydrate")]
pub(crate) fn follow_time_zone() {
    let preferences = use_preferences();
    Effect::new(move |_| apply(preferences));
}

#[cfg(feature = "hydrate")]
fn apply(preferences: Preferences) {
    preferences.utc_offset.set(Some(utc_offset_minutes()));
    if let Ok(Some(button)) = document().query_selector(".zone-switch") {
        button.set_text_content(Some(if is_utc() { "UTC" } else { "Local" }));
    }
}

/// Whether the user has selected UTC.
#[cfg(feature = "hydrate")]
pub(crate) fn is_utc() -> bool {
    let cookies = js_sys::Reflect::get(&document(), &"cookie".into()).ok().and_then(|text| text.as_string());
    cookies.is_some_and(|cookies| cookies.split(';').any(|cookie| cookie.trim() == "zone=utc"))
}

/// Offset of the selected time zone from UTC, in minutes.
#[cfg(feature = "hydrate")]
pub(crate) fn utc_offset_minutes() -> i32 {
    if is_utc() { 0 } else { -(js_sys::Date::new_0().get_timezone_offset() as i32) }
}
