//! Notification state of an alert per route.

use super::route::{ALL_CHANNELS, Route, sorted_channels};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_rules::Severity;

/// State of an alert on one route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RouteState {
    /// The channels when the route was chosen, without those of routes chosen before.
    channels: BTreeSet<String>,
    /// Whether it was escalated.
    escalated: bool,
    /// Channels of the escalation, without those notified before.
    escalated_to: BTreeSet<String>,
    #[serde(rename = "told")]
    pub(super) last_notified: Option<LastNotified>,
}

/// Last notification of a route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LastNotified {
    pub(super) severity: Severity,
    /// Time since when an acknowledgement is awaited.
    #[serde(rename = "waiting")]
    pub(super) awaiting_ack_since: Timestamp,
    /// Last notification that it fires.
    #[serde(rename = "last")]
    pub(super) notified_at: Timestamp,
    /// Number of repeats.
    pub(super) repeats: u32,
    /// Start of the last notified flapping, and whether its end was notified.
    pub(super) flap: Option<(Timestamp, bool)>,
}

impl LastNotified {
    fn merge(self, other: &Self) -> Self {
        Self {
            severity: self.severity.max(other.severity),
            awaiting_ack_since: self.awaiting_ack_since.max(other.awaiting_ack_since),
            notified_at: self.notified_at.max(other.notified_at),
            repeats: self.repeats.max(other.repeats),
            flap: self.flap.max(other.flap),
        }
    }
}

impl RouteState {
    /// State of `route` besides `others`, which are chosen already.
    pub(super) fn new<'a>(route: &Route, others: impl Iterator<Item = &'a Self>) -> Self {
        let taken: BTreeSet<&String> = others.flat_map(Self::all_channels).collect();
        let channels = without(&route.channels, |name| taken.contains(name));
        Self { channels, escalated: false, escalated_to: BTreeSet::new(), last_notified: None }
    }

    /// Merges the state of the same route on a peer.
    pub(super) fn merge(&mut self, other: &Self) {
        self.channels.extend(other.channels.iter().cloned());
        self.escalated |= other.escalated;
        self.escalated_to.extend(other.escalated_to.iter().cloned());
        self.last_notified = match (self.last_notified.take(), other.last_notified.clone()) {
            (Some(one), Some(two)) => Some(one.merge(&two)),
            (one, two) => one.or(two),
        };
    }

    /// Every channel that was or will be notified.
    pub(super) fn all_channels(&self) -> impl Iterator<Item = &String> {
        self.channels.union(&self.escalated_to)
    }

    /// Channels of the first notification.
    pub(super) fn channels(&self) -> Vec<String> {
        sorted_channels(self.channels.clone())
    }

    /// All channels notified so far.
    pub(super) fn notified_channels(&self) -> Vec<String> {
        sorted_channels(self.all_channels().cloned().collect())
    }

    /// Whether the escalation is due: nobody has acknowledged in time.
    pub(super) fn must_escalate(&self, route: &Route, now: Timestamp) -> bool {
        let after = route.escalate_after_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        !self.escalated
            && after.is_some_and(|after| {
                self.last_notified.as_ref().is_some_and(|notified| notified.awaiting_ack_since + after <= now)
            })
    }

    /// Records the escalation and returns its channels. Those in `taken` belong to other routes already; the others
    /// are added to it.
    pub(super) fn escalate(&mut self, route: &Route, taken: &mut BTreeSet<String>) -> Vec<String> {
        self.escalated = true;
        self.escalated_to = without(&route.escalate_to, |name| taken.contains(name));
        taken.extend(self.escalated_to.iter().cloned());
        sorted_channels(route.escalate_to.iter().cloned().collect())
    }

    /// Removes channels that other routes have notified meanwhile, unless this one was notified.
    pub(super) fn drop_channels(&mut self, taken: &BTreeSet<String>) {
        if self.last_notified.is_none() {
            let channels: Vec<String> = self.channels.iter().cloned().collect();
            self.channels = without(&channels, |name| taken.contains(name));
        }
    }

    /// Whether a repeat is due.
    pub(super) fn must_repeat(&self, route: &Route, now: Timestamp) -> bool {
        let every = Duration::from_secs(route.repeat_seconds.into());
        self.last_notified.as_ref().is_some_and(|notified| notified.notified_at + every <= now)
    }

    /// Records a repeat and returns its number.
    pub(super) fn repeat(&mut self, now: Timestamp) -> u32 {
        self.last_notified.as_mut().map_or(0, |notified| {
            (notified.notified_at, notified.repeats) = (now, notified.repeats.saturating_add(1));
            notified.repeats
        })
    }
}

/// `channels` without those that are taken.
fn without(channels: &[String], is_taken: impl Fn(&String) -> bool) -> BTreeSet<String> {
    if is_taken(&ALL_CHANNELS.to_owned()) {
        return BTreeSet::new();
    }
    channels.iter().filter(|name| !is_taken(name)).cloned().collect()
}
