//! What the collector promises, with probes that do as they are told.

use super::*;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use watchglass_model::{PanelDeclaration, Role, Style};

static FIRST_PANEL: PanelDeclaration = panel("first");
static SECOND_PANEL: PanelDeclaration = panel("second");
static THIRD_PANEL: PanelDeclaration = panel("third");

static GOOD: Declaration = gauge("good", &["part"], Some((&FIRST_PANEL, Role::Chart)));
static GOOD_TOO: Declaration = gauge("good_too", &[], Some((&SECOND_PANEL, Role::Chart)));
static OTHER: Declaration = gauge("other", &[], Some((&THIRD_PANEL, Role::Chart)));
static UNKNOWN: Declaration = gauge("unknown", &[], None);
static WITH_HOST: Declaration = gauge("with_host", &["host"], None);

static SAME_NAME: Declaration = gauge("good", &[], None);

static GOOD_METRICS: [&Declaration; 2] = [&GOOD, &GOOD_TOO];
static SAME_NAME_METRICS: [&Declaration; 1] = [&SAME_NAME];
static OTHER_METRICS: [&Declaration; 1] = [&OTHER];
static HOST_METRICS: [&Declaration; 1] = [&WITH_HOST];

const fn panel(id: &'static str) -> PanelDeclaration {
    PanelDeclaration {
        id,
        section: "Test",
        title: id,
        style: Style::Line,
        unit: Unit::Count,
        ceiling: None,
        meaning: "",
    }
}

const fn gauge(
    name: &'static str,
    labels: &'static [&'static str],
    panel: Option<(&'static PanelDeclaration, Role)>,
) -> Declaration {
    Declaration { name, kind: Kind::Gauge, unit: Unit::Count, help: "A test.", labels, panel, legend: "" }
}

type Script = Box<dyn FnMut(&mut Readings) -> Result<(), ProbeError> + Send>;

/// Beginning and reason of a problem.
type Found = (i64, &'static str);

struct Scripted {
    name: &'static str,
    metrics: &'static [&'static Declaration],
    script: Script,
}

impl Probe for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        self.metrics
    }

    fn every(&self) -> Duration {
        Duration::from_secs(if self.name == "slow" { 5 } else { 1 })
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        (self.script)(readings)
    }
}

fn probe(
    name: &'static str,
    metrics: &'static [&'static Declaration],
    script: impl FnMut(&mut Readings) -> Result<(), ProbeError> + Send + 'static,
) -> Box<dyn Probe> {
    Box::new(Scripted { name, metrics, script: Box::new(script) })
}

fn steady() -> Box<dyn Probe> {
    probe("steady", &OTHER_METRICS, |readings| {
        readings.record(&OTHER, &[], 7.0);
        Ok(())
    })
}

/// Two probes: `good` does the steps that are sent to it, one a tick, and `steady` always works.
fn with_steps(limit: usize) -> (Collector, Sender<Script>) {
    let (steps, receiver) = channel::<Script>();
    let good = probe("good", &GOOD_METRICS, move |readings| (receiver.recv().unwrap())(readings));
    (Collector::new(vec![good, steady()], &[("host", "h")], limit).unwrap(), steps)
}

fn gone() -> ProbeError {
    ProbeError::Unreadable { path: PathBuf::from("file"), reason: "gone".to_owned() }
}

fn values(collector: &Collector, tick: &Tick) -> Vec<(String, f64)> {
    let series = collector.table().series();
    let mut values: Vec<_> = tick
        .batch
        .samples
        .iter()
        .map(|sample| (series[sample.series.0 as usize].key().replace(r#"host="h""#, "h"), sample.value))
        .collect();
    values.sort_by(|a, b| a.0.cmp(&b.0));
    values
}

fn expected(values: &[(&str, f64)]) -> Vec<(String, f64)> {
    values.iter().map(|&(key, value)| (key.to_owned(), value)).collect()
}

#[test]
fn a_probe_that_fails_or_panics_or_records_what_it_may_not_is_down_and_alone() {
    let (mut collector, steps) = with_steps(100);
    let all_up = expected(&[
        (r#"good{h,part="a"}"#, 1.0),
        ("other{h}", 7.0),
        (r#"up{h,probe="good"}"#, 1.0),
        (r#"up{h,probe="steady"}"#, 1.0),
    ]);
    let one_down =
        expected(&[("other{h}", 7.0), (r#"up{h,probe="good"}"#, 0.0), (r#"up{h,probe="steady"}"#, 1.0)]);
    let works = || -> Script {
        Box::new(|readings| {
            readings.record(&GOOD, &["a"], 1.0);
            Ok(())
        })
    };
    let ticks: [(Script, Option<Found>, u64); 8] = [
        (works(), None, 1),
        (works(), None, 1),
        (
            Box::new(|readings| {
                readings.record(&GOOD, &["a"], 2.0);
                Err(gone())
            }),
            Some((2000, "cannot read file: gone")),
            2,
        ),
        (Box::new(|_| Err(gone())), Some((2000, "cannot read file: gone")), 2),
        (
            Box::new(|readings| {
                readings.record(&GOOD, &["a"], 3.0);
                panic!("a test of a panic");
            }),
            Some((2000, "the probe panicked; the log has the message")),
            3,
        ),
        (works(), None, 4),
        (
            Box::new(|readings| {
                readings.record(&UNKNOWN, &[], 4.0);
                Ok(())
            }),
            Some((6000, "it recorded unknown, which is not among the metrics it declares")),
            5,
        ),
        (works(), None, 6),
    ];
    for (second, (step, problem, version)) in (0..).zip(ticks) {
        steps.send(step).unwrap();
        let tick = collector.tick(Timestamp::from_millis(second * 1000));
        assert_eq!(tick.batch.time.millis(), second * 1000);
        assert_eq!(
            values(&collector, &tick),
            if problem.is_none() { &all_up[..] } else { &one_down },
            "{second}"
        );
        let found: Vec<_> =
            tick.problems.iter().map(|p| (p.probe.as_str(), p.since.millis(), p.reason.as_str())).collect();
        let wanted: Vec<_> = problem.iter().map(|&(since, reason)| ("good", since, reason)).collect();
        assert_eq!(found, wanted, "{second}");
        assert_eq!(tick.version, version, "{second}");
    }
}

#[test]
fn a_probe_with_nothing_new_is_up_and_repeats_nothing() {
    let (mut collector, steps) = with_steps(100);
    steps
        .send(Box::new(|readings| {
            readings.record(&GOOD, &["a"], 1.0);
            Ok(())
        }))
        .unwrap();
    let first = collector.tick(Timestamp::from_millis(0));
    steps.send(Box::new(|_| Ok(()))).unwrap();
    let second = collector.tick(Timestamp::from_millis(1000));
    assert_eq!(first.batch.samples.len(), 4);
    let quiet = [("other{h}", 7.0), (r#"up{h,probe="good"}"#, 1.0), (r#"up{h,probe="steady"}"#, 1.0)];
    assert_eq!(values(&collector, &second), expected(&quiet));
    assert_eq!(first.version, second.version);
    assert!(Arc::ptr_eq(&first.problems, &second.problems));
}

#[test]
fn a_new_series_is_a_new_version() {
    let (mut collector, steps) = with_steps(100);
    let versions = ["a", "a", "b", "a", "b"].map(|part| {
        steps
            .send(Box::new(move |readings| {
                readings.record(&GOOD, &[part], 1.0);
                Ok(())
            }))
            .unwrap();
        collector.tick(Timestamp::from_millis(0)).version
    });
    assert_eq!(versions, [1, 1, 2, 2, 2]);
}

#[test]
fn too_many_series_are_a_problem_of_the_collector_and_leave_every_up_alone() {
    let (mut collector, steps) = with_steps(4);
    let mut tick = |parts: &'static [&'static str]| {
        steps
            .send(Box::new(move |readings| {
                for part in parts {
                    readings.record(&GOOD, &[part], 1.0);
                }
                Ok(())
            }))
            .unwrap();
        let tick = collector.tick(Timestamp::from_millis(0));
        let reasons: Vec<_> = tick.problems.iter().map(|problem| problem.reason.clone()).collect();
        (values(&collector, &tick).into_iter().map(|(key, _)| key).collect::<Vec<_>>(), reasons)
    };
    let ups = [r#"up{h,probe="good"}"#, r#"up{h,probe="steady"}"#];
    let over = "some values are left out: there are more than 4 series, the most that are kept";
    let [a, b] = [r#"good{h,part="a"}"#, r#"good{h,part="b"}"#];
    assert_eq!(
        tick(&["a", "b", "c"]),
        ([a, b, ups[0], ups[1]].map(str::to_owned).to_vec(), vec![over.to_owned()])
    );
    assert_eq!(tick(&["a"]).1, [over], "the steady probe is the one left out");
}

#[test]
fn the_catalogue_has_the_first_panel_of_every_probe_before_the_second_of_any() {
    let good = probe("slow", &GOOD_METRICS, |_| Ok(()));
    let collector = Collector::new(vec![good, steady()], &[("host", "h")], 10).unwrap();
    let catalogue = collector.catalogue();
    let panels: Vec<_> = catalogue.panels().iter().map(|panel| panel.id.as_str()).collect();
    assert_eq!(panels, ["first", "third", "second"]);
    let metrics: Vec<_> = catalogue.metrics().iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!(metrics, ["good", "other", "good_too", "up"]);
    let paces = ["good", "good_too", "other", "up", "unknown"]
        .map(|metric| collector.pace_of(metric).map(|pace| pace.as_secs()));
    assert_eq!(paces, [Some(5), Some(5), Some(1), Some(1), None]);
}

#[test]
fn probes_may_share_their_declarations() {
    let of_part = |name: &'static str| {
        probe(name, &GOOD_METRICS, move |readings| {
            readings.record(&GOOD, &[name], 1.0);
            Ok(())
        })
    };
    let probes = vec![of_part("a"), of_part("slow")];
    let mut collector = Collector::new(probes, &[("host", "h")], 10).unwrap();
    let names: Vec<_> = collector.catalogue().metrics().iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!(names, ["good", "good_too", "up"]);
    assert_eq!(collector.pace_of("good"), Some(Duration::from_secs(5)), "the longer of both");
    let tick = collector.tick(Timestamp::from_millis(0));
    let all = [
        (r#"good{h,part="a"}"#, 1.0),
        (r#"good{h,part="slow"}"#, 1.0),
        (r#"up{h,probe="a"}"#, 1.0),
        (r#"up{h,probe="slow"}"#, 1.0),
    ];
    assert_eq!(values(&collector, &tick), expected(&all));
}

#[test]
fn mistakes_of_a_probe_are_refused() {
    let nothing = |_: &mut Readings| Ok(());
    let cases: [(Vec<Box<dyn Probe>>, &str); 4] = [
        (
            vec![probe("a", &GOOD_METRICS, nothing), probe("a", &OTHER_METRICS, nothing)],
            "metric up: two probes are called \"a\", or one as the collector itself",
        ),
        (
            vec![probe("collector", &GOOD_METRICS, nothing)],
            "metric up: two probes are called \"collector\", or one as the collector itself",
        ),
        (
            vec![probe("a", &GOOD_METRICS, nothing), probe("b", &SAME_NAME_METRICS, nothing)],
            "metric good: it is declared twice",
        ),
        (
            vec![probe("a", &HOST_METRICS, nothing)],
            "metric with_host: its label \"host\" is one that every series has",
        ),
    ];
    for (probes, reason) in cases {
        assert_eq!(Collector::new(probes, &[("host", "h")], 10).unwrap_err().to_string(), reason);
    }
}
