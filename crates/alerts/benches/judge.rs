//! 10,000 series judged by 100 rules: what a tick may take is a second, what it should take is a twentieth of that.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark stops at the first surprise")]

use divan::{Bencher, black_box};
use watchglass_alerts::{Aggregation, Engine, Measured, Point, Rule};
use watchglass_model::{Kind, Metric, Series, SeriesId, Timestamp, Unit};

const SERIES: u32 = 10_000;
const RULES: u32 = 100;

fn main() {
    divan::main();
}

/// Series of `metrics` metrics, all with a value in each second.
struct Fake {
    series: Vec<Series>,
    metric: Metric,
    now: Timestamp,
    /// A value that all rules take for good, or for bad.
    base: f64,
    /// How many of the series have a value that is bad in any case.
    loud: u32,
}

impl Fake {
    fn new(metrics: u32, base: f64) -> Self {
        let series = |id: u32| Series {
            id: SeriesId(id),
            metric: format!("metric_{}", id % metrics),
            labels: [("host", "h".to_owned()), ("n", id.to_string())].into_iter().collect(),
        };
        let metric = Metric {
            name: String::new(),
            kind: Kind::Gauge,
            unit: Unit::Ratio,
            help: String::new(),
            labels: Vec::new(),
            panel: None,
            legend: String::new(),
        };
        Self { series: (0..SERIES).map(series).collect(), metric, now: Timestamp::default(), base, loud: 0 }
    }
}

impl Measured for Fake {
    fn series(&self) -> &[Series] {
        &self.series
    }

    fn newest(&self, series: SeriesId) -> Option<Point> {
        let base = if series.0 < self.loud { 1.0 } else { self.base };
        Some(Point::of(self.now, Some(base + f64::from(series.0 % 100) / 1e3)))
    }

    fn metric(&self, _: &str) -> Option<&Metric> {
        Some(&self.metric)
    }
}

/// `RULES` rules over `metrics` metrics, with `windows` windows of different lengths on each; 0 is the newest reading.
fn rules(metrics: u32, windows: u32) -> Vec<Rule> {
    let rule = |number: u32| {
        let metric = format!("metric_{}", number % metrics);
        let window = if windows == 0 { 0 } else { 60 * (1 + number / metrics % windows) };
        let aggregation = if window == 0 { Aggregation::Last } else { Aggregation::Mean };
        Rule {
            aggregation,
            window_seconds: window,
            warning: Some(0.8),
            critical: Some(0.9),
            for_seconds: 60,
            ..Rule::new(&format!("rule-{number}"), "Rule", &metric, "cpu")
        }
    };
    (0..RULES).map(rule).collect()
}

/// What fires is listed once for each tick: of a million pairs so many.
#[divan::bench(args = [0, 10, 1000], sample_count = 20)]
fn what_fires_is_listed(bencher: Bencher<'_, '_>, firing: u32) {
    let mut rules = rules(1, 0);
    for (number, rule) in rules.iter_mut().enumerate() {
        (rule.critical, rule.for_seconds) = (None, 0);
        rule.warning = Some(if number == 0 { 0.8 } else { f64::MAX });
    }
    let mut engine = Engine::new(rules, 1000).unwrap();
    let fake = Fake { now: Timestamp::from_millis(1000), loud: firing, ..Fake::new(1, 0.1) };
    engine.judge(fake.now, &fake);
    assert_eq!(engine.active().len(), firing as usize);
    bencher.bench_local(|| black_box(engine.active().len()));
}

fn judge(bencher: Bencher<'_, '_>, metrics: u32, windows: u32, base: f64) {
    let mut engine = Engine::new(rules(metrics, windows), 1000).unwrap();
    let mut fake = Fake::new(metrics, base);
    let mut second = 0;
    let mut tick = || {
        second += 1;
        fake.now = Timestamp::from_millis(second * 1000);
        engine.judge(fake.now, &fake).len()
    };
    // Windows are full, and what fires has fired.
    (0..700).for_each(|_| {
        tick();
    });
    bencher.bench_local(|| black_box(tick()));
}

/// Every rule is about every series: a million pairs.
#[divan::bench(args = [0, 1, 10], sample_count = 20)]
fn each_of_100_rules_judges_10_000_series_by_windows(bencher: Bencher<'_, '_>, windows: u32) {
    judge(bencher, 1, windows, 0.1);
}

/// Every rule is about its own hundred series: ten thousand pairs, each with a window.
#[divan::bench(sample_count = 100)]
fn each_of_100_rules_judges_its_100_series(bencher: Bencher<'_, '_>) {
    judge(bencher, 100, 1, 0.1);
}

/// Every series fires under its rule.
#[divan::bench(sample_count = 100)]
fn ten_thousand_alerts_fire(bencher: Bencher<'_, '_>) {
    judge(bencher, 100, 0, 1.0);
}

/// The first tick compares every series with every rule.
#[divan::bench(sample_count = 5)]
fn a_million_pairs_are_met(bencher: Bencher<'_, '_>) {
    let fake = Fake::new(1, 0.1);
    let engine = || Engine::new(rules(1, 10), 1000).unwrap();
    bencher.with_inputs(engine).bench_local_values(|mut engine| engine.judge(fake.now, &fake).len());
}
