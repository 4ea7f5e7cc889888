//! Ticker thread: runs the pipeline once a second.
//!
//! A thread, not an async task: busy async workers must not delay a tick.

use super::{Pipeline, TickTimes};
use crate::clock::{TICK_MILLIS, now};
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
    /// Starts the thread; the first tick is immediate. The times of each tick are recorded in `times`.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(crate) fn start(
        pipeline: Pipeline,
        mut collector: Collector,
        times: Arc<TickTimes>,
    ) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("ticker".to_owned()).spawn(move || {
            let mut last = None;
            loop {
                let woken = now();
                let time = tick_time(woken, last);
                if let Some(time) = time {
                    let began = Instant::now();
                    pipeline.run(&mut collector, time);
                    times.record(lateness(woken, time), began.elapsed());
                    last = Some(time);
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

/// Delay of a tick against the start of its second.
fn lateness(now: Timestamp, time: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(now.millis_since(time)).unwrap_or(0))
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
}
