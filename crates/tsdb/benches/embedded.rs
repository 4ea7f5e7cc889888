//! The embedded store: appending a tick, and a day and a week of 200 series at one second, made of a short synthetic
//! stretch. What real data costs tells the example `figures`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark stops at the first surprise")]

use divan::{Bencher, black_box};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;
use watchglass_model::{Batch, Catalogue, Sample, Series, SeriesId, TimeRange, Timestamp};
use watchglass_tsdb::{EmbeddedHistory, History, Options, Query, Selector, step_for};

const BEGIN: i64 = 1_700_006_400;
const WEEK: i64 = 7 * 86_400;

fn main() {
    divan::main();
}

fn batch(second: i64) -> Batch {
    let value = |id: u32| (second * i64::from(id % 7 + 1) % 1000) as f64 / f64::from(id % 3 + 1);
    let samples = (0..200).map(|id| Sample { series: SeriesId(id), value: value(id) }).collect();
    Batch { time: Timestamp::from_millis(second * 1000), samples }
}

fn series() -> Vec<Series> {
    let series = |id: u32| Series {
        id: SeriesId(id),
        metric: format!("metric_{}", id / 20),
        labels: [("n", id.to_string())].into_iter().collect(),
    };
    (0..200).map(series).collect()
}

fn store() -> (EmbeddedHistory, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (EmbeddedHistory::open(folder.path(), Options::default()).unwrap(), folder)
}

/// A week in blocks, except for the last hour.
fn week() -> &'static EmbeddedHistory {
    static WEEK_STORE: OnceLock<(EmbeddedHistory, TempDir)> = OnceLock::new();
    let (history, _) = WEEK_STORE.get_or_init(|| {
        let (history, folder) = store();
        let (series, catalogue) = (series(), Catalogue::default());
        for second in BEGIN..BEGIN + WEEK {
            history.append(&batch(second), &series, &catalogue);
            if second % 60 == 59 {
                history.flush();
            }
            if second % 3600 == 3599 && second < BEGIN + WEEK - 3600 {
                assert!(history.write_blocks());
            }
        }
        (history, folder)
    });
    history
}

#[divan::bench]
fn append_a_tick_of_200_series(bencher: Bencher<'_, '_>) {
    let (history, _folder) = store();
    let (series, catalogue, mut second) = (series(), Catalogue::default(), BEGIN);
    bencher.bench_local(|| {
        history.append(black_box(&batch(second)), &series, &catalogue);
        second += 1;
        history.flush();
    });
}

#[divan::bench(args = [1, 24, 168])]
fn twenty_series_at_1000_points_by_hours(bencher: Bencher<'_, '_>, hours: u64) {
    let history = week();
    let end = Timestamp::from_millis((BEGIN + WEEK) * 1000);
    let range = TimeRange::ending_at(end, Duration::from_secs(hours * 3600));
    let query = Query { selector: Selector::metric("metric_3"), range, step_millis: step_for(range, 1000) };
    bencher.bench(|| history.query(black_box(&query)).unwrap());
}
