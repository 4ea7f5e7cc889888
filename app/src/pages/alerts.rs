//! What is wrong, what was, and who is told: lists and forms that the server makes.

use crate::parts::Fragment;
use leptos::prelude::*;
use leptos_meta::Title;

/// The page of alerts.
#[component]
pub(crate) fn Alerts() -> impl IntoView {
    view! {
        <Title text="Alerts"/>
        <Fragment path="/alerts"/>
    }
}
