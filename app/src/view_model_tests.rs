//! Tests of the panel view models.

use super::*;
use crate::api::{Alerts, History, HistorySeries, HostInfo, LimitedPanel, PageData};
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

mod heat {
    use super::*;

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
    /// Store with these series of the heat map: application and bucket.
    pub(super) fn store(all: &[(Option<&str>, &str)], history: History) -> LiveStore {
        let mut catalogue = Catalogue::default();
        catalogue.declare(&BUCKETS).unwrap();
        let series = |(id, (app, bucket)): (u32, &(Option<&str>, &str))| Series {
            id: SeriesId(id),
            metric: "m".to_owned(),
            labels: app.iter().map(|app| (APP, *app)).chain([("bucket", *bucket)]).collect(),
        };
        let mut store = LiveStore::default();
        store.load(&PageData {
            time: None,
            interval_ms: 1000,
            host: HostInfo::default(),
            catalogue,
            intervals: BTreeMap::new(),
            state: State {
                version: 1,
                series: (0..).zip(all).map(series).collect(),
                problems: Vec::new(),
                skipped: Vec::new(),
            },
            readings: Vec::new(),
            history,
            alerts: Alerts::default(),
        });
        store
    }
}

#[test]
fn heat_map_rows_share_one_colour() {
    let all = [(None, "1 ms"), (None, "longer"), (Some("shop"), "1 ms"), (Some("shop"), "longer")];
    let store = heat::store(&all, History::default());
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
fn lines_are_limited_and_rows_of_heat_maps_keep_their_order() {
    let apps: Vec<String> = (0..40).map(|number| format!("app-{number}")).collect();
    let all: Vec<(Option<&str>, &str)> =
        apps.iter().flat_map(|app| ["1 ms", "longer"].map(|bucket| (Some(app.as_str()), bucket))).collect();
    // Before the server has chosen: the first ones.
    let view = panel_view(&heat::store(&all, History::default()), "heat").unwrap();
    assert_eq!((view.lines.len(), view.series), (MAX_LINES, 80));
    let rows =
        |id| HistorySeries { series: SeriesId(id), low: vec![Some(1.0)], high: vec![], statistics: None };
    let limited = vec![LimitedPanel { panel: "heat".to_owned(), series: 78 }];
    let history = History { series: vec![rows(7), rows(10)], limited, ..History::default() };
    let view = panel_view(&heat::store(&all, history), "heat").unwrap();
    let found: Vec<_> = view.lines.iter().map(|line| line.label.as_str()).collect();
    assert_eq!((found, view.series), (vec!["app-5 1 ms", "app-3 longer"], 78));
}

#[test]
fn many_applications_have_one_value() {
    let apps: Vec<String> = (0..=MAX_APPS).map(|number| format!("app-{number}")).collect();
    let apps: Vec<Option<&str>> = apps.iter().map(|app| Some(app.as_str())).collect();
    let all = of_apps(&apps);
    for (count, expected) in [
        (MAX_APPS, vec!["app-0 answers", "app-1 answers"]),
        (MAX_APPS + 1, vec!["answers (sum of 9 applications)"]),
    ] {
        let all: Vec<&Series> = all.iter().take(count).collect();
        let stats = PanelStat::of(&metric(&[APP, "class"], "answers"), &all);
        let labels: Vec<_> = stats.iter().map(|stat| stat.label.as_str()).take(2).collect();
        assert_eq!((labels, stats.iter().map(|stat| stat.series.len()).sum()), (expected, count));
    }
    let gauge = crate::test_support::metric(Kind::Gauge, Unit::Seconds);
    let stats = PanelStat::of(&gauge, &all.iter().collect::<Vec<_>>());
    assert!(stats[0].label.ends_with("(maximum of 9 applications)"), "{stats:?}");
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
