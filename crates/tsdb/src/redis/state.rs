//! Shared state of the upload thread and callers.

use super::fetch::hour_of_minute;
use super::instances::Sharing;
use super::keys::Keys;
use super::minute_format::{MINUTE, minute_of};
use crate::EmbeddedHistory;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use watchglass_model::{TimeRange, Timestamp};

/// Shared state of the upload thread and callers.
#[derive(Debug)]
pub(crate) struct SharedState {
    /// Local store with all samples of this server.
    pub(crate) local: Arc<EmbeddedHistory>,
    pub(crate) keys: Keys,
    /// Retention of a bucket in Redis.
    pub(crate) retention: Duration,
    /// Stops processing pending minutes.
    pub(crate) closing: AtomicBool,
    waiting: Mutex<Waiting>,
    problems: Mutex<Problems>,
}

/// Minutes not uploaded yet.
#[derive(Debug, Default)]
struct Waiting {
    minutes: BTreeSet<i64>,
    /// Time of the last batch in milliseconds.
    newest: Option<i64>,
}

#[derive(Debug, Default)]
struct Problems {
    link: Option<String>,
    answers: Option<String>,
    sharing: Sharing,
    damaged: BTreeSet<String>,
}

/// Maximum number of listed damaged keys.
const MAX_LISTED: usize = 20;
/// Number of pending minutes that is normal: the current one, and those being uploaded.
const USUAL_PENDING: usize = 3;

impl SharedState {
    pub(crate) fn new(local: Arc<EmbeddedHistory>, keys: Keys, retention: Duration) -> Self {
        Self {
            local,
            keys,
            retention,
            closing: AtomicBool::new(false),
            waiting: Mutex::default(),
            problems: Mutex::default(),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn problems(&self) -> MutexGuard<'_, Problems> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a batch; returns whether a minute was completed.
    pub(crate) fn note(&self, millis: i64) -> bool {
        let mut waiting = self.waiting();
        let before = waiting.newest.replace(millis).map(minute_of);
        waiting.minutes.insert(minute_of(millis));
        before.is_some_and(|before| before != minute_of(millis))
    }

    /// Adds pending minutes.
    pub(crate) fn add_waiting(&self, minutes: impl IntoIterator<Item = i64>) {
        self.waiting().minutes.extend(minutes);
    }

    /// Takes the first pending minutes: at most `most` of one hour, and without the current one unless `all`.
    pub(crate) fn take_waiting(&self, most: usize, all: bool) -> Vec<i64> {
        let mut waiting = self.waiting();
        let under_way = waiting.newest.map(minute_of).filter(|_| !all);
        let ready = waiting.minutes.iter().copied().filter(|&minute| Some(minute) != under_way);
        let mut taken: Vec<i64> = Vec::new();
        for minute in ready.take(most) {
            let is_far = |first: &i64| {
                hour_of_minute(*first) != hour_of_minute(minute) || (minute - first) as usize >= most
            };
            if taken.first().is_some_and(is_far) {
                break;
            }
            taken.push(minute);
        }
        waiting.minutes.retain(|minute| !taken.contains(minute));
        taken
    }

    /// The first pending minute, including the current one.
    pub(crate) fn first_waiting(&self) -> Option<i64> {
        self.waiting().minutes.first().copied()
    }

    /// From the start of the first pending minute to the last batch.
    pub(crate) fn unsent(&self) -> Option<TimeRange> {
        let waiting = self.waiting();
        let (first, newest) = (*waiting.minutes.first()?, waiting.newest?);
        let start = Timestamp::from_millis(first.saturating_mul(MINUTE));
        Some(TimeRange { start, end: Timestamp::from_millis(newest.saturating_add(1)) })
    }

    /// Time of the last batch in milliseconds.
    pub(crate) fn newest(&self) -> Option<i64> {
        self.waiting().newest
    }

    /// TTL in seconds of data that ends at `end`; both times in milliseconds. An implausible age, after a clock change, gives
    /// the full retention.
    pub(crate) fn seconds_left(&self, newest: i64, end: i64) -> u64 {
        let retention = self.retention.as_secs();
        let age = u64::try_from(newest.saturating_sub(end) / 1000).unwrap_or(0);
        retention.checked_sub(age).filter(|&left| left > 0).unwrap_or(retention)
    }

    /// Sets or clears the connection problem.
    pub(crate) fn set_link(&self, problem: Option<String>) {
        let mut problems = self.problems();
        if problem.is_none() {
            // Results are complete again.
            problems.answers = None;
        }
        problems.link = problem;
    }

    /// Sets what is known of other servers with the same name.
    pub(crate) fn set_sharing(&self, sharing: Sharing) {
        self.problems().sharing = sharing;
    }

    /// Number of other running servers with the same name.
    pub(crate) fn conflicts(&self) -> usize {
        self.problems().sharing.conflicts
    }

    /// Sets or clears the reason for incomplete results.
    pub(crate) fn set_answers(&self, problem: Option<String>) {
        self.problems().answers = problem;
    }

    /// Reports a damaged key.
    pub(crate) fn set_damaged(&self, key: &str, error: &str) {
        let mut problems = self.problems();
        if problems.damaged.len() < MAX_LISTED {
            problems.damaged.insert(format!("{key} in Redis is damaged: {error}"));
        }
    }

    /// Current problems.
    pub(crate) fn list_problems(&self) -> Vec<String> {
        let waiting = self.waiting().minutes.len();
        let problems = self.problems();
        let link = problems.link.iter().map(|link| match waiting {
            0..=USUAL_PENDING => format!("history is not shared: {link}"),
            _ => format!("history is not shared: {link}; {waiting} minutes are waiting for upload to Redis"),
        });
        let answers = problems.answers.iter().filter(|_| problems.link.is_none());
        let answers = answers.map(|error| format!("history is missing data of other servers: {error}"));
        link.chain(answers)
            .chain(problems.sharing.problem.clone())
            .chain(problems.damaged.iter().cloned())
            .collect()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }
}
