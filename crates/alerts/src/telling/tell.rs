//! What must be told now: what is new, when its group has waited long enough, and what nobody has acknowledged.

use super::case::Case;
use super::desk::Desk;
use super::intake::MOST_CASES;
use super::leg::Leg;
use super::notice::{BecauseOf, MOST_ALERTS, Notice, Part, Reason, compose};
use crate::Severity;
use crate::alert::AlertKey;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use watchglass_model::Timestamp;

/// A route and a group.
type Way = (String, String);
/// What is told in one notice: the reason, whether something begins, the route, its channels, the group. In this order
/// they are told, so that the end of a firing comes before the beginning of the next.
type Sheet = (Reason, bool, String, Vec<String>, String);

impl Desk {
    /// Tells what is new, repeats, and escalates.
    pub(super) fn tell(&mut self, now: Timestamp) -> Vec<Notice> {
        let ready = self.ready(now);
        let mut sheets: BTreeMap<Sheet, Vec<Part>> = BTreeMap::new();
        for case in &mut self.over {
            // What fires again is not told to be over after it was told to fire.
            let is_back = self.open.contains_key(&case.alert.key);
            tell_of(case, true, |way| is_back || ready.contains(way), now, &mut sheets);
        }
        for case in self.over.extract_if(.., |case| case.legs.is_empty()) {
            let has_room = self.concluded.len() < MOST_CASES;
            self.concluded.extend(case.memo.incident.zip(case.episode).filter(|_| has_room));
        }
        for case in self.open.values_mut().filter(|_| !ready.is_empty()) {
            tell_of(case, false, |way| ready.contains(way), now, &mut sheets);
        }
        self.nag(now, &mut sheets);
        self.said.extend(ready.into_iter().map(|way| (way, now)));
        self.forget_said(now, !sheets.is_empty());
        let notices = sheets.into_iter().filter(|((.., channels, _), _)| !channels.is_empty());
        let notices = notices
            .map(|((reason, _, route, channels, _), parts)| compose(reason, (route, channels), parts, now));
        notices.map(|notice| self.with_what_depends(notice)).collect()
    }

    /// A group whose interval is over may tell what is new, and so may one of which nothing that was told still fires.
    fn forget_said(&mut self, now: Timestamp, is_something_told: bool) {
        let interval = Duration::from_secs(self.settings.group_interval_seconds.into());
        self.said.retain(|_, said| *said + interval > now);
        if is_something_told {
            self.forget_idle();
        }
    }

    /// What fires next in a group of which nothing that was told still fires begins anew.
    pub(super) fn forget_idle(&mut self) {
        let mut said = std::mem::take(&mut self.said);
        let busy = self.busy();
        said.retain(|(route, group), _| busy.contains(&(route.as_str(), group.as_str())));
        self.said = said;
    }

    /// The groups that have something new and have waited long enough.
    fn ready(&self, now: Timestamp) -> BTreeSet<Way> {
        let wait = Duration::from_secs(self.settings.group_wait_seconds.into());
        let interval = Duration::from_secs(self.settings.group_interval_seconds.into());
        let busy = if self.over.is_empty() { BTreeSet::new() } else { self.busy() };
        let mut ready = BTreeSet::new();
        let over = self.over.iter().map(|case| (case, true));
        for (case, is_over) in over.chain(self.open.values().map(|case| (case, false))) {
            if case.changed + wait > now {
                continue;
            }
            for (route, leg) in &case.legs {
                if case.wants(leg, is_over).is_none() {
                    continue;
                }
                // That all of a group is over needs no more waiting.
                let is_urgent = if is_over {
                    !busy.contains(&(route.as_str(), case.group.as_str()))
                } else {
                    case.alert.severity == Severity::Critical
                };
                let way = (route.clone(), case.group.clone());
                if is_urgent || self.said.get(&way).is_none_or(|said| *said + interval <= now) {
                    ready.insert(way);
                }
            }
        }
        ready
    }

    /// Of which groups a route was told of something that still fires.
    fn busy(&self) -> BTreeSet<(&str, &str)> {
        let told = self.open.values().flat_map(|case| {
            let legs = case.legs.iter().filter(|(_, leg)| leg.told.is_some());
            legs.map(|(route, _)| (route.as_str(), case.group.as_str()))
        });
        told.collect()
    }

    /// Repeats and escalates what nobody has acknowledged.
    fn nag(&mut self, now: Timestamp, sheets: &mut BTreeMap<Sheet, Vec<Part>>) {
        let mut again: BTreeSet<Way> = BTreeSet::new();
        for case in self.open.values().filter(|case| case.can_nag()) {
            for (name, leg) in &case.legs {
                if leg.must_repeat(self.plan.named(name), now) {
                    again.insert((name.clone(), case.group.clone()));
                }
            }
        }
        for case in self.open.values_mut().filter(|case| case.can_nag()) {
            let mut legs = std::mem::take(&mut case.legs);
            let told = legs.values().filter(|leg| leg.told.is_some());
            let mut taken: BTreeSet<String> = told.flat_map(Leg::all).cloned().collect();
            for (name, leg) in &mut legs {
                let route = self.plan.named(name);
                let is_told_before = leg.told.as_ref().is_some_and(|told| told.last < now);
                if is_told_before && !again.is_empty() && again.contains(&(name.clone(), case.group.clone()))
                {
                    let (ordinal, everyone) = (leg.repeat(now), leg.everyone());
                    add(sheets, case, (Reason::Repeat, true, name.clone(), everyone), ordinal);
                }
                if leg.must_escalate(route, now) {
                    let channels = leg.escalate(route, &mut taken);
                    add(sheets, case, (Reason::Escalated, true, name.clone(), channels), 0);
                }
            }
            legs.values_mut().for_each(|leg| leg.leave(&taken));
            case.legs = legs;
        }
    }

    /// Adds what stays quiet because of what the notice tells.
    fn with_what_depends(&self, mut notice: Notice) -> Notice {
        let keys: BTreeSet<&AlertKey> = notice.alerts.iter().map(|alert| &alert.key).collect();
        let known: BTreeSet<&AlertKey> = notice.because_of.iter().map(|because| &because.alert).collect();
        let depends = self.open.values().filter_map(|case| {
            let (alert, cause) = (&case.alert.key, case.because_of.as_ref()?);
            let is_of_it = keys.contains(cause) && !known.contains(alert);
            is_of_it.then(|| BecauseOf { alert: alert.clone(), cause: cause.clone() })
        });
        let depends: Vec<BecauseOf> = depends.take(MOST_ALERTS).collect();
        notice.because_of.extend(depends);
        notice
    }
}

fn tell_of(
    case: &mut Case,
    is_over: bool,
    is_ready: impl Fn(&Way) -> bool,
    now: Timestamp,
    sheets: &mut BTreeMap<Sheet, Vec<Part>>,
) {
    let mut legs = std::mem::take(&mut case.legs);
    legs.retain(|route, leg: &mut Leg| {
        let way = (route.clone(), case.group.clone());
        let Some(reason) = case.wants(leg, is_over).filter(|_| is_ready(&way)) else { return true };
        let channels = if leg.told.is_some() { leg.everyone() } else { leg.channels() };
        let is_begin = !is_over && (reason != Reason::Digest || case.flapping.is_some());
        add(sheets, case, (reason, is_begin, way.0, channels), 0);
        !case.note(leg, reason, is_over, now)
    });
    case.legs = legs;
}

fn add(
    sheets: &mut BTreeMap<Sheet, Vec<Part>>,
    case: &Case,
    (reason, is_begin, route, channels): (Reason, bool, String, Vec<String>),
    ordinal: u32,
) {
    let part = part(case, reason, ordinal);
    sheets.entry((reason, is_begin, route, channels, case.group.clone())).or_default().push(part);
}

/// What a notice says of one alert.
pub(super) fn part(case: &Case, reason: Reason, ordinal: u32) -> Part {
    Part {
        alert: case.alert.clone(),
        incident: case.memo.incident.clone(),
        opened: case.opened,
        ordinal,
        because_of: case.because_of.clone(),
        acknowledged: case.acknowledged.clone(),
        flapped: case.flapped().filter(|_| reason == Reason::Digest),
    }
}
