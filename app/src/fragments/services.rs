//! Pages of databases and caches: status, version and lists of each instance, or how to configure one.

use super::former_names::{former_list, present_list, present_sort_key};
use super::service_status::ServiceStatus;
use super::service_view::{ListView, ServiceView, caches, databases};
use super::sortable_table::{PageUrl, SortableTable};
use super::table::{Row, Sort};
use super::view_helpers::StaticHtml;
use crate::api;
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
    setup: Setup,
}

/// How to configure a kind of server.
#[derive(Debug)]
struct Setup {
    /// Heading.
    title: &'static str,
    /// Example lines of the configuration file.
    file: &'static str,
    /// Name of the setting.
    setting: &'static str,
    /// Command line flag of the setting.
    flag: &'static str,
    /// Environment variable of the setting.
    variable: &'static str,
    /// Statements that grant exactly the permissions that Watchglass needs.
    rights: &'static str,
    /// Where to run them.
    rights_where: &'static str,
}

/// PostgreSQL.
pub static DATABASES: ServiceKind = ServiceKind {
    path: "/database",
    lists_path: "/database-lists",
    select: databases,
    setup: Setup {
        title: "PostgreSQL is not monitored",
        file: "[postgres]\nurl = \"postgresql://watchglass:PASSWORD@db.example:5432/app\"",
        setting: "postgres.url",
        flag: "--postgres-url",
        variable: "WATCHGLASS_POSTGRES_URL",
        rights_where: "Run this in the database, with your own password:",
        rights: "CREATE ROLE watchglass LOGIN PASSWORD 'PASSWORD' CONNECTION LIMIT 3;\n\
                 GRANT pg_monitor TO watchglass;",
    },
};

/// Redis.
pub static CACHES: ServiceKind = ServiceKind {
    path: "/cache",
    lists_path: "/cache-lists",
    select: caches,
    setup: Setup {
        title: "Redis is not monitored",
        file: "[redis]\ntargets = \"redis://watchglass:PASSWORD@cache.example:6379\"",
        setting: "redis.targets",
        flag: "--redis-targets",
        variable: "WATCHGLASS_REDIS_TARGETS",
        rights_where: "Run this in redis-cli, with your own password:",
        rights: "ACL SETUSER watchglass on >PASSWORD resetkeys resetchannels -@all +ping +info +slowlog|get +slowlog|len",
    },
};

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

/// Order and filter of the lists, from the URL.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// List that the order applies to.
    pub list: String,
    /// Column.
    pub column: String,
    /// `asc` or `desc`; `None` for the default of the column.
    pub direction: Option<String>,
    /// Substring that rows must contain, ignoring case; empty for all rows.
    pub filter: String,
    /// Other parameters, which links preserve.
    pub preserved: Vec<(&'static str, String)>,
}

/// Renders the status of each instance, or how to configure one.
pub fn service_states(kind: &ServiceKind, known: &ServicesSnapshot) -> String {
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
pub fn service_lists(
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

impl Setup {
    fn view(&self) -> AnyView {
        let &Self { title, file, flag, variable, rights, rights_where, .. } = self;
        view! {
            <section class="notice set-up" aria-labelledby="set-up">
                <h2 id="set-up">{title}</h2>
                <p>"Add the server to the configuration file:"</p>
                <pre><code>{file}</code></pre>
                <p>
                    "Or use the flag "<code>{flag}</code>" or the environment variable "<code>{variable}</code>
                    ". Then restart Watchglass."
                </p>
                <p>"Watchglass needs few permissions. "{rights_where}</p>
                <pre><code>{rights}</code></pre>
            </section>
        }
        .into_any()
    }
}

fn state(view: &ServiceView, known: &ServicesSnapshot, setting: &'static str) -> AnyView {
    let condition = ServiceStatus::from_problems(view, &known.problems);
    let word = condition.data_state();
    // Screen readers announce changes of the status, not every second of its age.
    let spoken = format!("{}: {word}", view.instance);
    let jumps = view.lists.iter().map(|list| {
        let href = format!("#{}", view.anchor(list.kind));
        let count = condition.count(list);
        view! { <li><a href=href rel="external">{list.kind.title}" "<span class="number">{count}</span></a></li> }
    });
    let reason = Some(condition.reason()).filter(|reason| !reason.is_empty());
    let skipped = known.skipped.iter().filter(|note| note.probe == view.probe).map(|note| &note.reason);
    let notes: Vec<String> = view.notes.iter().chain(skipped).cloned().collect();
    let notes = (!notes.is_empty()).then(|| {
        let notes = notes.into_iter().map(|note| view! { <li>{note}</li> }).collect_view();
        view! { <ul class="notes" aria-label="Limitations">{notes}</ul> }
    });
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
                    <code>{setting}</code>" are correct. "<a href="/settings">"Settings"</a>" shows the value without its password."
                </p>
            })}
            <ul class="jumps" aria-label="Lists">{jumps.collect_view()}</ul>
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
        <form class="filter" method="get" action=kind.path role="search" aria-label="Lists">
            {hidden}
            <label r#for="lists-filter">"Filter"</label>
            <input type="text" id="lists-filter" name="filter" value=order.filter.clone() maxlength="100"
                autocomplete="off" spellcheck="false"/>
            <button class="button">"Apply"</button>
            {clear}
        </form>
    }
    .into_any()
}

impl ListQuery {
    /// Sorts the list with the id `list` by the column with that name. Both may be former names.
    #[must_use]
    pub fn sorted_by(self, list: &str, column: &str, direction: Option<String>) -> Self {
        Self { list: present_list(list), column: present_sort_key(column).to_owned(), direction, ..self }
    }

    /// URL with this order and filter.
    fn url(&self, kind: &ServiceKind) -> PageUrl {
        let mut kept = self.preserved.clone();
        kept.push(("filter", self.filter.clone()));
        if !self.column.is_empty() {
            kept.push(("list", self.list.clone()));
            kept.push(("sort", self.column.clone()));
            kept.push(("dir", self.direction.clone().unwrap_or_default()));
        }
        PageUrl { path: kind.path, params: kept }
    }

    /// Whether the row contains the filter text.
    fn matches(row: &Row, filter: &str) -> bool {
        filter.is_empty() || row.iter().any(|cell| cell.text().to_lowercase().contains(filter))
    }
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
        let names: Vec<String> = columns.iter().map(super::Column::name).collect();
        let names = names.join(", ");
        format!("Invalid order: sort must be one of {names}, and dir asc or desc")
    })
}

#[cfg(test)]
#[path = "services_tests.rs"]
mod tests;
