//! What was told of an incident, and to whom. It goes with the claim from one server to the next.

use super::super::acknowledgement::Acknowledgement;
use super::super::case::Case;
use super::super::leg::Leg;
use crate::Severity;
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

/// Who has acknowledged, and why, or that it was taken back; of two the later counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signature {
    time: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_withdrawn: bool,
    who: String,
    why: String,
}

impl Signature {
    pub(super) fn new(who: &str, why: &str, time: Timestamp) -> Self {
        Self { time, is_withdrawn: false, who: who.to_owned(), why: why.to_owned() }
    }

    /// Nobody looks after it any more.
    pub(super) fn withdrawal(time: Timestamp) -> Self {
        Self { is_withdrawn: true, ..Self::new("", "", time) }
    }

    /// What was said last of a case.
    pub(super) fn of_case(case: &Case) -> Option<Self> {
        case.acknowledged.as_ref().map(Self::of).max(case.withdrawn.map(Self::withdrawal))
    }

    fn of(said: &Acknowledgement) -> Self {
        Self::new(&said.who, &said.why, said.time)
    }

    pub(super) fn time(&self) -> Timestamp {
        self.time
    }

    /// Says the same of a case, unless that was said before. Says whether it was not.
    pub(super) fn repeat(&self, case: &mut Case) -> bool {
        if Self::of_case(case).as_ref() >= Some(self) {
            return false;
        }
        if self.is_withdrawn {
            case.withdraw(self.time);
            case.withdrawn = Some(self.time);
        } else {
            let (key, who, why) = (case.alert.key.clone(), self.who.clone(), self.why.clone());
            case.acknowledged = Some(Acknowledgement { key, who, why, time: self.time });
            case.withdrawn = None;
        }
        true
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
            acknowledged: Signature::of_case(case),
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
        case.legs.extend(known.legs);
        if let Some(signature) = &known.acknowledged {
            signature.repeat(case);
        }
        case.fit_flapping();
    }
}

impl Case {
    /// What another server told of its own flapping counts for this one's.
    fn fit_flapping(&mut self) {
        let own = self.flapping.as_ref().or(self.flapped.as_ref()).map(|flapping| flapping.since);
        for told in self.legs.values_mut().filter_map(|leg| leg.told.as_mut()) {
            if let (Some((since, _)), Some(own)) = (&mut told.flap, own) {
                *since = own;
            }
        }
    }
}
