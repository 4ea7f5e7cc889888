//! The thread that ticks: once a second it runs the collector and hands over what it gave.
//!
//! A thread of its own, not a task: what keeps the async workers busy must not make a tick late.

use crate::core::{Core, TICK};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{io, thread};
use tokio::runtime::Handle;
use watchglass_live::State;
use watchglass_model::{Problem, Timestamp};
use watchglass_probes::Collector;

/// The ticking thread. It ends when this is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Ticker {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Ticker {
    /// Starts ticking, first at once. `runtime` is asked how many tasks it has.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn start(core: Arc<Core>, mut collector: Collector, runtime: Handle) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("ticker".to_owned()).spawn(move || {
            let mut last = None;
            loop {
                let now = now();
                let time = tick_time(now, last);
                if let Some(time) = time {
                    let began = Instant::now();
                    tick(&core, &mut collector, time);
                    core.vitals.ticked(lateness(now, time), began.elapsed());
                    core.vitals.set_tasks(runtime.metrics().num_alive_tasks());
                    core.tell_vitals();
                    last = Some(time);
                }
                match stopped.recv_timeout(until_next_tick(self::now())) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
                }
            }
        })?;
        Ok(Self { stop, thread })
    }

    /// Stops after the tick that is under way.
    pub(crate) fn stop(self) {
        let _ = self.stop.send(());
        if self.thread.join().is_err() {
            tracing::error!("the ticking thread had stopped by a panic");
        }
    }
}

fn tick(core: &Core, collector: &mut Collector, time: Timestamp) {
    let tick = collector.tick(time);
    let version = u32::try_from(tick.version).unwrap_or(u32::MAX);
    let series = collector.table().series();
    core.accept(tick.batch, series, version, |before| {
        log_changes(&before.problems, &tick.problems);
        State { version, series: series.to_vec(), problems: tick.problems.to_vec() }
    });
}

fn log_changes(before: &[Problem], now: &[Problem]) {
    for problem in now.iter().filter(|problem| !before.contains(problem)) {
        tracing::warn!(probe = problem.probe, reason = problem.reason, "a probe gives no data");
    }
    for problem in before.iter().filter(|problem| !now.iter().any(|other| other.probe == problem.probe)) {
        tracing::info!(probe = problem.probe, "a probe gives data again");
    }
}

/// The moment that a tick at `now` stands for: the whole second it lies in. None if that second was ticked already,
/// as when the clock was set back a little.
fn tick_time(now: Timestamp, last: Option<Timestamp>) -> Option<Timestamp> {
    let time = now.floor(step());
    (Some(time) != last).then_some(time)
}

/// How late a tick began: it could have at the beginning of its second.
fn lateness(now: Timestamp, time: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(now.millis_since(time)).unwrap_or(0))
}

fn until_next_tick(now: Timestamp) -> Duration {
    let into = now.millis().rem_euclid(step());
    // A little behind the full second, so that a timer that fires early does not tick in the second before.
    Duration::from_millis(u64::try_from(step() - into).unwrap_or(0) + 2)
}

fn step() -> i64 {
    i64::try_from(TICK.as_millis()).unwrap_or(i64::MAX)
}

/// The moment by the system's clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_for_whole_seconds_and_never_twice_for_one() {
        let at = Timestamp::from_millis;
        for (now, last, expected) in [
            (5_001, None, Some(5_000)),
            (5_999, Some(4_000), Some(5_000)),
            (5_999, Some(5_000), None),
            (9_002, Some(5_000), Some(9_000)),
            (3_000, Some(5_000), Some(3_000)),
        ] {
            assert_eq!(tick_time(at(now), last.map(at)), expected.map(at), "{now} after {last:?}");
        }
    }

    #[test]
    fn the_next_tick_is_just_behind_the_next_full_second() {
        for (now, expected) in [(5_000, 1_002), (5_002, 1_000), (5_999, 3)] {
            assert_eq!(until_next_tick(Timestamp::from_millis(now)).as_millis(), expected, "{now}");
        }
    }
}
