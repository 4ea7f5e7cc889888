//! The overview: every panel of the catalogue, live.

use crate::api::{HostInfo, Snapshot, snapshot};
use crate::clock::time_of_day;
use crate::live::{Live, Window, use_live};
use crate::parts::{PanelCard, Problems, WindowPicker};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The small charts that the server draws are this wide, in rows: enough for a glance, and light to send.
const SMALL_ROWS: u32 = 150;

/// The first page: what this machine does now.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let live = use_live();
    let query = use_query_map();
    let window = Memo::new(move |_| Window::from_name(query.read().get_str("window")));
    // Only the first snapshot is the server's to draw; a change of window after that asks for a history alone.
    let first = window.get_untracked().seconds();
    let snapshot = Resource::new_blocking(|| (), move |()| snapshot(first, SMALL_ROWS));
    Effect::new(move |_| live.window.set(window.get()));

    view! {
        <Title text="Overview"/>
        <Suspense fallback=|| view! { <p class="waiting">"Asking the server for its numbers…"</p> }>
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
fn Panels(snapshot: Snapshot, window: Memo<Window>) -> impl IntoView {
    let live = use_live();
    live.store.update_value(|store| store.load(&snapshot));
    Effect::new(move |_| live.loaded.set(true));
    let host = snapshot.host;
    let sections = sections(live);
    let measured =
        snapshot.time.map_or("no moment yet".to_owned(), |time| format!("{} UTC", time_of_day(time, 0)));
    view! {
        <header class="page-head">
            <h1>{host.name.clone()}</h1>
            <p class="facts">{facts(&host)}</p>
            <WindowPicker window/>
        </header>
        <Problems/>
        {sections
            .into_iter()
            .map(|(section, panels)| view! {
                <section class="section">
                    <h2>{section}</h2>
                    <div class="panels">
                        {panels.into_iter().map(|panel| view! { <PanelCard panel/> }).collect_view()}
                    </div>
                </section>
            })
            .collect_view()}
        <noscript>
            <p class="notice">
                "Live updates need JavaScript. These are the numbers of " {measured} "; load the page again for newer ones."
            </p>
        </noscript>
    }
}

/// What is shown when the snapshot cannot be had.
#[component]
fn Failed(reason: String) -> impl IntoView {
    view! {
        <section class="notice bad" role="alert">
            <h1>"The server did not give its numbers"</h1>
            <p>{reason}</p>
            <p><a href="/" rel="external">"Try again"</a></p>
        </section>
    }
}

/// Ids of the panels by section, both in the order of the catalogue.
fn sections(live: Live) -> Vec<(String, Vec<String>)> {
    let mut sections: Vec<(String, Vec<String>)> = Vec::new();
    live.store.with_value(|store| {
        for panel in store.catalogue().panels() {
            match sections.iter_mut().find(|(section, _)| *section == panel.section) {
                Some((_, panels)) => panels.push(panel.id.clone()),
                None => sections.push((panel.section.clone(), vec![panel.id.clone()])),
            }
        }
    });
    sections
}

fn facts(host: &HostInfo) -> String {
    let cores = host.cores.map(|cores| format!("{cores} {}", if cores == 1 { "core" } else { "cores" }));
    let kernel = host.kernel.as_ref().map(|kernel| format!("Linux {kernel}"));
    [host.os.clone(), kernel, host.cpu.clone(), cores].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
