//! The lists of a server that is watched.

use crate::live::use_live;
use crate::parts::DataTable;
use crate::parts::service_state::condition;
use crate::service_condition::Condition;
use crate::service_view::{ListView, ServiceView};
use leptos::prelude::*;

/// Each list of the server: its rows, or what there is to say instead.
#[component]
pub(crate) fn ServiceLists(
    /// The server; `None` when it is no longer watched.
    service: Memo<Option<ServiceView>>,
) -> impl IntoView {
    let condition = condition(use_live(), service);
    // How many lists there are, and of what kind, does not change.
    let known = service.get_untracked().unwrap_or_default();
    let list = |(place, list): (usize, &ListView)| {
        let id = known.anchor(list.kind);
        view! { <List service condition place list=list.clone() id instance=known.instance.clone()/> }
    };
    known.lists.iter().enumerate().map(list).collect_view()
}

/// One list.
#[component]
fn List(
    /// The server.
    service: Memo<Option<ServiceView>>,
    /// Whether it answers.
    condition: Memo<Condition>,
    /// Which of its lists.
    place: usize,
    /// The list as it is at first.
    list: ListView,
    /// Its address within the page.
    id: String,
    /// Which server.
    instance: String,
) -> impl IntoView {
    let kind = list.kind;
    let instead = Memo::new(move |_| {
        service.with(|service| {
            let service = service.as_ref()?;
            let list = service.lists.get(place)?;
            condition.with(|condition| condition.instead_of(list, !service.notes.is_empty()))
        })
    });
    let rows = Memo::new(move |_| {
        let rows = |service: &ServiceView| service.lists.get(place)?.rows.clone();
        service.with(|service| service.as_ref().and_then(rows)).unwrap_or_default()
    });
    let label = format!("{}, {instance}", kind.title);
    view! {
        <section class="listing" id=id>
            <h2>{kind.title} " " <span class="of">{instance}</span></h2>
            <p class="instead" hidden=move || instead.get().is_none()>{move || instead.get()}</p>
            <div hidden=move || instead.get().is_some()>
                <DataTable label columns=kind.columns first=kind.sort rows/>
            </div>
        </section>
    }
    .into_any()
}
