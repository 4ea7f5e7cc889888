//! Pages with live charts between server-rendered fragments: overview, database, cache, performance, processes.

use crate::api::{HostInfo, PageData};
use crate::chart::PanelSections;
use crate::fragment::Fragment;
use crate::live::{Window, use_live_data};
use crate::pages::loading::{NoScriptBanner, load_initial_data, page_window, with_initial_data};
use crate::ui::{Problems, WindowPicker};
use leptos::prelude::*;
use leptos_meta::Title;
use std::sync::Arc;

/// Definition of one of these pages.
#[derive(Debug)]
struct ChartPage {
    title: &'static str,
    path: &'static str,
    /// Path of the server-rendered fragment above the charts.
    above: Option<&'static str>,
    /// Sections of the catalogue that the page shows; all when empty.
    sections: &'static [&'static str],
    /// Path of the server-rendered fragment below the charts.
    below: Option<&'static str>,
    /// Link from the head to the list below the charts: URL hash and text.
    jump: Option<(&'static str, &'static str)>,
}

static OVERVIEW: ChartPage = ChartPage {
    title: "Overview",
    path: "/",
    above: Some("/overview"),
    sections: &[],
    below: None,
    jump: None,
};
static PERFORMANCE: ChartPage = ChartPage {
    title: "Performance",
    path: "/performance",
    // The list of routes grows with every new route: above the charts it would move them.
    above: None,
    sections: &["Requests", "Watchglass"],
    below: Some("/performance"),
    jump: Some(("#routes-title", "Routes")),
};
static PROCESSES: ChartPage = ChartPage {
    title: "Processes",
    path: "/processes",
    above: Some("/processes"),
    sections: &["Processes"],
    below: None,
    jump: None,
};

static DATABASE: ChartPage = ChartPage {
    title: "Database",
    path: "/database",
    above: Some("/database"),
    sections: &["PostgreSQL"],
    below: Some("/database-lists"),
    jump: None,
};
static CACHE: ChartPage = ChartPage {
    title: "Cache",
    path: "/cache",
    above: Some("/cache"),
    sections: &["Redis"],
    below: Some("/cache-lists"),
    jump: None,
};

/// Start page: health of the system and current values of this host.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    page(&OVERVIEW)
}

/// Request latency, and resource usage of Watchglass itself.
#[component]
pub(crate) fn Performance() -> impl IntoView {
    page(&PERFORMANCE)
}

/// Processes, now and in the past.
#[component]
pub(crate) fn Processes() -> impl IntoView {
    page(&PROCESSES)
}

/// PostgreSQL: activity, blocking sessions, top queries.
#[component]
pub(crate) fn Database() -> impl IntoView {
    page(&DATABASE)
}

/// Redis: activity and slow log.
#[component]
pub(crate) fn Cache() -> impl IntoView {
    page(&CACHE)
}

/// Name and sections of the chart page at `path`; no sections when it shows all.
#[cfg(feature = "ssr")]
pub fn chart_page(path: &str) -> Option<(&'static str, &'static [&'static str])> {
    if path == "/trends" {
        return Some(("Trends", &[]));
    }
    let kinds = [&OVERVIEW, &PERFORMANCE, &PROCESSES, &DATABASE, &CACHE];
    kinds.into_iter().find(|kind| kind.path == path).map(|kind| (kind.title, kind.sections))
}

fn page(kind: &'static ChartPage) -> AnyView {
    let window = page_window();
    view! {
        <Title text=kind.title/>
        {with_initial_data(window, Arc::new(move |snapshot| loaded(kind, snapshot, window)))}
    }
    .into_any()
}

/// The loaded page. `snapshot` is its initial data, unless live data is already loaded; `window` is what its charts show.
fn loaded(kind: &'static ChartPage, snapshot: Option<PageData>, window: Memo<Window>) -> AnyView {
    let data = use_live_data();
    load_initial_data(data, snapshot.as_ref());
    let host = data.store.with_value(|store| store.host().clone());
    // The overview is named after the host.
    let (name, facts) = if kind.sections.is_empty() {
        (host.name.clone(), facts(&host))
    } else {
        (kind.title.to_owned(), String::new())
    };
    let [above, below] = [kind.above, kind.below].map(|path| path.map(|path| view! { <Fragment path/> }));
    // External: the router would look for a page.
    let jump = kind.jump.map(|(hash, text)| view! { <a href=hash rel="external">{text}</a> });
    view! {
        <header class="page-head">
            <h1>{name}</h1>
            <p class="facts">{facts}</p>
            {jump}
            <WindowPicker window path=kind.path/>
        </header>
        {above}
        <Problems/>
        <PanelSections only=kind.sections/>
        {below}
        <NoScriptBanner/>
    }
    .into_any()
}

fn facts(host: &HostInfo) -> String {
    let cores = host.cores.map(|cores| format!("{cores} {}", if cores == 1 { "core" } else { "cores" }));
    let kernel = host.kernel.as_ref().map(|kernel| format!("Linux {kernel}"));
    [host.os.clone(), kernel, host.cpu.clone(), cores].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
