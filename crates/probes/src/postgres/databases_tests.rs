use super::super::row::rows as given;
use super::*;
use crate::testing::rows;

fn value(samples: &SampleBuffer, metric: &str, labels: &str) -> Option<f64> {
    let found = rows(samples).into_iter().find(|(name, found, _)| name == metric && found == labels);
    found.map(|(_, _, value)| value.parse().unwrap())
}

/// A name as the query returns it.
fn hex(name: &str) -> String {
    name.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn invalid_values_cost_what_is_computed_from_them() {
    let mut ratio = HitRatio::default();
    let good = "62|1|2|3|4|5|6|7|8|9|10|11|12";
    for (bad, lost) in [
        ("61|1|2|3|4|5|6|7|8|9|10|11|12", 0),
        ("61|x|2|3|4|5|6|7|8|9|10|11|12", 1),
        ("61|1|2|3|nan|5|6|7|8|9|10|11|12", 1),
        ("61|1|2|3|4|5|6|7|8|9|10|11", 1),
        ("6|1|2|3|4|5|6|7|8|9|10|11|12", 12),
        ("?|1|2|3|4|5|6|7|8|9|10|11|12", 12),
    ] {
        let mut samples = SampleBuffer::new();
        record(&given(&[bad, good]), &mut ratio, "i", &mut samples);
        assert_eq!(samples.len(), 24 - lost, "{bad}");
        assert_eq!(samples.skipped().is_empty(), lost == 0, "{bad}");
    }
}

#[test]
fn counters_are_per_database_and_the_hit_ratio_is_total() {
    let mut ratio = HitRatio::default();
    let mut round = |lines: &[&str]| {
        let mut samples = SampleBuffer::new();
        let note = record(&given(lines), &mut ratio, "i", &mut samples);
        assert_eq!(note, None);
        samples
    };
    let first = round(&["61|1|2|3|100|10|4|5|6|7|8|9|10", "62|-|2|3|0|0|4|5|6|7|8|9|10"]);
    assert_eq!(value(&first, "postgresql_cache_hit_ratio", "i"), None);
    assert_eq!(value(&first, "postgresql_commits_total", "i a"), Some(1.0));
    assert_eq!(value(&first, "postgresql_commits_total", "i b"), None);
    assert_eq!(value(&first, "postgresql_temporary_bytes_total", "i b"), Some(5.0));
    assert_eq!(value(&first, "postgresql_rows_total", "i a returned"), Some(6.0));
    assert_eq!(value(&first, "postgresql_rows_total", "i a deleted"), Some(10.0));
    let second = round(&["61|1|2|3|104|10|4|5|6|7|8|9|10", "62|1|2|3|2|2|4|5|6|7|8|9|10"]);
    assert_eq!(value(&second, "postgresql_cache_hit_ratio", "i"), Some(0.75));
}

#[test]
fn too_many_databases_are_noted() {
    let lines: Vec<String> =
        (0..=MAX_DATABASES).map(|i| format!("{}|1|1|1|1|1|1|1|1|1|1|1|1", hex(&format!("d{i}")))).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut samples = SampleBuffer::new();
    let note = record(&given(&lines), &mut HitRatio::default(), "i", &mut samples);
    assert!(note.is_some());
    assert_eq!(value(&samples, "postgresql_commits_total", "i d49"), Some(1.0));
    assert_eq!(value(&samples, "postgresql_commits_total", "i d50"), None);
}

#[test]
fn forbidden_sizes_are_missing() {
    let mut samples = SampleBuffer::new();
    record_sizes(&given(&["61|7|8", "62|-|9", "63|x|-8"]), "i", &mut samples);
    assert_eq!(value(&samples, "postgresql_database_size_bytes", "i a"), Some(7.0));
    assert_eq!(value(&samples, "postgresql_database_size_bytes", "i b"), None);
    assert_eq!(value(&samples, "postgresql_transaction_id_age", "i b"), Some(9.0));
    let notes = ["size not a number", "age of transaction ids out of range"];
    assert_eq!(crate::testing::skipped(&samples), notes);
}
