//! What one route has to do with an alert, and what it was told of it.

use super::route::{ALL_CHANNELS, Route, listed};
use crate::Severity;
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
    /// Whether others were told because nobody had acknowledged.
    escalated: bool,
    /// Which, without those that were told before.
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

impl Told {
    fn join(self, other: &Self) -> Self {
        Self {
            severity: self.severity.max(other.severity),
            waiting: self.waiting.max(other.waiting),
            last: self.last.max(other.last),
            repeats: self.repeats.max(other.repeats),
            flap: self.flap.max(other.flap),
        }
    }
}

impl Leg {
    /// What `route` has to do besides `others`, which are chosen already.
    pub(super) fn new<'a>(route: &Route, others: impl Iterator<Item = &'a Self>) -> Self {
        let taken: BTreeSet<&String> = others.flat_map(Self::all).collect();
        let channels = without(&route.channels, |name| taken.contains(name));
        Self { channels, escalated: false, escalated_to: BTreeSet::new(), told: None }
    }

    /// Takes in what another server has told by the same route.
    pub(super) fn join(&mut self, other: &Self) {
        self.channels.extend(other.channels.iter().cloned());
        self.escalated |= other.escalated;
        self.escalated_to.extend(other.escalated_to.iter().cloned());
        self.told = match (self.told.take(), other.told.clone()) {
            (Some(one), Some(two)) => Some(one.join(&two)),
            (one, two) => one.or(two),
        };
    }

    /// Every channel that was told, or will be if it was not.
    pub(super) fn all(&self) -> impl Iterator<Item = &String> {
        self.channels.union(&self.escalated_to)
    }

    /// The channels that are told first.
    pub(super) fn channels(&self) -> Vec<String> {
        listed(self.channels.clone())
    }

    /// The channels that were told by and by.
    pub(super) fn everyone(&self) -> Vec<String> {
        listed(self.all().cloned().collect())
    }

    /// Whether others are to be told, because nobody has acknowledged.
    pub(super) fn must_escalate(&self, route: &Route, now: Timestamp) -> bool {
        let after = route.escalate_after_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        !self.escalated
            && after.is_some_and(|after| self.told.as_ref().is_some_and(|told| told.waiting + after <= now))
    }

    /// Notes that they were, and gives their channels. Those of them that are `taken` hear the rest from other routes; the
    /// others become so.
    pub(super) fn escalate(&mut self, route: &Route, taken: &mut BTreeSet<String>) -> Vec<String> {
        self.escalated = true;
        self.escalated_to = without(&route.escalate_to, |name| taken.contains(name));
        taken.extend(self.escalated_to.iter().cloned());
        listed(route.escalate_to.iter().cloned().collect())
    }

    /// Leaves channels to the routes that have told them meanwhile, unless it was told itself.
    pub(super) fn leave(&mut self, taken: &BTreeSet<String>) {
        if self.told.is_none() {
            let channels: Vec<String> = self.channels.iter().cloned().collect();
            self.channels = without(&channels, |name| taken.contains(name));
        }
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

/// What is left of `channels` when those that are taken are not told once more.
fn without(channels: &[String], is_taken: impl Fn(&String) -> bool) -> BTreeSet<String> {
    if is_taken(&ALL_CHANNELS.to_owned()) {
        return BTreeSet::new();
    }
    channels.iter().filter(|name| !is_taken(name)).cloned().collect()
}
