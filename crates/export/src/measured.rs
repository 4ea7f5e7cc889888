//! The newest values, as alerts are judged by them.

use crate::{Current, names};
use watchglass_alerts::{Measured, Point};
use watchglass_model::{Labels, Metric, Problem, Series, SeriesId};

/// The newest values with the problems of the probes that are down.
#[derive(Clone, Copy, Debug)]
pub struct Judgeable<'a> {
    /// The newest values.
    pub current: Current<'a>,
    /// The probes that fail, and why.
    pub problems: &'a [Problem],
}

impl Measured for Judgeable<'_> {
    fn series(&self) -> &[Series] {
        self.current.series
    }

    fn newest(&self, series: SeriesId) -> Option<Point> {
        let newest = self.current.newest(self.current.series.get(series.0 as usize)?)?;
        Some(Point::of(newest.time, newest.reading))
    }

    fn metric(&self, name: &str) -> Option<&Metric> {
        self.current.catalogue.metric(name)
    }

    fn reason(&self, metric: &str, labels: &Labels) -> Option<&str> {
        let probe = labels.get("probe").filter(|_| metric == names::UP)?;
        let problem = self.problems.iter().find(|problem| problem.probe == probe)?;
        Some(&problem.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use watchglass_alerts::{Change, Engine, stock};
    use watchglass_history::Latest;
    use watchglass_model::{Batch, Catalogue, Declaration, Kind, Readings, SeriesTable, Timestamp, Unit};

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
    fn a_probe_that_is_down_says_why_after_a_minute() {
        let mut catalogue = Catalogue::default();
        catalogue.declare(&UP).unwrap();
        let (mut table, mut latest) = (SeriesTable::new(&[("host", "h")], 100), Latest::default());
        let mut engine = Engine::new(stock::rules(), 10).unwrap();
        let problems = [Problem {
            probe: "redis:a".to_owned(),
            since: Timestamp::from_millis(0),
            reason: "refused".to_owned(),
        }];
        let (mut told, paces) = (Vec::new(), BTreeMap::new());
        for second in 0..100 {
            let (mut readings, mut samples) = (Readings::new(), Vec::new());
            readings.record(&UP, &["redis:a"], if second < 80 { 0.0 } else { 1.0 });
            readings.record(&UP, &["cpu"], 1.0);
            table.resolve(&readings, &mut samples);
            let time = Timestamp::from_millis(second * 1000);
            latest.update(&Batch { time, samples }, |_| Kind::Gauge);
            let current = Current {
                catalogue: &catalogue,
                series: table.series(),
                latest: &latest,
                tick_millis: 1000,
                paces: &paces,
            };
            let changes = engine.judge(time, &Judgeable { current, problems: &problems });
            told.extend(changes.into_iter().map(|change| (second, change)));
        }
        let [(60, Change::Fired(fired)), (80, Change::Resolved(resolved))] = &told[..] else {
            panic!("{told:?}")
        };
        assert_eq!(fired.message, "redis:a is down: refused");
        assert_eq!((fired.component.as_str(), fired.subject.as_str()), ("redis", "redis:a"));
        assert_eq!(resolved.message, "redis:a is down no longer");
    }
}
