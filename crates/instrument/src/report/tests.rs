//! Tests of the report format: serialisation, parsing and rejection.

use super::*;
use crate::requests::{METHODS, Recorder};
use crate::sketch::{BINS, LN_GAMMA};
use proptest::collection::vec;
use proptest::prelude::*;
use std::path::Path;

fn example() -> Report {
    Report {
        app: "shop".to_owned(),
        instance: "a1b2c3d4e5f60718".to_owned(),
        covers: Duration::from_millis(1_002),
        in_flight: 2,
        leaving: false,
        routes: vec![RouteReport {
            route: "/users/{id}".to_owned(),
            methods: vec![
                ("GET", Counts::new([0, 12, 0, 1, 0], 1)),
                ("other", Counts::new([0, 0, 0, 1, 0], 0)),
            ],
            latency: SketchDelta { bins: vec![(462, 12), (531, 2)], sum_nanos: 201_500_000 },
        }],
    }
}

#[test]
fn the_json_format_is_stable() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/report-v1.json");
    let actual = example().to_json();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert_eq!(actual, expected, "differs from the golden file; UPDATE_GOLDEN=1 updates it");
    assert_eq!(Report::parse(expected.as_bytes()).unwrap(), example());
}

#[test]
fn two_fields_make_a_minimal_report() {
    let report = Report::parse(br#"{"version":1,"app":"cron"}"#).unwrap();
    let expected = Report {
        app: "cron".to_owned(),
        instance: String::new(),
        covers: Duration::from_secs(1),
        in_flight: 0,
        leaving: false,
        routes: Vec::new(),
    };
    assert_eq!(report, expected);
}

/// Both examples in the documentation.
#[test]
fn documented_examples_are_accepted() {
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ingest.md")).unwrap();
    let body = page.split("-d '").nth(1).unwrap().split('\'').next().unwrap();
    let report = Report::parse(body.as_bytes()).unwrap();
    assert_eq!((report.app.as_str(), report.in_flight), ("shop", 2));
    let (before, durations) = body.split_once("\"durations\": ").unwrap();
    let (_, after) = durations.split_once(']').unwrap();
    let bins = page.split("The same in fewer bytes: `").nth(1).unwrap().split('`').next().unwrap();
    let in_bins = Report::parse(format!("{before}\"latency\": {bins}{after}").as_bytes()).unwrap();
    let mut sorted = report.routes[0].latency.clone();
    sorted.bins.sort_unstable();
    assert_eq!(in_bins.routes[0].latency, sorted);
    assert!(page.contains(&format!("{LN_GAMMA}")) && page.contains(&format!("no more than {}", BINS - 1)));
}

#[test]
fn durations_can_replace_bins() {
    let text =
        r#"{"version":1,"app":"a","routes":[{"route":"/","methods":{},"durations":[0.01,0.01,0.02,0]}]}"#;
    let report = Report::parse(text.as_bytes()).unwrap();
    let latency = &report.routes[0].latency;
    assert_eq!(latency.bins, [(461, 1), (461, 1), (496, 1), (0, 1)]);
    assert_eq!(latency.sum_nanos, 40_000_000);
}

#[test]
fn errors_name_the_field_and_its_location() {
    let route = |rest: &str| format!(r#"{{"version":1,"app":"a","routes":[{{"route":"/a",{rest}}}]}}"#);
    for (text, expected) in [
        (String::new(), "the JSON is empty"),
        ("[]".to_owned(), "must be an object"),
        (r#"{"app":"a"}"#.to_owned(), "version is missing"),
        (r#"{"version":2,"app":"a","new":1}"#.to_owned(), "report version 2: this server reads version 1"),
        (r#"{"version":1}"#.to_owned(), "app is missing"),
        (r#"{"version":1,"app":""}"#.to_owned(), "app must be 1 to 64 letters"),
        (r#"{"version":1,"app":"a b"}"#.to_owned(), "app must be"),
        (r#"{"version":1,"app":"-a"}"#.to_owned(), "starting with a letter or digit"),
        (format!(r#"{{"version":1,"app":"{}"}}"#, "a".repeat(65)), "app must be"),
        (r#"{"version":1,"app":"a","instance":"é"}"#.to_owned(), "instance must be"),
        (r#"{"version":1,"app":"a","seconds":-1}"#.to_owned(), "seconds must be 0 to 2592000"),
        (r#"{"version":1,"app":"a","seconds":1e999}"#.to_owned(), "number out of range"),
        (
            r#"{"version":1,"app":"a","in_flight":-1}"#.to_owned(),
            "in_flight is -1: must be a whole number, not negative",
        ),
        (r#"{"version":1,"app":"a","in_flight":9007199254740993}"#.to_owned(), "in_flight must be 0 to"),
        (r#"{"version":1,"app":"a","route":[]}"#.to_owned(), "unknown field route: known are version, app"),
        (
            r#"{"version":1,"app":"a","routes":[{"route":"","methods":{}}]}"#.to_owned(),
            "routes[0].route must have",
        ),
        (
            r#"{"version":1,"app":"a","routes":[{"route":"\n","methods":{}}]}"#.to_owned(),
            "no control characters",
        ),
        (route(r#""methods":{"GET":{"200":1}}"#), "routes[0].methods: an outcome is \"1xx\""),
        (
            route(r#""methods":{"GET":{"2xx":1,"2xx":2}}"#),
            r#"routes[0].methods.GET: "2xx" is given more than once"#,
        ),
        (route(r#""methods":{"GET":{},"GET":{}}"#), r#"routes[0].methods: "GET" is given more than once"#),
        (
            route(r#""methods":{"GET":{"2xx":1.5}}"#),
            "routes[0].methods.GET.2xx is 1.5: must be a whole number",
        ),
        (route(r#""methods":{},"latency":{"sum":0,"bins":[[1102,1]]}"#), "number must be below 1102"),
        (route(r#""methods":{},"latency":{"sum":-1,"bins":[]}"#), "routes[0].latency.sum must be"),
        (route(r#""methods":{},"durations":[-0.1]"#), "routes[0].durations must be"),
        (" ".repeat(MAX_REPORT_BYTES + 1), "larger than 1048576 bytes"),
    ] {
        let error = Report::parse(text.as_bytes()).unwrap_err().to_string();
        let shown: String = text.chars().take(100).collect();
        assert!(error.contains(expected), "{shown}: {error}");
    }
}

/// Any valid report.
fn reports() -> impl Strategy<Value = Report> {
    let counts = (proptest::array::uniform5(0_u64..1 << 53), 0_u64..1 << 53)
        .prop_map(|(answered, cancelled)| Counts::new(answered, cancelled));
    let latency = (vec((0..BINS as u16, 1_u32..), 1..20), 0_u64..1 << 50)
        .prop_map(|(bins, sum_nanos)| SketchDelta { bins, sum_nanos });
    let route = ("[^\\p{Cc}]{1,40}", vec(counts, METHODS.len()), vec(any::<bool>(), METHODS.len()), latency)
        .prop_map(|(route, counts, used, latency)| {
            let mut methods: Vec<_> = METHODS.into_iter().zip(counts).zip(used).collect();
            methods.retain(|(_, used)| *used);
            methods.sort_by_key(|((name, _), _)| *name);
            RouteReport { route, methods: methods.into_iter().map(|(pair, _)| pair).collect(), latency }
        });
    (
        "[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}",
        0_u64..=2_592_000_000,
        0_u64..1 << 53,
        any::<bool>(),
        vec(route, 0..6),
    )
        .prop_map(|(app, millis, in_flight, leaving, routes)| Report {
            app,
            instance: String::new(),
            covers: Duration::from_millis(millis),
            in_flight,
            leaving,
            routes,
        })
}

proptest! {
    #[test]
    fn reports_round_trip(report in reports()) {
        prop_assert_eq!(Report::parse(report.to_json().as_bytes()).unwrap(), report);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Report::parse(&bytes);
    }

    /// A report with a few bytes changed, much of it still JSON.
    #[test]
    fn damaged_reports_never_panic(
        report in reports(), damage in vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = report.to_json().into_bytes();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(report) = Report::parse(&bytes) {
            Recorder::default().merge_report(&report);
        }
    }

    /// Independent of the order of the reports.
    #[test]
    fn merging_reports_is_commutative(reports in vec(reports(), 0..4)) {
        let (apart, reversed) = (Recorder::new(1000), Recorder::new(1000));
        reports.iter().for_each(|report| apart.merge_report(report));
        reports.iter().rev().for_each(|report| reversed.merge_report(report));
        let sorted = |recorder: &Recorder| {
            let mut snapshot = recorder.snapshot();
            snapshot.routes.sort_by(|left, right| left.route.cmp(&right.route));
            snapshot
        };
        prop_assert_eq!(sorted(&apart), sorted(&reversed));
        let all = |of: &dyn Fn(&Counts) -> u64| -> u64 {
            reports.iter().flat_map(|report| &report.routes).flat_map(|route| &route.methods).map(|(_, c)| of(c)).sum()
        };
        prop_assert_eq!(apart.snapshot().counts().answered(), all(&Counts::answered));
        prop_assert_eq!(apart.snapshot().counts().cancelled(), all(&Counts::cancelled));
    }
}
