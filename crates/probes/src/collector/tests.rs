//! Tests of the collector with scripted probes.

mod declarations;
mod refused;
mod skipped;

use super::*;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use watchglass_model::{PanelDeclaration, PanelRole, Style};

static FIRST_PANEL: PanelDeclaration = panel("first");
static SECOND_PANEL: PanelDeclaration = panel("second");
static THIRD_PANEL: PanelDeclaration = panel("third");

static GOOD: Declaration = gauge("good", &["part"], Some((&FIRST_PANEL, PanelRole::Chart)));
static GOOD_TOO: Declaration = gauge("good_too", &[], Some((&SECOND_PANEL, PanelRole::Chart)));
static OTHER: Declaration = gauge("other", &[], Some((&THIRD_PANEL, PanelRole::Chart)));
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
        description: "",
    }
}

const fn gauge(
    name: &'static str,
    labels: &'static [&'static str],
    panel: Option<(&'static PanelDeclaration, PanelRole)>,
) -> Declaration {
    Declaration { name, kind: Kind::Gauge, unit: Unit::Count, help: "A test.", labels, panel, legend: "" }
}

type Script = Box<dyn FnMut(&mut SampleBuffer) -> Result<(), ProbeError> + Send>;

/// Start time and reason of a problem.
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

    fn interval(&self) -> Duration {
        Duration::from_secs(if self.name == "slow" { 5 } else { 1 })
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        (self.script)(samples)
    }

    fn has_result(&self) -> bool {
        self.name != "pending"
    }
}

fn probe(
    name: &'static str,
    metrics: &'static [&'static Declaration],
    script: impl FnMut(&mut SampleBuffer) -> Result<(), ProbeError> + Send + 'static,
) -> Box<dyn Probe> {
    Box::new(Scripted { name, metrics, script: Box::new(script) })
}

fn steady() -> Box<dyn Probe> {
    probe("steady", &OTHER_METRICS, |samples| {
        samples.record(&OTHER, &[], 7.0);
        Ok(())
    })
}

/// Two probes: `good` runs one step sent to it per tick, and `steady` always succeeds.
fn with_steps(limit: usize) -> (Collector, Sender<Script>) {
    let (steps, receiver) = channel::<Script>();
    let good = probe("good", &GOOD_METRICS, move |samples| (receiver.recv().unwrap())(samples));
    (Collector::new(vec![good, steady()], &[("host", "h")], limit).unwrap(), steps)
}

#[test]
fn probes_without_a_result_are_neither_up_nor_down() {
    let mut is_first = true;
    let pending =
        probe(
            "pending",
            &GOOD_METRICS,
            move |_| {
                if std::mem::take(&mut is_first) { Ok(()) } else { Err(gone()) }
            },
        );
    let mut collector = Collector::new(vec![pending, steady()], &[("host", "h")], 100).unwrap();
    let ups = |collector: &mut Collector, second: i64| {
        let tick = collector.tick(Timestamp::from_millis(second * 1000));
        let values = values(collector, &tick).into_iter();
        values.filter(|(key, _)| key.starts_with("up{")).map(|(_, value)| value).collect::<Vec<_>>()
    };
    assert_eq!(ups(&mut collector, 1), [1.0]);
    assert_eq!(ups(&mut collector, 2), [0.0, 1.0], "it has failed, for example at its deadline");
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
fn failing_probes_are_down_and_do_not_affect_others() {
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
        Box::new(|samples| {
            samples.record(&GOOD, &["a"], 1.0);
            Ok(())
        })
    };
    let ticks: [(Script, Option<Found>, u64); 8] = [
        (works(), None, 1),
        (works(), None, 1),
        (
            Box::new(|samples| {
                samples.record(&GOOD, &["a"], 2.0);
                Err(gone())
            }),
            Some((2000, "cannot read file: gone")),
            2,
        ),
        (Box::new(|_| Err(gone())), Some((2000, "cannot read file: gone")), 2),
        (
            Box::new(|samples| {
                samples.record(&GOOD, &["a"], 3.0);
                panic!("a test of a panic");
            }),
            Some((2000, "probe panicked; see the log")),
            3,
        ),
        (works(), None, 4),
        (
            Box::new(|samples| {
                samples.record(&UNKNOWN, &[], 4.0);
                Ok(())
            }),
            Some((6000, "probe recorded undeclared metric unknown")),
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
fn idle_probe_is_up_and_repeats_no_samples() {
    let (mut collector, steps) = with_steps(100);
    steps
        .send(Box::new(|samples| {
            samples.record(&GOOD, &["a"], 1.0);
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
fn new_series_increment_the_version() {
    let (mut collector, steps) = with_steps(100);
    let versions = ["a", "a", "b", "a", "b"].map(|part| {
        steps
            .send(Box::new(move |samples| {
                samples.record(&GOOD, &[part], 1.0);
                Ok(())
            }))
            .unwrap();
        collector.tick(Timestamp::from_millis(0)).version
    });
    assert_eq!(versions, [1, 1, 2, 2, 2]);
}

#[test]
fn series_limit_is_a_collector_problem_and_keeps_up_series() {
    let (mut collector, steps) = with_steps(2);
    let mut tick = |parts: &'static [&'static str]| {
        steps
            .send(Box::new(move |samples| {
                for part in parts {
                    samples.record(&GOOD, &[part], 1.0);
                }
                Ok(())
            }))
            .unwrap();
        let tick = collector.tick(Timestamp::from_millis(0));
        let reasons: Vec<_> = tick.problems.iter().map(|problem| problem.reason.clone()).collect();
        (values(&collector, &tick).into_iter().map(|(key, _)| key).collect::<Vec<_>>(), reasons)
    };
    let ups = [r#"up{h,probe="good"}"#, r#"up{h,probe="steady"}"#];
    let over = "series limit of 2 reached: samples of further series are dropped";
    let [a, b] = [r#"good{h,part="a"}"#, r#"good{h,part="b"}"#];
    assert_eq!(
        tick(&["a", "b", "c"]),
        ([a, b, ups[0], ups[1]].map(str::to_owned).to_vec(), vec![over.to_owned()])
    );
    // The series of the steady probe was refused: of the others, the newest has ended for it.
    let all = [a, "other{h}", ups[0], ups[1]].map(str::to_owned).to_vec();
    assert_eq!(tick(&["a", "b"]), (all.clone(), vec![over.to_owned()]));
    assert_eq!(tick(&["a"]).0, all);
}

#[test]
fn invalid_probes_are_rejected() {
    let nothing = |_: &mut SampleBuffer| Ok(());
    let cases: [(Vec<Box<dyn Probe>>, &str); 4] = [
        (
            vec![probe("a", &GOOD_METRICS, nothing), probe("a", &OTHER_METRICS, nothing)],
            "metric up: duplicate probe name \"a\"",
        ),
        (vec![probe("collector", &GOOD_METRICS, nothing)], "metric up: duplicate probe name \"collector\""),
        (
            vec![probe("a", &GOOD_METRICS, nothing), probe("b", &SAME_NAME_METRICS, nothing)],
            "metric good: declared twice",
        ),
        (
            vec![probe("a", &HOST_METRICS, nothing)],
            "metric with_host: label \"host\" is already a base label",
        ),
    ];
    for (probes, reason) in cases {
        assert_eq!(Collector::new(probes, &[("host", "h")], 10).unwrap_err().to_string(), reason);
    }
}
