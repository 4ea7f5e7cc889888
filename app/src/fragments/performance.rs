//! The routes of the applications: how often each is called, how often it fails, how long it takes.

use super::sorted::Sorted;
use super::words::Written;
use leptos::prelude::*;

/// The table of routes.
#[derive(Clone, Debug)]
pub struct Performance {
    /// How far back it looks, in words: `5 minutes`.
    pub over: &'static str,
    /// What the names of routes must contain.
    pub filter: String,
    /// How many routes were called at all.
    pub all: usize,
    /// The routes.
    pub table: Sorted,
}

/// The table of routes as HTML.
pub fn performance(page: Performance) -> String {
    let Performance { over, filter, all, table } = page;
    let shown = table.rows.len();
    let count = if shown == all { format!("{all} routes") } else { format!("{shown} of {all} routes") };
    let clear = table.address.show_all(&filter);
    let hidden = table.address.hidden(&["filter"]);
    view! {
        <section class="list-page" aria-labelledby="routes-title" data-part="performance">
            <header class="list-head">
                <h2 id="routes-title">"Routes"</h2>
                <p class="facts">
                    {count}" in the last "{over}". Percentiles are those of the worst minute of it; errors are answers 5xx."
                </p>
            </header>
            <form class="filter" method="get" action="/performance" role="search" aria-label="Routes">
                {hidden}
                <label r#for="routes-filter">"Filter"</label>
                <input type="text" id="routes-filter" name="filter" value=filter maxlength="100" autocomplete="off"
                    spellcheck="false"/>
                <button class="button">"Apply"</button>
                {clear}
            </form>
            {table.view()}
        </section>
    }
    .into_any()
    .html()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragments::{Address, Cell, Column, Sort, numbers, words};
    use watchglass_model::Unit;

    static COLUMNS: [Column; 2] = [words("Route"), numbers("Rate")];

    fn page(filter: &str, all: usize, routes: &[&str]) -> String {
        let row = |route: &&str| vec![Cell::Text((*route).to_owned()), Cell::Number(Unit::PerSecond, 1.0)];
        let table = Sorted {
            id: "routes".to_owned(),
            label: "Routes".to_owned(),
            columns: &COLUMNS,
            sort: Sort::largest(1),
            rows: routes.iter().map(row).collect(),
            address: Address { path: "/performance", kept: vec![("filter", filter.to_owned())] },
            empty: "No route was called.".to_owned(),
        };
        performance(Performance { over: "5 minutes", filter: filter.to_owned(), all, table })
    }

    #[test]
    fn it_says_how_much_it_shows_and_how_to_show_all() {
        for (filter, all, routes, present, absent) in [
            ("", 2, &["/a", "/b"][..], &["2 routes in the last 5 minutes", "/a", "/b"][..], "Show all"),
            ("\"<x>", 9, &["/<x>"][..], &["1 of 9 routes", "&quot;", "href=\"/performance\""][..], "<x>"),
            ("", 0, &[][..], &["No route was called."][..], "<table"),
        ] {
            let html = page(filter, all, routes);
            for part in present {
                assert!(html.contains(part), "{part}: {html}");
            }
            assert!(!html.contains(absent), "{absent}: {html}");
        }
    }

    #[test]
    fn long_names_are_whole() {
        let long = format!("/{}", "x".repeat(3000));
        assert!(page("", 1, &[&long]).contains(&long));
    }
}
