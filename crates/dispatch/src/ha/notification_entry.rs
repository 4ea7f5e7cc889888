//! Entry of the notification log: what was notified, and to whom. It moves with the lease between servers.

use super::super::acknowledgement::Acknowledgement;
use super::super::route_state::RouteState;
use super::super::tracked_alert::TrackedAlert;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use watchglass_model::Timestamp;
use watchglass_rules::Severity;

/// What was notified for a dedup key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NotificationEntry {
    /// Start, as the first server saw it.
    pub(super) opened: Option<Timestamp>,
    /// Severity for which the routes were chosen.
    pub(super) routed: Option<Severity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) acknowledged: Option<AckRecord>,
    /// By route name: the notified ones.
    #[serde(rename = "legs")]
    pub(super) routes: BTreeMap<String, RouteState>,
}

/// Acknowledgement or its removal; the later one wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AckRecord {
    time: Timestamp,
    #[serde(default, rename = "is_withdrawn", skip_serializing_if = "std::ops::Not::not")]
    is_removed: bool,
    who: String,
    why: String,
}

impl AckRecord {
    pub(super) fn new(who: &str, why: &str, time: Timestamp) -> Self {
        Self { time, is_removed: false, who: who.to_owned(), why: why.to_owned() }
    }

    /// Removal of an acknowledgement.
    pub(super) fn removal(time: Timestamp) -> Self {
        Self { is_removed: true, ..Self::new("", "", time) }
    }

    /// Latest acknowledgement or removal of a tracked alert.
    pub(super) fn latest(tracked: &TrackedAlert) -> Option<Self> {
        tracked.acknowledged.as_ref().map(Self::of).max(tracked.unacknowledged_at.map(Self::removal))
    }

    fn of(said: &Acknowledgement) -> Self {
        Self::new(&said.who, &said.why, said.time)
    }

    pub(super) fn time(&self) -> Timestamp {
        self.time
    }

    /// Applies it to a tracked alert unless it is known. Returns whether it was new.
    pub(super) fn apply_to(&self, tracked: &mut TrackedAlert) -> bool {
        if Self::latest(tracked).as_ref() >= Some(self) {
            return false;
        }
        if self.is_removed {
            tracked.unacknowledge(self.time);
            tracked.unacknowledged_at = Some(self.time);
        } else {
            let (key, who, why) = (tracked.alert.key.clone(), self.who.clone(), self.why.clone());
            tracked.acknowledged = Some(Acknowledgement { key, who, why, time: self.time });
            tracked.unacknowledged_at = None;
        }
        true
    }
}

impl NotificationEntry {
    /// Entry of a local tracked alert.
    pub(super) fn of(tracked: &TrackedAlert) -> Self {
        let notified = tracked.routes.iter().filter(|(_, route_state)| route_state.last_notified.is_some());
        // The next owner chooses the routes again unless all chosen ones were notified.
        let is_all_notified = !tracked.routes.is_empty()
            && tracked.routes.values().all(|route_state| route_state.last_notified.is_some());
        Self {
            opened: tracked.opened,
            routed: tracked.routed.filter(|_| is_all_notified),
            acknowledged: AckRecord::latest(tracked),
            routes: notified.map(|(route, route_state)| (route.clone(), route_state.clone())).collect(),
        }
    }

    /// Merges the entry of another server. Commutative, associative and idempotent.
    pub(super) fn merge(&mut self, other: &Self) {
        self.opened = [self.opened, other.opened].into_iter().flatten().min();
        self.routed = self.routed.max(other.routed);
        self.acknowledged = self.acknowledged.take().max(other.acknowledged.clone());
        for (route, route_state) in &other.routes {
            match self.routes.get_mut(route) {
                Some(known) => known.merge(route_state),
                None => drop(self.routes.insert(route.clone(), route_state.clone())),
            }
        }
    }

    /// Applies the entry to a local tracked alert.
    pub(super) fn apply_to(&self, tracked: &mut TrackedAlert) {
        let mut known = Self::of(tracked);
        known.merge(self);
        if known.routes.len()
            > tracked.routes.values().filter(|route_state| route_state.last_notified.is_some()).count()
        {
            // Routes chosen here may have the same channels.
            tracked.drop_unnotified_routes();
            tracked.routed = None;
        }
        tracked.routed = tracked.routed.max(known.routed);
        tracked.opened = known.opened;
        tracked.routes.extend(known.routes);
        if let Some(signature) = &known.acknowledged {
            signature.apply_to(tracked);
        }
        tracked.align_flapping();
    }
}

impl TrackedAlert {
    /// Flapping notified by another server counts for the local one.
    fn align_flapping(&mut self) {
        let own = self.flapping.as_ref().or(self.last_flapping.as_ref()).map(|flapping| flapping.since);
        for notified in self.routes.values_mut().filter_map(|route_state| route_state.last_notified.as_mut())
        {
            if let (Some((since, _)), Some(own)) = (&mut notified.flap, own) {
                *since = own;
            }
        }
    }
}
