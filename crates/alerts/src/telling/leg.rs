//! What one route has to do with an alert, and what it was told of it.

use super::route::{ALL_CHANNELS, Route, listed};
use crate::alert::Severity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use watchglass_model::Timestamp;

/// What one route is to do with an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Leg {
    /// As they were when it was chosen, without those of routes that were chosen before it.
    channels: BTreeSet<String>,
    /// The channels that were told because nobody had acknowledged.
    escalated_to: BTreeSet<String>,
    pub(super) told: Option<Told>,
}

/// What a route was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Told {
    pub(super) severity: Severity,
    /// Since when somebody should have acknowledged.
    pub(super) waiting: Timestamp,
    /// When it was last told that it fires.
    pub(super) last: Timestamp,
    /// How often it was repeated.
    pub(super) repeats: u32,
    /// The last flapping it was told of, and whether of its end.
    pub(super) flap: Option<(Timestamp, bool)>,
}

impl Leg {
    /// What `route` has to do besides `others`, which are chosen already.
    pub(super) fn new<'a>(route: &Route, others: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let is_taken = |name: &str| others.clone().any(|other| other.channels.contains(name));
        let is_free = |name: &&String| !is_taken(name) && !is_taken(ALL_CHANNELS);
        let channels = route.channels.iter().filter(is_free).cloned().collect();
        Self { channels, escalated_to: BTreeSet::new(), told: None }
    }

    /// The channels that are told first.
    pub(super) fn channels(&self) -> Vec<String> {
        listed(self.channels.clone())
    }

    /// The channels that were told by and by.
    pub(super) fn everyone(&self) -> Vec<String> {
        listed(self.channels.union(&self.escalated_to).cloned().collect())
    }

    /// Whether others are to be told, because nobody has acknowledged.
    pub(super) fn must_escalate(&self, route: &Route, now: Timestamp) -> bool {
        let after = route.escalate_after_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        self.escalated_to.is_empty()
            && after.is_some_and(|after| self.told.as_ref().is_some_and(|told| told.waiting + after <= now))
    }

    /// Notes that they were.
    pub(super) fn escalate(&mut self, route: &Route) -> Vec<String> {
        self.escalated_to = route.escalate_to.iter().cloned().collect();
        listed(self.escalated_to.clone())
    }

    /// Whether it is time to tell it again.
    pub(super) fn must_repeat(&self, route: &Route, now: Timestamp) -> bool {
        let every = Duration::from_secs(route.repeat_seconds.into());
        self.told.as_ref().is_some_and(|told| told.last + every <= now)
    }

    /// Notes that it was, and says which repetition it is.
    pub(super) fn repeat(&mut self, now: Timestamp) -> u32 {
        self.told.as_mut().map_or(0, |told| {
            (told.last, told.repeats) = (now, told.repeats.saturating_add(1));
            told.repeats
        })
    }
}
