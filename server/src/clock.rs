//! System clock, and the collection interval.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
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
