//! Tests of the table of series.

use super::*;
use crate::{Declaration, Kind, Unit};

static CORE: Declaration = Declaration {
    name: "core",
    kind: Kind::Gauge,
    unit: Unit::Ratio,
    help: "A test.",
    labels: &["core"],
    panel: None,
    legend: "",
};

fn resolve(table: &mut SeriesTable, cores: &[(&str, f64)]) -> Vec<(u32, f64)> {
    let mut buffer = SampleBuffer::new();
    for (core, value) in cores {
        buffer.record(&CORE, &[core], *value);
    }
    let mut samples = Vec::new();
    table.resolve("test", &buffer, &mut samples);
    samples.iter().map(|sample| (sample.series.0, sample.value)).collect()
}

#[test]
fn series_ids_are_stable_across_order_and_gaps() {
    let mut table = SeriesTable::new(&[("host", "h")], 10);
    assert_eq!(resolve(&mut table, &[("0", 0.1), ("1", 0.2)]), [(0, 0.1), (1, 0.2)]);
    assert_eq!(resolve(&mut table, &[("1", 0.3), ("2", 0.4), ("0", 0.5)]), [(0, 0.5), (1, 0.3), (2, 0.4)]);
    assert_eq!(resolve(&mut table, &[("2", 0.6)]), [(2, 0.6)]);
    assert_eq!(table.series()[2].key(), r#"core{core="2",host="h"}"#);
}

#[test]
fn empty_labels_are_dropped() {
    let mut table = SeriesTable::new(&[("host", "h")], 10);
    assert_eq!(resolve(&mut table, &[("", 0.1), ("0", 0.2)]), [(0, 0.1), (1, 0.2)]);
    assert_eq!(resolve(&mut table, &[("0", 0.3), ("", 0.4)]), [(0, 0.4), (1, 0.3)]);
    assert_eq!(table.series()[0].key(), r#"core{host="h"}"#);
}

#[test]
fn samples_stay_sorted_over_several_buffers() {
    let mut table = SeriesTable::new(&[], 10);
    let mut samples = Vec::new();
    for (cores, expected) in [(["0", "1"], vec![0, 1]), (["2", "1"], vec![0, 1, 2])] {
        let mut buffer = SampleBuffer::new();
        cores.iter().for_each(|core| buffer.record(&CORE, &[core], 1.0));
        table.resolve("test", &buffer, &mut samples);
        assert_eq!(samples.iter().map(|sample| sample.series.0).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn duplicate_series_in_one_tick_count_once() {
    let mut table = SeriesTable::new(&[], 10);
    assert_eq!(resolve(&mut table, &[("0", 0.1), ("0", 0.2)]), [(0, 0.1)]);
}

#[test]
fn series_over_the_limit_are_dropped_and_counted() {
    let mut table = SeriesTable::new(&[], 1);
    assert_eq!(resolve(&mut table, &[("0", 0.1), ("1", 0.2)]), [(0, 0.1)]);
    assert_eq!(resolve(&mut table, &[("1", 0.2), ("0", 0.3)]), [(0, 0.3)]);
    let refused = |series, total| RefusedSource { name: "test".to_owned(), series, total };
    assert_eq!((table.series().len(), table.refused().sources()), (1, &[refused(2, 2)][..]));
    table.begin_tick();
    assert_eq!(resolve(&mut table, &[("2", 0.2)]), []);
    assert_eq!(table.refused().sources(), [refused(1, 3)]);
    table.begin_tick();
    assert!(!table.refused().is_any());
}

#[test]
fn refused_series_are_counted_by_application_or_probe() {
    static ROUTE: Declaration = Declaration { name: "route", labels: &["app", "route"], ..CORE };
    let mut table = SeriesTable::new(&[], 0);
    let mut buffer = SampleBuffer::new();
    for (app, route) in [("shop", "/a"), ("shop", "/b"), ("", "/a"), ("blog", "/a"), ("shop", "/c")] {
        buffer.record(&ROUTE, &[app, route], 1.0);
    }
    table.resolve("requests", &buffer, &mut Vec::new());
    let found: Vec<_> =
        table.refused().sources().iter().map(|source| (source.name.as_str(), source.series)).collect();
    assert_eq!(found, [("app:shop", 3), ("requests", 1), ("app:blog", 1)]);
}

#[test]
fn label_values_are_not_confused() {
    static PAIR: Declaration = Declaration { name: "pair", labels: &["a", "b"], ..CORE };
    let mut table = SeriesTable::new(&[], 10);
    let mut buffer = SampleBuffer::new();
    let pairs = [["x", ""], ["", "x"], ["xy", "z"], ["x", "yz"], ["ÿ", ""], ["", "ÿ"]];
    pairs.iter().for_each(|pair| buffer.record(&PAIR, pair, 1.0));
    let mut samples = Vec::new();
    table.resolve("test", &buffer, &mut samples);
    assert_eq!((table.series().len(), samples.len()), (pairs.len(), pairs.len()));
}
