//! What was told of an incident, and to whom. It goes with the claim from one server to the next.

use super::super::acknowledgement::Acknowledgement;
use super::super::case::Case;
use super::super::leg::Leg;
use crate::alert::{AlertKey, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use watchglass_model::Timestamp;

/// What was told of an incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// When the first server saw it begin.
    pub(super) opened: Option<Timestamp>,
    /// The severity for which routes were chosen.
    pub(super) routed: Option<Severity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) acknowledged: Option<Signature>,
    /// By the name of the route: those that were told.
    pub(super) legs: BTreeMap<String, Leg>,
}

/// Who has acknowledged, and why; of two the later counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signature {
    time: Timestamp,
    who: String,
    why: String,
}

impl Signature {
    pub(super) fn new(who: &str, why: &str, time: Timestamp) -> Self {
        Self { time, who: who.to_owned(), why: why.to_owned() }
    }

    pub(super) fn of(said: &Acknowledgement) -> Self {
        Self::new(&said.who, &said.why, said.time)
    }

    pub(super) fn time(&self) -> Timestamp {
        self.time
    }

    /// The same about an alert.
    pub(super) fn about(self, key: &AlertKey) -> Acknowledgement {
        Acknowledgement { key: key.clone(), who: self.who, why: self.why, time: self.time }
    }
}

impl Record {
    /// What a server knows of its own case.
    pub(super) fn of(case: &Case) -> Self {
        let told = case.legs.iter().filter(|(_, leg)| leg.told.is_some());
        // Who goes on from here chooses anew as long as some that were chosen have not been told.
        let is_all_told = !case.legs.is_empty() && case.legs.values().all(|leg| leg.told.is_some());
        Self {
            opened: case.opened,
            routed: case.routed.filter(|_| is_all_told),
            acknowledged: case.acknowledged.as_ref().map(Signature::of),
            legs: told.map(|(route, leg)| (route.clone(), leg.clone())).collect(),
        }
    }

    /// Takes in what another server told of the same. In whatever order and however often that happens, the outcome is the
    /// same.
    pub(super) fn join(&mut self, other: &Self) {
        self.opened = [self.opened, other.opened].into_iter().flatten().min();
        self.routed = self.routed.max(other.routed);
        self.acknowledged = self.acknowledged.take().max(other.acknowledged.clone());
        for (route, leg) in &other.legs {
            match self.legs.get_mut(route) {
                Some(known) => known.join(leg),
                None => drop(self.legs.insert(route.clone(), leg.clone())),
            }
        }
    }

    /// Takes what was told for this server's own words.
    pub(super) fn adopt_into(&self, case: &mut Case) {
        let mut known = Self::of(case);
        known.join(self);
        if known.legs.len() > case.legs.values().filter(|leg| leg.told.is_some()).count() {
            // Routes that were chosen here may have the same channels.
            case.forget_untold();
            case.routed = None;
        }
        case.routed = case.routed.max(known.routed);
        case.opened = known.opened;
        case.acknowledged = known.acknowledged.map(|signature| signature.about(&case.alert.key));
        case.legs.extend(known.legs);
        case.fit_flapping();
    }
}
