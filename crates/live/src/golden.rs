//! Golden files of all messages. Update them with `UPDATE_GOLDEN=1 cargo test`.

use crate::{AlertChange, AlertMessage, AnnotationChange, AnnotationMessage, Hello, PROTOCOL_VERSION, State};
use std::path::Path;
use watchglass_model::{
    Annotation, AnnotationKind, Batch, Problem, Sample, Series, SeriesId, Severity, Timestamp, Unit,
};

pub(crate) fn series() -> Vec<Series> {
    let series = |id, metric: &str, labels: &[(&str, &str)]| Series {
        id: SeriesId(id),
        metric: metric.to_owned(),
        labels: labels.iter().copied().collect(),
    };
    vec![
        series(0, "up", &[("probe", "cpu"), ("host", "h")]),
        series(1, "host_network_received_bytes_total", &[("interface", "eth0"), ("host", "h")]),
        series(2, "host_load1", &[("host", "h")]),
        series(3, "host_filesystem_used_ratio", &[("mountpoint", "/a\"b"), ("host", "h")]),
    ]
}

/// Series 2 has no value in this batch.
pub(crate) fn batch() -> Batch {
    let samples = [(0, 1.0), (1, 123_456_789_012.0), (3, 0.25)];
    Batch {
        time: Timestamp::from_millis(1_700_000_000_000),
        samples: samples.map(|(id, value)| Sample { series: SeriesId(id), value }).to_vec(),
    }
}

pub(crate) fn problem() -> Problem {
    Problem {
        probe: "disk".to_owned(),
        since: Timestamp::from_millis(1_699_999_990_000),
        reason: "/proc/diskstats: permission denied".to_owned(),
    }
}

pub(crate) fn alert() -> AlertMessage {
    AlertMessage {
        change: AlertChange::Fired,
        time: Timestamp::from_millis(1_700_000_000_000),
        rule: "disk".to_owned(),
        labels: [("host", "h"), ("mountpoint", "/a\"b")].into_iter().collect(),
        severity: Severity::Warning,
        component: "disk".to_owned(),
        subject: "/a\"b".to_owned(),
        value: Some(0.9375),
        threshold: 0.9,
        unit: Unit::Ratio,
        message: "Disk use of /a\"b is 93.8 %, above 90.0 %".to_owned(),
        since: Timestamp::from_millis(1_699_999_990_000),
        fired: Some(Timestamp::from_millis(1_700_000_000_000)),
        resolved: None,
        no_data: false,
        suppressed: true,
    }
}

pub(crate) fn resolved() -> AlertMessage {
    AlertMessage {
        change: AlertChange::Resolved,
        time: Timestamp::from_millis(1_700_000_060_000),
        value: None,
        suppressed: false,
        resolved: Some(Timestamp::from_millis(1_700_000_060_000)),
        ..alert()
    }
}

pub(crate) fn unsuppressed() -> AlertMessage {
    AlertMessage { change: AlertChange::Unsuppressed, suppressed: false, ..alert() }
}

pub(crate) fn annotation() -> AnnotationMessage {
    let annotation = Annotation {
        id: 7,
        time: Timestamp::from_millis(1_700_000_000_000),
        end: Some(Timestamp::from_millis(1_700_000_030_000)),
        kind: AnnotationKind::Deploy,
        text: "deploy \"1.4.2\"".to_owned(),
        tags: [("version".to_owned(), "1.4.2".to_owned())].into(),
        author: "ci".to_owned(),
    };
    AnnotationMessage { change: AnnotationChange::Added, annotation }
}

pub(crate) fn hello() -> Hello {
    Hello {
        version: PROTOCOL_VERSION,
        protocol: "watchglass.binary.v1".to_owned(),
        server: "0.1.0".to_owned(),
        build: "b1".to_owned(),
        interval_ms: 1000,
    }
}

pub(crate) fn state() -> State {
    let skipped = Problem {
        probe: "cpu".to_owned(),
        since: Timestamp::from_millis(1_699_999_980_000),
        reason: "steal of cpu0: the counter went back".to_owned(),
    };
    State { version: 3, series: series(), problems: vec![problem()], skipped: vec![skipped] }
}

pub(crate) fn check(name: &str, actual: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read(&path).unwrap();
    assert!(expected == actual, "{name} differs from the message: {:?}", String::from_utf8_lossy(actual));
}
