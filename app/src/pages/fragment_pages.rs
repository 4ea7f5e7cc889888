//! Pages that consist of one server-rendered fragment: alerts, settings.

use crate::fragment::Fragment;
use leptos::prelude::*;
use leptos_meta::Title;

/// Alerts, silences, rules and notifications.
#[component]
pub(crate) fn Alerts() -> impl IntoView {
    page("Alerts", "/alerts")
}

/// Effective configuration, account and users.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    page("Settings", "/settings")
}

fn page(title: &'static str, path: &'static str) -> AnyView {
    view! {
        <Title text=title/>
        <Fragment path/>
    }
    .into_any()
}
