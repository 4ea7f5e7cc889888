//! Metrics and stores that the tests of several modules use.

use crate::metric_store::{Collected, MetricStore};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use watchglass_live::State;
use watchglass_model::{
    Batch, Catalogue, Declaration, Kind, Metric, PanelDeclaration, PanelRole, Sample, Series, SeriesId,
    Style, Timestamp, Unit,
};
use watchglass_tsdb::MemoryHistory;

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "p",
    section: "Test",
    title: "Test",
    style: Style::Line,
    unit: Unit::Count,
    ceiling: None,
    description: "",
};
static GAUGE: Declaration = Declaration {
    name: "gauge",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "",
    labels: &[],
    panel: Some((&PANEL, PanelRole::Chart)),
    legend: "",
};

/// Metric `m` without labels.
pub(crate) fn metric(kind: Kind, unit: Unit) -> Metric {
    Metric {
        name: "m".to_owned(),
        kind,
        unit,
        help: String::new(),
        labels: Vec::new(),
        panel: None,
        legend: String::new(),
    }
}

/// Store with one gauge whose value in each of these seconds is the number of the second.
pub(crate) fn gauge_store(seconds: Range<i64>) -> MetricStore {
    let series = Series { id: SeriesId(0), metric: "gauge".to_owned(), labels: Default::default() };
    store(vec![series], seconds, |_, second| second as f64)
}

/// Store with `count` gauges whose values are their numbers, the first one 0. One panel has all of them.
pub(crate) fn many_gauges(count: u32, seconds: Range<i64>) -> MetricStore {
    let series = (0..count).map(|number| Series {
        id: SeriesId(number),
        metric: "gauge".to_owned(),
        labels: [("n", number.to_string())].into_iter().collect(),
    });
    store(series.collect(), seconds, |SeriesId(number), _| f64::from(number))
}

fn store(series: Vec<Series>, seconds: Range<i64>, value: impl Fn(SeriesId, i64) -> f64) -> MetricStore {
    let mut catalogue = Catalogue::default();
    catalogue.declare(&GAUGE).unwrap();
    let history = Arc::new(MemoryHistory::new(Duration::from_secs(3660), 10_000));
    let collected = Collected { catalogue, ..Collected::default() };
    let store = MetricStore::new(collected, history.clone(), history);
    for second in seconds {
        let sample = |series: &Series| Sample { series: series.id, value: value(series.id, second) };
        let samples = series.iter().map(sample).collect();
        let batch = Batch { time: Timestamp::from_millis(second * 1000), samples };
        let state = State { version: 1, series: series.clone(), problems: Vec::new(), skipped: Vec::new() };
        store.store(&batch, &series, Some(state));
    }
    store
}
