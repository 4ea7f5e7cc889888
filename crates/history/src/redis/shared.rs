//! What the writing thread and the callers share.

use super::fetch::hour_of_minute;
use super::keys::Keys;
use super::minute_format::minute_of;
use crate::EmbeddedHistory;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What the writing thread and the callers share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Keeps all that this server measures, on its own disk: what Redis lacks is in it.
    pub(crate) local: Arc<EmbeddedHistory>,
    pub(crate) keys: Keys,
    /// How long Redis keeps a bucket.
    pub(crate) retention: Duration,
    /// Ends the work on what waits.
    pub(crate) closing: AtomicBool,
    waiting: Mutex<Waiting>,
    problems: Mutex<Problems>,
}

/// The minutes with samples that Redis does not have yet.
#[derive(Debug, Default)]
struct Waiting {
    minutes: BTreeSet<i64>,
    /// Milliseconds of the batch that came last.
    newest: Option<i64>,
}

#[derive(Debug, Default)]
struct Problems {
    link: Option<String>,
    answers: Option<String>,
    damaged: BTreeSet<String>,
}

/// The most damaged keys that are named.
const MOST_NAMED: usize = 20;
/// Minutes that may wait before it is worth a word: the one that is under way, and the one that is being sent.
const FEW: usize = 3;

impl Shared {
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

    /// Notes that a batch came. Says whether a minute is over.
    pub(crate) fn note(&self, millis: i64) -> bool {
        let mut waiting = self.waiting();
        let before = waiting.newest.replace(millis).map(minute_of);
        waiting.minutes.insert(minute_of(millis));
        before.is_some_and(|before| before != minute_of(millis))
    }

    /// Notes minutes that Redis lacks.
    pub(crate) fn add_waiting(&self, minutes: impl IntoIterator<Item = i64>) {
        self.waiting().minutes.extend(minutes);
    }

    /// Takes the first minutes that wait: at most `most` of one hour, and unless `all`, none that is under way.
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

    /// The first minute that waits, that under way included.
    pub(crate) fn first_waiting(&self) -> Option<i64> {
        self.waiting().minutes.first().copied()
    }

    /// Milliseconds of the batch that came last.
    pub(crate) fn newest(&self) -> Option<i64> {
        self.waiting().newest
    }

    /// How many seconds Redis is to keep what ends at `end`, both in milliseconds. An age that makes no sense comes from a
    /// clock that was set: then it is kept for as long as anything.
    pub(crate) fn seconds_left(&self, newest: i64, end: i64) -> u64 {
        let retention = self.retention.as_secs();
        let age = u64::try_from(newest.saturating_sub(end) / 1000).unwrap_or(0);
        retention.checked_sub(age).filter(|&left| left > 0).unwrap_or(retention)
    }

    /// Says what is wrong with the connection, or that nothing is.
    pub(crate) fn set_link(&self, problem: Option<String>) {
        let mut problems = self.problems();
        if problem.is_none() {
            // Whatever kept answers from being whole is over.
            problems.answers = None;
        }
        problems.link = problem;
    }

    /// Says what keeps answers from being whole, or that nothing does.
    pub(crate) fn set_answers(&self, problem: Option<String>) {
        self.problems().answers = problem;
    }

    /// Names a key whose bytes are not what this program writes.
    pub(crate) fn set_damaged(&self, key: &str, error: &str) {
        let mut problems = self.problems();
        if problems.damaged.len() < MOST_NAMED {
            problems.damaged.insert(format!("{key} in Redis is left out: {error}"));
        }
    }

    /// What is wrong, for people.
    pub(crate) fn list_problems(&self) -> Vec<String> {
        let waiting = self.waiting().minutes.len();
        let problems = self.problems();
        let link = problems.link.iter().map(|link| match waiting {
            0..=FEW => format!("history is not shared: {link}"),
            _ => format!("history is not shared: {link}; {waiting} minutes wait here for Redis"),
        });
        let answers = problems.answers.iter().filter(|_| problems.link.is_none());
        let answers = answers.map(|error| format!("history lacks what is shared: {error}"));
        link.chain(answers).chain(problems.damaged.iter().cloned()).collect()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }
}
