//! From the catalogue to what a panel shows. No metric is known here by its name.

use crate::live::LiveStore;
use watchglass_model::{Kind, Metric, Panel, Role, Series, SeriesId, Unit};

/// The tints that charts have; series beyond them begin again with the first.
pub(crate) const COLOURS: usize = 8;

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

/// A number that stands for all series of a metric.
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
}

impl PanelView {
    /// Whether nothing it could show was ever measured.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
            && self.headlines.iter().chain(&self.details).all(|figure| figure.series.is_empty())
    }
}

impl Figure {
    fn new(metric: &Metric, all: &[Series]) -> Self {
        let series =
            all.iter().filter(|series| series.metric == metric.name).map(|series| series.id).collect();
        Self {
            label: metric.legend.clone(),
            unit: metric.reading_unit(),
            series,
            sum: metric.kind == Kind::Counter,
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
        match role {
            Role::Headline => view.headlines.push(Figure::new(metric, series)),
            Role::Detail => view.details.push(Figure::new(metric, series)),
            Role::Chart => {}
            Role::HeadlineAndChart => view.headlines.push(Figure::new(metric, series)),
        }
        if matches!(role, Role::Chart | Role::HeadlineAndChart) {
            for series in series.iter().filter(|series| series.metric == metric.name) {
                let colour = view.lines.len() % COLOURS;
                view.lines.push(LineView { series: series.id, label: legend(metric, series), colour });
            }
        }
    }
    Some(view)
}

/// `eth0 received`: the values of the metric's own labels, then its word.
fn legend(metric: &Metric, series: &Series) -> String {
    let values = metric.labels.iter().filter_map(|name| series.labels.get(name));
    let words: Vec<&str> = values.chain([metric.legend.as_str()]).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { metric.name.clone() } else { words.join(" ") }
}

/// Writes a number, or a dash where there is none.
pub(crate) fn text_or_dash(unit: Unit, value: Option<f64>) -> String {
    unit.text(value.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(labels: &[&str], word: &str) -> Metric {
        Metric {
            name: "m".to_owned(),
            kind: Kind::Counter,
            unit: Unit::Bytes,
            help: String::new(),
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            panel: None,
            legend: word.to_owned(),
        }
    }

    #[test]
    fn legends_tell_series_apart() {
        let series = Series {
            id: SeriesId(0),
            metric: "m".to_owned(),
            labels: [("host", "h"), ("interface", "eth0")].into_iter().collect(),
        };
        assert_eq!(legend(&metric(&["interface"], "received"), &series), "eth0 received");
        assert_eq!(legend(&metric(&["interface"], ""), &series), "eth0");
        assert_eq!(legend(&metric(&[], "used"), &series), "used");
        assert_eq!(legend(&metric(&[], ""), &series), "m");
    }

    #[test]
    fn rates_add_up_and_of_gauges_the_largest_counts() {
        let figure = |sum| Figure {
            label: String::new(),
            unit: Unit::Ratio,
            series: vec![SeriesId(1), SeriesId(2)],
            sum,
        };
        let both = |SeriesId(id)| Some(f64::from(id));
        let first = |SeriesId(id)| (id == 1).then_some(1.0);
        assert_eq!((figure(true).value(both), figure(false).value(both)), (Some(3.0), Some(2.0)));
        assert_eq!((figure(true).value(first), figure(true).value(|_| None)), (Some(1.0), None));
    }
}
