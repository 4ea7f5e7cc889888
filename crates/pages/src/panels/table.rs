//! Data table of a chart.

use crate::ui::{StaticHtml, rfc3339, time_tag};
use app::{escape, escaped, line_names, local_date_and_time, url};
use std::fmt::Write as _;
use watchglass_model::{Labels, Metric, Panel, TimeRange, Timestamp};

/// Metric of a chart: start of its rows, step in milliseconds, and its series with the mean of each row; NaN where there
/// is no value.
pub type MetricRows = (Metric, Timestamp, i64, Vec<(Labels, Vec<f64>)>);

/// Panel as a data table.
#[derive(Clone, Debug)]
pub struct PanelTable {
    /// Panel.
    pub panel: Panel,
    /// Time range.
    pub range: TimeRange,
    /// Metrics of its chart. All have the same rows.
    pub metrics: Vec<MetricRows>,
    /// URL of the CSV download.
    pub csv_url: String,
    /// Links to the other series; `None` if the table has all.
    pub pager: Option<Pager>,
}

/// Position among the pages of a panel's series.
#[derive(Clone, Debug)]
pub struct Pager {
    /// Number of series on all pages.
    pub series: usize,
    /// Whether these are of several applications.
    pub has_several_apps: bool,
    /// Number of the first series of this page, from 1.
    pub first: usize,
    /// URL of the page before.
    pub previous_url: Option<String>,
    /// URL of the page after.
    pub next_url: Option<String>,
}

impl Pager {
    fn html(&self, count: usize) -> String {
        let link = |address: &Option<String>, relation: &str, text: &str| {
            let link = |address: &String| {
                let href = escaped(&url(address));
                format!("<a class=\"button\" href=\"{href}\" rel=\"{relation}\">{text}</a>")
            };
            address.as_ref().map(link).unwrap_or_default()
        };
        let Self { series, first, previous_url, next_url, .. } = self;
        let last = first + count.saturating_sub(1);
        format!(
            "<nav class=\"pager\" aria-label=\"Pages of series\">{}<span class=\"facts\">Series {first} to {last} of {series}</span>{}</nav>",
            link(previous_url, "prev", "Previous"),
            link(next_url, "next", "Next")
        )
    }
}

/// Renders the table, the newest row first. Times are in UTC: this page has no scripts.
pub fn render_table(page: &PanelTable) -> String {
    let PanelTable { panel, range, metrics: parts, csv_url: csv, pager } = page;
    let has_several_apps = pager.as_ref().is_some_and(|pager| pager.has_several_apps);
    let columns: Vec<(String, &Vec<f64>)> = parts
        .iter()
        .flat_map(|(metric, _, _, tracks)| {
            let labels: Vec<&Labels> = tracks.iter().map(|(labels, _)| labels).collect();
            let values = tracks.iter().map(|(_, values)| values);
            line_names(metric, &labels, &panel.title, has_several_apps).into_iter().zip(values)
        })
        .collect();
    let (start, step) = parts.first().map_or((range.start, 1000), |(_, start, step, _)| (*start, *step));
    let (title, csv) = (escaped(&panel.title), escaped(&url(csv)));
    let [from, to] = [range.start, range.end].map(|end| time_tag(end).html());
    let seconds = step / 1000;
    let length = if seconds % 60 == 0 { format!("{} min", seconds / 60) } else { format!("{seconds} s") };
    let mut html = format!(
        "<h1>{title}: data</h1><p class=\"facts\">{from} – {to} · {length} averages · \
         <a href=\"{csv}\" download>Download CSV (min/avg/max)</a></p>"
    );
    if let Some(pager) = pager {
        html.push_str(&pager.html(columns.len()));
    }
    if columns.is_empty() {
        html.push_str("<p class=\"empty\">No data for this time range.</p>");
        return html;
    }
    // Focusable, so that it can be scrolled with the keyboard.
    let _ = write!(
        html,
        "<div class=\"table-box\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\"><table><thead><tr>\
         <th scope=\"col\" class=\"words\">Time (UTC)</th>"
    );
    for (name, _) in &columns {
        html.push_str("<th scope=\"col\" class=\"number\">");
        escape(name, &mut html);
        html.push_str("</th>");
    }
    html.push_str("</tr></thead><tbody>");
    let rows = columns.iter().map(|(_, values)| values.len()).max().unwrap_or_default();
    for row in (0..rows).rev() {
        let value = |values: &[f64]| values.get(row).copied().unwrap_or(f64::NAN);
        // The first and last rows may lie outside the requested range.
        if columns.iter().all(|(_, values)| !value(values).is_finite()) {
            continue;
        }
        let offset = i64::try_from(row).unwrap_or(i64::MAX).saturating_mul(step);
        let time = Timestamp::from_millis(start.millis().saturating_add(offset));
        let text = local_date_and_time(time, Some(0));
        let _ = write!(html, "<tr><th scope=\"row\"><time datetime=\"{}\">{text}</time></th>", rfc3339(time));
        for (_, values) in &columns {
            let _ = write!(html, "<td class=\"number\">{}</td>", panel.unit.format(value(values)));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>");
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::{Kind, Style, Unit};

    fn page(tracks: Vec<(Labels, Vec<f64>)>, pager: Option<Pager>) -> String {
        let panel = Panel {
            id: "p".to_owned(),
            section: "S".to_owned(),
            title: "A < B".to_owned(),
            style: Style::Line,
            unit: Unit::Bytes,
            ceiling: None,
            description: String::new(),
        };
        let metric = Metric {
            name: "m".to_owned(),
            kind: Kind::Gauge,
            unit: Unit::Bytes,
            help: String::new(),
            labels: vec!["disk".to_owned()],
            panel: None,
            legend: "used".to_owned(),
        };
        let range = TimeRange { start: Timestamp::from_millis(60_000), end: Timestamp::from_millis(240_001) };
        let parts = vec![(metric, Timestamp::from_millis(60_000), 60_000, tracks)];
        render_table(&PanelTable {
            panel,
            range,
            metrics: parts,
            csv_url: "/panels/p/csv?a&b".to_owned(),
            pager,
        })
        .replace('\u{a0}', " ")
    }

    #[test]
    fn rows_have_times_and_the_newest_is_first() {
        let labels = |disk| [("host", "h"), ("disk", disk)].into_iter().collect();
        let html = page(
            vec![
                (labels("<sda>"), vec![1024.0, f64::NAN, 2048.0]),
                (labels("sdb"), vec![f64::NAN, f64::NAN, 512.0]),
            ],
            None,
        );
        assert!(!html.contains("pager"), "{html}");
        for part in [
            "<h1>A &lt; B: data</h1>",
            "· 1 min averages ·",
            "href=\"/panels/p/csv?a&amp;b\" download",
            "&lt;sda&gt; used</th><th scope=\"col\" class=\"number\">sdb used</th>",
            "1 Jan 00:03:00</time></th><td class=\"number\">2.0 KiB</td><td class=\"number\">512 B</td></tr><tr>",
            "1 Jan 00:01:00</time></th><td class=\"number\">1.0 KiB</td><td class=\"number\">–</td></tr></tbody>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert_eq!(html.matches("<tr>").count(), 3, "rows without any value are left out: {html}");
    }

    #[test]
    fn pages_of_series_are_linked() {
        let tracks = vec![(Labels::default(), vec![1.0]), (Labels::default(), vec![2.0])];
        let link = |page: usize| Some(format!("/panels/p?window=5m&page={page}"));
        for (previous_url, next_url, present, absent) in
            [(None, link(2), "next", "prev"), (link(1), None, "prev", "next")]
        {
            let pager = Pager { series: 102, has_several_apps: false, first: 51, previous_url, next_url };
            let html = page(tracks.clone(), Some(pager));
            assert!(html.contains("Series 51 to 52 of 102"), "{html}");
            assert!(html.contains("href=\"/panels/p?window=5m&amp;page="), "{html}");
            assert!(html.contains(&format!("rel=\"{present}\"")), "{html}");
            assert!(!html.contains(&format!("rel=\"{absent}\"")), "{html}");
        }
    }

    #[test]
    fn page_of_one_application_of_several_names_it() {
        let tracks = vec![([("app", "shop"), ("disk", "sda")].into_iter().collect(), vec![1.0])];
        for (has_several_apps, expected) in [(false, ">sda used</th>"), (true, ">shop sda used</th>")] {
            let pager = Pager { series: 51, has_several_apps, first: 51, previous_url: None, next_url: None };
            let html = page(tracks.clone(), Some(pager));
            assert!(html.contains(expected), "{expected}: {html}");
        }
    }

    #[test]
    fn missing_data_is_reported() {
        assert!(page(Vec::new(), None).contains("No data for this time range"));
    }
}
