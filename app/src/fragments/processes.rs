//! The processes of a moment: now, or any that is kept.

use super::sorted::Sorted;
use super::words::{Written, moment};
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// Links to other moments: how many milliseconds away, and what they say.
const STEPS: [(i64, &str); 6] = [
    (-3_600_000, "1 h earlier"),
    (-300_000, "5 min earlier"),
    (-60_000, "1 min earlier"),
    (60_000, "1 min later"),
    (300_000, "5 min later"),
    (3_600_000, "1 h later"),
];

/// The processes of a moment.
#[derive(Clone, Debug)]
pub struct Processes {
    /// The newest moment; `None` before anything is measured.
    pub now: Option<Timestamp>,
    /// The moment that was asked for; `None` for the newest.
    pub at: Option<Timestamp>,
    /// What is to be known of the values, such as that they are means of a minute; may be empty.
    pub note: String,
    /// What the names of commands must contain.
    pub filter: String,
    /// How many commands are known of the moment.
    pub all: usize,
    /// The commands.
    pub table: Sorted,
}

/// The processes as HTML.
pub fn processes(page: Processes) -> String {
    let Processes { now, at, note, filter, all, table } = page;
    let shown = table.rows.len();
    let count = if shown == all { String::new() } else { format!("{shown} of {all} commands are shown. ") };
    let clear = table.address.show_all(&filter);
    let title = match (at, now) {
        (Some(at), _) => view! { "Processes at "{moment(at)} }.into_any(),
        (None, Some(now)) => view! { "Processes now: "{moment(now)} }.into_any(),
        (None, None) => "Processes".into_any(),
    };
    let link = |(millis, word): &(i64, &'static str)| {
        let from = at.or(now)?.millis();
        let to = from.saturating_add(*millis);
        // There is nothing later than now.
        if to < 0 || now.is_some_and(|now| to > now.millis()) {
            return None;
        }
        let href = table.address.with(&[("at", &to.to_string()), ("when", "")]);
        Some(view! { <a href=href data-noscroll="">{*word}</a> })
    };
    let back = at.map(|_| {
        let href = table.address.with(&[("at", ""), ("when", "")]);
        view! { <a href=href data-noscroll="">"Now"</a> }
    });
    let links = STEPS.iter().filter_map(link).collect_view();
    let when = at.map(field_text).unwrap_or_default();
    let hidden = table.address.hidden(&["filter", "at", "when"]);
    view! {
        <section class="list-page" aria-labelledby="commands-title" data-part="processes">
            <header class="list-head">
                <h2 id="commands-title">{title}</h2>
                <p class="facts">{count}{note}" Processor time is a part of one core: 200 % are two cores."</p>
            </header>
            <form class="filter" method="get" action="/processes" role="search" aria-label="Processes">
                {hidden}
                <label r#for="commands-filter">"Filter"</label>
                <input type="text" id="commands-filter" name="filter" value=filter maxlength="100" autocomplete="off"
                    spellcheck="false"/>
                <label r#for="commands-when">"At (UTC)"</label>
                <input type="datetime-local" id="commands-when" name="when" value=when step="1"/>
                <button class="button">"Show"</button>
                {clear}
            </form>
            <nav class="moments" aria-label="Other moments">{links}{back}</nav>
            {table.view()}
        </section>
    }
    .into_any()
    .html()
}

/// As a field for date and time has it, in UTC: `2026-11-22T02:20:30`.
fn field_text(time: Timestamp) -> String {
    super::words::rfc3339(time).trim_end_matches('Z').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragments::{Address, Cell, Column, Sort, numbers, words};
    use watchglass_model::Unit;

    static COLUMNS: [Column; 2] = [words("Command"), numbers("CPU")];

    fn page(now: Option<i64>, at: Option<i64>, filter: &str, commands: &[&str]) -> String {
        let moment = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let row = |name: &&str| vec![Cell::Text((*name).to_owned()), Cell::Number(Unit::Ratio, 0.5)];
        let kept = vec![
            ("filter", filter.to_owned()),
            ("at", at.map(|at| (at * 1000).to_string()).unwrap_or_default()),
        ];
        let table = Sorted {
            id: "commands".to_owned(),
            label: "Commands".to_owned(),
            columns: &COLUMNS,
            sort: Sort::largest(1),
            rows: commands.iter().map(row).collect(),
            address: Address { path: "/processes", kept },
            empty: "Nothing is kept of this moment.".to_owned(),
        };
        let (now, at) = (now.map(moment), at.map(moment));
        let filter = filter.to_owned();
        processes(Processes { now, at, note: String::new(), filter, all: 2, table })
    }

    #[test]
    fn a_moment_can_be_chosen_and_none_is_later_than_now() {
        let html = page(Some(7200), None, "", &["a", "b"]);
        for (part, is_there) in [
            ("Processes now: ", true),
            ("href=\"/processes?at=3600000\" data-noscroll", true),
            ("1 h earlier", true),
            ("later", false),
            (">Now<", false),
            ("value=\"\" step", true),
        ] {
            assert_eq!(html.contains(part), is_there, "{part}: {html}");
        }
        let html = page(Some(7200), Some(7100), "x", &["x<y"]);
        for (part, is_there) in [
            ("Processes at ", true),
            ("value=\"1970-01-01T01:58:20\"", true),
            ("1 min later", true),
            ("5 min later", false),
            ("href=\"/processes?filter=x\" data-noscroll=\"\">Now<", true),
            ("1 of 2 commands", true),
            ("x&lt;y", true),
        ] {
            assert_eq!(html.contains(part), is_there, "{part}: {html}");
        }
        let html = page(None, None, "", &[]);
        assert!(html.contains("Nothing is kept") && !html.contains("earlier"), "{html}");
    }
}
