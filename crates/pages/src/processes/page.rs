//! Processes at a point in time: now, or any time within the retention.

use crate::ui::{SortableTable, StaticHtml, limitations, time_tag};
use app::url;
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// Links to other times: offset in milliseconds and label.
const STEPS: [(i64, &str); 6] = [
    (-3_600_000, "◀ 1 h"),
    (-300_000, "◀ 5 min"),
    (-60_000, "◀ 1 min"),
    (60_000, "1 min ▶"),
    (300_000, "5 min ▶"),
    (3_600_000, "1 h ▶"),
];

/// Maximum number of rows: the first ones in the order of the table. The filter finds the others.
const MAX_ROWS: usize = 100;

/// Processes at a point in time.
#[derive(Clone, Debug)]
pub struct Processes {
    /// Time of the newest values; `None` before the first collection.
    pub now: Option<Timestamp>,
    /// Requested time; `None` for the newest.
    pub at: Option<Timestamp>,
    /// Note about the values, such as their resolution; may be empty.
    pub note: String,
    /// What the rows are: `processes` or `commands`.
    pub rows_are: &'static str,
    /// Filter: substring of the texts of a row.
    pub filter: String,
    /// Number of rows before the filter.
    pub total: usize,
    /// Table of the processes or commands.
    pub table: SortableTable,
    /// Notes about values that are left out now.
    pub notes: Vec<String>,
}

/// Renders the processes.
pub fn render(page: Processes) -> String {
    let Processes { now, at, note, rows_are, filter, total: all, mut table, notes } = page;
    if table.rows.len() > MAX_ROWS {
        table.sort.apply(&mut table.rows);
        table.rows.truncate(MAX_ROWS);
    }
    let shown = table.rows.len();
    let count = if shown == all { String::new() } else { format!("{shown} of {all} {rows_are}. ") };
    let clear = table.url.clear_filter_link(&filter);
    let title = match (at, now) {
        (Some(at), _) => view! { "Processes at "{time_tag(at)} }.into_any(),
        (None, Some(now)) => view! { "Processes now: "{time_tag(now)} }.into_any(),
        (None, None) => "Processes".into_any(),
    };
    let link = |(millis, word): &(i64, &'static str)| {
        let from = at.or(now)?.millis();
        let to = from.saturating_add(*millis);
        // No links into the future.
        if to < 0 || now.is_some_and(|now| to > now.millis()) {
            return None;
        }
        let href = table.url.with_params(&[("at", &to.to_string()), ("when", "")]);
        Some(view! { <a href=url(href) data-noscroll="">{*word}</a> })
    };
    let back = at.map(|_| {
        let href = table.url.with_params(&[("at", ""), ("when", "")]);
        view! { <a href=url(href) data-noscroll="">"Now"</a> }
    });
    let links = STEPS.iter().filter_map(link).collect_view();
    let when = at.map(field_text).unwrap_or_default();
    let hidden = table.url.hidden_inputs(&["filter", "at", "when"]);
    let notes = limitations(notes);
    view! {
        <section class="list-page" aria-labelledby="commands-title" data-part="processes">
            <header class="list-head">
                <h2 id="commands-title">{title}</h2>
                <p class="facts">{count}{note}" CPU: 100 % = one core."</p>
            </header>
            {notes}
            <form class="filter" method="get" action=url("/processes") role="search" aria-label="Processes">
                {hidden}
                <label r#for="commands-filter">"Filter"</label>
                <input type="text" id="commands-filter" name="filter" value=filter maxlength="100" autocomplete="off"
                    spellcheck="false"/>
                <label r#for="commands-when">"At (UTC)"</label>
                <input type="datetime-local" id="commands-when" name="when" value=when step="1"/>
                <button type="submit" class="button">"Apply"</button>
                {clear}
            </form>
            <nav class="moments" aria-label="Other times">{links}{back}</nav>
            {table.view()}
        </section>
    }
    .into_any()
    .html()
}

/// Time as a `datetime-local` field has it, in UTC: `2026-11-22T02:20:30`.
fn field_text(time: Timestamp) -> String {
    crate::ui::rfc3339(time).trim_end_matches('Z').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Cell, Column, PageUrl, Sort};
    use crate::ui::{number_column, text_column};
    use watchglass_model::Unit;

    static COLUMNS: [Column; 2] = [text_column("Command"), number_column("CPU")];

    fn page(now: Option<i64>, at: Option<i64>, filter: &str, commands: &[&str]) -> String {
        let moment = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let row = |name: &&str| vec![Cell::Text((*name).to_owned()), Cell::Number(Unit::Ratio, 0.5)];
        let kept = vec![
            ("filter", filter.to_owned()),
            ("at", at.map(|at| (at * 1000).to_string()).unwrap_or_default()),
        ];
        let table = SortableTable {
            id: "commands".to_owned(),
            label: "Commands".to_owned(),
            columns: &COLUMNS,
            sort: Sort::largest_first(1),
            rows: commands.iter().map(row).collect(),
            url: PageUrl { path: "/processes", params: kept },
            empty: "No data for this time.".to_owned(),
        };
        let (now, at) = (now.map(moment), at.map(moment));
        let filter = filter.to_owned();
        let notes = vec!["top_processes: <x> left out: missing".to_owned()];
        render(Processes {
            now,
            at,
            note: String::new(),
            rows_are: "commands",
            filter,
            total: 2,
            table,
            notes,
        })
    }

    #[test]
    fn times_can_be_chosen_but_not_in_the_future() {
        let html = page(Some(7200), None, "", &["a", "b"]);
        for (part, is_there) in [
            ("Processes now: ", true),
            ("<li>top_processes: &lt;x&gt; left out: missing</li>", true),
            ("href=\"/processes?at=3600000\" data-noscroll", true),
            ("◀ 1 h", true),
            ("▶", false),
            (">Now<", false),
            ("value=\"\" step", true),
        ] {
            assert_eq!(html.contains(part), is_there, "{part}: {html}");
        }
        let html = page(Some(7200), Some(7100), "x", &["x<y"]);
        for (part, is_there) in [
            ("Processes at ", true),
            ("value=\"1970-01-01T01:58:20\"", true),
            ("1 min ▶", true),
            ("5 min ▶", false),
            ("href=\"/processes?filter=x\" data-noscroll=\"\">Now<", true),
            ("1 of 2 commands", true),
            ("x&lt;y", true),
        ] {
            assert_eq!(html.contains(part), is_there, "{part}: {html}");
        }
        let many: Vec<String> = (0..150).map(|number| format!("number-{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let html = page(Some(7200), None, "", &many);
        assert!(html.contains("100 of 2 commands") && html.matches("number-").count() == 100, "{html}");
        let html = page(None, None, "", &[]);
        assert!(html.contains("No data for this time") && !html.contains("◀"), "{html}");
    }
}
