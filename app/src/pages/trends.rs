//! Trends page: every panel over an hour, a day, a week or any time range.

use crate::api::PageData;
use crate::chart::PanelSections;
use crate::fragment::Fragment;
use crate::live::{Window, follow_url, use_live_data};
use crate::pages::loading::{NoScriptBanner, load_initial_data, with_initial_data};
use crate::ui::WindowPicker;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use std::sync::Arc;

/// The trends page.
#[component]
pub(crate) fn Trends() -> impl IntoView {
    let window = follow_url(Window::Hour, true);
    view! {
        <Title text="Trends"/>
        {with_initial_data(window, Arc::new(move |snapshot| panels(snapshot, window)))}
    }
}

/// The loaded page. `snapshot` is its initial data, unless live data is already loaded; `window` is what its charts show.
fn panels(snapshot: Option<PageData>, window: Memo<Window>) -> AnyView {
    load_initial_data(use_live_data(), snapshot.as_ref());
    let query = use_query_map();
    let section = Memo::new(move |_| query.with(|query| query.get("section")));
    view! {
        <header class="page-head">
            <h1>"Trends"</h1>
            <WindowPicker window path="/trends" choices=Window::TRENDS/>
        </header>
        <Fragment path="/trends"/>
        <div class="trends"><PanelSections selected=section/></div>
        <NoScriptBanner/>
    }
    .into_any()
}
