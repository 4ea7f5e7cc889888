//! Tests of the request probe with a manual clock.

use super::*;
use crate::Collector;
use crate::testing::{SampleRow, expected_rows, rows};
use http::Method;
use std::sync::atomic::{AtomicU64, Ordering};
use watchglass_instrument::requests::StatusClass;
use watchglass_model::Timestamp;

const DISTRIBUTION: &str = "http_requests_by_duration_total";

struct Bench {
    recorder: Arc<Recorder>,
    probe: Requests,
    seconds: Arc<AtomicU64>,
}

impl Bench {
    fn new() -> Self {
        let (recorder, seconds) = (Arc::new(Recorder::default()), Arc::new(AtomicU64::new(0)));
        let clock = Arc::clone(&seconds);
        let probe = Requests::with_clock(Arc::clone(&recorder), move || {
            Duration::from_secs(clock.load(Ordering::SeqCst))
        });
        Self { recorder, probe, seconds }
    }

    fn answer(&self, route: &str, class: StatusClass, millis: u64) {
        let ticket = self.recorder.start(Some(route), &Method::GET);
        self.recorder.answered(ticket, class, Duration::from_millis(millis));
    }

    /// Everything recorded at that second, except for the distribution.
    fn tick(&mut self, second: u64) -> Vec<SampleRow> {
        self.collect(second).into_iter().filter(|(name, ..)| name != DISTRIBUTION).collect()
    }

    /// The non-empty buckets at that second, in order.
    fn distribution(&mut self, second: u64) -> Vec<SampleRow> {
        let mut rows = self.collect(second);
        rows.retain(|(name, ..)| name == DISTRIBUTION);
        assert_eq!(rows.len(), 14, "all buckets exist from the start");
        rows.retain(|(_, _, value)| value != "0.000000");
        rows
    }

    fn collect(&mut self, second: u64) -> Vec<SampleRow> {
        self.seconds.store(second, Ordering::SeqCst);
        let mut samples = SampleBuffer::new();
        self.probe.collect(&mut samples).unwrap();
        rows(&samples)
    }
}

/// The metrics that always exist.
fn always(answered: [f64; 5], in_flight: f64, routes: f64) -> Vec<SampleRow> {
    let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"];
    let mut all: Vec<_> =
        classes.iter().zip(answered).map(|(class, count)| ("http_responses_total", *class, count)).collect();
    all.extend([("http_requests_in_flight", "", in_flight), ("http_routes", "", routes)]);
    // Each takes 10 ms.
    all.push(("http_responses_seconds_total", "", answered.iter().sum::<f64>() * 0.01));
    expected_rows(&all)
}

#[test]
fn last_minute_starts_with_the_second_tick() {
    let mut bench = Bench::new();
    assert_eq!(bench.tick(0), always([0.0; 5], 0.0, 0.0));
    let quiet = [
        ("http_requests_last_minute", "", 0.0),
        ("http_requests_per_second", "", 0.0),
        ("http_client_errors_last_minute", "", 0.0),
        ("http_server_errors_last_minute", "", 0.0),
    ];
    let expected = [always([0.0; 5], 0.0, 0.0), expected_rows(&quiet)].concat();
    assert_eq!(bench.tick(1), expected, "no latency and error ratio without requests");
}

#[test]
fn routes_methods_and_classes_are_separate() {
    let mut bench = Bench::new();
    bench.tick(0);
    bench.answer("/a", StatusClass::Success, 10);
    bench.answer("/a", StatusClass::Success, 10);
    bench.answer("/a", StatusClass::ServerError, 10);
    bench.answer("/b/{id}", StatusClass::ClientError, 10);
    bench.recorder.cancelled(bench.recorder.start(None, &Method::POST));
    let _waiting = bench.recorder.start(Some("/b/{id}"), &Method::GET);

    // The value of the bin of 10 ms; the mean is exact.
    let near = 0.009_999;
    let expected = [
        ("http_requests_last_minute", "", 4.0),
        ("http_requests_per_second", "", 2.0),
        ("http_request_duration_p50_seconds", "", near),
        ("http_request_duration_p95_seconds", "", near),
        ("http_request_duration_p99_seconds", "", near),
        ("http_request_duration_mean_seconds", "", 0.010),
        ("http_requests_error_ratio", "", 0.25),
        ("http_client_errors_last_minute", "", 1.0),
        ("http_server_errors_last_minute", "", 1.0),
        ("http_requests_cancelled_total", "unmatched POST", 1.0),
        ("http_requests_total", "/a GET 2xx", 2.0),
        ("http_requests_total", "/a GET 5xx", 1.0),
        ("http_requests_total", "/b/{id} GET 4xx", 1.0),
        ("http_route_duration_p50_seconds", "/a", near),
        ("http_route_duration_p95_seconds", "/a", near),
        ("http_route_duration_p99_seconds", "/a", near),
        ("http_route_duration_mean_seconds", "/a", 0.010),
        ("http_route_duration_p50_seconds", "/b/{id}", near),
        ("http_route_duration_p95_seconds", "/b/{id}", near),
        ("http_route_duration_p99_seconds", "/b/{id}", near),
        ("http_route_duration_mean_seconds", "/b/{id}", 0.010),
    ];
    assert_eq!(
        bench.tick(2),
        [always([0.0, 2.0, 0.0, 1.0, 1.0], 1.0, 2.0), expected_rows(&expected)].concat()
    );
}

#[test]
fn only_totals_remain_after_a_minute() {
    let mut bench = Bench::new();
    bench.tick(0);
    bench.answer("/a", StatusClass::ServerError, 10);
    for second in 1..=60 {
        let rows = bench.tick(second);
        assert!(rows.contains(&expected_rows(&[("http_requests_error_ratio", "", 1.0)])[0]), "at {second} s");
    }
    let expected = [
        ("http_requests_last_minute", "", 0.0),
        ("http_requests_per_second", "", 0.0),
        ("http_client_errors_last_minute", "", 0.0),
        ("http_server_errors_last_minute", "", 0.0),
        ("http_requests_total", "/a GET 5xx", 1.0),
    ];
    assert_eq!(
        bench.tick(61),
        [always([0.0, 0.0, 0.0, 0.0, 1.0], 0.0, 1.0), expected_rows(&expected)].concat()
    );
}

#[test]
fn percentiles_show_slow_requests() {
    let mut bench = Bench::new();
    bench.tick(0);
    (0..90).for_each(|_| bench.answer("/a", StatusClass::Success, 10));
    (0..8).for_each(|_| bench.answer("/a", StatusClass::Success, 100));
    (0..2).for_each(|_| bench.answer("/a", StatusClass::Success, 1000));
    let rows = bench.tick(1);
    for (name, expected) in [("p50", 0.010), ("p95", 0.100), ("p99", 1.000), ("mean", 0.037)] {
        for (scope, route) in [("request", ""), ("route", "/a")] {
            let name = format!("http_{scope}_duration_{name}_seconds");
            let (_, _, value) = rows
                .iter()
                .find(|(metric, label, _)| (metric.as_str(), label.as_str()) == (&name, route))
                .unwrap();
            let value: f64 = value.parse().unwrap();
            assert!((value / expected - 1.0).abs() <= 0.01, "{name}: {value}");
        }
    }
}

#[test]
fn every_response_is_in_one_bucket() {
    let mut bench = Bench::new();
    bench.answer("/a", StatusClass::Success, 0);
    assert_eq!(
        bench.distribution(0),
        expected_rows(&[(DISTRIBUTION, "1 ms", 1.0)]),
        "requests before the first tick"
    );
    for millis in [1, 3, 5, 9, 1_900, 10_000, 11_000, 4_000_000] {
        bench.answer("/a", StatusClass::Success, millis);
        bench.answer("/b", StatusClass::ServerError, millis);
    }
    bench.recorder.cancelled(bench.recorder.start(None, &Method::GET));
    let expected = [
        (DISTRIBUTION, "1 ms", 3.0),
        (DISTRIBUTION, "5 ms", 4.0),
        (DISTRIBUTION, "10 ms", 2.0),
        (DISTRIBUTION, "2 s", 2.0),
        (DISTRIBUTION, "10 s", 2.0),
        (DISTRIBUTION, "longer", 4.0),
    ];
    for second in [1, 2, 500] {
        assert_eq!(bench.distribution(second), expected_rows(&expected), "at {second} s");
    }
}

#[test]
fn declarations_have_five_panels() {
    let bench = Bench::new();
    let mut collector = Collector::new(vec![Box::new(bench.probe)], &[("host", "h")], 100).unwrap();
    let panels: Vec<_> = collector
        .catalogue()
        .panels()
        .iter()
        .map(|panel| (panel.section.as_str(), panel.id.as_str()))
        .collect();
    let expected =
        ["requests", "request-latency", "request-distribution", "request-errors", "requests-in-flight"];
    assert_eq!(panels, expected.map(|id| ("Requests", id)));

    (0..3).for_each(|second| drop(collector.tick(Timestamp::from_millis(second * 1000))));
    bench.recorder.cancelled(bench.recorder.start(None, &Method::GET));
    assert!(collector.tick(Timestamp::from_millis(3000)).problems.is_empty());
}
