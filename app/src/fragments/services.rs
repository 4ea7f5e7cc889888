//! The servers of a kind that are watched: whether each answers, what it is, its lists; or what to set so that one is.

use super::service_condition::Condition;
use super::service_view::{ListView, ServiceView, caches, databases};
use super::sorted::{Address, Sorted};
use super::table::{Row, Sort};
use super::words::Written;
use crate::api;
use leptos::prelude::*;
use watchglass_model::{Problem, Timestamp};

/// What tells the pages of two kinds of servers apart.
#[derive(Debug)]
pub struct ServiceKind {
    /// Address of the page.
    pub path: &'static str,
    /// Address of the part that has the lists.
    pub lists: &'static str,
    select: fn(&api::Services) -> Vec<ServiceView>,
    set_up: SetUp,
}

/// How a kind of server comes to be watched.
#[derive(Debug)]
struct SetUp {
    /// What is not there.
    title: &'static str,
    /// Lines of the configuration file.
    file: &'static str,
    /// What the setting is called.
    setting: &'static str,
    /// The flag that does the same.
    flag: &'static str,
    /// The environment variable that does the same.
    variable: &'static str,
    /// What gives Watchglass the rights that it needs there, and no more.
    rights: &'static str,
    /// Where those lines are run.
    rights_where: &'static str,
}

/// PostgreSQL.
pub static DATABASES: ServiceKind = ServiceKind {
    path: "/database",
    lists: "/database-lists",
    select: databases,
    set_up: SetUp {
        title: "No PostgreSQL is watched",
        file: "[postgres]\nurl = \"postgresql://watchglass:PASSWORD@db.example:5432/app\"",
        setting: "postgres.url",
        flag: "--postgres-url",
        variable: "WATCHGLASS_POSTGRES_URL",
        rights_where: "Run this in the database, with a password of your own:",
        rights: "CREATE ROLE watchglass LOGIN PASSWORD 'PASSWORD' CONNECTION LIMIT 3;\n\
                 GRANT pg_monitor TO watchglass;",
    },
};

/// Redis.
pub static CACHES: ServiceKind = ServiceKind {
    path: "/cache",
    lists: "/cache-lists",
    select: caches,
    set_up: SetUp {
        title: "No Redis is watched",
        file: "[redis]\nwatch = \"redis://watchglass:PASSWORD@cache.example:6379\"",
        setting: "redis.watch",
        flag: "--redis-watch",
        variable: "WATCHGLASS_REDIS_WATCH",
        rights_where: "Run this in redis-cli, with a password of your own:",
        rights: "ACL SETUSER watchglass on >PASSWORD resetkeys resetchannels -@all +ping +info +slowlog|get +slowlog|len",
    },
};

/// What is known of the servers.
#[derive(Clone, Debug, Default)]
pub struct Watching {
    /// What they told.
    pub services: api::Services,
    /// Which probes yield nothing, and why.
    pub problems: Vec<Problem>,
    /// The moment of the newest values; `None` before anything is measured.
    pub now: Option<Timestamp>,
}

/// The order that an address asks for.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The list that it is about.
    pub list: String,
    /// The column.
    pub column: String,
    /// `asc` or `desc`; without it, as is usual for the column.
    pub direction: Option<String>,
    /// What rows must contain, whatever its case; empty for all.
    pub filter: String,
    /// Other parameters, which links keep.
    pub kept: Vec<(&'static str, String)>,
}

/// The state of each server, or how to set one up, as HTML.
pub fn service_states(kind: &ServiceKind, known: &Watching) -> String {
    let views = (kind.select)(&known.services);
    if views.is_empty() {
        return kind.set_up.view().html();
    }
    let states = views.iter().map(|view| state(view, known, kind.set_up.setting)).collect_view();
    view! { <div class="services">{states}</div> }.into_any().html()
}

/// The lists of each server as HTML; nothing where there is none.
///
/// # Errors
/// The order names a column or a direction that the list does not have.
pub fn service_lists(kind: &ServiceKind, known: &Watching, order: &Order) -> Result<String, String> {
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
        let condition = Condition::of(&view, &known.problems);
        for list in &view.lists {
            html.push_str(&listing(kind, &view, list, &condition, order)?.html());
        }
    }
    Ok(html)
}

impl SetUp {
    fn view(&self) -> AnyView {
        let &Self { title, file, flag, variable, rights, rights_where, .. } = self;
        view! {
            <section class="notice set-up" aria-labelledby="set-up">
                <h2 id="set-up">{title}</h2>
                <p>"Name the server in the configuration file:"</p>
                <pre><code>{file}</code></pre>
                <p>
                    "The flag "<code>{flag}</code>" and the environment variable "<code>{variable}</code>
                    " do the same. Then start Watchglass again."
                </p>
                <p>"It needs few rights. "{rights_where}</p>
                <pre><code>{rights}</code></pre>
            </section>
        }
        .into_any()
    }
}

fn state(view: &ServiceView, known: &Watching, setting: &'static str) -> AnyView {
    let condition = Condition::of(view, &known.problems);
    let word = condition.word();
    // A reader hears changes of state, not every second of an age.
    let spoken = format!("{}: {word}", view.instance);
    let jumps = view.lists.iter().map(|list| {
        let href = format!("#{}", view.anchor(list.kind));
        let count = condition.count(list);
        view! { <li><a href=href rel="external">{list.kind.title}" "<span class="number">{count}</span></a></li> }
    });
    let reason = Some(condition.reason()).filter(|reason| !reason.is_empty());
    let notes = view.notes.iter().map(|note| view! { <li>{note.clone()}</li> }).collect_view();
    let notes = (!view.notes.is_empty())
        .then(|| view! { <ul class="notes" aria-label="What is left out">{notes}</ul> });
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
                    "Watchglass goes on asking, and says here when there is an answer. Until then: does the server run, can this \
                     machine reach it, and are name and password right? They are in the setting "<code>{setting}</code>", which "
                    <a href="/settings">"Settings"</a>" shows without its password."
                </p>
            })}
            <ul class="jumps" aria-label="Lists">{jumps.collect_view()}</ul>
            {notes}
        </section>
    }
    .into_any()
}

/// Where rows are looked for, in all lists of the page.
fn filter_form(kind: &ServiceKind, order: &Order) -> AnyView {
    let address = order.address(kind);
    let hidden = address.hidden(&["filter"]);
    let clear = address.show_all(&order.filter);
    view! {
        <form class="filter" method="get" action=kind.path role="search" aria-label="Lists">
            {hidden}
            <label r#for="lists-filter">"Filter the lists"</label>
            <input type="text" id="lists-filter" name="filter" value=order.filter.clone() maxlength="100"
                autocomplete="off" spellcheck="false"/>
            <button class="button">"Apply"</button>
            {clear}
        </form>
    }
    .into_any()
}

impl Order {
    /// The address that asks for it.
    fn address(&self, kind: &ServiceKind) -> Address {
        let mut kept = self.kept.clone();
        kept.push(("filter", self.filter.clone()));
        if !self.column.is_empty() {
            kept.push(("list", self.list.clone()));
            kept.push(("sort", self.column.clone()));
            kept.push(("dir", self.direction.clone().unwrap_or_default()));
        }
        Address { path: kind.path, kept }
    }

    /// Whether the row contains what is looked for.
    fn takes(row: &Row, filter: &str) -> bool {
        filter.is_empty() || row.iter().any(|cell| cell.text().to_lowercase().contains(filter))
    }
}

fn listing(
    kind: &ServiceKind,
    view: &ServiceView,
    list: &ListView,
    condition: &Condition,
    order: &Order,
) -> Result<AnyView, String> {
    let id = view.anchor(list.kind);
    let content = match condition.instead_of(list, !view.notes.is_empty()) {
        Some(words) => view! { <p class="instead">{words}</p> }.into_any(),
        None => {
            let mut address = Address { path: kind.path, kept: order.kept.clone() };
            address.kept.push(("filter", order.filter.clone()));
            address.kept.push(("list", id.clone()));
            let all = list.rows.clone().unwrap_or_default();
            let filter = order.filter.to_lowercase();
            let (count, is_any) = (all.len(), !all.is_empty());
            let rows: Vec<Row> = all.into_iter().filter(|row| Order::takes(row, &filter)).collect();
            let shown = (rows.len() < count).then(|| format!("{} of {count} rows", rows.len()));
            let table = Sorted {
                id: format!("{id}-table"),
                label: format!("{}, {}", list.kind.title, view.instance),
                columns: list.kind.columns,
                sort: sort(list, &id, order)?,
                rows,
                address,
                empty: if is_any {
                    format!("No row has {:?} in it.", order.filter)
                } else {
                    list.kind.empty.to_owned()
                },
            };
            view! { {shown.map(|shown| view! { <p class="facts">{shown}</p> })} {table.view()} }.into_any()
        }
    };
    let listing = view! {
        <section class="listing" id=id>
            <h2>{list.kind.title}" "<span class="of">{view.instance.clone()}</span></h2>
            {content}
        </section>
    };
    Ok(listing.into_any())
}

/// The order of the list called `id`.
fn sort(list: &ListView, id: &str, order: &Order) -> Result<Sort, String> {
    if order.list != id || order.column.is_empty() {
        return Ok(list.kind.sort);
    }
    let columns = list.kind.columns;
    Sort::named(columns, &order.column, order.direction.as_deref()).ok_or_else(|| {
        let names: Vec<String> = columns.iter().map(super::Column::name).collect();
        let names = names.join(", ");
        format!("This list has no such order: sort must be one of {names}, and dir asc or desc")
    })
}

#[cfg(test)]
#[path = "services_tests.rs"]
mod tests;
