//! Alerts whose series gives no data: what its source does, and resolving them manually.

use super::{RuleState, alert};
use crate::condition::{Observation, SourceActivity};
use crate::series_cache::WindowCache;
use crate::{Alert, AlertKey, DismissError, EvalInput, Phase};
use std::time::Duration;
use watchglass_model::{Labels, Timestamp};

/// What the source of a series of `metric` does while the series, whose last value is of `last`, gives no data.
pub(super) fn source_activity<M: EvalInput + ?Sized>(
    found: &Observation,
    (metric, labels, last): (&str, &Labels, Option<Timestamp>),
    now: Timestamp,
    measured: &M,
) -> SourceActivity {
    match measured.working_source(metric, labels, last) {
        None => SourceActivity::Unknown,
        Some(newest) if now.millis_since(newest) < found.absent => SourceActivity::Measures,
        Some(newest) if last.is_some_and(|last| newest > last) => SourceActivity::Pauses,
        Some(_) => SourceActivity::Idle,
    }
}

impl RuleState {
    /// Keys of the firing alerts without any data, and since when there is none; `now` is the last tick.
    pub(in crate::engine) fn without_data(
        &self,
        watch: &WindowCache,
        now: Timestamp,
    ) -> impl Iterator<Item = (AlertKey, Timestamp)> {
        let silent = self.in_phase(Phase::Firing).filter(|(_, tracked)| tracked.state.no_data);
        silent.filter_map(move |(subject, tracked)| {
            let labels = self.condition.labels(subject, watch)?.clone();
            let absent = self.condition.absent(subject, watch).or(tracked.state.missing)?;
            let since = now - Duration::from_millis(u64::try_from(absent).ok()?);
            Some((AlertKey { rule: self.rule.id.clone(), labels }, since))
        })
    }

    /// Resolves the firing alert of `labels` if it has no data, and stops expecting its series.
    pub(in crate::engine) fn dismiss(
        &mut self,
        now: Timestamp,
        labels: &Labels,
        watch: &mut WindowCache,
    ) -> Result<Alert, DismissError> {
        let is_it = |subject: &usize| self.condition.labels(*subject, watch) == Some(labels);
        let subject = self.active.iter().copied().find(is_it).ok_or(DismissError::NotFiring)?;
        let tracked = self.states.get_mut(subject).and_then(Option::as_mut).ok_or(DismissError::NotFiring)?;
        if tracked.state.phase != Some(Phase::Firing) {
            return Err(DismissError::NotFiring);
        }
        if !tracked.state.no_data {
            return Err(DismissError::HasData);
        }
        tracked.state.resolve(now);
        self.condition.stop_expecting(subject, watch);
        let alert = alert(&self.rule, self.unit, labels, tracked);
        Ok(Alert { message: format!("{}; resolved manually", alert.message), ..alert })
    }
}
