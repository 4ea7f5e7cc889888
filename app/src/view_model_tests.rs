//! Tests of the panel view models.

use super::*;
use crate::api::{Alerts, History, HostInfo, PageData};
use std::collections::BTreeMap;
use watchglass_live::State;
use watchglass_model::{Catalogue, Declaration, PanelDeclaration};

fn metric(labels: &[&str], word: &str) -> Metric {
    Metric {
        labels: labels.iter().map(|&label| label.to_owned()).collect(),
        legend: word.to_owned(),
        ..crate::test_support::metric(Kind::Counter, Unit::Bytes)
    }
}

#[test]
fn legends_name_labels_and_metric() {
    let series = Series {
        id: SeriesId(0),
        metric: "m".to_owned(),
        labels: [("host", "h"), ("interface", "eth0")].into_iter().collect(),
    };
    assert_eq!(legend(&metric(&["interface"], "received"), &series, false, "T"), "eth0 received");
    assert_eq!(legend(&metric(&["interface"], ""), &series, false, "T"), "eth0");
    assert_eq!(legend(&metric(&[], "used"), &series, false, "T"), "used");
    assert_eq!(legend(&metric(&[], ""), &series, false, "T"), "T");
}

#[test]
fn line_keys_are_stable() {
    // Links contain these keys, so they must not change.
    for (panel, label, expected) in
        [("", "", 0x2a0c_975e), ("cpu", "user", 0x7e5e_e295), ("cpu", "system", 0xeec9_c87b)]
    {
        assert_eq!(key(panel, label), expected, "{panel} {label}: {:x}", key(panel, label));
    }
}

fn of_apps(apps: &[Option<&str>]) -> Vec<Series> {
    let labels = |app: &Option<&str>| app.iter().map(|app| (APP, *app)).chain([("class", "2xx")]).collect();
    let series = |(id, app)| Series { id: SeriesId(id), metric: "m".to_owned(), labels: labels(app) };
    (0..).zip(apps).map(series).collect()
}

#[test]
fn applications_are_named_when_there_are_several() {
    let metric = metric(&[APP, "class"], "answers");
    for (apps, stats, lines) in [
        (vec![None], vec![("answers", 1)], vec!["2xx answers"]),
        (vec![Some("shop")], vec![("answers", 1)], vec!["2xx answers"]),
        (
            vec![None, Some("shop"), Some("shop"), Some("cart")],
            vec![("this server answers", 1), ("shop answers", 2), ("cart answers", 1)],
            vec!["this server 2xx answers", "shop 2xx answers", "shop 2xx answers", "cart 2xx answers"],
        ),
    ] {
        let all = of_apps(&apps);
        let all: Vec<&Series> = all.iter().collect();
        let found = PanelStat::of(&metric, &all);
        let found: Vec<_> = found.iter().map(|stat| (stat.label.as_str(), stat.series.len())).collect();
        assert_eq!(found, stats);
        let several = super::apps(&all).len() > 1;
        let found: Vec<_> = all.iter().map(|series| legend(&metric, series, several, "T")).collect();
        assert_eq!(found, lines);
    }
    assert_eq!(PanelStat::of(&metric, &[]).len(), 1, "a missing value");
}

#[test]
fn heat_map_rows_share_one_colour() {
    static HEAT: PanelDeclaration = PanelDeclaration {
        id: "heat",
        section: "S",
        title: "T",
        style: Style::Heat,
        unit: Unit::PerSecond,
        ceiling: None,
        description: "",
    };
    static BUCKETS: Declaration = Declaration {
        name: "m",
        kind: Kind::Counter,
        unit: Unit::Count,
        help: "",
        labels: &[APP, "bucket"],
        panel: Some((&HEAT, PanelRole::Chart)),
        legend: "",
    };
    let mut catalogue = Catalogue::default();
    catalogue.declare(&BUCKETS).unwrap();
    let series = |(id, (app, bucket)): (u32, (Option<&str>, &str))| Series {
        id: SeriesId(id),
        metric: "m".to_owned(),
        labels: app.iter().map(|app| (APP, *app)).chain([("bucket", bucket)]).collect(),
    };
    let all = [(None, "1 ms"), (None, "longer"), (Some("shop"), "1 ms"), (Some("shop"), "longer")];
    let mut store = LiveStore::default();
    let series = (0..).zip(all).map(series).collect();
    store.load(&PageData {
        time: None,
        interval_ms: 1000,
        host: HostInfo::default(),
        catalogue,
        intervals: BTreeMap::new(),
        state: State { version: 1, series, problems: Vec::new(), skipped: Vec::new() },
        readings: Vec::new(),
        history: History::default(),
        alerts: Alerts::default(),
    });
    let lines = panel_view(&store, "heat").unwrap().lines;
    let found: Vec<_> =
        lines.iter().map(|line| (line.label.as_str(), line.row.as_str(), line.colour)).collect();
    let expected = [
        ("this server 1 ms", "1 ms", 0),
        ("this server longer", "longer", 0),
        ("shop 1 ms", "1 ms", 0),
        ("shop longer", "longer", 0),
    ];
    assert_eq!(found, expected);
}

#[test]
fn counters_are_summed_and_gauges_use_the_maximum() {
    let stat = |sum| PanelStat {
        label: String::new(),
        unit: Unit::Ratio,
        series: vec![SeriesId(1), SeriesId(2)],
        sum,
    };
    let both = |SeriesId(id)| Some(f64::from(id));
    let first = |SeriesId(id)| (id == 1).then_some(1.0);
    assert_eq!((stat(true).value(both), stat(false).value(both)), (Some(3.0), Some(2.0)));
    assert_eq!((stat(true).value(first), stat(true).value(|_| None)), (Some(1.0), None));
}
