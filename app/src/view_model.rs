//! View models of panels, built from the catalogue. No metric names appear here.

use crate::api::MAX_LINES;
use crate::live::LiveStore;
use watchglass_model::{APP, Kind, Metric, Panel, PanelRole, Series, SeriesId, Style, Unit};

/// Number of series colours; further series reuse them from the first on.
pub(crate) const COLOURS: usize = 8;

/// Maximum number of applications with values of their own in a header.
const MAX_APPS: usize = 8;

/// Label of the series without an application, which are from Watchglass itself, next to those of applications.
const OWN_APP: &str = "this server";

/// A panel with its series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PanelView {
    pub(crate) panel: Panel,
    /// Large values in the header.
    pub(crate) headlines: Vec<PanelStat>,
    /// Small values in the header.
    pub(crate) details: Vec<PanelStat>,
    /// Lines of the chart: at most [`MAX_LINES`].
    pub(crate) lines: Vec<LineView>,
    /// Number of series of the chart, drawn or not.
    pub(crate) series: usize,
}

/// A single value for all series of a metric, or for those of one application when there are several.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PanelStat {
    /// Label; may be empty when the title of the panel says enough.
    pub(crate) label: String,
    pub(crate) unit: Unit,
    /// The series that it aggregates.
    pub(crate) series: Vec<SeriesId>,
    /// Whether to sum the series, as for rates. Otherwise the maximum is taken: the sum of two disk usages means nothing.
    sum: bool,
}

/// A line of a chart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LineView {
    pub(crate) series: SeriesId,
    /// Label in the legend.
    pub(crate) label: String,
    /// Colour index, from 0 to [`COLOURS`] − 1.
    pub(crate) colour: usize,
    /// Identifies the line in a URL.
    pub(crate) key: u32,
    /// Label of its row in a heat map; empty in other charts.
    pub(crate) row: String,
}

impl PanelView {
    /// Whether the panel has no series at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.headlines.iter().chain(&self.details).all(|stat| stat.series.is_empty())
    }
}

impl PanelStat {
    /// One value per application; when there is only one application, its name is left out of the label. One value of all
    /// when there are many.
    fn of(metric: &Metric, all: &[&Series]) -> Vec<Self> {
        let apps = apps(all);
        let sum = metric.kind == Kind::Counter;
        let stat = |app: Option<&str>| Self {
            label: [app.unwrap_or_default(), &metric.legend].join(" ").trim().to_owned(),
            unit: metric.display_unit(),
            series: all
                .iter()
                .filter(|series| app.is_none_or(|app| app == app_name(series)))
                .map(|series| series.id)
                .collect(),
            sum,
        };
        match apps.as_slice() {
            [] | [_] => vec![stat(None)],
            many if many.len() > MAX_APPS => {
                let of = format!("({} of {} applications)", if sum { "sum" } else { "maximum" }, many.len());
                vec![Self { label: [metric.legend.as_str(), &of].join(" ").trim().to_owned(), ..stat(None) }]
            }
            several => several.iter().map(|&app| stat(Some(app))).collect(),
        }
    }

    /// The aggregated value of the series; `None` when no series has one.
    pub(crate) fn value(&self, reading: impl Fn(SeriesId) -> Option<f64>) -> Option<f64> {
        let readings = self.series.iter().filter_map(|&series| reading(series));
        readings.reduce(|left, right| if self.sum { left + right } else { left.max(right) })
    }
}

/// The view model of the panel with that id.
pub(crate) fn panel_view(store: &LiveStore, id: &str) -> Option<PanelView> {
    let catalogue = store.catalogue();
    let panel = catalogue.panel(id)?.clone();
    let mut view =
        PanelView { panel, headlines: Vec::new(), details: Vec::new(), lines: Vec::new(), series: 0 };
    let mut rows: Vec<String> = Vec::new();
    for (metric, role) in catalogue.shown_in(id) {
        let series: Vec<&Series> = store.all_series().filter(|series| series.metric == metric.name).collect();
        match role {
            PanelRole::Headline | PanelRole::HeadlineAndChart => {
                view.headlines.extend(PanelStat::of(metric, &series))
            }
            PanelRole::Detail | PanelRole::Uptime => view.details.extend(PanelStat::of(metric, &series)),
            PanelRole::Chart => {}
        }
        if matches!(role, PanelRole::Chart | PanelRole::HeadlineAndChart) {
            let several = apps(&series).len() > 1;
            view.series += series.len();
            for series in series {
                // All rows of a heat map have the same colour, and the rows of several applications are summed.
                let (colour, row) = match view.panel.style {
                    Style::Heat => (0, legend(metric, series, false, &view.panel.title)),
                    _ => (view.lines.len() % COLOURS, String::new()),
                };
                if !row.is_empty() && !rows.contains(&row) {
                    rows.push(row.clone());
                }
                if view.lines.len() >= MAX_LINES || !store.is_drawn(id, series.id) {
                    continue;
                }
                let label = legend(metric, series, several, &view.panel.title);
                let key = key(id, &label);
                view.lines.push(LineView { series: series.id, label, colour, key, row });
            }
        }
    }
    view.series = store.limited(id).unwrap_or(view.series);
    if view.lines.len() < view.series {
        // The rows of a heat map are in the order of its lines; series that are not drawn must not change it.
        view.lines.sort_by_key(|line| rows.iter().position(|row| *row == line.row));
    }
    Some(view)
}

/// Key of a line in a URL. Unlike the id of a series, it is the same after a restart and on another server.
/// 32-bit [FNV-1a](http://www.isthe.com/chongo/tech/comp/fnv/) of panel id and line label.
fn key(panel: &str, label: &str) -> u32 {
    let bytes = panel.bytes().chain([b'/']).chain(label.bytes());
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The application of a series.
fn app_name(series: &Series) -> &str {
    series.labels.get(APP).unwrap_or(OWN_APP)
}

/// The distinct applications of these series, in order of appearance.
fn apps<'a>(all: &[&'a Series]) -> Vec<&'a str> {
    let mut apps = Vec::new();
    for app in all.iter().map(|series| app_name(series)) {
        if !apps.contains(&app) {
            apps.push(app);
        }
    }
    apps
}

/// Legend of a series, such as `eth0 received`: the application when there are `several`, the values of the other labels, then
/// the legend of the metric. The `title` of the panel when all of these are empty.
fn legend(metric: &Metric, series: &Series, several: bool, title: &str) -> String {
    let app = several.then(|| app_name(series));
    let values = metric.labels.iter().filter(|name| *name != APP).filter_map(|name| series.labels.get(name));
    let words: Vec<&str> = app
        .into_iter()
        .chain(values)
        .chain([metric.legend.as_str()])
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() { title.to_owned() } else { words.join(" ") }
}

/// Legends of series of a metric with these labels; see [`LineView::label`]. `has_other_apps` says that there are other
/// series, of several applications.
#[cfg(feature = "ssr")]
pub fn line_names(
    metric: &Metric,
    labels: &[&watchglass_model::Labels],
    title: &str,
    has_other_apps: bool,
) -> Vec<String> {
    let series = |labels: &&watchglass_model::Labels| Series {
        id: SeriesId(0),
        metric: metric.name.clone(),
        labels: (*labels).clone(),
    };
    let series: Vec<Series> = labels.iter().map(series).collect();
    let several = has_other_apps || apps(&series.iter().collect::<Vec<_>>()).len() > 1;
    series.iter().map(|series| legend(metric, series, several, title)).collect()
}

/// Formats a value, or a dash when there is none.
pub(crate) fn text_or_dash(unit: Unit, value: Option<f64>) -> String {
    unit.format(value.unwrap_or(f64::NAN))
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
