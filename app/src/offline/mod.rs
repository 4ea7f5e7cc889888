//! A window of a page as one HTML file that opens anywhere: for the post-mortem.
//!
//! The server makes it: charts as SVG with axes, their numbers, and tables of the alerts and annotations of the window. Its
//! style is in it, in both themes; it has no scripts and fetches nothing.

mod asked;

pub use asked::Saved;

use crate::api::Snapshot;
use crate::clock::local_date_and_time;
use crate::escape::escaped;
use crate::live::LiveStore;
use crate::parts::plot_of;
use crate::view_model::{PanelView, panel_view};
use std::fmt::Write as _;
use watchglass_chart::sheet;
use watchglass_model::{Severity, TimeRange, Timestamp};

/// The rows that its charts are drawn from at most, and how much is told of each series.
pub const ROWS: u32 = 360;
/// No file is longer, in bytes, but for its last chart: what follows is left out, and said to be.
const MOST_BYTES: usize = 8 << 20;
/// The most lines of a chart that are told in numbers.
const MOST_LINES: usize = 40;

/// The most rows of a table, the latest.
const MOST_TOLD: usize = 200;

const STYLE: &str = include_str!("style.css");

/// An alert that fired, whether or not a chart shows it.
#[derive(Clone, Debug)]
pub struct Fired {
    /// The worst it was.
    pub severity: Severity,
    /// When it began to fire.
    pub start: Timestamp,
    /// When it was over; `None` while it fires.
    pub end: Option<Timestamp>,
    /// What was wrong.
    pub text: String,
    /// The component and the host.
    pub about: String,
}

/// The file. `snapshot` is of the stretch that was asked for, `fired` all alerts that are known; `made` is when it is saved, by
/// which version of the program.
pub fn offline(
    saved: &Saved,
    snapshot: &Snapshot,
    fired: &[Fired],
    made: Timestamp,
    version: &str,
) -> String {
    let mut store = LiveStore::default();
    store.ask(saved.asked.clone());
    store.load(snapshot);
    let range = store.window();
    let [from, to, made] = [range.start, range.end, made].map(|time| local_date_and_time(time, None));
    let heading = format!("{} of {}", saved.title, escaped(&snapshot.host.name));
    let mut html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"dark light\">\
         <title>{heading}, {from} · Watchglass</title><style>{STYLE}</style></head><body><main><h1>{heading}</h1>\
         <p class=\"facts\">From {from} to {to}. Saved at {made} by Watchglass {version}. All times are in UTC.</p>"
    );
    let alerts = fired.iter().map(|alert| Row {
        what: alert.severity.title(),
        start: alert.start,
        end: alert.end,
        text: &alert.text,
        about: &alert.about,
    });
    table(&mut html, "Alerts", "No alert fired.", range, alerts);
    let annotations = snapshot.alerts.marks.iter().filter(|mark| !mark.sign.is_empty());
    let annotations = annotations.map(|mark| Row {
        what: &mark.sign,
        start: mark.start,
        end: mark.end,
        text: &mark.text,
        about: "all charts",
    });
    table(&mut html, "Deploys, restarts and notes", "Nothing was marked.", range, annotations);
    put_sections(&mut html, saved, &store);
    html.push_str("</main></body></html>\n");
    html
}

fn put_sections(html: &mut String, saved: &Saved, store: &LiveStore) {
    let mut section = "";
    let mut is_any = false;
    for panel in store.catalogue().panels().iter().filter(|panel| saved.takes(&panel.section)) {
        if html.len() > MOST_BYTES {
            html.push_str("</div><p>The charts that follow are left out: the file would be too long. Save one section of it, or a \
                           page of its own.</p><div>");
            break;
        }
        let Some(article) = panel_view(store, &panel.id).and_then(|view| article(store, &view)) else {
            continue;
        };
        if panel.section != section {
            let end = if is_any { "</div>" } else { "" };
            // Writing to a text never fails.
            let _ = write!(html, "{end}<h2>{}</h2><div class=\"panels\">", escaped(&panel.section));
            (section, is_any) = (panel.section.as_str(), true);
        }
        html.push_str(&article);
    }
    html.push_str(if is_any { "</div>" } else { "<p>Nothing was measured in this window.</p>" });
}

/// A panel; `None` for one without values in the window.
fn article(store: &LiveStore, view: &PanelView) -> Option<String> {
    let PanelView { panel, lines, .. } = view;
    let title = escaped(&panel.title);
    let svg = plot_of(store, panel, lines, |plot| sheet(plot, &format!("Chart: {}", panel.title)))?;
    let mut html =
        format!("<article><h3>{title}</h3><p class=\"meaning\">{}</p>{svg}<ul>", escaped(&panel.meaning));
    for line in lines.iter().filter(|line| !store.is_hidden(line.key)).take(MOST_LINES) {
        // What a series was like is HTML of this server's own.
        let (colour, label, note) = (line.colour, escaped(&line.label), store.note(line.series));
        if !note.is_empty() {
            let _ = write!(html, "<li><i data-colour=\"{colour}\"></i><span>{label}</span>{note}</li>");
        }
    }
    html.push_str("</ul></article>");
    Some(html)
}

/// What stands in a row of a table.
struct Row<'a> {
    what: &'a str,
    start: Timestamp,
    end: Option<Timestamp>,
    text: &'a str,
    about: &'a str,
}

/// A table of what was in `range`, the latest first.
fn table<'a>(
    html: &mut String,
    title: &str,
    empty: &str,
    range: TimeRange,
    rows: impl Iterator<Item = Row<'a>>,
) {
    let is_in = |row: &Row<'_>| row.start <= range.end && row.end.is_none_or(|end| end >= range.start);
    let mut rows: Vec<Row<'a>> = rows.filter(is_in).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.start));
    let _ = write!(html, "<h2>{title}</h2>");
    if rows.is_empty() {
        let _ = write!(html, "<p>{empty}</p>");
        return;
    }
    html.push_str(
        "<div class=\"box\"><table><thead><tr><th>What</th><th>From</th><th>To</th><th>Words</th><th>About</th></tr></thead><tbody>",
    );
    for Row { what, start, end, text, about } in rows.into_iter().take(MOST_TOLD) {
        let from = local_date_and_time(start, None);
        let to = match end {
            Some(end) if end == start => String::new(),
            Some(end) => local_date_and_time(end, None),
            None => "still".to_owned(),
        };
        let (text, about) = (escaped(text), escaped(about));
        let _ = write!(
            html,
            "<tr><td>{what}</td><td>{from}</td><td>{to}</td><td>{text}</td><td>{about}</td></tr>"
        );
    }
    html.push_str("</tbody></table></div>");
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
