//! Snapshot export: a time range of a page as one self-contained HTML file, for example for a post-mortem.
//!
//! The server renders it: charts as SVG with axes, their statistics, and tables of alerts and annotations. The style sheet is
//! embedded, with both themes; the file has no scripts and loads nothing.

mod request;

pub use request::SnapshotRequest;

use crate::api::PageData;
use crate::chart::{plot_of, statistics_html};
use crate::clock::local_date_and_time;
use crate::escape::escaped;
use crate::live::{ChartParams, LiveStore};
use crate::view_model::{PanelView, panel_view};
use std::fmt::Write as _;
use watchglass_chart::svg_chart;
use watchglass_model::{Severity, TimeRange, Timestamp};

/// Maximum number of rows per chart.
pub const MAX_ROWS: u32 = 360;
/// Maximum file size in bytes, not counting the last chart. Further charts are left out, with a note in the file.
const MAX_BYTES: usize = 8 << 20;
/// Maximum number of lines per chart whose statistics are listed.
const MAX_LINES: usize = 40;

/// Maximum number of rows of a table; the latest are kept.
const MAX_TABLE_ROWS: usize = 200;

const STYLE: &str = include_str!("style.css");

/// An alert that fired, with or without a chart.
#[derive(Clone, Debug)]
pub struct FiredAlert {
    /// Highest severity.
    pub severity: Severity,
    /// When the alert began to fire.
    pub start: Timestamp,
    /// When the alert was resolved; `None` while it is firing.
    pub end: Option<Timestamp>,
    /// Message of the alert.
    pub text: String,
    /// Component and host.
    pub target: String,
}

/// Renders the file. `snapshot` is the data of the requested range, `fired` all known alerts, `exported_at` the time of the
/// export and `version` the version of Watchglass.
pub fn snapshot_html(
    saved: &SnapshotRequest,
    snapshot: &PageData,
    fired: &[FiredAlert],
    exported_at: Timestamp,
    version: &str,
) -> String {
    let mut store = LiveStore::default();
    store.load(snapshot);
    let range = store.window();
    let [from, to, exported_at] =
        [range.start, range.end, exported_at].map(|time| local_date_and_time(time, None));
    let heading = format!("{} of {}", saved.title, escaped(&snapshot.host.name));
    let mut html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"dark light\">\
         <title>{heading}, {from} · Watchglass</title><style>{STYLE}</style></head><body><main><h1>{heading}</h1>\
         <p class=\"facts\">From {from} to {to}. Exported at {exported_at} by Watchglass {version}. All times are in UTC.</p>"
    );
    let alerts = fired.iter().map(|alert| Row {
        kind: alert.severity.title(),
        start: alert.start,
        end: alert.end,
        message: &alert.text,
        target: &alert.target,
    });
    table(&mut html, ["Alerts", "Severity", "No alerts."], range, alerts);
    let annotations = snapshot.alerts.bands.iter().filter(|mark| !mark.annotation.is_empty());
    let annotations = annotations.map(|mark| Row {
        kind: &mark.annotation,
        start: mark.start,
        end: mark.end,
        message: &mark.text,
        target: "all charts",
    });
    table(&mut html, ["Annotations", "Type", "No annotations."], range, annotations);
    put_sections(&mut html, saved, &store);
    html.push_str("</main></body></html>\n");
    html
}

fn put_sections(html: &mut String, saved: &SnapshotRequest, store: &LiveStore) {
    let mut section = "";
    let mut is_any = false;
    for panel in store.catalogue().panels().iter().filter(|panel| saved.includes(&panel.section)) {
        if html.len() > MAX_BYTES {
            html.push_str("</div><p>The remaining charts are left out because the file would be too large. Export a single \
                           section or another page.</p><div>");
            break;
        }
        let Some(article) =
            panel_view(store, &panel.id).and_then(|view| article(store, &saved.params, &view))
        else {
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
    html.push_str(if is_any { "</div>" } else { "<p>No data in this time range.</p>" });
}

/// HTML of a panel; `None` when it has no values in the time range.
fn article(store: &LiveStore, params: &ChartParams, view: &PanelView) -> Option<String> {
    let PanelView { panel, lines, .. } = view;
    let title = escaped(&panel.title);
    let svg =
        plot_of(store, params, panel, lines, |plot| svg_chart(plot, &format!("Chart: {}", panel.title)))?;
    let mut html =
        format!("<article><h3>{title}</h3><p class=\"meaning\">{}</p>{svg}<ul>", escaped(&panel.description));
    for line in lines.iter().filter(|line| !params.is_hidden(line.key)).take(MAX_LINES) {
        let statistics = statistics_html(store, line.series);
        if !statistics.is_empty() {
            let (colour, label) = (line.colour, escaped(&line.label));
            let _ = write!(html, "<li><i data-colour=\"{colour}\"></i><span>{label}</span>{statistics}</li>");
        }
    }
    html.push_str("</ul></article>");
    Some(html)
}

/// A row of the alerts or annotations table.
struct Row<'a> {
    kind: &'a str,
    start: Timestamp,
    end: Option<Timestamp>,
    message: &'a str,
    target: &'a str,
}

/// A table of the rows that overlap `range`, latest first. `first` is the header of the first column.
fn table<'a>(
    html: &mut String,
    [title, first, empty]: [&str; 3],
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
    let _ = write!(
        html,
        "<div class=\"box\"><table><thead><tr><th>{first}</th><th>From</th><th>To</th><th>Message</th><th>Target</th></tr></thead><tbody>"
    );
    for Row { kind, start, end, message, target } in rows.into_iter().take(MAX_TABLE_ROWS) {
        let from = local_date_and_time(start, None);
        let to = match end {
            Some(end) if end == start => String::new(),
            Some(end) => local_date_and_time(end, None),
            None => "ongoing".to_owned(),
        };
        let (message, target) = (escaped(message), escaped(target));
        let _ = write!(
            html,
            "<tr><td>{kind}</td><td>{from}</td><td>{to}</td><td>{message}</td><td>{target}</td></tr>"
        );
    }
    html.push_str("</tbody></table></div>");
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
