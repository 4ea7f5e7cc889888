//! Series that give no data: those that no longer exist, and those of which nothing is known.

use super::{AlertState, Thresholds};
use crate::condition::{Observation, SourceActivity};

/// Time without data, while its source measures other series, after which a series counts as removed; in milliseconds.
/// Data is overdue after two and a half intervals, so this is three ticks of most sources.
const REMOVED_AFTER: i64 = 3_000;
/// The same while its source works but has nothing else to measure. A source that hangs is down before.
const REMOVED_AFTER_IDLE: i64 = 60_000;
/// The same for a series that was not seen in this run: rates and slow lists have their first values late.
const REMOVED_AFTER_START: i64 = 180_000;
/// Time without any data after which an alert counts as one without data: until then a source may be late. In
/// milliseconds.
const NO_DATA_AFTER: i64 = 3_000;

impl Thresholds {
    /// Milliseconds without data after which the series counts as removed: its source works and does not report it. `None` while
    /// there is data or nothing is known. A rule on missing data wants to know just that, so it never counts as removed there.
    pub(super) fn removed_after(&self, found: &Observation) -> Option<i64> {
        match found.source {
            _ if found.absent == 0 || self.absence.is_some() => None,
            SourceActivity::Unknown => None,
            _ if !found.is_gone => Some(REMOVED_AFTER_START),
            SourceActivity::Idle | SourceActivity::Pauses => Some(REMOVED_AFTER_IDLE),
            SourceActivity::Measures => Some(REMOVED_AFTER),
        }
    }
}

impl AlertState {
    /// Whether it counts as one without data from now on, and until there is data or it resolves.
    pub(super) fn has_no_data(&self, found: &Observation, removed_after: Option<i64>) -> bool {
        // One whose source measures other series resolves as soon as that, or with the next measurement of a slow source.
        let is_leaving = removed_after == Some(REMOVED_AFTER)
            || (removed_after.is_some() && found.is_gone && found.source == SourceActivity::Pauses);
        let is_overdue = self.missing.is_some_and(|missing| missing >= NO_DATA_AFTER);
        self.is_active() && self.silent && (self.no_data || (is_overdue && !is_leaving))
    }
}
