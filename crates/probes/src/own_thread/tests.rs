//! What a thread of its own promises, with a probe that waits for its orders and a clock that stands still.

use super::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use watchglass_model::{Kind, Unit};

static VALUE: Declaration = Declaration {
    name: "value",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "A test.",
    labels: &[],
    panel: None,
    legend: "",
};

/// What a round shall do.
enum Step {
    Measure(f64),
    Fail,
    Panic,
}

/// A probe that tells when a round begins, and then waits for what it shall do in it.
struct Scripted {
    began: Sender<()>,
    steps: Receiver<Step>,
}

impl Probe for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        static METRICS: [&Declaration; 1] = [&VALUE];
        &METRICS
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        self.began.send(()).unwrap();
        match self.steps.recv().unwrap() {
            Step::Measure(value) => readings.record(&VALUE, &[], value),
            Step::Fail => {
                return Err(ProbeError::Unreadable { path: "disk".into(), reason: "gone".to_owned() });
            }
            Step::Panic => panic!("a test of a panic"),
        }
        Ok(())
    }
}

/// A paced probe (every 5 s, deadline 2 s) with a clock that stands still until it is set.
struct Bench {
    probe: OwnThread,
    millis: Arc<AtomicU64>,
    /// A message for every time that the thread looked at the clock, which it does when a round is over.
    finished: Receiver<()>,
    began: Receiver<()>,
    steps: Sender<Step>,
}

impl Bench {
    fn new() -> Self {
        let (began_sender, began) = channel();
        let (steps, steps_receiver) = channel();
        let (finished_sender, finished) = channel();
        let millis = Arc::new(AtomicU64::new(0));
        let time = Arc::clone(&millis);
        let probe = OwnThread::start_with_clock(
            Scripted { began: began_sender, steps: steps_receiver },
            Duration::from_secs(5),
            Duration::from_secs(2),
            move || {
                let now = time.load(Ordering::SeqCst);
                if thread::current().name() == Some("probe-scripted") {
                    // The last rounds may finish when the test no longer listens.
                    let _ = finished_sender.send(());
                }
                Duration::from_millis(now)
            },
        );
        Self { probe, millis, finished, began, steps }
    }

    /// A tick at that moment: the values, or the error.
    fn tick(&mut self, millis: u64) -> Result<Vec<f64>, String> {
        self.millis.store(millis, Ordering::SeqCst);
        let mut readings = Readings::new();
        let outcome = self.probe.collect(&mut readings);
        outcome.map(|()| readings.rows().map(|row| row.value).collect()).map_err(|error| error.to_string())
    }

    /// Lets the round that is under way do its step and waits until it is over.
    fn finish(&mut self, step: Step) {
        self.began.recv().unwrap();
        self.steps.send(step).unwrap();
        self.finished.recv().unwrap();
    }

    /// Ticks at that moment until the answer of a round that is over has come across.
    fn tick_until_answered(&mut self, millis: u64) -> Result<Vec<f64>, String> {
        loop {
            let outcome = self.tick(millis);
            // A round under way says nothing new, or that it is late.
            if !self.probe.under_way || self.probe.asked == Some(Duration::from_millis(millis)) {
                return outcome;
            }
            thread::yield_now();
        }
    }
}

const NOTHING_NEW: Result<Vec<f64>, String> = Ok(Vec::new());
const LATE: &str = "no answer within 2 s: what it reads may hang";

#[test]
fn values_are_handed_over_once_and_the_pace_is_kept() {
    let mut bench = Bench::new();
    assert_eq!(bench.tick(0), NOTHING_NEW);
    bench.finish(Step::Measure(1.0));
    assert_eq!(bench.tick_until_answered(1000), Ok(vec![1.0]));
    for millis in [1000, 2000, 3000, 4000, 4499] {
        assert_eq!(bench.tick(millis), NOTHING_NEW, "at {millis}");
        assert!(!bench.probe.under_way, "at {millis}");
    }
    assert_eq!(bench.tick(4950), NOTHING_NEW);
    assert!(bench.probe.under_way, "a tick that comes a little early begins the next round");
    bench.finish(Step::Measure(2.0));
    assert_eq!(bench.tick_until_answered(6000), Ok(vec![2.0]));
}

#[test]
fn a_hanging_round_is_late_is_not_asked_again_and_recovers() {
    let mut bench = Bench::new();
    assert_eq!(bench.tick(0), NOTHING_NEW);
    bench.began.recv().unwrap();
    assert_eq!(bench.tick(2000), NOTHING_NEW, "the deadline is not over yet");
    for millis in [2001, 3000, 60_000] {
        assert_eq!(bench.tick(millis), Err(LATE.to_owned()), "at {millis}");
    }
    assert!(bench.began.try_recv().is_err(), "it is in its first round still");
    bench.steps.send(Step::Measure(1.0)).unwrap();
    bench.finished.recv().unwrap();
    assert_eq!(bench.tick_until_answered(61_000), Ok(vec![1.0]));
}

#[test]
fn errors_and_panics_last_until_a_round_succeeds() {
    let mut bench = Bench::new();
    let rounds = [
        (0, Step::Fail, "cannot read disk: gone"),
        (10_000, Step::Panic, "the probe panicked; the log has the message"),
    ];
    for (start, step, expected) in rounds {
        let _ = bench.tick(start);
        bench.finish(step);
        assert_eq!(bench.tick_until_answered(start + 1000), Err(expected.to_owned()));
        assert_eq!(bench.tick(start + 4000), Err(expected.to_owned()), "between two rounds");
    }
    let _ = bench.tick(20_000);
    bench.finish(Step::Measure(3.0));
    assert_eq!(bench.tick_until_answered(21_000), Ok(vec![3.0]));
    assert_eq!(bench.tick(22_000), NOTHING_NEW);
}

#[test]
fn what_was_measured_long_ago_is_not_handed_over() {
    let mut bench = Bench::new();
    assert_eq!(bench.tick(0), NOTHING_NEW);
    bench.finish(Step::Measure(1.0));
    assert_eq!(bench.tick_until_answered(7001), NOTHING_NEW);
    assert!(bench.probe.under_way, "it is asked anew");
    bench.finish(Step::Measure(2.0));
    assert_eq!(bench.tick_until_answered(14_001), Ok(vec![2.0]), "7 s old is just fresh enough");
}

#[test]
fn dropping_it_does_not_wait_for_a_hanging_round_and_ends_the_thread() {
    let mut bench = Bench::new();
    assert_eq!(bench.tick(0), NOTHING_NEW);
    let Bench { probe, finished, began, steps, .. } = bench;
    began.recv().unwrap();
    drop(probe);
    steps.send(Step::Measure(1.0)).unwrap();
    finished.recv().unwrap();
    assert!(began.recv().is_err(), "the probe is gone, and the thread with it");
}
