//! Tests of the snapshot export: complete content, escaped texts.

use super::*;
use crate::api::{
    Alerts, ChartBand, History, HistorySeries, HostInfo, Reading, STATISTICS, SeriesStatistics,
};
use std::collections::BTreeMap;
use watchglass_live::State;
use watchglass_model::{
    Catalogue, Declaration, Kind, PanelDeclaration, PanelRole, Series, SeriesId, Severity, Style, Unit,
};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "p",
    section: "<Host>",
    title: "CPU & more",
    style: Style::Line,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
    description: "A plateau is work that waits.",
};
static GAUGE: Declaration = Declaration {
    name: "gauge",
    kind: Kind::Gauge,
    unit: Unit::Ratio,
    help: "",
    labels: &["core"],
    panel: Some((&PANEL, PanelRole::Chart)),
    legend: "used",
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

fn snapshot(values: &[Option<f32>]) -> PageData {
    let mut catalogue = Catalogue::default();
    catalogue.declare(&GAUGE).unwrap();
    let labels = [("host", "h"), ("core", "<0>")].into_iter().collect();
    let series = vec![Series { id: SeriesId(0), metric: "gauge".to_owned(), labels }];
    let mark = |start, end: Option<i64>, text: &str, sign: &str| ChartBand {
        panel: if sign.is_empty() { "p".to_owned() } else { String::new() },
        start: at(start),
        end: end.map(at),
        severity: if sign.is_empty() { Severity::Critical } else { Severity::Info },
        text: text.to_owned(),
        threshold: None,
        annotation: sign.to_owned(),
    };
    let statistics = SeriesStatistics {
        min: 0.2,
        avg: 0.3,
        max: 0.4,
        last: 0.4,
        p95: 0.4,
        total: None,
        previous_avg: None,
    };
    let track = HistorySeries {
        series: SeriesId(0),
        low: values.to_vec(),
        high: Vec::new(),
        statistics: Some(statistics),
    };
    PageData {
        time: Some(at(1060)),
        interval_ms: 1000,
        host: HostInfo { name: "web<1>".to_owned(), ..HostInfo::default() },
        catalogue,
        intervals: BTreeMap::new(),
        state: State { version: 1, series, problems: Vec::new(), skipped: Vec::new() },
        readings: vec![Reading { series: SeriesId(0), time: at(1060), value: 0.3 }],
        history: History {
            window_seconds: 60,
            end: Some(at(1060)),
            detail: STATISTICS,
            start: at(1000),
            step_millis: 10_000,
            series: vec![track],
            ..History::default()
        },
        alerts: Alerts {
            firing: 1,
            bands: vec![
                mark(1010, Some(1020), "CPU is <high>", ""),
                mark(900, Some(950), "long ago", ""),
                mark(1030, Some(1030), "deploy 1.4.2", "Deploy"),
            ],
        },
    }
}

/// One alert in the range, without a chart, and one before it.
fn fired() -> Vec<FiredAlert> {
    let alert = |start, end, text: &str| FiredAlert {
        severity: Severity::Critical,
        start: at(start),
        end: Some(at(end)),
        text: text.to_owned(),
        target: "cpu · web<1>".to_owned(),
    };
    vec![alert(900, 950, "long ago"), alert(1010, 1020, "CPU is <high>")]
}

fn saved() -> SnapshotRequest {
    SnapshotRequest::parse(&[]).unwrap()
}

#[test]
fn snapshot_is_complete_and_loads_nothing() {
    let html = snapshot_html(
        &saved(),
        &snapshot(&[Some(0.2), Some(0.3), None, Some(0.4)]),
        &fired(),
        at(2000),
        "9.9.9",
    )
    .replace('\u{a0}', " ");
    for part in [
        "<h1>Overview of web&lt;1&gt;</h1>",
        "From 1 Jan 00:16:40 UTC to 1 Jan 00:17:40 UTC. Exported at 1 Jan 00:33:20 UTC by Watchglass 9.9.9.",
        "<td>Critical</td><td>1 Jan 00:16:50 UTC</td><td>1 Jan 00:17:00 UTC</td><td>CPU is &lt;high&gt;</td><td>cpu · web&lt;1&gt;</td>",
        "<td>Deploy</td><td>1 Jan 00:17:10 UTC</td><td></td><td>deploy 1.4.2</td><td>all charts</td>",
        "<h2>&lt;Host&gt;</h2>",
        "<h3>CPU &amp; more</h3>",
        "A plateau is work that waits.",
        "class=\"line\"",
        ">D</text>",
        "&lt;0&gt; used</span><dl class=\"stats\"><div><dt>min</dt><dd>20.0 %</dd></div>",
        "prefers-color-scheme: dark",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    for absent in ["<script", "href=", "src=", "url(", "http", "long ago", "<0>", "<high>"] {
        assert!(!html.contains(absent), "{absent}: {html}");
    }
}

#[test]
fn empty_snapshot_says_so() {
    let mut empty = snapshot(&[None, None]);
    empty.alerts = Alerts::default();
    let html = snapshot_html(&saved(), &empty, &[], at(2000), "9.9.9").replace('\u{a0}', " ");
    for part in ["No alerts.", "No annotations.", "No data in this time range."] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("<svg"), "{html}");
}
