//! Input of rule evaluation: the newest values and failing probes.

use crate::sources::SourceStates;
use crate::{Current, MetricSources, names};
use std::cell::OnceCell;
use watchglass_model::{IncompleteSources, Labels, Metric, Problem, Series, SeriesId, Timestamp};
use watchglass_rules::{EvalInput, Point};

/// Newest values with the problems of failing probes.
#[derive(Debug)]
pub struct LatestValues<'a> {
    /// Newest values.
    pub current: Current<'a>,
    /// Failing probes with their errors.
    pub problems: &'a [Problem],
    /// Sources that leave values out, and since when.
    pub incomplete: &'a IncompleteSources,
    /// Probes of each metric.
    pub sources: &'a MetricSources,
    /// Series that have ended since the last evaluation.
    pub ended: &'a [SeriesId],
    states: OnceCell<SourceStates<'a>>,
}

impl<'a> LatestValues<'a> {
    /// The newest values and the state of their sources; no series has ended.
    pub fn new(
        current: Current<'a>,
        problems: &'a [Problem],
        incomplete: &'a IncompleteSources,
        sources: &'a MetricSources,
    ) -> Self {
        Self { current, problems, incomplete, sources, ended: &[], states: OnceCell::new() }
    }

    /// The same after these series have ended.
    pub fn with_ended(self, ended: &'a [SeriesId]) -> Self {
        Self { ended, ..self }
    }
}

impl EvalInput for LatestValues<'_> {
    fn series(&self) -> &[Series] {
        self.current.series
    }

    fn ended(&self) -> &[SeriesId] {
        self.ended
    }

    fn newest(&self, series: SeriesId) -> Option<Point> {
        let newest = self.current.newest(self.current.series.get(series.0 as usize)?)?;
        Some(Point::from_sample(newest.time, newest.reading))
    }

    fn metric(&self, name: &str) -> Option<&Metric> {
        self.current.catalogue.metric(name)
    }

    fn reason(&self, metric: &str, labels: &Labels) -> Option<&str> {
        let probe = labels.get("probe").filter(|_| metric == names::UP)?;
        let problem = self.problems.iter().find(|problem| problem.probe == probe)?;
        Some(&problem.reason)
    }

    fn working_source(&self, metric: &str, labels: &Labels, last: Option<Timestamp>) -> Option<Timestamp> {
        let new = || SourceStates::new(self.current, self.sources, self.incomplete);
        self.states.get_or_init(new).working_source(self.sources, (metric, labels), last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use watchglass_model::{Batch, Catalogue, Declaration, Kind, SampleBuffer, SeriesTable, Timestamp, Unit};
    use watchglass_rules::{Change, Engine, builtin};
    use watchglass_tsdb::Latest;

    static UP: Declaration = Declaration {
        name: names::UP,
        kind: Kind::Gauge,
        unit: Unit::Count,
        help: "A test.",
        labels: &["probe"],
        panel: None,
        legend: "",
    };

    #[test]
    fn failed_probe_fires_with_its_reason_after_a_minute() {
        let mut catalogue = Catalogue::default();
        catalogue.declare(&UP).unwrap();
        let (mut table, mut latest) = (SeriesTable::new(&[("host", "h")], 100), Latest::default());
        let mut engine = Engine::new(builtin::rules(), 10).unwrap();
        let problems = [Problem {
            probe: "redis:a".to_owned(),
            since: Timestamp::from_millis(0),
            reason: "refused".to_owned(),
        }];
        let (mut observed, paces) = (Vec::new(), BTreeMap::new());
        for second in 0..100 {
            let (mut readings, mut samples) = (SampleBuffer::new(), Vec::new());
            readings.record(&UP, &["redis:a"], if second < 80 { 0.0 } else { 1.0 });
            readings.record(&UP, &["cpu"], 1.0);
            table.resolve("test", &readings, &mut samples);
            let time = Timestamp::from_millis(second * 1000);
            latest.update(&Batch { time, samples }, |_| Kind::Gauge);
            let current = Current {
                catalogue: &catalogue,
                series: table.series(),
                version: 1,
                latest: &latest,
                tick_millis: 1000,
                intervals: &paces,
            };
            let (complete, sources) = (IncompleteSources::new(), MetricSources::new());
            let changes = engine.evaluate(time, &LatestValues::new(current, &problems, &complete, &sources));
            observed.extend(changes.into_iter().map(|change| (second, change)));
        }
        let [(60, Change::Fired(fired)), (80, Change::Resolved(resolved))] = &observed[..] else {
            panic!("{observed:?}")
        };
        assert_eq!(fired.message, "redis:a is down: refused");
        assert_eq!((fired.component.as_str(), fired.subject.as_str()), ("redis", "redis:a"));
        assert_eq!(resolved.message, "redis:a is down (resolved)");
    }
}
