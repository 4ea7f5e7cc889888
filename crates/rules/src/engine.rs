//! Rule evaluation engine.
//!
//! The cost per pair of rule and series and tick is one comparison; nothing is allocated, and only alert states that
//! are not inactive are looked at further. Series are matched against the rules once, when they first appear, and
//! rules that need the same value of a series share it.

mod ended;
mod rule_state;
mod saved_state;

use crate::condition::Observation;
use crate::series_cache::WindowCache;
use crate::{Alert, AlertKey, Change, DismissError, EvalInput, PendingAlert, Phase, Rule, RuleError};
use rule_state::RuleState;
pub use saved_state::{EngineState, StateError};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use watchglass_model::{Kind, Timestamp};

const MAX_RULES: usize = 1000;
/// Maximum subjects of all rules together: at some 40 bytes each, 80 MB.
const MAX_SUBJECTS: usize = 2_000_000;
/// Maximum milliseconds that one tick counts for: after suspend or a clock change nothing else was observed.
const MAX_ELAPSED: i64 = 3_000;

/// Validated rules with compiled expressions. Compiling many rules takes longer than a tick may.
#[derive(Debug)]
pub struct CompiledRules(Vec<RuleState>);

impl CompiledRules {
    /// Validates and compiles the rules.
    ///
    /// # Errors
    /// An invalid rule, a duplicate id, or more than 1000 rules.
    pub fn new(rules: Vec<Rule>) -> Result<Self, RuleError> {
        let fail =
            |rule: &Rule, reason: String| Err(RuleError { rule: rule.id.clone(), field: "id", reason });
        if let Some(rule) = rules.get(MAX_RULES) {
            return fail(rule, format!("too many rules: {} (maximum {MAX_RULES})", rules.len()));
        }
        let mut ids = HashSet::new();
        if let Some(rule) = rules.iter().find(|rule| !ids.insert(rule.id.as_str())) {
            return fail(rule, "duplicate id: another rule has the same id".to_owned());
        }
        Ok(Self(rules.into_iter().map(RuleState::new).collect::<Result<_, _>>()?))
    }
}

/// Rules, the state of their alerts, and resolved alerts.
#[derive(Debug)]
pub struct Engine {
    rule_states: Vec<RuleState>,
    cache: WindowCache,
    /// Window cache of the previous rules.
    previous_cache: Option<WindowCache>,
    /// Number of series already matched against the rules.
    known_series: usize,
    /// Numbers below that which belong to no series.
    vacant: BTreeSet<usize>,
    /// Series that have ended since the last clean-up.
    ended: usize,
    rejected: u64,
    /// Time of the last tick.
    time: Option<Timestamp>,
    max_elapsed: i64,
    /// Firing or flapping alerts whose rule is gone: resolved at the next tick.
    pending_resolutions: Vec<Alert>,
    past: VecDeque<Alert>,
    max_past: usize,
    observations: Vec<Observation>,
}

impl Default for Engine {
    /// An engine without rules or history.
    fn default() -> Self {
        Self {
            rule_states: Vec::new(),
            cache: WindowCache::default(),
            previous_cache: None,
            known_series: 0,
            vacant: BTreeSet::new(),
            ended: 0,
            rejected: 0,
            time: None,
            max_elapsed: MAX_ELAPSED,
            pending_resolutions: Vec::new(),
            past: VecDeque::new(),
            max_past: 0,
            observations: Vec::new(),
        }
    }
}

impl Engine {
    /// An engine that keeps up to `most_past` resolved alerts, dropping the oldest.
    ///
    /// # Errors
    /// As [`CompiledRules::new`].
    pub fn new(rules: Vec<Rule>, most_past: usize) -> Result<Self, RuleError> {
        let mut engine = Self { max_past: most_past, ..Self::default() };
        engine.set_rules(rules)?;
        Ok(engine)
    }

    /// The same engine for ticks `millis` apart.
    pub(crate) fn with_step(self, millis: i64) -> Self {
        Self { max_elapsed: self.max_elapsed.max(millis), ..self }
    }

    /// Evaluates these rules from the next tick on, as [`Engine::set_compiled_rules`] does.
    ///
    /// # Errors
    /// As [`CompiledRules::new`]. Nothing has changed then.
    pub fn set_rules(&mut self, rules: Vec<Rule>) -> Result<(), RuleError> {
        self.set_compiled_rules(CompiledRules::new(rules)?);
        Ok(())
    }

    /// Evaluates these rules from the next tick on. Alerts of a rule with the same id stay, as long as the rule is
    /// enabled and still selects their series; the new thresholds and durations then decide. The others resolve at the
    /// next tick.
    pub fn set_compiled_rules(&mut self, rules: CompiledRules) {
        let kept = self.saved_series();
        self.rule_states = rules.0;
        let former = std::mem::take(&mut self.cache);
        // After several changes between two ticks, the first one has the gathered data.
        self.previous_cache.get_or_insert(former);
        self.match_anew();
        self.restore_series(kept);
    }

    /// The rules in their given order.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rule_states.iter().map(|rule_state| &rule_state.rule)
    }

    /// Evaluates all rules at `now`, once per tick, and returns the changes in order of their keys.
    pub fn evaluate<M: EvalInput + ?Sized>(&mut self, now: Timestamp, measured: &M) -> Vec<Change> {
        let elapsed = self.time.map_or(0, |last| now.millis_since(last)).clamp(0, self.max_elapsed);
        self.time = Some(now);
        self.end_series(measured.ended());
        self.register_series(measured);
        self.cache.tick(now, elapsed, measured);
        let mut changes: Vec<Change> =
            self.pending_resolutions.drain(..).flat_map(|alert| rule_removed(alert, now)).collect();
        for rule_state in &mut self.rule_states {
            self.observations.clear();
            rule_state.condition.observe(&self.cache, &mut self.observations);
            rule_state.evaluate(&self.observations, &self.cache, now, elapsed, measured, &mut changes);
        }
        changes.sort_by(|left, right| left.alert().key.cmp(&right.alert().key));
        for change in &changes {
            if let Change::Resolved(alert) = change {
                self.past.push_front(alert.clone());
            }
        }
        self.past.truncate(self.max_past);
        changes
    }

    /// Matches new series against the rules.
    fn register_series<M: EvalInput + ?Sized>(&mut self, measured: &M) {
        let series = measured.series();
        let mut subjects: usize =
            self.rule_states.iter().map(|rule_state| rule_state.condition.subjects()).sum();
        for new in self.unmatched(series) {
            let is_about = |rule_state: &RuleState| {
                rule_state.rule.enabled && rule_state.condition.selects(&new.metric, &new.labels)
            };
            // Series that no rule selects are not cached; the others are looked up once.
            let mut watched = None;
            let metric = measured.metric(&new.metric);
            for rule_state in self.rule_states.iter_mut().filter(|rule_state| is_about(rule_state)) {
                if subjects >= MAX_SUBJECTS {
                    self.rejected = self.rejected.saturating_add(1);
                    continue;
                }
                let kind = metric.map_or(Kind::Gauge, |metric| metric.kind);
                let known = *watched.get_or_insert_with(|| self.cache.register(new, kind));
                if let Some(known) = known {
                    rule_state.register(known, metric, &mut self.cache);
                    subjects += 1;
                }
            }
        }
        if let Some(former) = self.previous_cache.take() {
            self.cache.inherit(former);
        }
    }

    /// Firing alerts, the newest first.
    pub fn active(&self) -> Vec<Alert> {
        let alerts =
            self.rule_states.iter().flat_map(|rule_state| rule_state.alerts(Phase::Firing, &self.cache));
        let mut alerts: Vec<Alert> = alerts.collect();
        alerts.sort_by(newest_first);
        alerts
    }

    /// Pending alerts, the newest first.
    pub fn pending(&self) -> Vec<PendingAlert> {
        let now = self.time.unwrap_or_default();
        let mut pending: Vec<PendingAlert> =
            self.rule_states.iter().flat_map(|rule_state| rule_state.pending(&self.cache, now)).collect();
        pending.sort_by(|left, right| newest_first(&left.alert, &right.alert));
        pending
    }

    /// Resolved alerts, the latest first.
    pub fn past(&self) -> impl Iterator<Item = &Alert> {
        self.past.iter()
    }

    /// Number of series selected by any rule.
    pub fn series_count(&self) -> usize {
        self.cache.series_count()
    }

    /// Number of pairs of rule and series left out because of the limit of 2,000,000.
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Keys of the firing alerts whose series gives no data, and since when. They neither fire nor resolve by themselves
    /// until it is known whether the series still exists.
    pub fn without_data(&self) -> BTreeMap<AlertKey, Timestamp> {
        let now = self.time.unwrap_or_default();
        self.rule_states.iter().flat_map(|rule_state| rule_state.without_data(&self.cache, now)).collect()
    }

    /// Resolves an alert without data whose series will not come back, such as that of a server that was removed. The
    /// series is not expected again until it gives data. Returns the change, which the next tick does not return again.
    ///
    /// # Errors
    /// The alert is not firing, or has data.
    pub fn dismiss(&mut self, now: Timestamp, key: &AlertKey) -> Result<Change, DismissError> {
        let rule_state = self.rule_states.iter_mut().find(|rule_state| rule_state.rule.id == key.rule);
        let rule_state = rule_state.ok_or(DismissError::NotFiring)?;
        let alert = rule_state.dismiss(now, &key.labels, &mut self.cache)?;
        self.past.push_front(alert.clone());
        self.past.truncate(self.max_past);
        Ok(Change::Resolved(alert))
    }
}

fn newest_first(left: &Alert, right: &Alert) -> Ordering {
    right.since.cmp(&left.since).then_with(|| left.key.cmp(&right.key))
}

/// Changes of an alert whose rule is gone.
fn rule_removed(alert: Alert, now: Timestamp) -> impl Iterator<Item = Change> {
    let (fires, flaps) = (alert.phase == Phase::Firing, alert.flapping);
    let message = format!("{}; resolved: rule was changed or removed", alert.message);
    let resolved = if fires { alert.fired.max(Some(now)) } else { alert.resolved };
    let over = Alert { phase: Phase::Resolved, resolved, message, flapping: false, ..alert };
    let resolved = fires.then(|| Change::Resolved(over.clone()));
    resolved.into_iter().chain(flaps.then_some(Change::FlappingEnded(over)))
}

#[cfg(test)]
mod tests;
