//! Benchmarks of the in-memory store at its intended size: one hour of 200 series at one second.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark stops at the first surprise")]

use divan::{Bencher, black_box};
use std::time::Duration;
use watchglass_model::{Batch, Catalogue, Sample, Series, SeriesId, TimeRange, Timestamp};
use watchglass_tsdb::{History, MemoryHistory, Query, Selector};

const HOUR: i64 = 3600;

fn main() {
    divan::main();
}

fn batch(second: i64) -> Batch {
    let samples =
        (0..200).map(|id| Sample { series: SeriesId(id), value: (second * 7 % 100) as f64 }).collect();
    Batch { time: Timestamp::from_millis(second * 1000), samples }
}

fn full() -> (MemoryHistory, Vec<Series>) {
    let series: Vec<Series> = (0..200_u32)
        .map(|id| Series {
            id: SeriesId(id),
            metric: format!("metric_{}", id / 20),
            labels: [("n", id.to_string())].into_iter().collect(),
        })
        .collect();
    let history = MemoryHistory::new(Duration::from_secs(3600), 1000);
    (0..HOUR).for_each(|second| history.append(&batch(second), &series, &Catalogue::default()));
    (history, series)
}

#[divan::bench]
fn append_a_tick_of_200_series(bencher: Bencher<'_, '_>) {
    let (history, series) = full();
    let (mut second, catalogue) = (HOUR, Catalogue::default());
    bencher.bench_local(|| {
        history.append(black_box(&batch(second)), &series, &catalogue);
        second += 1;
    });
}

#[divan::bench(args = [1, 4])]
fn an_hour_of_20_series_by_step_seconds(bencher: Bencher<'_, '_>, step: i64) {
    let (history, _) = full();
    let query = Query {
        selector: Selector::metric("metric_3"),
        range: TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(HOUR * 1000) },
        step_millis: step * 1000,
    };
    bencher.bench(|| history.query(black_box(&query)).unwrap());
}
