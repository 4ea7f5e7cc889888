//! Trends: what every panel was like over an hour, a day, a week, or any stretch of time.

use crate::api::Snapshot;
use crate::live::{Window, follow_address, use_live};
use crate::pages::loading::{StandsStill, begin, with_snapshot};
use crate::parts::{Fragment, PanelSections, WindowPicker};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use std::sync::Arc;

/// The page of trends.
#[component]
pub(crate) fn Trends() -> impl IntoView {
    let window = follow_address(Window::Hour, true);
    view! {
        <Title text="Trends"/>
        {with_snapshot(window, Arc::new(move |snapshot| panels(snapshot, window)))}
    }
}

/// The loaded page. `snapshot` is what it begins with, unless there is live data already; `window` is what its charts show.
fn panels(snapshot: Option<Snapshot>, window: Memo<Window>) -> AnyView {
    begin(use_live(), snapshot.as_ref());
    let query = use_query_map();
    let section = Memo::new(move |_| query.with(|query| query.get("section")));
    view! {
        <header class="page-head">
            <h1>"Trends"</h1>
            <WindowPicker window path="/trends" choices=Window::TRENDS/>
        </header>
        <Fragment path="/trends"/>
        <div class="trends"><PanelSections chosen=section/></div>
        <StandsStill/>
    }
    .into_any()
}
