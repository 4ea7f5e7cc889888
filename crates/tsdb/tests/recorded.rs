//! History written by earlier versions: it must open undamaged, with the values that were written.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::path::Path;
use watchglass_model::{TimeRange, Timestamp};
use watchglass_tsdb::{EmbeddedHistory, History, Operator, Options, Query, Selector};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../server/tests/recorded/0.1.0/history");
/// Time of the newest generated sample.
const END: i64 = 1_796_156_520_000;
/// Samples of each series, one a second.
const SAMPLES: i64 = 7 * 86_400;
const MINUTE: i64 = 60_000;

/// Value in a minute since the epoch.
type Value = fn(i64) -> f64;
const METRICS: [(&str, Value); 3] = [
    ("host_memory_used_bytes", |minute| ((minute % 1440) * 1_048_576) as f64),
    ("host_load1", |minute| (minute % 60) as f64),
    ("host_cpu_usage_ratio", |minute| (minute % 100) as f64 / 100.0),
];

/// A copy: opening a store changes its folder.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in Path::new(FOLDER).read_dir().unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    folder
}

fn open(folder: &Path) -> EmbeddedHistory {
    let history = EmbeddedHistory::open(folder, Options::default()).unwrap();
    assert_eq!(history.status().problems, Vec::<String>::new());
    assert_eq!(history.status().refused, 0);
    history
}

fn selector(metric: &str) -> Selector {
    Selector::metric(metric).with("host", Operator::Equal, "recorded")
}

/// From the first generated sample to the last.
fn range() -> TimeRange {
    TimeRange {
        start: Timestamp::from_millis(END - (SAMPLES - 1) * 1000),
        end: Timestamp::from_millis(END + 1),
    }
}

fn assert_samples(history: &EmbeddedHistory) {
    for (metric, value) in METRICS {
        let mut expected = range().start.millis();
        let visit = &mut |_: &_, samples: &[(Timestamp, f64)]| {
            for &(time, stored) in samples {
                assert_eq!((time.millis(), stored), (expected, value(expected / MINUTE)), "{metric}");
                expected += 1000;
            }
        };
        history.raw(&selector(metric), range(), visit).unwrap();
        assert_eq!(expected, END + 1000, "{metric}: time after the last sample");
    }
}

/// Compares all complete rows of a step with the function.
fn assert_rows(history: &EmbeddedHistory, step_millis: i64, range: TimeRange) {
    for (metric, value) in METRICS {
        let query = Query { selector: selector(metric), range, step_millis };
        let found = history.query(&query).unwrap();
        let [column] = found.columns.as_slice() else { panic!("{metric}: {found:?}") };
        let mut compared = 0;
        for (row, count) in (0..).zip(&column.count) {
            let start = found.start.millis() + row * step_millis;
            if start < range.start.millis() || start + step_millis > range.end.millis() {
                continue;
            }
            let values: Vec<f64> =
                (0..step_millis / 1000).map(|n| value((start + n * 1000) / MINUTE)).collect();
            let at = usize::try_from(row).unwrap();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            assert_eq!((column.low[at], column.high[at]), (low, high), "{metric} at {start}");
            assert!(
                (column.mean[at] - mean).abs() <= mean * 1e-12,
                "{metric} at {start}: {}",
                column.mean[at]
            );
            assert_eq!(usize::try_from(*count).unwrap(), values.len(), "{metric} at {start}");
            compared += 1;
        }
        let whole = range.millis() / step_millis;
        assert!((whole - 1..=whole).contains(&compared), "{metric}: {compared} of {whole} rows");
    }
}

fn hour(before_end: i64) -> TimeRange {
    let end = END - before_end * 3_600_000;
    TimeRange { start: Timestamp::from_millis(end - 3_600_000), end: Timestamp::from_millis(end) }
}

#[test]
fn history_of_0_1_0_has_every_value_at_every_step() {
    let folder = copy();
    for _ in 0..2 {
        let history = open(folder.path());
        let all = history.series(&Selector::default().with("host", Operator::Equal, "recorded")).unwrap();
        for (metric, _) in METRICS {
            assert!(all.iter().any(|series| series.metric == metric), "{metric}: {all:?}");
        }
        assert_samples(&history);
        // In the WAL, around the newest block, in the middle, and in the oldest block.
        for before_end in [0, 1, 70, 166] {
            assert_rows(&history, 1000, hour(before_end));
        }
        for minutes in [1, 15, 60] {
            assert_rows(&history, minutes * MINUTE, range());
        }
        // The second time, all of it is read from blocks that this version wrote.
        assert!(history.write_blocks());
        history.close();
    }
}
