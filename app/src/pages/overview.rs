//! The overview: every panel of the catalogue, live.

use crate::api::{HostInfo, Snapshot};
use crate::live::{Window, use_live};
use crate::pages::loading::{Failed, StandsStill, Waiting, begin, first_snapshot, page_window};
use crate::parts::{PanelSections, Problems, WindowPicker};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

/// The first page: what this machine does now.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let window = page_window();
    let snapshot = first_snapshot(window);
    view! {
        <Title text="Overview"/>
        <Suspense fallback=Waiting>
            {move || Suspend::new(async move {
                match snapshot.await {
                    Ok(snapshot) => Either::Left(view! { <Panels snapshot window/> }),
                    Err(error) => Either::Right(view! { <Failed reason=error.to_string()/> }),
                }
            })}
        </Suspense>
    }
}

/// The loaded page.
#[component]
fn Panels(
    /// What the page begins with, unless there is live data already.
    snapshot: Option<Snapshot>,
    /// How far back its charts look.
    window: Memo<Window>,
) -> impl IntoView {
    let live = use_live();
    begin(live, snapshot.as_ref());
    let host = live.store.with_value(|store| store.host().clone());
    view! {
        <header class="page-head">
            <h1>{host.name.clone()}</h1>
            <p class="facts">{facts(&host)}</p>
            <WindowPicker window path="/"/>
        </header>
        <Problems/>
        <PanelSections/>
        <StandsStill/>
    }
}

fn facts(host: &HostInfo) -> String {
    let cores = host.cores.map(|cores| format!("{cores} {}", if cores == 1 { "core" } else { "cores" }));
    let kernel = host.kernel.as_ref().map(|kernel| format!("Linux {kernel}"));
    [host.os.clone(), kernel, host.cpu.clone(), cores].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
