//! Pages of databases and caches: status, version and lists of each instance, or how to configure one.

use super::ListQuery;
use super::former_names::former_list;
use super::setup::{self, Setup};
use super::status::ServiceStatus;
use super::view::{ListView, ServiceView, caches, databases};
use crate::ui::{PageUrl, Row, Sort, SortableTable, StaticHtml, limitations};
use app::{api, url};
use leptos::prelude::*;
use watchglass_model::{Problem, Timestamp};

/// Kind of monitored server: PostgreSQL or Redis.
#[derive(Debug)]
pub struct ServiceKind {
    /// Path of the page.
    pub path: &'static str,
    /// Path of the fragment with the lists.
    pub lists_path: &'static str,
    select: fn(&api::Services) -> Vec<ServiceView>,
    setup: &'static Setup,
}

/// PostgreSQL.
pub static DATABASES: ServiceKind = ServiceKind {
    path: "/database",
    lists_path: "/database-lists",
    select: databases,
    setup: &setup::POSTGRES,
};

/// Redis.
pub static CACHES: ServiceKind =
    ServiceKind { path: "/cache", lists_path: "/cache-lists", select: caches, setup: &setup::REDIS };

/// Current data of the monitored servers.
#[derive(Clone, Debug, Default)]
pub struct ServicesSnapshot {
    /// Details by instance.
    pub services: api::Services,
    /// Failing probes with their errors.
    pub problems: Vec<Problem>,
    /// Values that probes which are up leave out.
    pub skipped: Vec<Problem>,
    /// Time of the newest values; `None` before the first collection.
    pub now: Option<Timestamp>,
}

/// Renders the status of each instance, or how to configure one.
pub fn render_states(kind: &ServiceKind, known: &ServicesSnapshot) -> String {
    let views = (kind.select)(&known.services);
    if views.is_empty() {
        return kind.setup.view().html();
    }
    let states = views.iter().map(|view| state(view, known, kind.setup.setting)).collect_view();
    view! { <div class="services">{states}</div> }.into_any().html()
}

/// Renders the lists of each instance; empty if there is none.
///
/// # Errors
/// Unknown column or direction.
pub fn render_lists(
    kind: &ServiceKind,
    known: &ServicesSnapshot,
    order: &ListQuery,
) -> Result<String, String> {
    let mut html = String::new();
    let views = (kind.select)(&known.services);
    if views
        .iter()
        .flat_map(|view| &view.lists)
        .any(|list| list.rows.as_ref().is_some_and(|rows| !rows.is_empty()))
    {
        html.push_str(&filter_form(kind, order).html());
    }
    for view in views {
        let condition = ServiceStatus::from_problems(&view, &known.problems);
        for list in &view.lists {
            html.push_str(&listing(kind, &view, list, &condition, order)?.html());
        }
    }
    Ok(html)
}

fn state(view: &ServiceView, known: &ServicesSnapshot, setting: &'static str) -> AnyView {
    let condition = ServiceStatus::from_problems(view, &known.problems);
    let word = condition.data_state();
    // Screen readers announce changes of the status, not every second of its age.
    let spoken = format!("{}: {word}", view.instance);
    let jumps = view.lists.iter().map(|list| {
        let href = format!("#{}", view.anchor(list.kind));
        let count = condition.count(list);
        view! { <li><a href=url(href) rel="external">{list.kind.title}" "<span class="number">{count}</span></a></li> }
    });
    let reason = Some(condition.reason()).filter(|reason| !reason.is_empty());
    let skipped = known.skipped.iter().filter(|note| note.probe == view.probe).map(|note| &note.reason);
    let notes = limitations(view.notes.iter().chain(skipped).cloned());
    view! {
        <section class="service" data-state=word>
            <header>
                <h2>{view.instance.clone()}</h2>
                <p class="state">
                    <span class="dot" aria-hidden="true"></span>
                    <span class="word">{condition.view(known.now)}</span>
                    <span class="hidden" role="status">{spoken}</span>
                </p>
                <p class="facts">{view.facts.clone()}</p>
            </header>
            {reason.map(|reason| view! {
                <p class="reason">{reason}</p>
                <p class="next">
                    "Retrying. Check that the server is running, that this machine can reach it, and that the credentials in "
                    <code>{setting}</code>" are correct. "<a href=url("/settings")>"Settings"</a>" shows the value without its password."
                </p>
            })}
            <nav aria-label="Lists"><ul class="jumps">{jumps.collect_view()}</ul></nav>
            {notes}
        </section>
    }
    .into_any()
}

/// Filter of all lists of the page.
fn filter_form(kind: &ServiceKind, order: &ListQuery) -> AnyView {
    let address = order.url(kind);
    let hidden = address.hidden_inputs(&["filter"]);
    let clear = address.clear_filter_link(&order.filter);
    view! {
        <form class="filter" method="get" action=url(kind.path) role="search" aria-label="Lists">
            {hidden}
            <label r#for="lists-filter">"Filter"</label>
            <input type="text" id="lists-filter" name="filter" value=order.filter.clone() maxlength="100"
                autocomplete="off" spellcheck="false"/>
            <button type="submit" class="button">"Apply"</button>
            {clear}
        </form>
    }
    .into_any()
}

fn listing(
    kind: &ServiceKind,
    view: &ServiceView,
    list: &ListView,
    condition: &ServiceStatus,
    order: &ListQuery,
) -> Result<AnyView, String> {
    let id = view.anchor(list.kind);
    let content = match condition.placeholder(list, !view.notes.is_empty()) {
        Some(text) => view! { <p class="instead">{text}</p> }.into_any(),
        None => {
            let mut address = PageUrl { path: kind.path, params: order.preserved.clone() };
            address.params.push(("filter", order.filter.clone()));
            address.params.push(("list", id.clone()));
            let all = list.rows.clone().unwrap_or_default();
            let filter = order.filter.to_lowercase();
            let (count, is_any) = (all.len(), !all.is_empty());
            let rows: Vec<Row> = all.into_iter().filter(|row| ListQuery::matches(row, &filter)).collect();
            let shown = (rows.len() < count).then(|| format!("{} of {count} rows", rows.len()));
            let table = SortableTable {
                id: format!("{id}-table"),
                label: format!("{}, {}", list.kind.title, view.instance),
                columns: list.kind.columns,
                sort: sort(list, &id, order)?,
                rows,
                url: address,
                empty: if is_any {
                    format!("No row matches {:?}.", order.filter)
                } else {
                    list.kind.empty.to_owned()
                },
            };
            view! { {shown.map(|shown| view! { <p class="facts">{shown}</p> })} {table.view()} }.into_any()
        }
    };
    let former = former_list(&id).map(|former| view! { <span id=former></span> });
    let listing = view! {
        <section class="listing" id=id>
            <h2>{former}{list.kind.title}" "<span class="of">{view.instance.clone()}</span></h2>
            {content}
        </section>
    };
    Ok(listing.into_any())
}

/// Order of the list with that id.
fn sort(list: &ListView, id: &str, order: &ListQuery) -> Result<Sort, String> {
    if order.list != id || order.column.is_empty() {
        return Ok(list.kind.sort);
    }
    let columns = list.kind.columns;
    Sort::parse(columns, &order.column, order.direction.as_deref()).ok_or_else(|| {
        let names: Vec<String> = columns.iter().map(crate::ui::Column::name).collect();
        let names = names.join(", ");
        format!("Invalid order: sort must be one of {names}, and dir asc or desc")
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
