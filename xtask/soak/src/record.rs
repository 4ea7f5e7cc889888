//! What happened in a run.

use std::collections::{BTreeMap, BTreeSet};

/// Seconds after a fault in which alerts about it are expected: rules wait, and resolve later.
const FAULT_SECONDS: i64 = 300;
/// Seconds at both ends of the run that do not count: the first tick, and values that are not stored yet.
const EDGE_SECONDS: i64 = 10;
/// Components whose alerts are about the machine that the run shares with others.
const MACHINE: [&str; 6] = ["cpu", "memory", "disk", "load", "swap", "system"];

/// Number of successful and failed requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) done: u64,
    pub(crate) failed: u64,
}

impl Counts {
    /// Counts one request.
    pub(crate) fn add(&mut self, is_done: bool) {
        let count = if is_done { &mut self.done } else { &mut self.failed };
        *count += 1;
    }
}

/// Memory of the server at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Unix time in milliseconds.
    pub(crate) time: i64,
    /// Resident set size in bytes.
    pub(crate) resident: u64,
    /// Part of it that is not of files, in bytes.
    pub(crate) anonymous: u64,
}

/// Whether an alert has a cause in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// It is about a fault of this run.
    True,
    /// It is about the machine, which others use as well.
    Machine,
    /// Nothing of this run explains it.
    False,
}

/// Events and figures of a run. Times are Unix times in seconds.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) begun: i64,
    /// Seconds that have values.
    pub(crate) seconds: BTreeSet<i64>,
    pub(crate) memory: Vec<Memory>,
    /// From the SIGKILL to the first answer.
    pub(crate) server_down: Vec<(i64, i64)>,
    pub(crate) redis_down: Vec<(i64, i64)>,
    /// Applications by name, with the time since which they are silent.
    silent: BTreeMap<String, i64>,
    pub(crate) applications: u64,
    /// Rule, subject and start of each alert, with the verdict.
    alerts: BTreeMap<(String, String, String), Verdict>,
    pub(crate) pages: Counts,
    pub(crate) reports: Counts,
    pub(crate) scrapes: Counts,
    pub(crate) interfaces: Counts,
    pub(crate) connections: u64,
    pub(crate) frames: u64,
    pub(crate) max_series: usize,
    pub(crate) notes: Vec<String>,
}

impl Record {
    /// A run that begins at `begun`.
    pub(crate) fn new(begun: i64) -> Self {
        Self { begun, ..Self::default() }
    }

    /// Adds the memory of the server, unless it is not running.
    pub(crate) fn add_memory(&mut self, memory: Option<Memory>) {
        self.memory.extend(memory);
    }

    /// An application has started.
    pub(crate) fn add_application(&mut self, name: &str) {
        self.applications += 1;
        self.silent.remove(name);
    }

    /// An application has ended without a word.
    pub(crate) fn add_silent(&mut self, name: &str, now: i64) {
        self.silent.insert(name.to_owned(), now);
    }

    /// Adds an alert that fires, unless it is known. `key` is its rule, subject and start.
    pub(crate) fn add_alert(
        &mut self,
        key: (String, String, String),
        component: &str,
        app: Option<String>,
        now: i64,
    ) {
        if !self.alerts.contains_key(&key) {
            let verdict = self.verdict(&key.0, component, app, now);
            self.alerts.insert(key, verdict);
        }
    }

    fn verdict(&self, rule: &str, component: &str, app: Option<String>, now: i64) -> Verdict {
        let is_recent = |down: &[(i64, i64)]| down.last().is_some_and(|(_, end)| now - end < FAULT_SECONDS);
        let is_about = |word: &str| rule.contains(word) || component.contains(word);
        let is_explained = match app {
            Some(app) => self.silent.contains_key(&app),
            // History and alerts are in Redis as well.
            None if ["redis", "cache", "history", "shared"].into_iter().any(is_about) => {
                is_recent(&self.redis_down)
            }
            None if is_about("restart") => is_recent(&self.server_down),
            None if MACHINE.contains(&component) => return Verdict::Machine,
            None => false,
        };
        if is_explained { Verdict::True } else { Verdict::False }
    }

    /// Number of alerts by rule and verdict.
    pub(crate) fn alerts_by_rule(&self) -> BTreeMap<(Verdict, &str), u64> {
        let mut counts = BTreeMap::new();
        for ((rule, ..), verdict) in &self.alerts {
            *counts.entry((*verdict, rule.as_str())).or_default() += 1;
        }
        counts
    }

    /// Seconds without values until `now`: while no server answered, and while one did.
    pub(crate) fn lost(&self, now: i64) -> (Vec<i64>, Vec<i64>) {
        let known = self.seconds.last().copied().unwrap_or(now);
        let range = self.begun + EDGE_SECONDS..now.saturating_sub(EDGE_SECONDS).min(known);
        let is_down =
            |second: i64| self.server_down.iter().any(|(from, to)| (*from..=to + 1).contains(&second));
        range.filter(|second| !self.seconds.contains(second)).partition(|&second| is_down(second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_seconds_depend_on_the_state_of_the_server() {
        let mut record = Record::new(100);
        record.seconds = (100..200).filter(|second| ![120, 121, 150].contains(second)).collect();
        record.server_down.push((119, 121));
        assert_eq!(record.lost(205), (vec![120, 121], vec![150]));
        // What was not read yet is not lost.
        assert_eq!(record.lost(400), (vec![120, 121], vec![150]));
        assert_eq!(Record::new(100).lost(100), (vec![], vec![]));
    }

    #[test]
    fn alerts_have_a_cause_or_are_false() {
        let mut record = Record::new(0);
        record.add_application("shop");
        record.add_silent("job", 50);
        record.redis_down.push((100, 105));
        for (rule, component, app, now, verdict) in [
            ("app-down", "app", Some("job"), 60, Verdict::True),
            ("app-down", "app", Some("shop"), 60, Verdict::False),
            ("redis-down", "redis", None, 110, Verdict::True),
            ("redis-down", "redis", None, 900, Verdict::False),
            ("restarted", "server", None, 110, Verdict::False),
            ("cpu", "cpu", None, 110, Verdict::Machine),
        ] {
            assert_eq!(record.verdict(rule, component, app.map(str::to_owned), now), verdict, "{rule} {now}");
        }
        for _ in 0..2 {
            let key = ("cpu".to_owned(), String::new(), "t".to_owned());
            record.add_alert(key, "cpu", None, 1);
        }
        assert_eq!(record.alerts_by_rule(), BTreeMap::from([((Verdict::Machine, "cpu"), 1)]));
        // One that reports again is not silent.
        record.add_application("job");
        assert_eq!(record.verdict("app-down", "app", Some("job".to_owned()), 70), Verdict::False);
    }
}
