//! Overview cards: a main value per component, with secondary values.

use crate::{Current, names};
use watchglass_model::Unit;

/// Aggregation over several series, such as those of several servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// Maximum: the worst series.
    Max,
    /// Sum.
    Sum,
}

impl Aggregation {
    /// Combines two values.
    pub fn combine(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Max => left.max(right),
            Self::Sum => left + right,
        }
    }
}

/// Single value of a metric, aggregated over its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The metric.
    pub metric: &'static str,
    /// Label after the value: `p95`. Empty if the title of the card is enough.
    pub label: &'static str,
    /// Aggregation over several series.
    pub aggregation: Aggregation,
}

impl Stat {
    const fn max(metric: &'static str, word: &'static str) -> Self {
        Self { metric, label: word, aggregation: Aggregation::Max }
    }

    const fn sum(metric: &'static str, word: &'static str) -> Self {
        Self { metric, label: word, aggregation: Aggregation::Sum }
    }

    /// Current value, in the unit of the metric's readings; `None` without data.
    pub fn value(&self, current: &Current<'_>) -> Option<f64> {
        current
            .readings(self.metric)
            .map(|(_, reading)| reading)
            .reduce(|left, right| self.aggregation.combine(left, right))
    }

    /// Number of series with a current value.
    pub fn count(&self, current: &Current<'_>) -> usize {
        current.readings(self.metric).count()
    }

    /// Unit of the value; `None` if the metric is not collected.
    pub fn unit(&self, current: &Current<'_>) -> Option<Unit> {
        Some(current.catalogue.metric(self.metric)?.display_unit())
    }
}

/// Overview card.
#[derive(Debug, PartialEq, Eq)]
pub struct Card {
    /// Short unique id: `host`.
    pub id: &'static str,
    /// Title.
    pub title: &'static str,
    /// Main value.
    pub main: Stat,
    /// Secondary values.
    pub secondary: &'static [Stat],
    /// Components whose health it shows; see [`components`](crate::health::components).
    pub components: &'static [&'static str],
}

/// All cards, in the order of importance during an incident.
pub static CARDS: [Card; 6] = [
    Card {
        id: "host",
        title: "Host",
        main: Stat::max(names::CPU, "CPU"),
        secondary: &[
            Stat::max(names::MEMORY_USED_RATIO, "memory"),
            Stat::max(names::DISK_USED_RATIO, "fullest filesystem"),
        ],
        components: &["cpu", "memory", "disk"],
    },
    Card {
        id: "database",
        title: "Database",
        main: Stat::max(names::DATABASE_SECONDS, "response time"),
        secondary: &[
            Stat::sum(names::DATABASE_CONNECTIONS, "connections"),
            Stat::sum(names::DATABASE_CONNECTIONS_LIMIT, "max connections"),
        ],
        components: &["database"],
    },
    Card {
        id: "redis",
        title: "Redis",
        main: Stat::max(names::REDIS_SECONDS, "response time"),
        secondary: &[],
        components: &["redis"],
    },
    Card {
        id: "requests",
        title: "Requests",
        main: Stat::sum(names::REQUESTS_PER_SECOND, "average"),
        secondary: &[Stat::sum(names::REQUESTS_LAST_MINUTE, "in the last minute")],
        components: &[],
    },
    Card {
        id: "errors",
        title: "Errors",
        main: Stat::max(names::ERROR_RATIO, "error rate"),
        secondary: &[
            Stat::sum(names::ERRORS_5XX, "× 5xx (1 min)"),
            Stat::sum(names::ERRORS_4XX, "× 4xx (1 min)"),
        ],
        components: &["errors"],
    },
    Card {
        id: "latency",
        title: "Latency",
        main: Stat::max(names::LATENCY_P95, "p95"),
        secondary: &[Stat::max(names::LATENCY_P50, "p50"), Stat::max(names::LATENCY_P99, "p99")],
        components: &["requests"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report_metrics;
    use std::collections::BTreeMap;
    use watchglass_model::{Batch, Catalogue, Declaration, Kind, SampleBuffer, SeriesTable, Timestamp};
    use watchglass_tsdb::Latest;

    static P95: Declaration = Declaration {
        name: names::LATENCY_P95,
        kind: Kind::Gauge,
        unit: Unit::Seconds,
        help: "A test.",
        labels: &["app"],
        panel: None,
        legend: "",
    };

    #[test]
    fn cards_use_only_known_metrics() {
        let known: Vec<&str> = report_metrics().collect();
        for card in &CARDS {
            for figure in card.secondary.iter().chain([&card.main]) {
                assert!(known.contains(&figure.metric), "{}: {}", card.id, figure.metric);
            }
        }
    }

    #[test]
    fn series_are_aggregated_and_missing_is_none() {
        let mut catalogue = Catalogue::default();
        catalogue.declare(&P95).unwrap();
        let (mut table, mut latest) = (SeriesTable::new(&[("host", "h")], 100), Latest::default());
        let (mut readings, mut samples) = (SampleBuffer::new(), Vec::new());
        readings.record(&P95, &["shop"], 0.5);
        readings.record(&P95, &["cart"], 0.25);
        table.resolve("test", &readings, &mut samples);
        latest.update(&Batch { time: Timestamp::from_millis(1000), samples }, |_| Kind::Gauge);
        let paces = BTreeMap::new();
        let current = Current {
            catalogue: &catalogue,
            series: table.series(),
            version: 1,
            latest: &latest,
            tick_millis: 1000,
            intervals: &paces,
        };
        for (figure, value, unit) in [
            (Stat::max(names::LATENCY_P95, ""), Some(0.5), Some(Unit::Seconds)),
            (Stat::sum(names::LATENCY_P95, ""), Some(0.75), Some(Unit::Seconds)),
            (Stat::sum(names::REDIS_SECONDS, ""), None, None),
        ] {
            assert_eq!((figure.value(&current), figure.unit(&current)), (value, unit));
        }
        assert_eq!(Stat::sum(names::LATENCY_P95, "").count(&current), 2);
    }
}
