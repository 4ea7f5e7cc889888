//! A rule at work: its condition, and the state of each of its alerts.

use super::kept::Kept;
use crate::condition::{Condition, Found, Selected};
use crate::machine::{Event, State, Terms};
use crate::watch::Watch;
use crate::wording::message;
use crate::{Alert, AlertKey, Change, Measured, Pending, Phase, Rule, RuleError, Severity};
use std::collections::BTreeSet;
use std::time::Duration;
use watchglass_model::{Labels, Metric, Timestamp, Unit};

#[derive(Debug)]
pub(super) struct Judged {
    pub(super) rule: Rule,
    pub(super) condition: Box<dyn Condition>,
    terms: Terms,
    /// The unit of its values, as soon as its metric is known.
    unit: Option<Unit>,
    /// By the numbers of the condition's subjects; `None` for a quiet one.
    states: Vec<Option<Box<Tracked>>>,
    /// The numbers of those that are not quiet: few, so that who asks what is wrong need not look at all.
    restless: BTreeSet<usize>,
}

/// What is remembered of a subject that is not quiet, or was not until a while ago.
#[derive(Clone, Debug, Default)]
struct Tracked {
    state: State,
    /// Why its series has the value that it has.
    reason: Option<String>,
}

impl Judged {
    pub(super) fn new(rule: Rule) -> Result<Self, RuleError> {
        let condition = Box::new(Selected::new(&rule)?);
        Ok(Self {
            terms: Terms::new(&rule),
            rule,
            condition,
            unit: None,
            states: Vec::new(),
            restless: BTreeSet::new(),
        })
    }

    /// Takes notice of a series that the condition is about.
    pub(super) fn meet(&mut self, series: u32, metric: Option<&Metric>, watch: &mut Watch) {
        self.condition.meet(series, watch);
        self.states.resize(self.condition.subjects(), None);
        if let Some(metric) = metric {
            self.unit = Some(self.rule.aggregation.unit(metric));
        }
    }

    /// Takes up where `kept` was left, if the rule is still about it.
    pub(super) fn take_up(&mut self, kept: &Kept, watch: &mut Watch) -> bool {
        let is_about = kept.metric == self.rule.metric
            && self.rule.enabled
            && self.condition.is_about(&kept.metric, &kept.labels);
        if !is_about {
            return false;
        }
        let absent = kept.absent_millis.unwrap_or(0);
        let Some(subject) = self.condition.remember(&kept.labels, absent, watch) else { return false };
        if kept.absent_millis.is_none() {
            self.condition.forget(subject, watch);
        }
        self.unit = self.unit.or(kept.unit);
        self.states.resize(self.condition.subjects(), None);
        if let Some(place) = self.states.get_mut(subject) {
            *place = kept.state.map(|state| Box::new(Tracked { state, reason: None }));
            if place.is_some() {
                self.restless.insert(subject);
            } else {
                self.restless.remove(&subject);
            }
        }
        true
    }

    /// What must be known to take up here.
    pub(super) fn keep(&self, watch: &Watch) -> impl Iterator<Item = Kept> {
        // One that is quiet is kept where it would be missed.
        let subjects: Vec<usize> = match self.rule.absent_seconds {
            Some(_) => (0..self.states.len()).collect(),
            None => self.restless.iter().copied().collect(),
        };
        subjects.into_iter().filter_map(move |subject| {
            let tracked = self.states.get(subject)?;
            let absent = self.condition.absent(subject, watch);
            if tracked.is_none() && (self.rule.absent_seconds.is_none() || absent.is_none()) {
                return None;
            }
            let labels = self.condition.labels(subject, watch)?;
            Some(Kept {
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

    /// Judges what was found of each subject.
    pub(super) fn judge<M: Measured + ?Sized>(
        &mut self,
        found: &[Found],
        watch: &Watch,
        now: Timestamp,
        elapsed: i64,
        measured: &M,
        changes: &mut Vec<Change>,
    ) {
        for (subject, (found, place)) in found.iter().zip(&mut self.states).enumerate() {
            if place.is_none() && !self.terms.is_bad(found) {
                continue;
            }
            let Some(labels) = self.condition.labels(subject, watch) else { continue };
            if place.is_none() {
                self.restless.insert(subject);
            }
            let tracked = place.get_or_insert_default();
            let (state, events) = tracked.state.step(&self.terms, found, now, elapsed);
            tracked.state = state;
            if state.is_active() {
                let reason = measured.reason(&self.rule.metric, labels);
                if tracked.reason.as_deref() != reason {
                    tracked.reason = reason.map(str::to_owned);
                }
            }
            for event in events {
                changes.push(change(event, alert(&self.rule, self.unit, labels, tracked)));
            }
            if state.is_blank() {
                *place = None;
                self.restless.remove(&subject);
            }
        }
    }

    /// Its alerts that are in this phase, as they are now.
    pub(super) fn alerts(&self, phase: Phase, watch: &Watch) -> impl Iterator<Item = Alert> {
        self.in_phase(phase).filter_map(move |(subject, tracked)| {
            Some(alert(&self.rule, self.unit, self.condition.labels(subject, watch)?, tracked))
        })
    }

    /// Its alerts that are on their way to firing, and when each fires if all stays as it is; `now` is the last tick.
    pub(super) fn pending(&self, watch: &Watch, now: Timestamp) -> impl Iterator<Item = Pending> {
        self.in_phase(Phase::Pending).filter_map(move |(subject, tracked)| {
            let labels = self.condition.labels(subject, watch)?;
            let absent = self.condition.absent(subject, watch);
            let left = tracked.state.left(&self.terms, absent);
            let fires =
                left.and_then(|left| u64::try_from(left).ok()).map(|left| now + Duration::from_millis(left));
            Some(Pending { alert: alert(&self.rule, self.unit, labels, tracked), fires })
        })
    }

    fn in_phase(&self, phase: Phase) -> impl Iterator<Item = (usize, &Tracked)> {
        let restless = self
            .restless
            .iter()
            .filter_map(|subject| Some((*subject, self.states.get(*subject)?.as_deref()?)));
        restless.filter(move |(_, tracked)| tracked.state.phase == Some(phase))
    }

    /// Ends the alert that fires for `labels`, and misses its series no longer.
    pub(super) fn dismiss(&mut self, now: Timestamp, labels: &Labels, watch: &mut Watch) -> Option<Alert> {
        let is_it = |subject: &usize| self.condition.labels(*subject, watch) == Some(labels);
        let subject = self.restless.iter().copied().find(is_it)?;
        let tracked = self.states.get_mut(subject)?.as_mut()?;
        if tracked.state.phase != Some(Phase::Firing) {
            return None;
        }
        tracked.state.resolve(now);
        self.condition.forget(subject, watch);
        let alert = alert(&self.rule, self.unit, labels, tracked);
        Some(Alert { message: format!("{}; it was dismissed", alert.message), ..alert })
    }
}

#[cfg(test)]
impl Judged {
    /// Whether it is known which subjects are not quiet.
    pub(super) fn knows_the_restless(&self) -> bool {
        let states = self.states.iter().enumerate();
        states
            .filter(|(_, state)| state.is_some())
            .map(|(subject, _)| subject)
            .eq(self.restless.iter().copied())
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

fn alert(rule: &Rule, unit: Option<Unit>, labels: &Labels, tracked: &Tracked) -> Alert {
    let state = &tracked.state;
    let phase = state.phase.unwrap_or(Phase::Resolved);
    let (since, severity) = match (phase, state.pending) {
        (Phase::Pending, Some(pending)) => pending,
        _ => (state.since.unwrap_or_default(), state.severity.unwrap_or(Severity::Info)),
    };
    let subject = rule.subject_label.as_deref().and_then(|label| labels.get(label)).unwrap_or_default();
    let unit = unit.unwrap_or(Unit::Count);
    let level = rule.level(severity).or_else(|| rule.levels().next().map(|(_, level)| level));
    let (value, threshold, unit_told) = match level {
        Some(level) => (state.value.filter(|_| state.missing.is_none()), level, unit),
        // A rule that is about absence alone measures that.
        None => {
            let seconds = state.missing.map(|millis| millis as f64 / 1e3);
            (seconds, f64::from(rule.absent_seconds.unwrap_or(0)), Unit::Seconds)
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
        unit: unit_told,
        message: message(rule, subject, state, level, unit, tracked.reason.as_deref()),
        since,
        fired: state.fired.filter(|_| phase != Phase::Pending),
        resolved: state.resolved.filter(|_| phase == Phase::Resolved),
        flapping: state.flapping,
        labels: rule.labels.clone(),
    }
}
