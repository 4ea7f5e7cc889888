//! The chart of a message: the last hour of the series that its first alert is about.

use super::Telling;
use super::letter::Extras;
use crate::core::TICK;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchglass_alerts::telling::{Notice, Reason};
use watchglass_alerts::{Aggregation, Rule};
use watchglass_chart::{Line, Picture, picture};
use watchglass_history::{History, Operator, Query, Selector};
use watchglass_model::{Catalogue, Labels, TimeRange, Timestamp};

/// How much of the past is drawn.
const LENGTH: Duration = Duration::from_secs(3600);
/// Milliseconds that a row of it covers; what was shorter shows in the least and the greatest value of a row.
const STEP: i64 = 15_000;

/// What charts are drawn from.
#[derive(Debug)]
pub(crate) struct Archive {
    /// The past of this server.
    pub(crate) history: Arc<dyn History>,
    /// What is measured.
    pub(crate) catalogue: Catalogue,
    /// Milliseconds between the values of metrics slower than the tick.
    pub(crate) paces: BTreeMap<String, u32>,
}

/// What is to be drawn. To find out costs nothing; to draw it asks the history.
#[derive(Debug)]
pub(super) struct Sketch {
    archive: Arc<Archive>,
    title: String,
    metric: String,
    labels: Labels,
    threshold: Option<f64>,
    end: Timestamp,
}

impl Sketch {
    /// What `notice`, whose first alert is one of `rule`, shows; `None` where there is nothing to look at.
    pub(super) fn of(archive: &Arc<Archive>, rule: &Rule, notice: &Notice) -> Option<Self> {
        let alert = notice.alerts.first().filter(|_| notice.reason != Reason::SilenceEnding)?;
        // What is drawn are readings: a level of anything else would be a line in the wrong place.
        let is_of_readings = match rule.aggregation {
            Aggregation::Last | Aggregation::Mean | Aggregation::Min | Aggregation::Max => true,
            Aggregation::Sum | Aggregation::Increase | Aggregation::Count => false,
        };
        let has_level = rule.levels().next().is_some();
        Some(Self {
            archive: Arc::clone(archive),
            title: match alert.subject.as_str() {
                "" => rule.name.clone(),
                subject => format!("{} of {subject}", rule.name),
            },
            metric: rule.metric.clone(),
            labels: alert.key.labels.clone(),
            threshold: (is_of_readings && has_level).then_some(alert.threshold),
            end: notice.time,
        })
    }

    /// The chart as an SVG document; `None` when there is no data of it in the last hour.
    pub(super) fn draw(&self) -> Option<String> {
        let metric = self.archive.catalogue.metric(&self.metric)?;
        let selector = self.labels.iter().fold(Selector::metric(&self.metric), |selector, (name, value)| {
            selector.with(name, Operator::Equal, value)
        });
        let range = TimeRange::before(self.end + Duration::from_millis(1), LENGTH);
        let answer = self.archive.history.query(&Query { selector, range, step_millis: STEP });
        let columns = match answer {
            Ok(columns) => columns,
            Err(error) => {
                tracing::warn!(metric = self.metric, %error, "a message goes out without its chart");
                return None;
            }
        };
        // A series with more labels satisfies the matchers as well.
        let column = columns.columns.iter().find(|column| column.series.labels == self.labels)?;
        let start = columns.start.millis();
        let times: Vec<i64> = (0..).map(|row| start + row * STEP).take(columns.rows).collect();
        picture(&Picture {
            title: &self.title,
            unit: metric.reading_unit(),
            window: TimeRange { start: self.end - LENGTH, end: self.end },
            gap_after_millis: self.gap_after(),
            line: Line { times: &times, low: &column.low, high: &column.high, colour: 0 },
            threshold: self.threshold,
        })
    }

    /// Two rows further apart than this have a gap between them.
    fn gap_after(&self) -> i64 {
        let tick = i64::try_from(TICK.as_millis()).unwrap_or(i64::MAX);
        let pace = self.archive.paces.get(&self.metric).map_or(tick, |&pace| i64::from(pace));
        // What is slower than the tick comes at times a tick late.
        let pace = if pace > tick { pace + tick } else { pace };
        (pace + STEP - 1) / STEP * STEP + STEP / 2
    }
}

impl Telling {
    /// The same, with charts in messages.
    pub(crate) fn with_archive(self, archive: Archive) -> Self {
        Self { extras: Extras { archive: Some(Arc::new(archive)), ..self.extras }, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_alerts::{Alert, AlertKey, Phase, Severity};
    use watchglass_history::MemoryHistory;
    use watchglass_model::{Batch, Declaration, Kind, Sample, Series, SeriesId, Unit};

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

    /// Two hours of two series, one of which has the labels of the other and one more.
    fn archive() -> Arc<Archive> {
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
        Arc::new(Archive { history: Arc::new(history), catalogue, paces: BTreeMap::new() })
    }

    fn rule() -> Rule {
        Rule { warning: Some(0.5), ..Rule::new("r", "The use", "gauge", "disk") }
    }

    fn notice(labels: Labels, subject: &str, time: i64) -> Notice {
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
        Notice {
            id: "id".to_owned(),
            reason: Reason::Fired,
            alerts: vec![alert],
            more: 0,
            because_of: Vec::new(),
            acknowledged: Vec::new(),
            flapping: Vec::new(),
            silence: None,
            severity: Severity::Warning,
            route: String::new(),
            channels: Vec::new(),
            time: Timestamp::from_millis(time),
        }
    }

    fn drawn(rule: &Rule, notice: &Notice) -> Option<String> {
        Sketch::of(&archive(), rule, notice)?.draw()
    }

    #[test]
    fn a_chart_has_the_last_hour_of_that_series_and_the_level() {
        let one = drawn(&rule(), &notice(labels(&[("host", "h"), ("disk", "a")]), "a", NOW)).unwrap();
        assert!(one.starts_with("<svg") && one.contains(">The use of a<"), "{one}");
        assert!(one.contains("threshold 50.0\u{a0}%") && one.contains("in the last 1\u{a0}h"), "{one}");
        assert!(one.contains("90.0\u{a0}% to 90.0\u{a0}%"), "{one}");
        let other = drawn(&rule(), &notice(labels(&[("host", "h")]), "", NOW)).unwrap();
        assert!(other.contains(">The use<") && !other.contains("90.0"), "{other}");
    }

    #[test]
    fn what_is_there_no_more_or_was_never_has_no_chart() {
        let here = labels(&[("host", "h")]);
        assert_eq!(drawn(&rule(), &notice(here.clone(), "", NOW + 2 * 3_600_000)), None);
        assert_eq!(drawn(&rule(), &notice(labels(&[("host", "other")]), "", NOW)), None);
        let unknown = Rule { metric: "unknown".to_owned(), ..rule() };
        assert_eq!(drawn(&unknown, &notice(here.clone(), "", NOW)), None);
        let ending = Notice { reason: Reason::SilenceEnding, ..notice(here.clone(), "", NOW) };
        assert_eq!(drawn(&rule(), &ending), None);
        assert_eq!(drawn(&rule(), &Notice { alerts: Vec::new(), ..notice(here, "", NOW) }), None);
    }

    #[test]
    fn a_level_of_something_else_is_not_drawn() {
        let notice = notice(labels(&[("host", "h")]), "", NOW);
        let absence = Rule { warning: None, absent_seconds: Some(60), ..rule() };
        let count = Rule { aggregation: Aggregation::Count, window_seconds: 60, ..rule() };
        for rule in [absence, count] {
            let drawn = drawn(&rule, &notice).unwrap();
            assert!(drawn.starts_with("<svg") && !drawn.contains("threshold"), "{drawn}");
        }
        let mean = Rule { aggregation: Aggregation::Mean, window_seconds: 60, ..rule() };
        assert!(drawn(&mean, &notice).unwrap().contains("threshold"));
    }

    #[test]
    fn values_that_come_seldom_are_joined() {
        for (pace, expected) in
            [(None, 22_500), (Some(5000), 22_500), (Some(15_000), 37_500), (Some(60_000), 82_500)]
        {
            let paces = pace.map(|pace| ("gauge".to_owned(), pace)).into_iter().collect();
            let archive = Archive {
                history: Arc::new(MemoryHistory::new(LENGTH, 1)),
                catalogue: Catalogue::default(),
                paces,
            };
            let sketch =
                Sketch::of(&Arc::new(archive), &rule(), &notice(Labels::default(), "", NOW)).unwrap();
            assert_eq!(sketch.gap_after(), expected, "{pace:?}");
        }
    }
}
