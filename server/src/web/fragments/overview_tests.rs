use super::*;
use std::sync::Arc;
use watchglass_model::Kind;
use watchglass_tsdb::{Column, StoredSeries};

#[test]
fn threshold_reached_first_is_shown() {
    let rule = |id: &str, comparison, warning, critical| Rule {
        comparison,
        warning,
        critical,
        ..Rule::new(id, "", "m", "c")
    };
    let (above, below) = (Comparison::Above, Comparison::Below);
    for (rules, expected) in [
        (vec![], None),
        (vec![rule("a", above, None, None)], None),
        (vec![rule("a", above, Some(2.0), None), rule("b", above, Some(1.0), Some(3.0))], Some(("b", 1.0))),
        (vec![rule("a", below, Some(0.8), Some(0.6)), rule("b", below, Some(0.9), None)], Some(("b", 0.9))),
        (vec![rule("a", above, Some(2.0), None), rule("b", below, Some(1.0), None)], Some(("a", 2.0))),
    ] {
        let found = rules.iter().filter_map(threshold).reduce(reached_first);
        let found = found.as_ref().map(|found| (found.rule.as_str(), found.value));
        assert_eq!(found, expected);
    }
}

#[test]
fn reasons_are_ordered_by_severity() {
    let part = |name, load| Component { name, load, condition: HealthStatus::from_load(load) };
    let found = reasons(&[
        part("cpu", Some(0.2)),
        part("disk", Some(0.75)),
        part("database", Some(f64::INFINITY)),
        part("redis", None),
    ]);
    let found: Vec<_> =
        found.iter().map(|reason| (reason.state, reason.text.replace('\u{a0}', " "))).collect();
    assert_eq!(
        found,
        [
            (HealthState::Critical, "Database: down".to_owned()),
            (HealthState::Warning, "Disk at 75.0 % of its limit".to_owned())
        ]
    );
}

#[test]
fn series_are_merged_and_gaps_stay() {
    let column = |values: &[f64]| Column {
        series: Arc::new(StoredSeries {
            metric: "m".to_owned(),
            labels: Default::default(),
            kind: Kind::Gauge,
        }),
        id: None,
        low: values.to_vec(),
        high: values.to_vec(),
        mean: values.to_vec(),
        count: vec![1; values.len()],
        increase: Vec::new(),
    };
    let columns =
        |columns, rows| Columns { start: Timestamp::from_millis(10_000), step_millis: 10_000, rows, columns };
    let two = columns(vec![column(&[1.0, f64::NAN, 3.0]), column(&[2.0, f64::NAN, f64::NAN])], 3);
    for (several, expected) in [(Aggregation::Max, [2.0, 3.0]), (Aggregation::Sum, [3.0, 3.0])] {
        let spark = sparkline(&two, several, Timestamp::from_millis(35_000)).unwrap();
        assert!(spark.high[1].is_nan());
        assert_eq!([spark.high[0], spark.low[2]], expected);
        assert_eq!(
            (spark.times.as_slice(), spark.window.end.millis()),
            (&[10_000, 20_000, 30_000][..], 30_000)
        );
    }
    assert!(sparkline(&columns(Vec::new(), 0), Aggregation::Sum, Timestamp::default()).is_none());
}

#[test]
fn cards_without_values_have_a_note() {
    for (card, state, has_number, expected) in [
        ("database", HealthState::NotConfigured, false, "PostgreSQL is not monitored"),
        ("redis", HealthState::NotConfigured, false, "Redis is not monitored"),
        ("redis", HealthState::Critical, false, "Unreachable"),
        ("database", HealthState::NoData, false, "first response"),
        ("latency", HealthState::NoData, false, "No requests"),
        ("host", HealthState::NoData, false, "No current value"),
    ] {
        assert!(note(card, state, has_number).contains(expected), "{card} {state:?}");
    }
    assert_eq!(note("host", HealthState::Warning, true), "");
}
