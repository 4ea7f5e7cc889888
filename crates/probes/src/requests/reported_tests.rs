//! Tests of the application probe with a manual clock.

use super::super::{IngestError, Requests};
use super::*;
use crate::Collector;
use crate::testing::{SampleRow, expected_rows, rows};
use std::sync::atomic::{AtomicU64, Ordering};
use watchglass_instrument::requests::Recorder;
use watchglass_model::{Problem, Series, Timestamp};

struct Bench {
    applications: Arc<Applications>,
    probe: ApplicationsProbe,
    millis: Arc<AtomicU64>,
}

impl Bench {
    fn new() -> Self {
        let millis = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&millis);
        let applications =
            Arc::new(Applications::with_clock(move || Duration::from_millis(clock.load(Ordering::SeqCst))));
        Self { probe: ApplicationsProbe::new(Arc::clone(&applications)), applications, millis }
    }

    /// Sends a report at that time in seconds.
    fn report(&self, second: f64, app: &str, rest: &str) -> Result<(), IngestError> {
        self.set(second);
        let body = format!(r#"{{"version":1,"app":"{app}"{rest}}}"#);
        self.applications.ingest(body.as_bytes()).map(drop)
    }

    /// The recorded request metrics at that second without empty latency buckets, and the state of each part.
    fn tick(&mut self, second: f64) -> (Vec<SampleRow>, Vec<(String, bool)>) {
        self.set(second);
        let mut samples = SampleBuffer::new();
        self.probe.collect(&mut samples).unwrap();
        let mut found = rows(&samples);
        found.retain(|(name, _, value)| {
            name.starts_with("http_") && !(name == "http_requests_by_duration_total" && value == "0.000000")
        });
        (
            found,
            self.probe.sub_probes().iter().map(|part| (part.name.clone(), part.problem.is_none())).collect(),
        )
    }

    fn set(&self, second: f64) {
        self.millis.store((second * 1e3) as u64, Ordering::SeqCst);
    }
}

fn value(found: &[SampleRow], name: &str, labels: &str) -> Option<f64> {
    let row = found.iter().find(|(metric, own, _)| (metric.as_str(), own.as_str()) == (name, labels));
    row.map(|(.., value)| value.parse().unwrap())
}

fn answered(count: u32) -> String {
    format!(
        r#","routes":[{{"route":"/a","methods":{{"GET":{{"2xx":{count}}}}},"latency":{{"sum":{},"bins":[[461,{count}]]}}}}]"#,
        f64::from(count) * 0.01
    )
}

fn up(app: &str, is_up: bool) -> Vec<(String, bool)> {
    vec![(format!("app:{app}"), is_up)]
}

#[test]
fn applications_have_all_request_metrics() {
    let mut bench = Bench::new();
    assert_eq!(bench.tick(1.0), (vec![], vec![]));
    bench.report(1.5, "shop", &format!(r#","in_flight":3{}"#, answered(4))).unwrap();
    let near = 0.009_999;
    let expected = [
        ("http_responses_total", "shop 1xx", 0.0),
        ("http_responses_total", "shop 2xx", 4.0),
        ("http_responses_total", "shop 3xx", 0.0),
        ("http_responses_total", "shop 4xx", 0.0),
        ("http_responses_total", "shop 5xx", 0.0),
        ("http_requests_in_flight", "shop", 3.0),
        ("http_routes", "shop", 1.0),
        ("http_requests_by_duration_total", "shop 10 ms", 4.0),
        ("http_responses_seconds_total", "shop", 0.04),
        ("http_requests_last_minute", "shop", 4.0),
        // From the start of the second covered by the report to the tick.
        ("http_requests_per_second", "shop", 4.0 / 1.5),
        ("http_request_duration_p50_seconds", "shop", near),
        ("http_request_duration_p95_seconds", "shop", near),
        ("http_request_duration_p99_seconds", "shop", near),
        ("http_request_duration_mean_seconds", "shop", 0.010),
        ("http_requests_error_ratio", "shop", 0.0),
        ("http_client_errors_last_minute", "shop", 0.0),
        ("http_server_errors_last_minute", "shop", 0.0),
        ("http_requests_total", "shop /a GET 2xx", 4.0),
        ("http_route_duration_p50_seconds", "shop /a", near),
        ("http_route_duration_p95_seconds", "shop /a", near),
        ("http_route_duration_p99_seconds", "shop /a", near),
        ("http_route_duration_mean_seconds", "shop /a", 0.010),
    ];
    assert_eq!(bench.tick(2.0), (expected_rows(&expected), up("shop", true)));
}

#[test]
fn applications_without_reports_are_down_after_ten_seconds() {
    let mut bench = Bench::new();
    bench.report(0.5, "shop", &answered(1)).unwrap();
    bench.tick(1.0);
    for second in 2..=10 {
        assert_eq!(bench.tick(f64::from(second)), (vec![], up("shop", true)), "at {second} s");
    }
    assert_eq!(bench.tick(11.0), (vec![], up("shop", false)));
    assert_eq!(bench.tick(1e6), (vec![], up("shop", false)), "applications that do not deregister stay down");
    bench.report(1e6 + 0.5, "shop", &answered(1)).unwrap();
    let (found, parts) = bench.tick(1e6 + 1.0);
    assert_eq!(parts, up("shop", true));
    assert_eq!(value(&found, "http_responses_total", "shop 2xx"), Some(2.0), "the counter continues");
    assert_eq!(
        value(&found, "http_requests_last_minute", "shop"),
        None,
        "the time of the requests is unknown"
    );
}

#[test]
fn reports_after_an_outage_do_not_spike_the_rate() {
    let mut bench = Bench::new();
    bench.report(0.5, "shop", &format!(r#","seconds":30{}"#, answered(300))).unwrap();
    let (found, _) = bench.tick(1.0);
    let rate = value(&found, "http_requests_per_second", "shop").unwrap();
    assert!((rate - 300.0 / 30.5).abs() < 0.01, "{rate}");
    bench.report(100.5, "cart", &format!(r#","seconds":3600{}"#, answered(3600))).unwrap();
    let (found, _) = bench.tick(101.0);
    assert_eq!(
        value(&found, "http_requests_last_minute", "cart"),
        None,
        "the time within that hour is unknown"
    );
    assert_eq!(value(&found, "http_responses_total", "cart 2xx"), Some(3600.0));
}

#[test]
fn processes_of_an_application_add_up() {
    let mut bench = Bench::new();
    for (instance, second) in [("a", 0.3), ("b", 0.6)] {
        let rest = format!(r#","instance":"{instance}","in_flight":2{}"#, answered(5));
        bench.report(second, "shop", &rest).unwrap();
    }
    let (found, _) = bench.tick(1.0);
    assert_eq!(value(&found, "http_responses_total", "shop 2xx"), Some(10.0));
    assert_eq!(value(&found, "http_requests_in_flight", "shop"), Some(4.0));

    bench.report(1.5, "shop", &format!(r#","instance":"a","leaving":true{}"#, answered(1))).unwrap();
    let (found, parts) = bench.tick(2.0);
    assert_eq!(value(&found, "http_responses_total", "shop 2xx"), Some(11.0));
    assert_eq!(value(&found, "http_requests_in_flight", "shop"), Some(2.0));
    assert_eq!(parts, up("shop", true));

    bench.report(2.5, "shop", r#","instance":"b","leaving":true"#).unwrap();
    let (found, parts) = bench.tick(3.0);
    assert_eq!(value(&found, "http_requests_in_flight", "shop"), Some(0.0));
    assert_eq!(parts, up("shop", true), "the last report counts");
    assert_eq!(bench.tick(4.0), (vec![], vec![]), "silence after deregistration is not a failure");
}

#[test]
fn silent_processes_are_removed_while_others_report() {
    let mut bench = Bench::new();
    bench.report(0.5, "shop", r#","instance":"a","in_flight":7"#).unwrap();
    for second in 1..100 {
        bench.report(f64::from(second) - 0.4, "shop", r#","instance":"b","in_flight":1"#).unwrap();
        let (found, parts) = bench.tick(f64::from(second));
        let expected = if second <= 10 { 8.0 } else { 1.0 };
        assert_eq!(value(&found, "http_requests_in_flight", "shop"), Some(expected), "at {second} s");
        assert_eq!(parts, up("shop", true));
    }
    bench.report(100.5, "shop", r#","instance":"b","leaving":true"#).unwrap();
    bench.tick(101.0);
    assert_eq!(bench.tick(102.0).1, vec![]);
}

#[test]
fn crashed_processes_can_be_deregistered() {
    let mut bench = Bench::new();
    bench.report(0.5, "shop", r#","instance":"a","in_flight":7"#).unwrap();
    bench.report(0.5, "shop", r#","instance":"b""#).unwrap();
    assert_eq!(bench.tick(1.0).1, up("shop", true));
    bench.report(15.0, "shop", r#","instance":"b""#).unwrap();
    bench.report(15.5, "shop", r#","leaving":true"#).unwrap();
    assert_eq!(bench.tick(16.0).1, up("shop", true), "reporting processes stay registered");
    assert_eq!(bench.tick(26.0).1, up("shop", false));
    bench.report(26.5, "shop", r#","leaving":true"#).unwrap();
    bench.tick(27.0);
    assert_eq!(bench.tick(28.0).1, vec![]);
}

#[test]
fn limits_are_enforced_and_rejections_counted() {
    let mut bench = Bench::new();
    for number in 0..50 {
        bench.report(0.5, &format!("app{number}"), "").unwrap();
    }
    assert_eq!(bench.report(0.5, "more", ""), Err(IngestError::Applications));
    assert!(matches!(bench.report(0.5, "a b", ""), Err(IngestError::Report(_))));
    for number in 0..99 {
        bench.report(0.5, "app0", &format!(r#","instance":"i{number}""#)).unwrap();
    }
    assert_eq!(bench.report(0.5, "app0", r#","instance":"more""#), Err(IngestError::Instances));
    bench.report(0.5, "app1", r#","leaving":true"#).unwrap();
    bench.set(1.0);
    let mut samples = SampleBuffer::new();
    bench.probe.collect(&mut samples).unwrap();
    let mut own = rows(&samples);
    own.retain(|(name, ..)| name.starts_with("watchglass_"));
    let expected = [
        ("watchglass_applications", "", 49.0),
        ("watchglass_reports_total", "", 150.0),
        ("watchglass_reports_refused_total", "", 3.0),
    ];
    assert_eq!(own, expected_rows(&expected));
    bench.report(1.5, "more", "").unwrap();
}

#[test]
fn applications_have_their_own_series_up_and_problem() {
    let bench = Bench::new();
    let own = Requests::with_clock(Arc::<Recorder>::default(), || Duration::ZERO);
    let probes: Vec<Box<dyn Probe>> = vec![Box::new(own), Box::new(bench.probe)];
    let mut collector = Collector::new(probes, &[("host", "h")], 1000).unwrap();
    assert_eq!(collector.interval_of("http_responses_total"), Some(INTERVAL));
    assert_eq!(collector.interval_of("watchglass_applications"), Some(Duration::from_secs(1)));
    collector.tick(Timestamp::from_millis(0));
    bench.applications.ingest(br#"{"version":1,"app":"shop"}"#).unwrap();
    let before = collector.tick(Timestamp::from_millis(1_000));
    assert!(before.problems.is_empty());
    let keys: Vec<String> = collector.table().series().iter().map(Series::key).collect();
    for key in [
        r#"http_responses_total{host="h",status_class="2xx"}"#,
        r#"http_responses_total{app="shop",host="h",status_class="2xx"}"#,
        r#"up{host="h",probe="app:shop"}"#,
    ] {
        assert!(keys.contains(&key.to_owned()), "{key} in {keys:?}");
    }
    bench.millis.store(11_000, Ordering::SeqCst);
    let problems = collector.tick(Timestamp::from_millis(11_000)).problems;
    let expected = Problem {
        probe: "app:shop".to_owned(),
        since: Timestamp::from_millis(11_000),
        reason: "no report for more than 10 s: the application has stopped, or cannot reach this server"
            .to_owned(),
    };
    assert_eq!(problems.to_vec(), [expected]);
    bench.applications.ingest(br#"{"version":1,"app":"shop","leaving":true}"#).unwrap();
    for second in [12_000, 13_000] {
        assert!(collector.tick(Timestamp::from_millis(second)).problems.is_empty(), "at {second}");
    }
}

#[test]
fn applications_learn_how_many_of_their_series_are_refused() {
    let bench = Bench::new();
    let probes: Vec<Box<dyn Probe>> = vec![Box::new(bench.probe)];
    let mut collector = Collector::new(probes, &[("host", "h")], 40).unwrap();
    let routes = |count: usize| {
        let route = |number| format!(r#"{{"route":"/{number}","methods":{{"GET":{{"2xx":1}}}}}}"#);
        let routes: Vec<String> = (0..count).map(route).collect();
        format!(r#"{{"version":1,"app":"shop","routes":[{}]}}"#, routes.join(","))
    };
    let refused = |body: &str| bench.applications.ingest(body.as_bytes()).unwrap().refused_series;
    assert_eq!(refused(&routes(100)), 0, "not collected yet");
    let tick = collector.tick(Timestamp::from_millis(1000));
    let left_out = refused(r#"{"version":1,"app":"shop"}"#);
    assert!((60..140).contains(&left_out), "{left_out}");
    assert_eq!(refused(r#"{"version":1,"app":"blog"}"#), 0);
    let notes: Vec<_> = tick.skipped.iter().map(|note| (note.probe.as_str(), note.reason.as_str())).collect();
    let reason = "further series left out: the series limit of this server is reached";
    assert!(notes.contains(&("app:shop", reason)), "{notes:?}");
    // Without a report there is no new number.
    collector.tick(Timestamp::from_millis(2000));
    collector.tick(Timestamp::from_millis(3000));
    assert!(refused(r#"{"version":1,"app":"shop"}"#) > 0);
    bench.applications.ingest(br#"{"version":1,"app":"shop","leaving":true}"#).unwrap();
}
