//! Chart of a message: the last hour of the series of its first alert.

use crate::clock::TICK_MILLIS;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchglass_chart::{Line, StandaloneChart, standalone_svg};
use watchglass_dispatch::{Notification, Reason};
use watchglass_model::{Catalogue, Labels, TimeRange, Timestamp};
use watchglass_rules::{Aggregation, Rule};
use watchglass_tsdb::{History, Operator, Query, Selector};

/// Time range of the chart.
const LENGTH: Duration = Duration::from_secs(3600);
/// Step of a row, in milliseconds; shorter peaks show in the minimum and maximum of a row.
const STEP: i64 = 15_000;

/// Data source of charts.
#[derive(Debug)]
pub(crate) struct ChartSource {
    /// History of this server.
    pub(crate) history: Arc<dyn History>,
    /// Metrics.
    pub(crate) catalogue: Catalogue,
    /// Collection interval in milliseconds of metrics slower than the tick.
    pub(crate) intervals: BTreeMap<String, u32>,
}

/// Chart to draw. Creating it is cheap; drawing queries the history.
#[derive(Debug)]
pub(super) struct ChartSpec {
    source: Arc<ChartSource>,
    title: String,
    metric: String,
    labels: Labels,
    threshold: Option<f64>,
    end: Timestamp,
}

impl ChartSpec {
    /// Chart of a notification whose first alert belongs to `rule`; `None` if there is nothing to show.
    pub(super) fn of(archive: &Arc<ChartSource>, rule: &Rule, notification: &Notification) -> Option<Self> {
        let alert = notification.alerts.first().filter(|_| notification.reason != Reason::SilenceEnding)?;
        // The chart shows readings: a threshold of any other aggregation would be at the wrong height.
        let is_of_readings = match rule.aggregation {
            Aggregation::Last | Aggregation::Mean | Aggregation::Min | Aggregation::Max => true,
            Aggregation::Sum | Aggregation::Increase | Aggregation::Count => false,
        };
        let has_level = rule.thresholds().next().is_some();
        Some(Self {
            source: Arc::clone(archive),
            title: match alert.subject.as_str() {
                "" => rule.name.clone(),
                subject => format!("{} of {subject}", rule.name),
            },
            metric: rule.metric.clone(),
            labels: alert.key.labels.clone(),
            threshold: (is_of_readings && has_level).then_some(alert.threshold),
            end: notification.time,
        })
    }

    /// Chart as an SVG document; `None` without data in the last hour.
    pub(super) fn draw(&self) -> Option<String> {
        let metric = self.source.catalogue.metric(&self.metric)?;
        let selector = self.labels.iter().fold(Selector::metric(&self.metric), |selector, (name, value)| {
            selector.with(name, Operator::Equal, value)
        });
        let range = TimeRange::ending_at(self.end + Duration::from_millis(1), LENGTH);
        let result = self.source.history.query(&Query { selector, range, step_millis: STEP });
        let columns = match result {
            Ok(columns) => columns,
            Err(error) => {
                tracing::warn!(metric = self.metric, %error, "message sent without its chart");
                return None;
            }
        };
        // A series with additional labels matches as well.
        let column = columns.columns.iter().find(|column| column.series.labels == self.labels)?;
        let start = columns.start.millis();
        let times: Vec<i64> = (0..).map(|row| start + row * STEP).take(columns.rows).collect();
        standalone_svg(&StandaloneChart {
            title: &self.title,
            unit: metric.display_unit(),
            window: TimeRange { start: self.end - LENGTH, end: self.end },
            gap_after_millis: self.gap_after(),
            line: Line { times: &times, low: &column.low, high: &column.high, colour: 0 },
            threshold: self.threshold,
        })
    }

    /// Rows further apart than this are separated by a gap.
    fn gap_after(&self) -> i64 {
        let tick = i64::from(TICK_MILLIS);
        let interval = self.source.intervals.get(&self.metric).map_or(tick, |&interval| i64::from(interval));
        // Values of slower metrics can be one tick late.
        let interval = if interval > tick { interval + tick } else { interval };
        (interval + STEP - 1) / STEP * STEP + STEP / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::{Batch, Declaration, Kind, Sample, Series, SeriesId, Unit};
    use watchglass_rules::{Alert, AlertKey, Phase, Severity};
    use watchglass_tsdb::MemoryHistory;

    const NOW: i64 = 1_700_000_000_000;

    static GAUGE: Declaration = Declaration {
        name: "gauge",
        kind: Kind::Gauge,
        unit: Unit::Ratio,
        help: "",
        labels: &["disk"],
        panel: None,
        legend: "",
    };

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().copied().collect()
    }

    /// Two hours of two series; one has the labels of the other and an additional one.
    fn archive() -> Arc<ChartSource> {
        let mut catalogue = Catalogue::default();
        catalogue.declare(&GAUGE).unwrap();
        let history = MemoryHistory::new(Duration::from_secs(7200), 10);
        let series = |id, pairs: &[(&str, &str)]| Series {
            id: SeriesId(id),
            metric: "gauge".to_owned(),
            labels: labels(pairs),
        };
        let all = [series(0, &[("host", "h"), ("disk", "a")]), series(1, &[("host", "h")])];
        for second in (0..7200).step_by(10) {
            let time = Timestamp::from_millis(NOW - (7200 - second) * 1000);
            let samples = vec![
                Sample { series: SeriesId(0), value: 0.9 },
                Sample { series: SeriesId(1), value: 0.1 + second as f64 * 1e-5 },
            ];
            history.append(&Batch { time, samples }, &all, &catalogue);
        }
        Arc::new(ChartSource { history: Arc::new(history), catalogue, intervals: BTreeMap::new() })
    }

    fn rule() -> Rule {
        Rule { warning: Some(0.5), ..Rule::new("r", "The use", "gauge", "disk") }
    }

    fn notification(labels: Labels, subject: &str, time: i64) -> Notification {
        let alert = Alert {
            key: AlertKey { rule: "r".to_owned(), labels },
            phase: Phase::Firing,
            severity: Severity::Warning,
            component: "disk".to_owned(),
            subject: subject.to_owned(),
            value: Some(0.9),
            threshold: 0.5,
            unit: Unit::Ratio,
            message: "x".to_owned(),
            since: Timestamp::default(),
            fired: None,
            resolved: None,
            flapping: false,
            labels: Labels::default(),
        };
        Notification {
            id: "id".to_owned(),
            reason: Reason::Fired,
            alerts: vec![alert],
            more: 0,
            inhibited: Vec::new(),
            acknowledged: Vec::new(),
            flapping: Vec::new(),
            silence: None,
            severity: Severity::Warning,
            route: String::new(),
            channels: Vec::new(),
            time: Timestamp::from_millis(time),
        }
    }

    fn drawn(rule: &Rule, notification: &Notification) -> Option<String> {
        ChartSpec::of(&archive(), rule, notification)?.draw()
    }

    #[test]
    fn chart_has_the_last_hour_and_the_threshold() {
        let one = drawn(&rule(), &notification(labels(&[("host", "h"), ("disk", "a")]), "a", NOW)).unwrap();
        assert!(one.starts_with("<svg") && one.contains(">The use of a<"), "{one}");
        assert!(one.contains("threshold 50.0\u{a0}%") && one.contains("in the last 1\u{a0}h"), "{one}");
        assert!(one.contains("90.0\u{a0}% to 90.0\u{a0}%"), "{one}");
        let other = drawn(&rule(), &notification(labels(&[("host", "h")]), "", NOW)).unwrap();
        assert!(other.contains(">The use<") && !other.contains("90.0"), "{other}");
    }

    #[test]
    fn missing_data_gives_no_chart() {
        let here = labels(&[("host", "h")]);
        assert_eq!(drawn(&rule(), &notification(here.clone(), "", NOW + 2 * 3_600_000)), None);
        assert_eq!(drawn(&rule(), &notification(labels(&[("host", "other")]), "", NOW)), None);
        let unknown = Rule { metric: "unknown".to_owned(), ..rule() };
        assert_eq!(drawn(&unknown, &notification(here.clone(), "", NOW)), None);
        let ending = Notification { reason: Reason::SilenceEnding, ..notification(here.clone(), "", NOW) };
        assert_eq!(drawn(&rule(), &ending), None);
        assert_eq!(drawn(&rule(), &Notification { alerts: Vec::new(), ..notification(here, "", NOW) }), None);
    }

    #[test]
    fn threshold_of_other_aggregations_is_not_drawn() {
        let notification = notification(labels(&[("host", "h")]), "", NOW);
        let absence = Rule { warning: None, no_data_seconds: Some(60), ..rule() };
        let count = Rule { aggregation: Aggregation::Count, window_seconds: 60, ..rule() };
        for rule in [absence, count] {
            let drawn = drawn(&rule, &notification).unwrap();
            assert!(drawn.starts_with("<svg") && !drawn.contains("threshold"), "{drawn}");
        }
        let mean = Rule { aggregation: Aggregation::Mean, window_seconds: 60, ..rule() };
        assert!(drawn(&mean, &notification).unwrap().contains("threshold"));
    }

    #[test]
    fn values_of_slow_metrics_are_joined() {
        for (interval, expected) in
            [(None, 22_500), (Some(5000), 22_500), (Some(15_000), 37_500), (Some(60_000), 82_500)]
        {
            let paces = interval.map(|interval| ("gauge".to_owned(), interval)).into_iter().collect();
            let archive = ChartSource {
                history: Arc::new(MemoryHistory::new(LENGTH, 1)),
                catalogue: Catalogue::default(),
                intervals: paces,
            };
            let sketch =
                ChartSpec::of(&Arc::new(archive), &rule(), &notification(Labels::default(), "", NOW))
                    .unwrap();
            assert_eq!(sketch.gap_after(), expected, "{interval:?}");
        }
    }
}
