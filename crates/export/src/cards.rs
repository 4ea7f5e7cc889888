//! The cards of the overview: the number that stands for each part of what is watched, and what belongs beside it.

use crate::{Current, names};
use watchglass_model::Unit;

/// What is made of the readings of several series, such as those of several servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Several {
    /// The largest counts: the worst of them.
    Largest,
    /// They add up.
    Sum,
}

impl Several {
    /// One number of two.
    pub fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Largest => left.max(right),
            Self::Sum => left + right,
        }
    }
}

/// A metric, and what its series come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The metric.
    pub metric: &'static str,
    /// What is said behind its number: `P95`. Empty where the title of the card says it.
    pub word: &'static str,
    /// What is made of several series.
    pub several: Several,
}

impl Figure {
    const fn largest(metric: &'static str, word: &'static str) -> Self {
        Self { metric, word, several: Several::Largest }
    }

    const fn sum(metric: &'static str, word: &'static str) -> Self {
        Self { metric, word, several: Several::Sum }
    }

    /// The number now, in the unit of the metric's readings; `None` where nothing is measured.
    pub fn value(&self, current: &Current<'_>) -> Option<f64> {
        current
            .readings(self.metric)
            .map(|(_, reading)| reading)
            .reduce(|left, right| self.several.of(left, right))
    }

    /// How many series have a value now.
    pub fn count(&self, current: &Current<'_>) -> usize {
        current.readings(self.metric).count()
    }

    /// The unit of its number; `None` where nobody measures the metric.
    pub fn unit(&self, current: &Current<'_>) -> Option<Unit> {
        Some(current.catalogue.metric(self.metric)?.reading_unit())
    }
}

/// A card.
#[derive(Debug, PartialEq, Eq)]
pub struct Card {
    /// Short and unique, fit for an id: `host`.
    pub id: &'static str,
    /// What a person calls it.
    pub title: &'static str,
    /// The number that stands for it.
    pub figure: Figure,
    /// Numbers beside it.
    pub more: &'static [Figure],
    /// The components of the judgement that it tells of; see [`components`](crate::judgement::components).
    pub components: &'static [&'static str],
}

/// All cards, in the order in which somebody who was woken asks.
pub static CARDS: [Card; 6] = [
    Card {
        id: "host",
        title: "Host",
        figure: Figure::largest(names::CPU, "processors"),
        more: &[
            Figure::largest(names::MEMORY_USED_RATIO, "memory"),
            Figure::largest(names::DISK_USED_RATIO, "fullest disk"),
        ],
        components: &["cpu", "memory", "disk"],
    },
    Card {
        id: "database",
        title: "Database",
        figure: Figure::largest(names::DATABASE_SECONDS, "to answer"),
        more: &[
            Figure::sum(names::DATABASE_CONNECTIONS, "connections"),
            Figure::sum(names::DATABASE_CONNECTIONS_LIMIT, "at most"),
        ],
        components: &["database"],
    },
    Card {
        id: "redis",
        title: "Redis",
        figure: Figure::largest(names::REDIS_SECONDS, "to answer"),
        more: &[],
        components: &["redis"],
    },
    Card {
        id: "requests",
        title: "Requests",
        figure: Figure::sum(names::REQUESTS_PER_SECOND, "on average"),
        more: &[Figure::sum(names::REQUESTS_LAST_MINUTE, "last minute")],
        components: &[],
    },
    Card {
        id: "errors",
        title: "Errors",
        figure: Figure::largest(names::ERROR_RATIO, "of the answers"),
        more: &[Figure::sum(names::ERRORS_5XX, "5xx last minute"), Figure::sum(names::ERRORS_4XX, "4xx")],
        components: &["errors"],
    },
    Card {
        id: "latency",
        title: "Latency",
        figure: Figure::largest(names::LATENCY_P95, "P95"),
        more: &[Figure::largest(names::LATENCY_P50, "P50"), Figure::largest(names::LATENCY_P99, "P99")],
        components: &["requests"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report_metrics;
    use std::collections::BTreeMap;
    use watchglass_history::Latest;
    use watchglass_model::{Batch, Catalogue, Declaration, Kind, Readings, SeriesTable, Timestamp};

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
    fn every_card_is_of_metrics_that_are_compared_with_what_probes_declare() {
        let known: Vec<&str> = report_metrics().collect();
        for card in &CARDS {
            for figure in card.more.iter().chain([&card.figure]) {
                assert!(known.contains(&figure.metric), "{}: {}", card.id, figure.metric);
            }
        }
    }

    #[test]
    fn of_several_the_largest_counts_or_their_sum_and_missing_is_missing() {
        let mut catalogue = Catalogue::default();
        catalogue.declare(&P95).unwrap();
        let (mut table, mut latest) = (SeriesTable::new(&[("host", "h")], 100), Latest::default());
        let (mut readings, mut samples) = (Readings::new(), Vec::new());
        readings.record(&P95, &["shop"], 0.5);
        readings.record(&P95, &["cart"], 0.25);
        table.resolve(&readings, &mut samples);
        latest.update(&Batch { time: Timestamp::from_millis(1000), samples }, |_| Kind::Gauge);
        let paces = BTreeMap::new();
        let current = Current {
            catalogue: &catalogue,
            series: table.series(),
            latest: &latest,
            tick_millis: 1000,
            paces: &paces,
        };
        for (figure, value, unit) in [
            (Figure::largest(names::LATENCY_P95, ""), Some(0.5), Some(Unit::Seconds)),
            (Figure::sum(names::LATENCY_P95, ""), Some(0.75), Some(Unit::Seconds)),
            (Figure::sum(names::REDIS_SECONDS, ""), None, None),
        ] {
            assert_eq!((figure.value(&current), figure.unit(&current)), (value, unit));
        }
        assert_eq!(Figure::sum(names::LATENCY_P95, "").count(&current), 2);
    }
}
