//! One alert from when it began until its end has been told, and what each route was told of it.
//!
//! Nothing is queued: each step compares what is so with what was told, and the difference is what is wanted. So a
//! change that was missed, a restart or a silence that ends needs no code of its own.

use super::acknowledgement::Acknowledgement;
use super::leg::{Leg, Told};
use super::matcher::Facts;
use super::notice::{Flapped, Reason};
use super::route::Route;
use crate::Severity;
use crate::alert::{Alert, AlertKey, Phase};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;

/// An alert and what was told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// As it was seen last.
    pub(super) alert: Alert,
    /// When the first firing began; of one that flaps, others follow.
    pub(super) opened: Option<Timestamp>,
    /// The alerts that are told together with it have the same.
    pub(super) group: String,
    /// When there was last something new to tell.
    pub(super) changed: Timestamp,
    /// Whether nothing was to be told of it at the last step.
    pub(super) quiet: bool,
    /// Until when it may recover from what it was because of.
    pub(super) settles: Option<Timestamp>,
    pub(super) because_of: Option<AlertKey>,
    pub(super) flapping: Option<Flapping>,
    /// The last flapping that has ended.
    pub(super) flapped: Option<Flapping>,
    pub(super) acknowledged: Option<Acknowledgement>,
    /// The severity for which routes were chosen.
    pub(super) routed: Option<Severity>,
    /// By the name of the route.
    pub(super) legs: BTreeMap<String, Leg>,
    /// Where several servers find it: which time of it they have agreed that this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) episode: Option<String>,
    /// Where it is shared: when an acknowledgement was last taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) withdrawn: Option<Timestamp>,
    #[serde(skip)]
    pub(super) memo: Memo,
}

/// What can be found out again at each step, and so makes no difference between cases.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo {
    /// Whether a silence that holds is about it; `None` until that was found out.
    pub(super) is_silenced: Option<bool>,
    /// Whether it is among those that fire at this step.
    pub(super) is_seen: bool,
    /// What other servers may find as well.
    pub(super) incident: Option<String>,
    /// Whether another server tells of it.
    pub(super) is_held: bool,
}

impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// An alert comes and goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flapping {
    pub(super) since: Timestamp,
    firings: u32,
    /// When the last of its firings began.
    fired: Option<Timestamp>,
    /// When it was last seen to fire.
    pub(super) seen: Timestamp,
}

impl Case {
    pub(super) fn new(alert: Alert, group: String, now: Timestamp) -> Self {
        Self {
            opened: alert.fired,
            alert,
            group,
            changed: now,
            quiet: false,
            settles: None,
            because_of: None,
            flapping: None,
            flapped: None,
            acknowledged: None,
            routed: None,
            legs: BTreeMap::new(),
            episode: None,
            withdrawn: None,
            memo: Memo::default(),
        }
    }

    /// Whether it fires or flaps.
    pub(super) fn is_active(&self) -> bool {
        self.alert.phase == Phase::Firing || self.flapping.is_some()
    }

    /// Whether `alert` is the same firing, and neither begins nor ceases to flap.
    pub(super) fn is_as(&self, alert: &Alert) -> bool {
        self.flapping.is_some() == alert.flapping && (alert.flapping || self.alert.fired == alert.fired)
    }

    /// Takes in how the alert is now.
    pub(super) fn update(&mut self, alert: &Alert, now: Timestamp) {
        if alert.severity > self.alert.severity {
            self.changed = now;
        }
        if let Some(flapping) = &mut self.flapping
            && alert.phase == Phase::Firing
        {
            flapping.seen = now;
            if alert.fired != flapping.fired {
                flapping.fired = alert.fired;
                flapping.firings = flapping.firings.saturating_add(1);
            }
        }
        if self.alert != *alert {
            if Facts::from(alert) != Facts::from(&self.alert) {
                self.memo.is_silenced = None;
            }
            let worst = self.alert.severity;
            self.alert = storable(alert);
            if alert.phase != Phase::Firing {
                // What ceases to flap may be pending, and not be that bad yet.
                self.alert.severity = worst.max(alert.severity);
            }
        }
    }

    /// It comes and goes from now on. The firing that it is noticed by counts.
    pub(super) fn begin_flapping(&mut self, now: Timestamp) {
        if self.flapping.is_none() {
            let fired = self.alert.fired;
            self.flapping = Some(Flapping { since: now, firings: 1, fired, seen: now });
            self.changed = now;
        }
    }

    /// It does so no more.
    pub(super) fn end_flapping(&mut self, now: Timestamp) {
        if let Some(flapping) = self.flapping.take() {
            self.flapped = Some(flapping);
            self.changed = now;
        }
    }

    /// Says why it is to be quiet now, if it is.
    pub(super) fn quieten(
        &mut self,
        is_silenced: bool,
        because_of: Option<AlertKey>,
        settle: Duration,
        now: Timestamp,
    ) {
        if self.because_of.is_some() && because_of.is_none() {
            self.settles = Some(now + settle);
        }
        self.because_of = because_of;
        self.settles = self.settles.filter(|until| *until > now);
        let quiet = is_silenced || self.because_of.is_some() || self.settles.is_some();
        if self.quiet && !quiet {
            // What was told counts; whom else to tell depends on when it is told. Nobody could be expected to acknowledge.
            if self.forget_untold() || self.legs.is_empty() {
                self.routed = None;
            }
            self.legs.values_mut().filter_map(|leg| leg.told.as_mut()).for_each(|told| told.waiting = now);
        }
        self.quiet = quiet;
    }

    /// Drops the routes that were chosen and not told yet, and says whether there were some.
    pub(super) fn forget_untold(&mut self) -> bool {
        let before = self.legs.len();
        self.legs.retain(|_, leg| leg.told.is_some());
        self.legs.len() < before
    }

    /// Whether routes are to be chosen: when it is first told, and each time it has become worse.
    pub(super) fn needs_routes(&self) -> bool {
        !self.quiet && !self.memo.is_held && self.is_active() && self.routed < Some(self.alert.severity)
    }

    /// Adds routes. A channel that another route has told already, or will, is left out.
    pub(super) fn add_routes(&mut self, routes: &[&Route]) {
        self.routed = Some(self.alert.severity);
        for route in routes {
            if self.legs.contains_key(&route.name) {
                continue;
            }
            let leg = Leg::new(route, self.legs.values());
            self.legs.insert(route.name.clone(), leg);
        }
    }

    /// What is so and was not told by this leg; `is_over` when nothing can follow.
    pub(super) fn wants(&self, leg: &Leg, is_over: bool) -> Option<Reason> {
        if self.memo.is_held {
            return None;
        }
        let is_free = !self.quiet && !is_over;
        let Some(told) = &leg.told else {
            let reason = if self.flapping.is_some() { Reason::Digest } else { Reason::Fired };
            return (is_free && self.is_active()).then_some(reason);
        };
        if let Some(flapping) = &self.flapping {
            return (is_free && told.flap != Some((flapping.since, false))).then_some(Reason::Digest);
        }
        let flapped = self.flapped.as_ref().is_some_and(|flapped| told.flap != Some((flapped.since, true)));
        // The end is never kept back.
        if flapped {
            (is_free || is_over).then_some(Reason::Digest)
        } else if is_over {
            Some(Reason::Resolved)
        } else {
            (is_free && self.alert.severity > told.severity).then_some(Reason::Worsened)
        }
    }

    /// Notes that the leg was told what it wanted at `now`, and says whether there is nothing left to tell it.
    pub(super) fn note(&self, leg: &mut Leg, reason: Reason, is_over: bool, now: Timestamp) -> bool {
        let of =
            |flapping: &Option<Flapping>, ended| flapping.as_ref().map(|flapping| (flapping.since, ended));
        let flap = of(&self.flapping, false).or_else(|| of(&self.flapped, true));
        let severity = self.alert.severity;
        let told = leg.told.get_or_insert(Told { severity, waiting: now, last: now, repeats: 0, flap });
        if reason == Reason::Digest {
            // Nobody is asked to acknowledge while it flaps.
            told.waiting = now;
        }
        told.severity = told.severity.max(severity);
        (told.last, told.flap) = (now, flap);
        is_over
    }

    /// Whether it may be repeated and escalated.
    pub(super) fn can_nag(&self) -> bool {
        !self.quiet
            && !self.memo.is_held
            && self.alert.phase == Phase::Firing
            && self.flapping.is_none()
            && self.acknowledged.is_none()
    }

    /// Nobody looks after it any more. Gives who did.
    pub(super) fn withdraw(&mut self, now: Timestamp) -> Option<Acknowledgement> {
        let acknowledged = self.acknowledged.take()?;
        for told in self.legs.values_mut().filter_map(|leg| leg.told.as_mut()) {
            // While somebody did, nobody else was expected to.
            (told.waiting, told.last) = (now, now);
        }
        Some(acknowledged)
    }

    /// What a digest says.
    pub(super) fn flapped(&self) -> Option<Flapped> {
        let ended = self.flapping.is_none();
        let flapping = self.flapping.as_ref().or(self.flapped.as_ref())?;
        let alert = self.alert.key.clone();
        Some(Flapped { alert, since: flapping.since, firings: flapping.firings, ended })
    }

    /// No moment of it is later than `now`: the clock has stepped back, and what waits would wait for too long.
    pub(super) fn step_back(&mut self, now: Timestamp, settle: Duration) {
        self.changed = self.changed.min(now);
        self.settles = self.settles.map(|until| until.min(now + settle));
        if let Some(flapping) = &mut self.flapping {
            flapping.seen = flapping.seen.min(now);
        }
        for told in self.legs.values_mut().filter_map(|leg| leg.told.as_mut()) {
            (told.waiting, told.last) = (told.waiting.min(now), told.last.min(now));
        }
    }
}

/// The alert as JSON can keep it, which has no infinity.
pub(super) fn storable(alert: &Alert) -> Alert {
    let mut alert = alert.clone();
    alert.value = alert.value.filter(|value| value.is_finite());
    alert.threshold = alert.threshold.clamp(f64::MIN, f64::MAX);
    alert
}
