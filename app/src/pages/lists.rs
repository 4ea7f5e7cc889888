//! Pages of lists and forms alone, which the server makes: alerts, settings.

use crate::parts::Fragment;
use leptos::prelude::*;
use leptos_meta::Title;

/// What is wrong, what was, and who is told.
#[component]
pub(crate) fn Alerts() -> impl IntoView {
    page("Alerts", "/alerts")
}

/// What is set, and where it comes from.
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
