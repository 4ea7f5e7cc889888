//! State machine of one alert: inactive, pending, firing, resolved. A pure function of the state and the observation.
//!
//! Durations are sums of the time between ticks, never differences of clock values: clock steps, restarts and gaps
//! change no alert. Time without data does not count: it neither makes an alert fire nor resolves it.

mod absence;

use crate::condition::Observation;
use crate::{Alert, Comparison, Phase, Rule, Severity};
use serde::{Deserialize, Serialize};
use watchglass_model::Timestamp;

/// Number of firings within [`FLAPPING_WINDOW`] that counts as flapping.
const FLAPPING_FIRINGS: usize = 4;
/// 30 minutes, in milliseconds.
const FLAPPING_WINDOW: i64 = 30 * 60_000;
/// Time without a new firing after which flapping ends, in milliseconds.
const FLAPPING_COOLDOWN: i64 = 15 * 60_000;
/// A pending alert is dropped after a gap longer than `for` plus this, in milliseconds.
const MAX_PENDING_GAP: i64 = 60_000;

/// Thresholds and durations of a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Thresholds {
    comparison: Comparison,
    /// Threshold of each severity.
    levels: [Option<f64>; 3],
    /// The threshold that is reached first; never exceeded where there is none.
    lowest: f64,
    recovery: Option<f64>,
    pending_millis: i64,
    keep_firing_millis: i64,
    /// Milliseconds, and severity.
    absence: Option<(i64, Severity)>,
    resolve_when_gone: bool,
}

impl Thresholds {
    pub(crate) fn new(rule: &Rule) -> Self {
        let lowest = rule.thresholds().next().map(|(_, level)| level);
        let never = match rule.comparison {
            Comparison::Above => f64::INFINITY,
            Comparison::Below => f64::NEG_INFINITY,
        };
        let millis = |seconds: u32| i64::from(seconds) * 1000;
        Self {
            comparison: rule.comparison,
            levels: Severity::ALL.map(|severity| rule.threshold(severity)),
            lowest: lowest.unwrap_or(never),
            recovery: rule.recovery.or(lowest),
            pending_millis: millis(rule.for_seconds),
            keep_firing_millis: millis(rule.keep_firing_seconds),
            absence: rule.no_data_seconds.map(|seconds| (millis(seconds), rule.no_data_severity)),
            resolve_when_gone: rule.resolve_when_gone,
        }
    }

    /// Whether the observation starts an alert. The only check per tick for an inactive subject.
    pub(crate) fn is_exceeded(&self, found: &Observation) -> bool {
        self.comparison.is_beyond(found.value, self.lowest) || (found.absent > 0 && self.absence.is_some())
    }

    /// Whether a firing alert may resolve at `value`.
    fn is_recovered(&self, value: f64) -> bool {
        self.recovery.is_none_or(|level| !self.comparison.is_beyond(value, level))
    }
}

/// State of one alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertState {
    /// `None` when it was never pending.
    pub(crate) phase: Option<Phase>,
    /// While pending: start and severity.
    pub(crate) pending: Option<(Timestamp, Severity)>,
    /// Start of the current or last firing.
    pub(crate) since: Option<Timestamp>,
    /// Highest severity of the current or last firing.
    pub(crate) severity: Option<Severity>,
    /// Last known value.
    pub(crate) value: Option<f64>,
    /// When it last fired.
    pub(crate) fired: Option<Timestamp>,
    /// When it resolved.
    pub(crate) resolved: Option<Timestamp>,
    pub(crate) flapping: bool,
    /// Milliseconds without a value; `None` when there is one.
    pub(crate) missing: Option<i64>,
    /// Whether there is no data at all. Without a value but not silent: its window has to fill first.
    pub(crate) silent: bool,
    /// Milliseconds each threshold has been exceeded.
    held: [Option<i64>; 3],
    /// Milliseconds a firing alert has been recovered.
    #[serde(rename = "good")]
    recovered: Option<i64>,
    /// Age of the last firings in milliseconds, the latest first.
    firings: [Option<i64>; FLAPPING_FIRINGS],
    /// Milliseconds without data while the source worked. Since version 2.
    #[serde(default)]
    unlisted: i64,
    /// Whether the series counts as removed. Since version 2.
    #[serde(default)]
    pub(crate) removed: bool,
    /// Whether it is active and has no data, for longer than its source may be late. Since version 2.
    #[serde(default)]
    pub(crate) no_data: bool,
}

/// Transition of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Fired,
    Worsened,
    FlappingBegan,
    FlappingEnded,
    Resolved,
}

impl AlertState {
    /// State of a firing alert of which nothing else is known.
    pub(crate) fn firing(alert: &Alert) -> Self {
        Self {
            phase: Some(Phase::Firing),
            since: Some(alert.since),
            severity: Some(alert.severity),
            value: alert.value,
            fired: alert.fired,
            flapping: alert.flapping,
            firings: std::array::from_fn(|number| (number == 0).then_some(0)),
            ..Self::default()
        }
    }

    /// Whether there is nothing to remember.
    pub(crate) fn is_empty(&self) -> bool {
        !self.is_active() && !self.flapping && self.firings.iter().all(Option::is_none)
    }

    /// Whether it is pending or firing.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.phase, Some(Phase::Pending | Phase::Firing))
    }

    /// Milliseconds until a pending alert fires if the value stays as it is; `absent` is how long there has been no
    /// data. `None` if it is not pending, or the next value decides.
    pub(crate) fn millis_until_firing(&self, terms: &Thresholds, absent: Option<i64>) -> Option<i64> {
        if self.phase != Some(Phase::Pending) {
            return None;
        }
        let held = self.held.iter().flatten().max().filter(|_| self.missing.is_none());
        let by_level = held.map(|held| terms.pending_millis - held);
        let by_absence =
            terms.absence.zip(absent.filter(|_| self.silent)).map(|((after, _), absent)| after - absent);
        by_level.into_iter().chain(by_absence).min().map(|left| left.max(0))
    }

    /// The state at `now`, `elapsed` milliseconds later, and the transitions.
    pub(crate) fn step(
        mut self,
        terms: &Thresholds,
        found: &Observation,
        now: Timestamp,
        elapsed: i64,
    ) -> (Self, Vec<Event>) {
        let mut events = Vec::new();
        self.age_firings(elapsed);
        let removed_after = terms.removed_after(found);
        self.unlisted = removed_after.map_or(0, |_| self.unlisted.saturating_add(elapsed));
        self.removed = removed_after.is_some_and(|after| self.unlisted >= after);
        self.observe(terms, found, elapsed);
        let absent = terms.absence.filter(|_| found.absent > 0);
        let is_absent = absent.filter(|(after, _)| found.absent >= *after).map(|(_, severity)| severity);
        let holds = self.worst(|held| held >= terms.pending_millis);
        if self.phase != Some(Phase::Firing) {
            let begun = self.worst(|_| true).max(absent.map(|(_, severity)| severity));
            self.update_pending(begun, now);
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
            let is_recovered = found.value.is_finite() && absent.is_none() && terms.is_recovered(found.value);
            self.recovered =
                is_recovered.then(|| self.recovered.map_or(0, |recovered| recovered.saturating_add(elapsed)));
            let is_gone = self.removed || (terms.resolve_when_gone && found.is_gone);
            if is_gone || self.recovered.is_some_and(|recovered| recovered >= terms.keep_firing_millis) {
                events.push(self.resolve(now));
            }
        }
        if self.flapping && self.firings.iter().flatten().all(|ago| *ago >= FLAPPING_COOLDOWN) {
            self.flapping = false;
            events.push(Event::FlappingEnded);
        }
        self.no_data = self.has_no_data(found, removed_after);
        (self, events)
    }

    /// Resolves a firing alert.
    pub(crate) fn resolve(&mut self, now: Timestamp) -> Event {
        self.phase = Some(Phase::Resolved);
        // The clock may have been set back since.
        self.resolved = self.fired.max(Some(now));
        (self.held, self.recovered) = ([None; 3], None);
        Event::Resolved
    }

    fn age_firings(&mut self, elapsed: i64) {
        for firing in &mut self.firings {
            *firing = firing.map(|ago| ago.saturating_add(elapsed)).filter(|ago| *ago <= FLAPPING_WINDOW);
        }
    }

    /// Applies the observation: updates the timer of each threshold.
    fn observe(&mut self, terms: &Thresholds, found: &Observation, elapsed: i64) {
        self.silent = found.absent > 0;
        if !found.value.is_finite() {
            let missing = self.missing.unwrap_or(0).saturating_add(elapsed);
            self.missing = Some(missing);
            let is_gone = self.removed || (terms.resolve_when_gone && found.is_gone);
            if is_gone || missing > terms.pending_millis.saturating_add(MAX_PENDING_GAP) {
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

    /// Highest severity whose timer satisfies `long_enough`.
    fn worst(&self, long_enough: impl Fn(i64) -> bool) -> Option<Severity> {
        let levels = Severity::ALL.into_iter().zip(self.held).rev();
        levels.into_iter().find_map(|(severity, held)| held.is_some_and(&long_enough).then_some(severity))
    }

    /// Pending while a threshold in `begun` is exceeded; otherwise not.
    fn update_pending(&mut self, begun: Option<Severity>, now: Timestamp) {
        let since = self.pending.map_or(now, |(since, _)| since);
        self.pending = begun.map(|severity| (since, severity));
        // An alert that resolved earlier stays resolved.
        let before = self.resolved.map(|_| Phase::Resolved);
        self.phase = self.pending.map(|_| Phase::Pending).or(before);
    }

    fn fire(&mut self, severity: Severity, now: Timestamp, events: &mut Vec<Event>) {
        (self.phase, self.severity) = (Some(Phase::Firing), Some(severity));
        self.since = self.pending.take().map(|(since, _)| since);
        // The clock may have been set back since.
        self.fired = self.since.max(Some(now));
        (self.resolved, self.recovered) = (None, None);
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
#[path = "alert_state_tests.rs"]
mod tests;
