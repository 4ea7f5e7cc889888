//! Progress of collection and rule evaluation.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When collection and rule evaluation were last completed. A heartbeat is sent only while both are recent.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<Completed>);

#[derive(Debug, Default)]
struct Completed {
    collection: Option<Instant>,
    evaluation: Option<Instant>,
}

impl Progress {
    /// Records that the samples of a tick were collected and stored.
    pub(crate) fn record_collection(&self, now: Instant) {
        self.lock().collection = Some(now);
    }

    /// Records that all rules were evaluated on the samples of a tick.
    pub(crate) fn record_evaluation(&self, now: Instant) {
        self.lock().evaluation = Some(now);
    }

    /// Name of a stage that was not completed within `limit`.
    pub(super) fn stalled_stage(&self, now: Instant, limit: Duration) -> Option<&'static str> {
        let completed = self.lock();
        let is_stalled =
            |last: Option<Instant>| last.is_none_or(|last| now.saturating_duration_since(last) > limit);
        match (is_stalled(completed.collection), is_stalled(completed.evaluation)) {
            (true, _) => Some("collection"),
            (false, true) => Some("rule evaluation"),
            (false, false) => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Completed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stage_that_is_not_completed_in_time_is_stalled() {
        let (progress, start) = (Progress::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let stalled = |now| progress.stalled_stage(now, Duration::from_secs(10));
        assert_eq!(stalled(start), Some("collection"), "nothing is completed yet");
        progress.record_collection(start);
        assert_eq!(stalled(start), Some("rule evaluation"));
        progress.record_evaluation(start);
        assert_eq!((stalled(at(10)), stalled(at(11))), (None, Some("collection")));
        progress.record_collection(at(11));
        assert_eq!(stalled(at(11)), Some("rule evaluation"));
        progress.record_evaluation(at(12));
        assert_eq!(stalled(at(12)), None);
    }
}
