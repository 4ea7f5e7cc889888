//! Benchmarks of chart geometry, without painting.

use divan::{Bencher, black_box, counter::ItemsCount};
use std::time::Duration;
use watchglass_chart::{
    AxisOptions, Line, Plot, Point, Stack, VALUE_INTERVALS, decimate, svg_paths, time_ticks, value_ticks,
};
use watchglass_model::{Style, TimeRange, Timestamp, Unit};

fn main() {
    divan::main();
}

/// One sample a second, noisy, with a gap in every thousand.
fn samples(count: usize) -> (Vec<i64>, Vec<f64>) {
    let times: Vec<i64> = (0_i64..).step_by(1000).take(count).collect();
    let value = |index: usize| match index % 1000 {
        999 => f64::NAN,
        _ => (index.wrapping_mul(2_654_435_761) % 1009) as f64 / 1009.0,
    };
    (times, (0..count).map(value).collect())
}

fn window(count: usize) -> TimeRange {
    let end = Timestamp::from_millis(0) + Duration::from_secs(count as u64);
    TimeRange { start: Timestamp::from_millis(0), end }
}

#[divan::bench(args = [3_600, 604_800])]
fn decimate_to_1000_columns(bencher: Bencher<'_, '_>, count: usize) {
    let (times, values) = samples(count);
    let line = Line { times: &times, low: &values, high: &values, colour: 0 };
    let mut points: Vec<Point> = Vec::new();
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| decimate(black_box(&line), window(count), 2500, 1000, &mut points));
}

#[divan::bench]
fn stack_4_lines_of_3600(bencher: Bencher<'_, '_>) {
    let (times, values) = samples(3600);
    let lines = [0, 1, 2, 3].map(|colour| Line { times: &times, low: &values, high: &values, colour });
    let mut stack = Stack::default();
    bencher.bench_local(|| stack.build(black_box(&lines), window(3600)));
}

#[divan::bench]
fn value_axis() -> usize {
    value_ticks(Unit::Bytes, black_box(Some((0.0, 13e9))), None, VALUE_INTERVALS).ticks.len()
}

#[divan::bench]
fn time_axis() -> usize {
    time_ticks(black_box(window(3600)), 400.0, 60, |text| 6.0 * text.len() as f64).len()
}

#[divan::bench]
fn svg_paths_of_300_points(bencher: Bencher<'_, '_>) {
    let (times, values) = samples(300);
    let lines = [Line { times: &times, low: &values, high: &values, colour: 0 }];
    let plot = Plot {
        unit: Unit::Ratio,
        style: Style::Area,
        ceiling: Some(1.0),
        window: window(300),
        gap_after_millis: 2500,
        lines: &lines,
        bands: &[],
        previous: &[],
        axis_options: AxisOptions::default(),
        rows: &[],
    };
    bencher.bench_local(|| svg_paths(black_box(&plot), 300.0, 72.0));
}
