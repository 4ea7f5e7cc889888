//! Ticker thread: runs the pipeline once a second.
//!
//! A thread, not an async task: busy async workers must not delay a tick.

use super::{Pipeline, TickTimes};
use crate::clock::{TICK, TICK_MILLIS, now};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};
use watchglass_model::Timestamp;
use watchglass_probes::Collector;

/// Handle of the ticker thread, which ends when this is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Ticker {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Ticker {
    /// Starts the thread. The first tick is immediate, unless its second is `newest`, the newest one in the history: after a
    /// restart within a second, that has been measured already. The times of each tick are recorded in `times`.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(crate) fn start(
        pipeline: Pipeline,
        mut collector: Collector,
        times: Arc<TickTimes>,
        newest: Option<Timestamp>,
    ) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("ticker".to_owned()).spawn(move || {
            let mut last: Option<Started> = None;
            loop {
                let started = Started { woken: now(), at: Instant::now() };
                if let Some(time) = tick_time(started.woken, last.map(Started::time).or(newest)) {
                    pipeline.run(&mut collector, time);
                    times.record(lateness(started, last), started.at.elapsed());
                    last = Some(started);
                }
                match stopped.recv_timeout(until_next_tick(now())) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
                }
            }
        })?;
        Ok(Self { stop, thread })
    }

    /// Stops after the current tick.
    pub(crate) fn stop(self) {
        let _ = self.stop.send(());
        if self.thread.join().is_err() {
            tracing::error!("ticker thread panicked");
        }
    }
}

/// Timestamp of a tick at `now`: its full second. `None` if that second already had its tick, for example after a clock
/// step backwards.
fn tick_time(now: Timestamp, last: Option<Timestamp>) -> Option<Timestamp> {
    let time = now.floor(i64::from(TICK_MILLIS));
    (Some(time) != last).then_some(time)
}

/// Start of a tick.
#[derive(Clone, Copy, Debug)]
struct Started {
    woken: Timestamp,
    /// The same moment on a clock that is never set.
    at: Instant,
}

impl Started {
    fn time(self) -> Timestamp {
        self.woken.floor(i64::from(TICK_MILLIS))
    }

    /// Time since the start of its second.
    fn delay(self) -> Duration {
        between(self.time(), self.woken)
    }
}

/// Delay of a tick against the start of its second; when the ticker has skipped seconds, against the first of these.
///
/// The clock may have been set forward, which is no delay: no more counts than has really passed.
fn lateness(started: Started, last: Option<Started>) -> Duration {
    let since_due = |last: Started| {
        let by_clock = between(last.time() + TICK, started.woken);
        let passed = last.delay() + started.at.saturating_duration_since(last.at);
        by_clock.min(passed.saturating_sub(TICK))
    };
    last.map_or(Duration::ZERO, since_due).max(started.delay())
}

/// Time from `earlier` to `later`; zero if it is the other way round.
fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(later.millis_since(earlier)).unwrap_or(0))
}

fn until_next_tick(now: Timestamp) -> Duration {
    let into = now.millis().rem_euclid(i64::from(TICK_MILLIS));
    // Slightly after the full second, so that a timer that fires early does not tick in the previous second.
    Duration::from_millis(u64::try_from(i64::from(TICK_MILLIS) - into).unwrap_or(0) + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_full_second_has_one_tick() {
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
    fn next_tick_is_just_after_the_full_second() {
        for (now, expected) in [(5_000, 1_002), (5_002, 1_000), (5_999, 3)] {
            assert_eq!(until_next_tick(Timestamp::from_millis(now)).as_millis(), expected, "{now}");
        }
    }

    #[test]
    fn skipped_seconds_count_as_delay() {
        let began = Instant::now();
        let start = |wall: i64, passed: u64| Started {
            woken: Timestamp::from_millis(wall),
            at: began + Duration::from_millis(passed),
        };
        for (last, this, expected) in [
            (None, start(5_016, 0), 16),
            (Some(start(5_002, 0)), start(6_003, 1_001), 3),
            (Some(start(5_900, 0)), start(6_002, 102), 2),
            // The tick of second 5 was late, and took so long that second 6 had none.
            (Some(start(5_900, 0)), start(7_002, 1_102), 1_002),
            (Some(start(5_002, 0)), start(9_016, 4_014), 3_016),
            // The clock was set forward by an hour, and back by two seconds.
            (Some(start(5_002, 0)), start(3_606_002, 1_000), 2),
            (Some(start(5_002, 0)), start(4_002, 1_000), 2),
        ] {
            assert_eq!(lateness(this, last).as_millis(), expected, "{this:?} after {last:?}");
        }
    }
}
