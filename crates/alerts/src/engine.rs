//! Judges all series by all rules at each tick.
//!
//! What is done for each pair of rule and series at each tick is a comparison; nothing is allocated, and nothing but a state that is
//! not quiet is looked at further. Series are compared with the rules' matchers once, when they are met, and rules
//! that ask for the same value of a series share it.

mod judged;
mod kept;

use crate::condition::Found;
use crate::watch::Watch;
use crate::{Alert, AlertKey, Change, Measured, Pending, Phase, Rule, RuleError};
use judged::Judged;
pub use kept::{EngineState, StateError};
use std::cmp::Ordering;
use std::collections::{HashSet, VecDeque};
use watchglass_model::{Kind, Timestamp};

/// The most rules.
const MOST_RULES: usize = 1000;
/// The most subjects of all rules together: at some 40 bytes each, 80 MB.
const MOST_SUBJECTS: usize = 2_000_000;
/// The most that one tick can count for, in milliseconds: a server that slept, or a clock that was set, saw no more.
const MOST_ELAPSED: i64 = 3_000;

/// Rules that can be judged: what can be wrong with them was looked for, and their expressions are compiled. That takes
/// longer than a tick may, if there are many.
#[derive(Debug)]
pub struct ReadyRules(Vec<Judged>);

impl ReadyRules {
    /// Makes them ready.
    ///
    /// # Errors
    /// A rule that cannot be judged, an id that comes twice, more than 1000 rules.
    pub fn new(rules: Vec<Rule>) -> Result<Self, RuleError> {
        let fail =
            |rule: &Rule, reason: String| Err(RuleError { rule: rule.id.clone(), field: "id", reason });
        if let Some(rule) = rules.get(MOST_RULES) {
            return fail(rule, format!("there are {} rules: at most {MOST_RULES} can be", rules.len()));
        }
        let mut ids = HashSet::new();
        if let Some(rule) = rules.iter().find(|rule| !ids.insert(rule.id.as_str())) {
            return fail(rule, "another rule has this id: each must have its own".to_owned());
        }
        Ok(Self(rules.into_iter().map(Judged::new).collect::<Result<_, _>>()?))
    }
}

/// The rules, the state of each of their alerts, and what is over.
#[derive(Debug)]
pub struct Engine {
    judged: Vec<Judged>,
    watch: Watch,
    /// What was gathered for the rules before these.
    former: Option<Watch>,
    /// How many series have been met.
    met: usize,
    refused: u64,
    /// The last tick.
    time: Option<Timestamp>,
    most_elapsed: i64,
    /// Alerts that fire or flap and whose rule is gone, to be told at the next tick.
    due: Vec<Alert>,
    past: VecDeque<Alert>,
    most_past: usize,
    found: Vec<Found>,
}

impl Default for Engine {
    /// An engine without rules and without a past.
    fn default() -> Self {
        Self {
            judged: Vec::new(),
            watch: Watch::default(),
            former: None,
            met: 0,
            refused: 0,
            time: None,
            most_elapsed: MOST_ELAPSED,
            due: Vec::new(),
            past: VecDeque::new(),
            most_past: 0,
            found: Vec::new(),
        }
    }
}

impl Engine {
    /// Nothing judged yet, and room for `most_past` alerts that are over; the oldest make place for new ones.
    ///
    /// # Errors
    /// As [`ReadyRules::new`].
    pub fn new(rules: Vec<Rule>, most_past: usize) -> Result<Self, RuleError> {
        let mut engine = Self { most_past, ..Self::default() };
        engine.set_rules(rules)?;
        Ok(engine)
    }

    /// The same engine for ticks that are `millis` apart.
    pub(crate) fn with_step(self, millis: i64) -> Self {
        Self { most_elapsed: self.most_elapsed.max(millis), ..self }
    }

    /// Judges by these rules from the next tick on, as [`Engine::take_rules`] does.
    ///
    /// # Errors
    /// As [`ReadyRules::new`]. Nothing has changed then.
    pub fn set_rules(&mut self, rules: Vec<Rule>) -> Result<(), RuleError> {
        self.take_rules(ReadyRules::new(rules)?);
        Ok(())
    }

    /// Judges by these rules from the next tick on. Alerts of a rule that stays, by its id, stay as they are, as long as
    /// the rule is enabled and still about their series; the new levels and durations then decide. The others are over: the
    /// next tick tells.
    pub fn take_rules(&mut self, rules: ReadyRules) {
        let kept = self.kept();
        self.judged = rules.0;
        let former = std::mem::take(&mut self.watch);
        // Of several changes between two ticks, what was gathered is with the first.
        self.former.get_or_insert(former);
        (self.met, self.refused) = (0, 0);
        self.take_up(kept);
    }

    /// The rules, in the order in which they were given.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.judged.iter().map(|judged| &judged.rule)
    }

    /// Judges what is measured at `now`, once for each tick, and tells what has changed, in the order of the keys.
    pub fn judge<M: Measured + ?Sized>(&mut self, now: Timestamp, measured: &M) -> Vec<Change> {
        let elapsed = self.time.map_or(0, |last| now.millis_since(last)).clamp(0, self.most_elapsed);
        self.time = Some(now);
        self.meet(measured);
        self.watch.tick(now, elapsed, measured);
        let mut changes: Vec<Change> = self.due.drain(..).flat_map(|alert| ended(alert, now)).collect();
        for judged in &mut self.judged {
            self.found.clear();
            judged.condition.look(&self.watch, &mut self.found);
            judged.judge(&self.found, &self.watch, now, elapsed, measured, &mut changes);
        }
        changes.sort_by(|left, right| left.alert().key.cmp(&right.alert().key));
        for change in &changes {
            if let Change::Resolved(alert) = change {
                self.past.push_front(alert.clone());
            }
        }
        self.past.truncate(self.most_past);
        changes
    }

    /// Takes notice of series that have not been met before.
    fn meet<M: Measured + ?Sized>(&mut self, measured: &M) {
        let series = measured.series();
        let mut subjects: usize = self.judged.iter().map(|judged| judged.condition.subjects()).sum();
        for new in series.iter().skip(self.met) {
            let is_about =
                |judged: &Judged| judged.rule.enabled && judged.condition.is_about(&new.metric, &new.labels);
            // What no rule is about is not watched; the others are looked up once.
            let mut watched = None;
            let metric = measured.metric(&new.metric);
            for judged in self.judged.iter_mut().filter(|judged| is_about(judged)) {
                if subjects >= MOST_SUBJECTS {
                    self.refused = self.refused.saturating_add(1);
                    continue;
                }
                let kind = metric.map_or(Kind::Gauge, |metric| metric.kind);
                let place = *watched.get_or_insert_with(|| self.watch.meet(new, kind));
                if let Some(place) = place {
                    judged.meet(place, metric, &mut self.watch);
                    subjects += 1;
                }
            }
        }
        self.met = self.met.max(series.len());
        if let Some(former) = self.former.take() {
            self.watch.inherit(former);
        }
    }

    /// What fires, the newest first.
    pub fn active(&self) -> Vec<Alert> {
        let alerts = self.judged.iter().flat_map(|judged| judged.alerts(Phase::Firing, &self.watch));
        let mut alerts: Vec<Alert> = alerts.collect();
        alerts.sort_by(newest_first);
        alerts
    }

    /// What is on its way to firing, the newest first.
    pub fn pending(&self) -> Vec<Pending> {
        let now = self.time.unwrap_or_default();
        let mut pending: Vec<Pending> =
            self.judged.iter().flat_map(|judged| judged.pending(&self.watch, now)).collect();
        pending.sort_by(|left, right| newest_first(&left.alert, &right.alert));
        pending
    }

    /// What was wrong, the latest to be over first.
    pub fn past(&self) -> impl Iterator<Item = &Alert> {
        self.past.iter()
    }

    /// How many series are judged, by whatever rules.
    pub fn watched(&self) -> usize {
        self.watch.size()
    }

    /// How many pairs of rule and series are not judged, because there would be more than 2,000,000.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Ends an alert whose series will not come back, such as that of a file system that was unmounted: somebody says so.
    /// Its series is not missed again until it has been there. Tells the change, or nothing when it does not fire.
    pub fn dismiss(&mut self, now: Timestamp, key: &AlertKey) -> Option<Change> {
        let judged = self.judged.iter_mut().find(|judged| judged.rule.id == key.rule)?;
        let alert = judged.dismiss(now, &key.labels, &mut self.watch)?;
        self.past.push_front(alert.clone());
        self.past.truncate(self.most_past);
        Some(Change::Resolved(alert))
    }
}

fn newest_first(left: &Alert, right: &Alert) -> Ordering {
    right.since.cmp(&left.since).then_with(|| left.key.cmp(&right.key))
}

/// What is told of an alert whose rule is gone.
fn ended(alert: Alert, now: Timestamp) -> impl Iterator<Item = Change> {
    let (fires, flaps) = (alert.phase == Phase::Firing, alert.flapping);
    let message = format!("{}; it is judged no more, since its rule has changed", alert.message);
    let resolved = if fires { alert.fired.max(Some(now)) } else { alert.resolved };
    let over = Alert { phase: Phase::Resolved, resolved, message, flapping: false, ..alert };
    let resolved = fires.then(|| Change::Resolved(over.clone()));
    resolved.into_iter().chain(flaps.then_some(Change::FlappingEnded(over)))
}

#[cfg(test)]
mod tests;
