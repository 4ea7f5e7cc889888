//! Benchmark: 10,000 series, 100 rules. A tick has one second; the target is a twentieth of that.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark stops at the first surprise")]

use divan::{Bencher, black_box};
use watchglass_model::{Kind, Metric, Series, SeriesId, Timestamp, Unit};
use watchglass_rules::{Aggregation, Engine, EvalInput, Point, Rule};

const SERIES: u32 = 10_000;
const RULES: u32 = 100;

fn main() {
    divan::main();
}

/// Series of `metrics` metrics, each with a value every second.
struct Fake {
    series: Vec<Series>,
    metric: Metric,
    now: Timestamp,
    /// Base value, below or above all thresholds.
    base: f64,
    /// Number of series with a value above all thresholds.
    firing_series: u32,
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
        Self {
            series: (0..SERIES).map(series).collect(),
            metric,
            now: Timestamp::default(),
            base,
            firing_series: 0,
        }
    }
}

impl EvalInput for Fake {
    fn series(&self) -> &[Series] {
        &self.series
    }

    fn newest(&self, series: SeriesId) -> Option<Point> {
        let base = if series.0 < self.firing_series { 1.0 } else { self.base };
        Some(Point::from_sample(self.now, Some(base + f64::from(series.0 % 100) / 1e3)))
    }

    fn metric(&self, _: &str) -> Option<&Metric> {
        Some(&self.metric)
    }
}

/// `RULES` rules over `metrics` metrics, with `windows` different window lengths each; 0: the newest reading.
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

/// Firing alerts are listed once per tick: so many of a million pairs.
#[divan::bench(args = [0, 10, 1000], sample_count = 20)]
fn list_firing_alerts(bencher: Bencher<'_, '_>, firing: u32) {
    let mut rules = rules(1, 0);
    for (number, rule) in rules.iter_mut().enumerate() {
        (rule.critical, rule.for_seconds) = (None, 0);
        rule.warning = Some(if number == 0 { 0.8 } else { f64::MAX });
    }
    let mut engine = Engine::new(rules, 1000).unwrap();
    let fake = Fake { now: Timestamp::from_millis(1000), firing_series: firing, ..Fake::new(1, 0.1) };
    engine.evaluate(fake.now, &fake);
    assert_eq!(engine.active().len(), firing as usize);
    bencher.bench_local(|| black_box(engine.active().len()));
}

fn evaluate(bencher: Bencher<'_, '_>, metrics: u32, windows: u32, base: f64) {
    let mut engine = Engine::new(rules(metrics, windows), 1000).unwrap();
    let mut fake = Fake::new(metrics, base);
    let mut second = 0;
    let mut tick = || {
        second += 1;
        fake.now = Timestamp::from_millis(second * 1000);
        engine.evaluate(fake.now, &fake).len()
    };
    // Windows are full, and pending alerts have fired.
    (0..700).for_each(|_| {
        tick();
    });
    bencher.bench_local(|| black_box(tick()));
}

/// Every rule selects every series: a million pairs.
#[divan::bench(args = [0, 1, 10], sample_count = 20)]
fn evaluate_100_rules_on_10_000_series(bencher: Bencher<'_, '_>, windows: u32) {
    evaluate(bencher, 1, windows, 0.1);
}

/// Every rule selects a hundred series of its own: ten thousand pairs, each with a window.
#[divan::bench(sample_count = 100)]
fn evaluate_100_rules_on_100_series_each(bencher: Bencher<'_, '_>) {
    evaluate(bencher, 100, 1, 0.1);
}

/// Every series fires.
#[divan::bench(sample_count = 100)]
fn evaluate_10_000_firing_alerts(bencher: Bencher<'_, '_>) {
    evaluate(bencher, 100, 0, 1.0);
}

/// The first tick matches every series against every rule.
#[divan::bench(sample_count = 5)]
fn register_a_million_pairs(bencher: Bencher<'_, '_>) {
    let fake = Fake::new(1, 0.1);
    let engine = || Engine::new(rules(1, 10), 1000).unwrap();
    bencher.with_inputs(engine).bench_local_values(|mut engine| engine.evaluate(fake.now, &fake).len());
}
