//! From the catalogue to what a panel shows. No metric is known here by its name.

use crate::live::LiveStore;
use watchglass_model::{APP, Kind, Metric, Panel, Role, Series, SeriesId, Style, Unit};

/// The tints that charts have; series beyond them begin again with the first.
pub(crate) const COLOURS: usize = 8;

/// What the application is called that has no name, this server, beside others that have one.
const OWN: &str = "this server";

/// A panel with its series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PanelView {
    /// The panel.
    pub(crate) panel: Panel,
    /// Its large numbers.
    pub(crate) headlines: Vec<Figure>,
    /// Its small numbers.
    pub(crate) details: Vec<Figure>,
    /// The lines of its chart.
    pub(crate) lines: Vec<LineView>,
}

/// A number that stands for all series of a metric, or for those of one application where several speak.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    /// What it is called; may be empty when the panel's title says it.
    pub(crate) label: String,
    /// Unit of the number.
    pub(crate) unit: Unit,
    /// The series it stands for.
    pub(crate) series: Vec<SeriesId>,
    /// Rates add up; of gauges the largest counts, for the sum of two disks' fullness means nothing.
    sum: bool,
}

/// A line of a chart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LineView {
    /// The series.
    pub(crate) series: SeriesId,
    /// What tells it apart in the legend.
    pub(crate) label: String,
    /// Which tint it has, from 0 to [`COLOURS`] − 1.
    pub(crate) colour: usize,
    /// What stands for it in an address.
    pub(crate) key: u32,
    /// What its row of a heat map is called; in other charts, nothing.
    pub(crate) row: String,
}

impl PanelView {
    /// Whether nothing it could show was ever measured.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
            && self.headlines.iter().chain(&self.details).all(|figure| figure.series.is_empty())
    }
}

impl Figure {
    /// One for each application; one that is called by the metric's word alone where there are not several.
    fn of(metric: &Metric, all: &[&Series]) -> Vec<Self> {
        let apps = apps(all);
        let figure = |app: Option<&str>| Self {
            label: [app.unwrap_or_default(), &metric.legend].join(" ").trim().to_owned(),
            unit: metric.reading_unit(),
            series: all
                .iter()
                .filter(|series| app.is_none_or(|app| app == speaker(series)))
                .map(|series| series.id)
                .collect(),
            sum: metric.kind == Kind::Counter,
        };
        match apps.as_slice() {
            [] | [_] => vec![figure(None)],
            several => several.iter().map(|&app| figure(Some(app))).collect(),
        }
    }

    /// The number, from the reading of each series; `None` when none has one.
    pub(crate) fn value(&self, reading: impl Fn(SeriesId) -> Option<f64>) -> Option<f64> {
        let readings = self.series.iter().filter_map(|&series| reading(series));
        readings.reduce(|left, right| if self.sum { left + right } else { left.max(right) })
    }
}

/// The panel with that id, as the store's catalogue and series make it.
pub(crate) fn panel_view(store: &LiveStore, id: &str) -> Option<PanelView> {
    let catalogue = store.catalogue();
    let panel = catalogue.panel(id)?.clone();
    let series = &store.state().series;
    let mut view = PanelView { panel, headlines: Vec::new(), details: Vec::new(), lines: Vec::new() };
    for (metric, role) in catalogue.shown_in(id) {
        let series: Vec<&Series> = series.iter().filter(|series| series.metric == metric.name).collect();
        match role {
            Role::Headline | Role::HeadlineAndChart => view.headlines.extend(Figure::of(metric, &series)),
            Role::Detail | Role::Uptime => view.details.extend(Figure::of(metric, &series)),
            Role::Chart => {}
        }
        if matches!(role, Role::Chart | Role::HeadlineAndChart) {
            let several = apps(&series).len() > 1;
            for series in series {
                let label = legend(metric, series, several, &view.panel.title);
                let key = key(id, &label);
                // Of a heat map all rows have one colour, and those of several applications are added up.
                let (colour, row) = match view.panel.style {
                    Style::Heat => (0, legend(metric, series, false, &view.panel.title)),
                    _ => (view.lines.len() % COLOURS, String::new()),
                };
                view.lines.push(LineView { series: series.id, label, colour, key, row });
            }
        }
    }
    Some(view)
}

/// What stands for a line in an address: the same after a restart and on another server, unlike the number of a series.
/// [FNV-1a](http://www.isthe.com/chongo/tech/comp/fnv/) of the panel's id and the line's label, in 32 bits.
fn key(panel: &str, label: &str) -> u32 {
    let bytes = panel.bytes().chain([b'/']).chain(label.bytes());
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The application that a series is of.
fn speaker(series: &Series) -> &str {
    series.labels.get(APP).unwrap_or(OWN)
}

/// The applications that speak in these series, in the order in which they were met.
fn apps<'a>(all: &[&'a Series]) -> Vec<&'a str> {
    let mut apps = Vec::new();
    for app in all.iter().map(|series| speaker(series)) {
        if !apps.contains(&app) {
            apps.push(app);
        }
    }
    apps
}

/// `eth0 received`: the application where there are `several`, the values of the metric's other labels, then its word; the `title` of the
/// panel where there is none of these.
fn legend(metric: &Metric, series: &Series, several: bool, title: &str) -> String {
    let app = several.then(|| speaker(series));
    let values = metric.labels.iter().filter(|name| *name != APP).filter_map(|name| series.labels.get(name));
    let words: Vec<&str> = app
        .into_iter()
        .chain(values)
        .chain([metric.legend.as_str()])
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() { title.to_owned() } else { words.join(" ") }
}

/// What tells the series of a metric apart that have these labels; see [`LineView::label`].
#[cfg(feature = "ssr")]
pub(crate) fn line_names(metric: &Metric, labels: &[&watchglass_model::Labels], title: &str) -> Vec<String> {
    let series = |labels: &&watchglass_model::Labels| Series {
        id: SeriesId(0),
        metric: metric.name.clone(),
        labels: (*labels).clone(),
    };
    let series: Vec<Series> = labels.iter().map(series).collect();
    let several = apps(&series.iter().collect::<Vec<_>>()).len() > 1;
    series.iter().map(|series| legend(metric, series, several, title)).collect()
}

/// Writes a number, or a dash where there is none.
pub(crate) fn text_or_dash(unit: Unit, value: Option<f64>) -> String {
    unit.text(value.unwrap_or(f64::NAN))
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
