use super::*;
use std::collections::BTreeMap;
use watchglass_model::{Batch, Catalogue, Declaration, Kind, SampleBuffer, SeriesTable, Timestamp, Unit};
use watchglass_tsdb::Latest;

const fn gauge(name: &'static str, unit: Unit, labels: &'static [&'static str]) -> Declaration {
    Declaration { name, kind: Kind::Gauge, unit, help: "A test.", labels, panel: None, legend: "" }
}

static CPU: Declaration = gauge(names::CPU, Unit::Ratio, &[]);
static TOTAL: Declaration = gauge(names::MEMORY_TOTAL, Unit::Bytes, &[]);
static AVAILABLE: Declaration = gauge(names::MEMORY_AVAILABLE, Unit::Bytes, &[]);
static SIZE: Declaration = gauge(names::DISK_SIZE, Unit::Bytes, &["mountpoint"]);
static FULL: Declaration = gauge(names::DISK_USED_RATIO, Unit::Ratio, &["mountpoint"]);
static RESPONSE: Declaration = gauge(names::DATABASE_SECONDS, Unit::Seconds, &["instance"]);
static PER_SECOND: Declaration = gauge(names::REQUESTS_PER_SECOND, Unit::PerSecond, &["app"]);
static LAST_MINUTE: Declaration = gauge(names::REQUESTS_LAST_MINUTE, Unit::Count, &["app"]);
static ERRORS: Declaration = gauge(names::ERRORS_5XX, Unit::Count, &["app"]);
static RATIO: Declaration = gauge(names::ERROR_RATIO, Unit::Ratio, &["app"]);
static P95: Declaration = gauge(names::LATENCY_P95, Unit::Seconds, &["app"]);
static UP: Declaration = gauge(names::UP, Unit::Count, &["probe"]);

/// Calls `query` with the newest values of one batch.
fn with<T>(record: impl Fn(&mut SampleBuffer), query: impl FnOnce(&Current<'_>) -> T) -> T {
    let mut catalogue = Catalogue::default();
    let all = [
        &CPU,
        &TOTAL,
        &AVAILABLE,
        &SIZE,
        &FULL,
        &RESPONSE,
        &PER_SECOND,
        &LAST_MINUTE,
        &ERRORS,
        &RATIO,
        &P95,
        &UP,
    ];
    for declaration in all {
        catalogue.declare(declaration).unwrap();
    }
    let mut readings = SampleBuffer::new();
    record(&mut readings);
    let mut table = SeriesTable::new(&[("host", "h")], 100);
    let mut samples = Vec::new();
    table.resolve("test", &readings, &mut samples);
    let mut latest = Latest::default();
    latest.update(&Batch { time: Timestamp::from_millis(1_795_314_030_000), samples }, |_| Kind::Gauge);
    query(&Current {
        catalogue: &catalogue,
        series: table.series(),
        version: 1,
        latest: &latest,
        tick_millis: 1000,
        intervals: &BTreeMap::new(),
    })
}

fn host(readings: &mut SampleBuffer) {
    readings.record(&CPU, &[], 0.25);
    readings.record(&TOTAL, &[], 16.0 * GIB);
    readings.record(&AVAILABLE, &[], 7.5 * GIB);
    for (mount, full) in [("/", 0.5), ("/home", 0.92)] {
        readings.record(&SIZE, &[mount], 100.0 * GIB);
        readings.record(&FULL, &[mount], full);
    }
}

#[test]
fn report_has_the_newest_values_in_its_units() {
    let report = with(host, |current| {
        report(current, &[], &Limits::default(), |_, length| (length.as_secs() == 300).then_some(0.2))
    });
    assert_eq!(report.timestamp.as_deref(), Some("2026-11-22T02:20:30+00:00"));
    assert_eq!((report.cpu.current_percent, report.cpu.avg_5min_percent), (Some(25.0), Some(20.0)));
    assert_eq!((report.cpu.avg_15min_percent, report.cpu.frequency_mhz), (None, None));
    assert_eq!((report.cpu.status.as_str(), report.cpu.threshold), ("healthy", 80.0));
    assert_eq!((report.memory.total_gb, report.memory.used_gb), (Some(16.0), Some(8.5)));
    assert_eq!(report.memory.status, "unknown");
    assert_eq!(report.disk.used_percent, Some(92.0));
    let partitions: Vec<_> =
        report.disk.partitions.iter().map(|part| (part.mountpoint.as_str(), part.status.as_str())).collect();
    assert_eq!(partitions, [("/", "healthy"), ("/home", "critical")]);
    assert_eq!((report.disk.status.as_str(), report.disk.threshold), ("critical", 90.0));
    assert_eq!((report.redis.status.as_str(), report.redis.working), ("not_configured", None));
    assert_eq!(report.database.status, "unknown");
    assert_eq!(report.network.bytes_in, None);
}

#[test]
fn report_is_empty_before_the_first_tick() {
    let json = with(
        |_| (),
        |current| serde_json::to_value(report(current, &[], &Limits::default(), |_, _| None)).unwrap(),
    );
    assert_eq!(json["cpu"]["current_percent"], serde_json::Value::Null);
    assert_eq!(json["cpu"]["status"], "unknown");
    assert_eq!(json["disk"]["partitions"], serde_json::json!([]));
}

#[test]
fn unreachable_service_is_critical() {
    let down = Problem {
        probe: "postgres:db:5432/app".to_owned(),
        reason: "no answer".to_owned(),
        since: Timestamp::from_millis(0),
    };
    let record = |readings: &mut SampleBuffer| readings.record(&RESPONSE, &["db:5432/app"], 0.002);
    with(record, |current| {
        let answered = report(current, &[], &Limits::default(), |_, _| None).database;
        assert_eq!((answered.response_time_ms, answered.status.as_str()), (Some(2.0), "healthy"));
        assert_eq!(
            report(current, std::slice::from_ref(&down), &Limits::default(), |_, _| None).database.status,
            "critical"
        );
    });
}

/// Requests of this server, and of a slow and failing application.
fn requests(readings: &mut SampleBuffer) {
    for (app, per_second, failed, answered, p95) in
        [("", 2.0, 0.0, 120.0, 0.004), ("shop", 0.5, 6.0, 30.0, 2.5)]
    {
        readings.record(&PER_SECOND, &[app], per_second);
        readings.record(&LAST_MINUTE, &[app], answered);
        readings.record(&ERRORS, &[app], failed);
        readings.record(&RATIO, &[app], failed / answered);
        readings.record(&P95, &[app], p95);
    }
}

#[test]
fn requests_are_summed_and_ratios_and_times_are_maxima() {
    with(requests, |current| {
        let report = report(current, &[], &Limits::default(), |_, _| None);
        assert_eq!((report.requests.per_second, report.requests.per_minute), (Some(2.5), Some(150.0)));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["requests"]["per_minute"].to_string(), "150");
        assert_eq!(json["errors"]["count_5xx"].to_string(), "6");
        assert_eq!(json["cpu"]["threshold"].to_string(), "80");
        for window in ["requests", "errors", "latency"] {
            assert_eq!(json[window]["window_seconds"], 60, "{window}");
        }
        assert_eq!((report.errors.count_5xx, report.errors.error_rate_percent), (Some(6.0), Some(20.0)));
        assert_eq!((report.latency.p95_ms, report.latency.p50_ms), (Some(2500.0), None));
        assert_eq!(
            (report.requests.status.as_str(), report.errors.status.as_str()),
            ("critical", "critical")
        );
    });
}

#[test]
fn silent_application_makes_requests_critical() {
    let silent = Problem {
        probe: "app:shop".to_owned(),
        reason: "no report".to_owned(),
        since: Timestamp::from_millis(0),
    };
    let record = |readings: &mut SampleBuffer| {
        readings.record(&P95, &[""], 0.004);
        readings.record(&UP, &["app:shop"], 0.0);
    };
    with(record, |current| {
        assert_eq!(report(current, &[], &Limits::default(), |_, _| None).requests.status, "healthy");
        let problems = std::slice::from_ref(&silent);
        assert_eq!(report(current, problems, &Limits::default(), |_, _| None).requests.status, "critical");
    });
}
