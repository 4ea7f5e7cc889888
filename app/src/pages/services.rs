//! The page of a kind of server that is watched: whether each answers, its charts, its lists.

use crate::api::{Services, Snapshot, services};
use crate::encoding::carried;
use crate::live::{Window, use_live};
use crate::pages::loading::{Failed, StandsStill, Waiting, begin, first_snapshot, page_window};
use crate::parts::{PanelSections, ServiceLists, ServiceState, SetUp, SetUpText, WindowPicker};
use crate::service_view::ServiceView;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

/// What tells the pages of two kinds of servers apart.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Name of the page.
    pub(crate) title: &'static str,
    /// Address of the page.
    pub(crate) path: &'static str,
    /// The section of the catalogue whose panels it shows.
    pub(crate) section: &'static str,
    /// The servers of this kind.
    pub(crate) select: fn(&Services) -> Vec<ServiceView>,
    /// What to do so that there are any.
    pub(crate) set_up: SetUpText,
}

/// The page of that kind.
#[component]
pub(crate) fn ServicesPage(kind: &'static Kind) -> impl IntoView {
    let window = page_window();
    let snapshot = first_snapshot(window);
    let known = carried(services);
    view! {
        <Title text=kind.title/>
        <Suspense fallback=Waiting>
            {move || Suspend::new(async move {
                match (snapshot.await, known.await) {
                    (Ok(snapshot), Ok(known)) => Either::Left(view! { <Loaded kind snapshot known window/> }),
                    (Err(error), _) | (_, Err(error)) => {
                        Either::Right(view! { <Failed reason=error.to_string()/> })
                    }
                }
            })}
        </Suspense>
    }
}

/// The loaded page.
#[component]
fn Loaded(
    /// The kind of server.
    kind: &'static Kind,
    /// What the page begins with, unless there is live data already.
    snapshot: Option<Snapshot>,
    /// What is known of the servers.
    known: Services,
    /// How far back its charts look.
    window: Memo<Window>,
) -> impl IntoView {
    begin(use_live(), snapshot.as_ref());
    let is_watched = !(kind.select)(&known).is_empty();
    if !is_watched {
        return Either::Left(view! {
            <header class="page-head"><h1>{kind.title}</h1></header>
            <SetUp text=&kind.set_up/>
        });
    }
    let known = RwSignal::new(known);
    #[cfg(feature = "hydrate")]
    crate::live::keep_fresh(known);
    let views = Memo::new(move |_| known.with(kind.select));
    // Which servers there are is set when the program starts.
    let probes: Vec<String> =
        views.with_untracked(|views| views.iter().map(|view| view.probe.clone()).collect());
    let service = move |probe: String| {
        Memo::new(move |_| views.with(|views| views.iter().find(|view| view.probe == probe).cloned()))
    };
    let services: Vec<_> = probes.into_iter().map(service).collect();
    let states = services.iter().map(|&service| view! { <ServiceState service/> }).collect_view();
    let lists = services.into_iter().map(|service| view! { <ServiceLists service/> }).collect_view();
    Either::Right(view! {
        <header class="page-head">
            <h1>{kind.title}</h1>
            <p class="facts">{move || count(views.with(Vec::len), kind.section)}</p>
            <WindowPicker window path=kind.path/>
        </header>
        <div class="services">{states}</div>
        <PanelSections only=kind.section/>
        {lists}
        <StandsStill/>
    })
}

/// `1 Redis server is watched`.
fn count(number: usize, name: &str) -> String {
    let servers = if number == 1 { "server is" } else { "servers are" };
    format!("{number} {name} {servers} watched")
}
