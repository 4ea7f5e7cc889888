//! Pages of live charts between parts that the server makes: the overview, databases, caches, performance, processes.

use crate::api::{HostInfo, Snapshot};
use crate::live::{Window, use_live};
use crate::pages::loading::{StandsStill, begin, page_window, with_snapshot};
use crate::parts::{Fragment, PanelSections, Problems, WindowPicker};
use leptos::prelude::*;
use leptos_meta::Title;
use std::sync::Arc;

/// What tells these pages apart.
#[derive(Debug)]
struct Kind {
    /// Name of the page.
    title: &'static str,
    /// Address of the page.
    path: &'static str,
    /// Address of the part that the server makes.
    fragment: &'static str,
    /// The sections of the catalogue whose panels it shows; all when empty.
    sections: &'static [&'static str],
    /// Address of what the server puts below the charts.
    below: Option<&'static str>,
}

static OVERVIEW: Kind =
    Kind { title: "Overview", path: "/", fragment: "/overview", sections: &[], below: None };
static PERFORMANCE: Kind = Kind {
    title: "Performance",
    path: "/performance",
    fragment: "/performance",
    sections: &["Requests", "Watchglass"],
    below: None,
};
static PROCESSES: Kind = Kind {
    title: "Processes",
    path: "/processes",
    fragment: "/processes",
    sections: &["Processes"],
    below: None,
};

static DATABASE: Kind = Kind {
    title: "Database",
    path: "/database",
    fragment: "/database",
    sections: &["PostgreSQL"],
    below: Some("/database-lists"),
};
static CACHE: Kind = Kind {
    title: "Cache",
    path: "/cache",
    fragment: "/cache",
    sections: &["Redis"],
    below: Some("/cache-lists"),
};

/// The first page: whether all is well, and what this machine does now.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    page(&OVERVIEW)
}

/// How fast requests are answered, and what this program itself takes.
#[component]
pub(crate) fn Performance() -> impl IntoView {
    page(&PERFORMANCE)
}

/// What runs, now and then.
#[component]
pub(crate) fn Processes() -> impl IntoView {
    page(&PROCESSES)
}

/// What PostgreSQL does now: who blocks whom, what takes most time.
#[component]
pub(crate) fn Database() -> impl IntoView {
    page(&DATABASE)
}

/// What Redis does now, and which commands were slow.
#[component]
pub(crate) fn Cache() -> impl IntoView {
    page(&CACHE)
}

/// Name and sections of the page with charts at `path`; of sections none where it shows all.
#[cfg(feature = "ssr")]
pub(crate) fn charts_of(path: &str) -> Option<(&'static str, &'static [&'static str])> {
    if path == "/trends" {
        return Some(("Trends", &[]));
    }
    let kinds = [&OVERVIEW, &PERFORMANCE, &PROCESSES, &DATABASE, &CACHE];
    kinds.into_iter().find(|kind| kind.path == path).map(|kind| (kind.title, kind.sections))
}

fn page(kind: &'static Kind) -> AnyView {
    let window = page_window();
    view! {
        <Title text=kind.title/>
        {with_snapshot(window, Arc::new(move |snapshot| loaded(kind, snapshot, window)))}
    }
    .into_any()
}

/// The loaded page. `snapshot` is what it begins with, unless there is live data already; `window` is what its charts show.
fn loaded(kind: &'static Kind, snapshot: Option<Snapshot>, window: Memo<Window>) -> AnyView {
    let live = use_live();
    begin(live, snapshot.as_ref());
    let host = live.store.with_value(|store| store.host().clone());
    // The overview is of the machine, and named like it.
    let (name, facts) = if kind.sections.is_empty() {
        (host.name.clone(), facts(&host))
    } else {
        (kind.title.to_owned(), String::new())
    };
    let below = kind.below.map(|path| view! { <Fragment path/> });
    view! {
        <header class="page-head">
            <h1>{name}</h1>
            <p class="facts">{facts}</p>
            <WindowPicker window path=kind.path/>
        </header>
        <Fragment path=kind.fragment/>
        <Problems/>
        <PanelSections only=kind.sections/>
        {below}
        <StandsStill/>
    }
    .into_any()
}

fn facts(host: &HostInfo) -> String {
    let cores = host.cores.map(|cores| format!("{cores} {}", if cores == 1 { "core" } else { "cores" }));
    let kernel = host.kernel.as_ref().map(|kernel| format!("Linux {kernel}"));
    [host.os.clone(), kernel, host.cpu.clone(), cores].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
