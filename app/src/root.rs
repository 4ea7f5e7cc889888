//! Root component: shared state, page frame and routes.

use crate::base_path::base_path;
use crate::pages::{Alerts, Cache, Database, NotFound, Overview, Performance, Processes, Settings, Trends};
use crate::ui::{OutdatedBanner, PanicBanner, TopBar};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// Paths and names of all pages, in navigation order.
pub const PAGES: [(&str, &str); 8] = [
    ("/", "Overview"),
    ("/trends", "Trends"),
    ("/alerts", "Alerts"),
    ("/database", "Database"),
    ("/cache", "Cache"),
    ("/performance", "Performance"),
    ("/processes", "Processes"),
    ("/settings", "Settings"),
];

/// Everything inside `<body>`.
#[component]
pub(crate) fn App() -> impl IntoView {
    provide_meta_context();
    crate::live::provide_contexts();
    #[cfg(feature = "hydrate")]
    {
        crate::ui::listen_for_palette();
        crate::ui::follow_time_zone();
        crate::live::start();
        crate::ui::follow_system_theme();
    }

    view! {
        <Title formatter=|page: String| if page.is_empty() { "Watchglass".to_owned() } else { format!("{page} · Watchglass") }/>
        <a class="skip" href="#main" rel="external">"Skip to content"</a>
        <Router base=base_path()>
            <TopBar/>
            <PanicBanner/>
            <OutdatedBanner/>
            <main id="main" tabindex="-1">
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=Overview ssr=SsrMode::Async/>
                    <Route path=path!("/trends") view=Trends ssr=SsrMode::Async/>
                    <Route path=path!("/alerts") view=Alerts ssr=SsrMode::Async/>
                    <Route path=path!("/database") view=Database ssr=SsrMode::Async/>
                    <Route path=path!("/cache") view=Cache ssr=SsrMode::Async/>
                    <Route path=path!("/performance") view=Performance ssr=SsrMode::Async/>
                    <Route path=path!("/processes") view=Processes ssr=SsrMode::Async/>
                    <Route path=path!("/settings") view=Settings ssr=SsrMode::Async/>
                </Routes>
            </main>
            <div id="toasts" class="toasts" role="log" aria-live="polite" aria-label="Alerts"></div>
        </Router>
    }
}
