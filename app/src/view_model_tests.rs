//! What panels show of series.

use super::*;
use crate::api::{Alerts, History, HostInfo, Snapshot};
use std::collections::BTreeMap;
use watchglass_live::State;
use watchglass_model::{Catalogue, Declaration, PanelDeclaration};

fn metric(labels: &[&str], word: &str) -> Metric {
    Metric {
        name: "m".to_owned(),
        kind: Kind::Counter,
        unit: Unit::Bytes,
        help: String::new(),
        labels: labels.iter().map(|&label| label.to_owned()).collect(),
        panel: None,
        legend: word.to_owned(),
    }
}

#[test]
fn legends_tell_series_apart() {
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
fn a_line_has_the_same_key_for_ever() {
    // Links hold it, so that these must stay.
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
fn applications_are_named_where_there_are_several_and_never_mixed() {
    let metric = metric(&[APP, "class"], "answers");
    for (apps, figures, lines) in [
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
        let found = Figure::of(&metric, &all);
        let found: Vec<_> = found.iter().map(|figure| (figure.label.as_str(), figure.series.len())).collect();
        assert_eq!(found, figures);
        let several = super::apps(&all).len() > 1;
        let found: Vec<_> = all.iter().map(|series| legend(&metric, series, several, "T")).collect();
        assert_eq!(found, lines);
    }
    assert_eq!(Figure::of(&metric, &[]).len(), 1, "a number that is missing");
}

#[test]
fn rows_of_a_heat_map_have_one_colour_and_applications_share_them() {
    static HEAT: PanelDeclaration = PanelDeclaration {
        id: "heat",
        section: "S",
        title: "T",
        style: Style::Heat,
        unit: Unit::PerSecond,
        ceiling: None,
        meaning: "",
    };
    static BUCKETS: Declaration = Declaration {
        name: "m",
        kind: Kind::Counter,
        unit: Unit::Count,
        help: "",
        labels: &[APP, "bucket"],
        panel: Some((&HEAT, Role::Chart)),
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
    store.load(&Snapshot {
        time: None,
        interval_ms: 1000,
        host: HostInfo::default(),
        catalogue,
        paces: BTreeMap::new(),
        state: State { version: 1, series, problems: Vec::new() },
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
fn rates_add_up_and_of_gauges_the_largest_counts() {
    let figure =
        |sum| Figure { label: String::new(), unit: Unit::Ratio, series: vec![SeriesId(1), SeriesId(2)], sum };
    let both = |SeriesId(id)| Some(f64::from(id));
    let first = |SeriesId(id)| (id == 1).then_some(1.0);
    assert_eq!((figure(true).value(both), figure(false).value(both)), (Some(3.0), Some(2.0)));
    assert_eq!((figure(true).value(first), figure(true).value(|_| None)), (Some(1.0), None));
}
