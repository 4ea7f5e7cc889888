//! Tests of background probes with a scripted probe and a manual clock.

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

/// Action of a round.
enum Step {
    Measure(f64),
    Fail,
    Panic,
}

/// Probe that signals the start of a round and waits for its action.
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

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        self.began.send(()).unwrap();
        match self.steps.recv().unwrap() {
            Step::Measure(value) => samples.record(&VALUE, &[], value),
            Step::Fail => {
                return Err(ProbeError::Unreadable { path: "disk".into(), reason: "gone".to_owned() });
            }
            Step::Panic => panic!("a test of a panic"),
        }
        Ok(())
    }
}

/// Background probe (interval 5 s, timeout 2 s) with a manual clock.
struct Bench {
    probe: BackgroundProbe,
    millis: Arc<AtomicU64>,
    /// Receives a message whenever the thread reads the clock, at the end of a round.
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
        let probe = BackgroundProbe::start_with_clock(
            Scripted { began: began_sender, steps: steps_receiver },
            Duration::from_secs(5),
            Duration::from_secs(2),
            move || {
                let now = time.load(Ordering::SeqCst);
                if thread::current().name() == Some("probe-scripted") {
                    // The last rounds may finish after the end of the test.
                    let _ = finished_sender.send(());
                }
                Duration::from_millis(now)
            },
        );
        Self { probe, millis, finished, began, steps }
    }

    /// A tick at that time: the values or the error.
    fn tick(&mut self, millis: u64) -> Result<Vec<f64>, String> {
        self.millis.store(millis, Ordering::SeqCst);
        let mut samples = SampleBuffer::new();
        let outcome = self.probe.collect(&mut samples);
        outcome
            .map(|()| samples.raw_samples().map(|row| row.value).collect())
            .map_err(|error| error.to_string())
    }

    /// Runs `step` in the current round and waits for its end.
    fn finish(&mut self, step: Step) {
        self.began.recv().unwrap();
        self.steps.send(step).unwrap();
        self.finished.recv().unwrap();
    }

    /// Ticks at that time until the result of the finished round has arrived.
    fn tick_until_answered(&mut self, millis: u64) -> Result<Vec<f64>, String> {
        loop {
            let outcome = self.tick(millis);
            // While a round is running, a tick returns nothing new or a timeout.
            if !self.probe.is_running || self.probe.round_start == Some(Duration::from_millis(millis)) {
                return outcome;
            }
            thread::yield_now();
        }
    }
}

const NOTHING_NEW: Result<Vec<f64>, String> = Ok(Vec::new());
const TIMEOUT: &str = "no response within 2 s: the read may hang";

#[test]
fn values_are_returned_once_per_interval() {
    let mut bench = Bench::new();
    assert_eq!(bench.tick(0), NOTHING_NEW);
    assert!(!bench.probe.has_result());
    bench.finish(Step::Measure(1.0));
    assert_eq!(bench.tick_until_answered(1000), Ok(vec![1.0]));
    assert!(bench.probe.has_result());
    for millis in [1000, 2000, 3000, 4000, 4499] {
        assert_eq!(bench.tick(millis), NOTHING_NEW, "at {millis}");
        assert!(!bench.probe.is_running, "at {millis}");
    }
    assert_eq!(bench.tick(4950), NOTHING_NEW);
    assert!(bench.probe.is_running, "a slightly early tick starts the next round");
    bench.finish(Step::Measure(2.0));
    assert_eq!(bench.tick_until_answered(6000), Ok(vec![2.0]));
}

#[test]
fn hanging_rounds_time_out_and_recover() {
    let mut bench = Bench::new();
    assert_eq!(bench.tick(0), NOTHING_NEW);
    bench.began.recv().unwrap();
    assert_eq!(bench.tick(2000), NOTHING_NEW, "the timeout has not passed yet");
    for millis in [2001, 3000, 60_000] {
        assert_eq!(bench.tick(millis), Err(TIMEOUT.to_owned()), "at {millis}");
    }
    assert!(bench.began.try_recv().is_err(), "the first round is still running");
    bench.steps.send(Step::Measure(1.0)).unwrap();
    bench.finished.recv().unwrap();
    assert_eq!(bench.tick_until_answered(61_000), Ok(vec![1.0]));
}

#[test]
fn errors_remain_until_a_round_succeeds() {
    let mut bench = Bench::new();
    let rounds =
        [(0, Step::Fail, "cannot read disk: gone"), (10_000, Step::Panic, "probe panicked; see the log")];
    for (start, step, expected) in rounds {
        let _ = bench.tick(start);
        bench.finish(step);
        assert_eq!(bench.tick_until_answered(start + 1000), Err(expected.to_owned()));
        assert_eq!(bench.tick(start + 4000), Err(expected.to_owned()), "between rounds");
    }
    let _ = bench.tick(20_000);
    bench.finish(Step::Measure(3.0));
    assert_eq!(bench.tick_until_answered(21_000), Ok(vec![3.0]));
    assert_eq!(bench.tick(22_000), NOTHING_NEW);
}

#[test]
fn stale_values_are_dropped() {
    let mut bench = Bench::new();
    assert_eq!(bench.tick(0), NOTHING_NEW);
    bench.finish(Step::Measure(1.0));
    assert_eq!(bench.tick_until_answered(7001), NOTHING_NEW);
    assert!(bench.probe.is_running, "a new round starts");
    bench.finish(Step::Measure(2.0));
    assert_eq!(bench.tick_until_answered(14_001), Ok(vec![2.0]), "7 s old is still recent");
}

#[test]
fn drop_does_not_wait_for_a_hanging_round() {
    let mut bench = Bench::new();
    assert_eq!(bench.tick(0), NOTHING_NEW);
    let Bench { probe, finished, began, steps, .. } = bench;
    began.recv().unwrap();
    drop(probe);
    steps.send(Step::Measure(1.0)).unwrap();
    finished.recv().unwrap();
    assert!(began.recv().is_err(), "the probe and the thread have ended");
}
