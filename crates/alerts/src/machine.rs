//! The states of one alert: quiet, pending, firing, and quiet again. A pure function of the state and of what is found.
//!
//! Durations are sums of the time between ticks, never differences of clocks: a clock that steps back or ahead, a
//! restart and a gap move no alert. Time without data counts for nothing: neither does it make an alert fire, nor end it.

use crate::condition::Found;
use crate::{Comparison, Phase, Rule, Severity};
use serde::{Deserialize, Serialize};
use watchglass_model::Timestamp;

/// One that fires so often within [`FLAPPING_WITHIN`] flaps.
const FLAPPING_FIRINGS: usize = 4;
/// Half an hour, in milliseconds.
const FLAPPING_WITHIN: i64 = 30 * 60_000;
/// One that has not fired anew for so long, in milliseconds, flaps no more.
const FLAPPING_QUIET: i64 = 15 * 60_000;
/// What was pending before a gap longer than `for` and this, in milliseconds, is no longer.
const GAP: i64 = 60_000;

/// What a rule asks of the machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Terms {
    comparison: Comparison,
    /// The level of each severity.
    levels: [Option<f64>; 3],
    /// The level that is reached first; beyond every number where there is none.
    mildest: f64,
    recovery: Option<f64>,
    /// Milliseconds.
    hold: i64,
    /// Milliseconds.
    keep: i64,
    /// Milliseconds and how bad it is.
    absence: Option<(i64, Severity)>,
    ends_when_gone: bool,
}

impl Terms {
    pub(crate) fn new(rule: &Rule) -> Self {
        let mildest = rule.levels().next().map(|(_, level)| level);
        let never = match rule.comparison {
            Comparison::Above => f64::INFINITY,
            Comparison::Below => f64::NEG_INFINITY,
        };
        let millis = |seconds: u32| i64::from(seconds) * 1000;
        Self {
            comparison: rule.comparison,
            levels: Severity::ALL.map(|severity| rule.level(severity)),
            mildest: mildest.unwrap_or(never),
            recovery: rule.recovery.or(mildest),
            hold: millis(rule.for_seconds),
            keep: millis(rule.keep_firing_seconds),
            absence: rule.absent_seconds.map(|seconds| (millis(seconds), rule.absent_severity)),
            ends_when_gone: rule.ends_when_gone,
        }
    }

    /// Whether what is found is the beginning of an alert. All that is asked of a quiet subject at each tick.
    pub(crate) fn is_bad(&self, found: &Found) -> bool {
        self.comparison.is_beyond(found.value, self.mildest) || (found.absent > 0 && self.absence.is_some())
    }

    /// Whether an alert that fires may end at `value`.
    fn is_recovered(&self, value: f64) -> bool {
        self.recovery.is_none_or(|level| !self.comparison.is_beyond(value, level))
    }
}

/// The state of one alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// `None` when it was never anything.
    pub(crate) phase: Option<Phase>,
    /// While it is pending: since when, and how bad.
    pub(crate) pending: Option<(Timestamp, Severity)>,
    /// When what fires or fired last had begun.
    pub(crate) since: Option<Timestamp>,
    /// The worst while it fires or fired.
    pub(crate) severity: Option<Severity>,
    /// The last value there was.
    pub(crate) value: Option<f64>,
    /// When it fired last.
    pub(crate) fired: Option<Timestamp>,
    /// When that was over.
    pub(crate) resolved: Option<Timestamp>,
    pub(crate) flapping: bool,
    /// For how long there has been no value; `None` when there is one.
    pub(crate) missing: Option<i64>,
    /// Whether it gives no data at all. Without a value, but not silent, is one whose window has to fill first.
    pub(crate) silent: bool,
    /// For how long each level has held.
    held: [Option<i64>; 3],
    /// For how long an alert that fires has been good.
    good: Option<i64>,
    /// How long ago it fired, the last first.
    firings: [Option<i64>; FLAPPING_FIRINGS],
}

/// What happens to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Fired,
    Worsened,
    FlappingBegan,
    FlappingEnded,
    Resolved,
}

impl State {
    /// Whether there is anything to remember.
    pub(crate) fn is_blank(&self) -> bool {
        !self.is_active() && !self.flapping && self.firings.iter().all(Option::is_none)
    }

    /// Whether it is pending or firing.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.phase, Some(Phase::Pending | Phase::Firing))
    }

    /// In how many milliseconds what is pending fires if all stays as it is, `absent` being for how long it has given no data.
    /// `None` for what is not pending, and where the next value decides.
    pub(crate) fn left(&self, terms: &Terms, absent: Option<i64>) -> Option<i64> {
        if self.phase != Some(Phase::Pending) {
            return None;
        }
        let held = self.held.iter().flatten().max().filter(|_| self.missing.is_none());
        let by_level = held.map(|held| terms.hold - held);
        let by_absence =
            terms.absence.zip(absent.filter(|_| self.silent)).map(|((after, _), absent)| after - absent);
        by_level.into_iter().chain(by_absence).min().map(|left| left.max(0))
    }

    /// The state at `now`, `elapsed` milliseconds after this one, and what has happened.
    pub(crate) fn step(
        mut self,
        terms: &Terms,
        found: &Found,
        now: Timestamp,
        elapsed: i64,
    ) -> (Self, Vec<Event>) {
        let mut events = Vec::new();
        self.grow_older(elapsed);
        self.notice(terms, found, elapsed);
        let absent = terms.absence.filter(|_| found.absent > 0);
        let is_absent = absent.filter(|(after, _)| found.absent >= *after).map(|(_, severity)| severity);
        let holds = self.worst(|held| held >= terms.hold);
        if self.phase != Some(Phase::Firing) {
            let begun = self.worst(|_| true).max(absent.map(|(_, severity)| severity));
            self.be_pending(begun, now);
        }
        let worst = holds.max(is_absent);
        match (self.phase, worst) {
            (Some(Phase::Pending), Some(severity)) => {
                self.fire(severity, now, &mut events);
            }
            (Some(Phase::Firing), worst) if worst > self.severity => {
                self.severity = worst;
                events.push(Event::Worsened);
            }
            _ => {}
        }
        if self.phase == Some(Phase::Firing) {
            let is_good = found.value.is_finite() && absent.is_none() && terms.is_recovered(found.value);
            self.good = is_good.then(|| self.good.map_or(0, |good| good.saturating_add(elapsed)));
            let is_gone = terms.ends_when_gone && found.is_gone;
            if is_gone || self.good.is_some_and(|good| good >= terms.keep) {
                events.push(self.resolve(now));
            }
        }
        if self.flapping && self.firings.iter().flatten().all(|ago| *ago >= FLAPPING_QUIET) {
            self.flapping = false;
            events.push(Event::FlappingEnded);
        }
        (self, events)
    }

    /// Ends an alert that fires.
    pub(crate) fn resolve(&mut self, now: Timestamp) -> Event {
        self.phase = Some(Phase::Resolved);
        // The clock may have stepped back since.
        self.resolved = self.fired.max(Some(now));
        (self.held, self.good) = ([None; 3], None);
        Event::Resolved
    }

    fn grow_older(&mut self, elapsed: i64) {
        for firing in &mut self.firings {
            *firing = firing.map(|ago| ago.saturating_add(elapsed)).filter(|ago| *ago <= FLAPPING_WITHIN);
        }
    }

    /// Takes in what is found: how long each level has held.
    fn notice(&mut self, terms: &Terms, found: &Found, elapsed: i64) {
        self.silent = found.absent > 0;
        if !found.value.is_finite() {
            let missing = self.missing.unwrap_or(0).saturating_add(elapsed);
            self.missing = Some(missing);
            let is_gone = terms.ends_when_gone && found.is_gone;
            if is_gone || missing > terms.hold.saturating_add(GAP) {
                self.held = [None; 3];
            }
            return;
        }
        self.missing = None;
        self.value = Some(found.value);
        for (held, level) in self.held.iter_mut().zip(terms.levels) {
            let is_beyond = level.is_some_and(|level| terms.comparison.is_beyond(found.value, level));
            *held = is_beyond.then(|| held.map_or(0, |held| held.saturating_add(elapsed)));
        }
    }

    /// The worst severity whose level has held as `long_enough` says.
    fn worst(&self, long_enough: impl Fn(i64) -> bool) -> Option<Severity> {
        let levels = Severity::ALL.into_iter().zip(self.held).rev();
        levels.into_iter().find_map(|(severity, held)| held.is_some_and(&long_enough).then_some(severity))
    }

    /// Begins or goes on to be pending while something bad is `begun`, and ceases when nothing is.
    fn be_pending(&mut self, begun: Option<Severity>, now: Timestamp) {
        let since = self.pending.map_or(now, |(since, _)| since);
        self.pending = begun.map(|severity| (since, severity));
        // Of one that had been over before, this remains what is known of it.
        let before = self.resolved.map(|_| Phase::Resolved);
        self.phase = self.pending.map(|_| Phase::Pending).or(before);
    }

    fn fire(&mut self, severity: Severity, now: Timestamp, events: &mut Vec<Event>) {
        (self.phase, self.severity) = (Some(Phase::Firing), Some(severity));
        self.since = self.pending.take().map(|(since, _)| since);
        // The clock may have stepped back since.
        self.fired = self.since.max(Some(now));
        (self.resolved, self.good) = (None, None);
        self.firings.rotate_right(1);
        if let Some(first) = self.firings.first_mut() {
            *first = Some(0);
        }
        events.push(Event::Fired);
        if !self.flapping && self.firings.iter().all(Option::is_some) {
            self.flapping = true;
            events.push(Event::FlappingBegan);
        }
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
