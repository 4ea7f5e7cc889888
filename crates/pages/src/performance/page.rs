//! HTTP routes of the applications: request rate, error rate and response time.

use crate::ui::{SortableTable, StaticHtml, limitations};
use app::url;
use leptos::prelude::*;

/// Table of routes.
#[derive(Clone, Debug)]
pub struct Performance {
    /// Time window as text, such as `5 minutes`.
    pub window: &'static str,
    /// Filter: substring of the route.
    pub filter: String,
    /// Number of routes before the filter.
    pub total: usize,
    /// Table of the routes.
    pub table: SortableTable,
    /// Notes about values that are left out.
    pub notes: Vec<String>,
}

/// Renders the table of routes.
pub fn render(page: Performance) -> String {
    let Performance { window: over, filter, total: all, table, notes } = page;
    let shown = table.rows.len();
    let count = if shown == all { format!("{all} routes") } else { format!("{shown} of {all} routes") };
    let clear = table.url.clear_filter_link(&filter);
    let hidden = table.url.hidden_inputs(&["filter"]);
    let notes = limitations(notes);
    view! {
        <section class="list-page" aria-labelledby="routes-title" data-part="performance">
            <header class="list-head">
                <h2 id="routes-title">"Routes"</h2>
                <p class="facts">
                    {count}" in the last "{over}". Errors = 5xx; percentiles: worst 1-minute value."
                </p>
            </header>
            {notes}
            // With the hash, the browser shows the list, which is below the charts.
            <form class="filter" method="get" action=url("/performance#routes-title") role="search" aria-label="Routes">
                {hidden}
                <label r#for="routes-filter">"Filter"</label>
                <input type="text" id="routes-filter" name="filter" value=filter maxlength="100" autocomplete="off"
                    spellcheck="false"/>
                <button type="submit" class="button">"Apply"</button>
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
    use crate::ui::{Cell, Column, PageUrl, Sort};
    use crate::ui::{number_column, text_column};
    use watchglass_model::Unit;

    static COLUMNS: [Column; 2] = [text_column("Route"), number_column("Rate")];

    fn page(filter: &str, all: usize, routes: &[&str]) -> String {
        let row = |route: &&str| vec![Cell::Text((*route).to_owned()), Cell::Number(Unit::PerSecond, 1.0)];
        let table = SortableTable {
            id: "routes".to_owned(),
            label: "Routes".to_owned(),
            columns: &COLUMNS,
            sort: Sort::largest_first(1),
            rows: routes.iter().map(row).collect(),
            url: PageUrl { path: "/performance", params: vec![("filter", filter.to_owned())] },
            empty: "No requests.".to_owned(),
        };
        let notes = vec!["shop: further <series> left out".to_owned()];
        render(Performance { window: "5 minutes", filter: filter.to_owned(), total: all, table, notes })
    }

    #[test]
    fn number_of_routes_and_reset_link_are_shown() {
        for (filter, all, routes, present, absent) in [
            ("", 2, &["/a", "/b"][..], &["2 routes in the last 5 minutes", "/a", "/b"][..], "Show all"),
            ("\"<x>", 9, &["/<x>"][..], &["1 of 9 routes", "&quot;", "href=\"/performance\""][..], "<x>"),
            ("", 0, &[][..], &["No requests."][..], "<table"),
        ] {
            let html = page(filter, all, routes);
            assert!(html.contains("<li>shop: further &lt;series&gt; left out</li>"), "{html}");
            for part in present {
                assert!(html.contains(part), "{part}: {html}");
            }
            assert!(!html.contains(absent), "{absent}: {html}");
        }
    }

    #[test]
    fn long_names_are_not_truncated() {
        let long = format!("/{}", "x".repeat(3000));
        assert!(page("", 1, &[&long]).contains(&long));
    }
}
