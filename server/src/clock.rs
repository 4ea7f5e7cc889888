//! System clock, monotonic clock, and the collection interval.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use watchglass_model::Timestamp;

/// Collection interval.
pub(crate) const TICK: Duration = Duration::from_secs(1);
/// Collection interval in milliseconds.
pub(crate) const TICK_MILLIS: u32 = 1000;

const _: () = assert!(TICK.as_millis() == TICK_MILLIS as u128, "both are the same interval");

/// Current time of the system clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Time of a request: for what is stored and shown, and for limits and delays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) time: Timestamp,
    /// Monotonic time, which no correction of the system clock moves.
    pub(crate) uptime: Duration,
}

/// Current time of both clocks.
pub(crate) fn moment() -> Moment {
    Moment { time: now(), uptime: uptime() }
}

/// Monotonic time since the first call of this function.
pub(crate) fn uptime() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}
