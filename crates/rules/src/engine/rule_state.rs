//! State of one rule: its condition and the state of each of its alerts.

mod no_data;

use super::saved_state::SavedSeries;
use crate::alert_message::message;
use crate::alert_state::{AlertState, Event, Thresholds};
use crate::condition::{Condition, Observation, SeriesCondition};
use crate::series_cache::WindowCache;
use crate::{Alert, AlertKey, Change, EvalInput, PendingAlert, Phase, Rule, RuleError, Severity};
use no_data::source_activity;
use std::collections::BTreeSet;
use std::time::Duration;
use watchglass_model::{Labels, Metric, Timestamp, Unit};

#[derive(Debug)]
pub(super) struct RuleState {
    pub(super) rule: Rule,
    pub(super) condition: Box<dyn Condition>,
    thresholds: Thresholds,
    /// Unit of the values, once the metric is known.
    unit: Option<Unit>,
    /// Indexed by subject number; `None` for an inactive one.
    states: Vec<Option<Box<SubjectState>>>,
    /// Numbers of the subjects with a state: few, so listing alerts need not scan all.
    active: BTreeSet<usize>,
}

/// Alert state of a subject that is active, or was recently.
#[derive(Clone, Debug, Default)]
struct SubjectState {
    state: AlertState,
    /// Why the series has its value, if known.
    reason: Option<String>,
    /// The threshold that its value last exceeded while it fired: another one than now if the rule has changed since.
    exceeded: Option<f64>,
}

impl SubjectState {
    /// Remembers the threshold of the severity when the alert fires or worsens, and whenever the last value exceeds it.
    fn update_exceeded(&mut self, rule: &Rule, events: &[Event]) {
        let state = &self.state;
        let level = state.severity.and_then(|severity| level(rule, severity));
        let is_beyond = |level: f64| {
            let value = state.value.filter(|_| state.phase == Some(Phase::Firing) && state.missing.is_none());
            value.is_some_and(|value| rule.comparison.is_beyond(value, level))
        };
        let has_changed = events.iter().any(|event| matches!(event, Event::Fired | Event::Worsened));
        if has_changed || level.is_some_and(is_beyond) {
            self.exceeded = level;
        }
    }
}

impl RuleState {
    pub(super) fn new(rule: Rule) -> Result<Self, RuleError> {
        let condition = Box::new(SeriesCondition::new(&rule)?);
        Ok(Self {
            thresholds: Thresholds::new(&rule),
            rule,
            condition,
            unit: None,
            states: Vec::new(),
            active: BTreeSet::new(),
        })
    }

    /// The same rule without subjects.
    pub(super) fn without_subjects(&self) -> Self {
        Self {
            rule: self.rule.clone(),
            condition: self.condition.without_subjects(),
            thresholds: self.thresholds,
            unit: self.unit,
            states: Vec::new(),
            active: BTreeSet::new(),
        }
    }

    /// Registers a series selected by the condition. `is_known` says that the cache had it before.
    pub(super) fn register(
        &mut self,
        (series, is_known): (u32, bool),
        metric: Option<&Metric>,
        watch: &mut WindowCache,
    ) {
        self.condition.register(series, is_known, watch);
        self.states.resize(self.condition.subjects(), None);
        if let Some(metric) = metric {
            self.unit = Some(self.rule.aggregation.unit(metric));
        }
    }

    /// Restores `kept` if the rule still selects it; says whether it does.
    pub(super) fn restore(&mut self, kept: &SavedSeries, watch: &mut WindowCache) -> bool {
        let is_about = kept.metric == self.rule.metric
            && self.rule.enabled
            && self.condition.selects(&kept.metric, &kept.labels);
        if !is_about {
            return false;
        }
        let absent = kept.absent_millis.unwrap_or(0);
        let Some(subject) = self.condition.restore(&kept.labels, absent, watch) else { return false };
        if kept.absent_millis.is_none() {
            self.condition.stop_expecting(subject, watch);
        }
        self.unit = self.unit.or(kept.unit);
        self.states.resize(self.condition.subjects(), None);
        if let Some(place) = self.states.get_mut(subject) {
            let has_levels = self.rule.thresholds().next().is_some();
            // While it is pending again, it has the threshold that it would exceed.
            let alert = kept.alert.as_ref().filter(|alert| has_levels && alert.phase != Phase::Pending);
            let exceeded = alert.map(|alert| alert.threshold);
            *place = kept.state.map(|state| Box::new(SubjectState { state, reason: None, exceeded }));
            if place.is_some() {
                self.active.insert(subject);
            } else {
                self.active.remove(&subject);
            }
        }
        true
    }

    /// What must be saved to continue after a restart.
    pub(super) fn saved(&self, watch: &WindowCache) -> impl Iterator<Item = SavedSeries> {
        // Inactive subjects are saved only if the rule alerts on missing data.
        let subjects: Vec<usize> = match self.rule.no_data_seconds {
            Some(_) => (0..self.states.len()).collect(),
            None => self.active.iter().copied().collect(),
        };
        subjects.into_iter().filter_map(move |subject| {
            let tracked = self.states.get(subject)?;
            let absent = self.condition.absent(subject, watch);
            if tracked.is_none() && (self.rule.no_data_seconds.is_none() || absent.is_none()) {
                return None;
            }
            let labels = self.condition.labels(subject, watch)?;
            Some(SavedSeries {
                rule: self.rule.id.clone(),
                metric: self.rule.metric.clone(),
                labels: labels.clone(),
                unit: self.unit,
                absent_millis: absent,
                state: tracked.as_ref().map(|tracked| tracked.state),
                alert: tracked
                    .as_ref()
                    .filter(|tracked| tracked.state.phase == Some(Phase::Firing) || tracked.state.flapping)
                    .map(|tracked| alert(&self.rule, self.unit, labels, tracked)),
            })
        })
    }

    /// Evaluates the observations of all subjects.
    pub(super) fn evaluate<M: EvalInput + ?Sized>(
        &mut self,
        found: &[Observation],
        watch: &WindowCache,
        now: Timestamp,
        elapsed: i64,
        measured: &M,
        changes: &mut Vec<Change>,
    ) {
        for (subject, (found, place)) in found.iter().zip(&mut self.states).enumerate() {
            if place.is_none() && !self.thresholds.is_exceeded(found) {
                continue;
            }
            let Some(labels) = self.condition.labels(subject, watch) else { continue };
            if place.is_none() {
                self.active.insert(subject);
            }
            let tracked = place.get_or_insert_default();
            let mut found = *found;
            if found.absent > 0 && tracked.state.is_active() {
                let series = (self.rule.metric.as_str(), labels, self.condition.last_value(subject, watch));
                found.source = source_activity(&found, series, now, measured);
            }
            let (state, events) = tracked.state.step(&self.thresholds, &found, now, elapsed);
            tracked.state = state;
            tracked.update_exceeded(&self.rule, &events);
            if state.is_active() {
                let reason = measured.reason(&self.rule.metric, labels);
                if tracked.reason.as_deref() != reason {
                    tracked.reason = reason.map(str::to_owned);
                }
            }
            for event in events {
                changes.push(change(event, alert(&self.rule, self.unit, labels, tracked)));
            }
            if state.is_empty() {
                *place = None;
                self.active.remove(&subject);
            }
        }
    }

    /// Alerts in this phase, as they are now.
    pub(super) fn alerts(&self, phase: Phase, watch: &WindowCache) -> impl Iterator<Item = Alert> {
        self.in_phase(phase).filter_map(move |(subject, tracked)| {
            Some(alert(&self.rule, self.unit, self.condition.labels(subject, watch)?, tracked))
        })
    }

    /// Pending alerts, and when each fires if its value stays as it is; `now` is the last tick.
    pub(super) fn pending(&self, watch: &WindowCache, now: Timestamp) -> impl Iterator<Item = PendingAlert> {
        self.in_phase(Phase::Pending).filter_map(move |(subject, tracked)| {
            let labels = self.condition.labels(subject, watch)?;
            let absent = self.condition.absent(subject, watch);
            let left = tracked.state.millis_until_firing(&self.thresholds, absent);
            let fires =
                left.and_then(|left| u64::try_from(left).ok()).map(|left| now + Duration::from_millis(left));
            Some(PendingAlert { alert: alert(&self.rule, self.unit, labels, tracked), fires_at: fires })
        })
    }

    fn in_phase(&self, phase: Phase) -> impl Iterator<Item = (usize, &SubjectState)> {
        let restless =
            self.active.iter().filter_map(|subject| Some((*subject, self.states.get(*subject)?.as_deref()?)));
        restless.filter(move |(_, tracked)| tracked.state.phase == Some(phase))
    }
}

#[cfg(test)]
impl RuleState {
    /// Whether the set of active subjects matches the states.
    pub(super) fn active_set_is_consistent(&self) -> bool {
        let states = self.states.iter().enumerate();
        states
            .filter(|(_, state)| state.is_some())
            .map(|(subject, _)| subject)
            .eq(self.active.iter().copied())
    }
}

fn change(event: Event, alert: Alert) -> Change {
    match event {
        Event::Fired => Change::Fired(alert),
        Event::Worsened => Change::Worsened(alert),
        Event::FlappingBegan => Change::FlappingBegan(alert),
        Event::FlappingEnded => Change::FlappingEnded(alert),
        Event::Resolved => Change::Resolved(alert),
    }
}

/// Threshold of an alert of this severity: the lowest one if the rule has none for it.
fn level(rule: &Rule, severity: Severity) -> Option<f64> {
    rule.threshold(severity).or_else(|| rule.thresholds().next().map(|(_, level)| level))
}

fn alert(rule: &Rule, unit: Option<Unit>, labels: &Labels, tracked: &SubjectState) -> Alert {
    let state = &tracked.state;
    let phase = state.phase.unwrap_or(Phase::Resolved);
    let (since, severity) = match (phase, state.pending) {
        (Phase::Pending, Some(pending)) => pending,
        _ => (state.since.unwrap_or_default(), state.severity.unwrap_or(Severity::Info)),
    };
    let subject = rule.subject_label.as_deref().and_then(|label| labels.get(label)).unwrap_or_default();
    let unit = unit.unwrap_or(Unit::Count);
    let exceeded = tracked.exceeded.filter(|_| phase != Phase::Pending);
    let level = exceeded.or_else(|| level(rule, severity));
    let (value, threshold, value_unit) = match level {
        Some(level) => (state.value.filter(|_| state.missing.is_none()), level, unit),
        // A rule on missing data alone has the time without data as its value.
        None => {
            let seconds = state.missing.map(|millis| millis as f64 / 1e3);
            (seconds, f64::from(rule.no_data_seconds.unwrap_or(0)), Unit::Seconds)
        }
    };
    Alert {
        key: AlertKey { rule: rule.id.clone(), labels: labels.clone() },
        phase,
        severity,
        component: rule.component.clone(),
        subject: subject.to_owned(),
        value,
        threshold,
        unit: value_unit,
        message: message(rule, subject, state, level, unit, tracked.reason.as_deref()),
        since,
        fired: state.fired.filter(|_| phase != Phase::Pending),
        resolved: state.resolved.filter(|_| phase == Phase::Resolved),
        flapping: state.flapping,
        labels: rule.labels.clone(),
    }
}
