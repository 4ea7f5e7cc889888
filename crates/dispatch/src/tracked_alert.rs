//! Tracked alert: an alert from its firing until its resolution is notified, with its notification state per route.
//!
//! There is no queue: each step compares the current state with what was notified; the difference is the next
//! notification. Missed changes, restarts and expiring silences need no code of their own.

use super::acknowledgement::Acknowledgement;
use super::matcher::AlertLabels;
use super::notification::{FlappingSummary, Reason};
use super::route::Route;
use super::route_state::{LastNotified, RouteState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_rules::{Alert, AlertKey, Phase, Severity};

/// An alert and its notification state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrackedAlert {
    /// Last known state.
    pub(super) alert: Alert,
    /// Start of the first firing; a flapping alert has several.
    pub(super) opened: Option<Timestamp>,
    /// Group key: alerts with the same key are notified together.
    pub(super) group: String,
    /// Last change to notify.
    pub(super) changed: Timestamp,
    /// Whether it was suppressed at the last step.
    #[serde(rename = "quiet")]
    pub(super) suppressed: bool,
    /// Time until which it may recover after its inhibition ended.
    #[serde(rename = "settles")]
    pub(super) settling_until: Option<Timestamp>,
    #[serde(rename = "because_of")]
    pub(super) inhibited_by: Option<AlertKey>,
    pub(super) flapping: Option<Flapping>,
    /// Last ended flapping.
    #[serde(rename = "flapped")]
    pub(super) last_flapping: Option<Flapping>,
    pub(super) acknowledged: Option<Acknowledgement>,
    /// Severity for which the routes were chosen.
    pub(super) routed: Option<Severity>,
    /// By route name.
    #[serde(rename = "legs")]
    pub(super) routes: BTreeMap<String, RouteState>,
    /// In a cluster: the agreed occurrence of this alert.
    #[serde(default, rename = "episode", skip_serializing_if = "Option::is_none")]
    pub(super) occurrence: Option<String>,
    /// In a cluster: when an acknowledgement was last removed.
    #[serde(default, rename = "withdrawn", skip_serializing_if = "Option::is_none")]
    pub(super) unacknowledged_at: Option<Timestamp>,
    #[serde(skip)]
    pub(super) derived: DerivedState,
}

/// Derived state, recomputed at each step and ignored in comparisons.
#[derive(Clone, Debug, Default)]
pub(super) struct DerivedState {
    /// Whether an active silence matches; `None` if not evaluated yet.
    pub(super) is_silenced: Option<bool>,
    /// Whether it fires in this step.
    pub(super) is_firing: bool,
    /// Dedup key, if peers may find the same alert.
    pub(super) dedup_key: Option<String>,
    /// Whether a peer owns the notifications.
    pub(super) is_owned_by_peer: bool,
}

impl PartialEq for DerivedState {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Flapping period of an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flapping {
    pub(super) since: Timestamp,
    firings: u32,
    /// Start of the latest firing.
    fired: Option<Timestamp>,
    /// When it was last firing.
    pub(super) seen: Timestamp,
}

impl TrackedAlert {
    pub(super) fn new(alert: Alert, group: String, now: Timestamp) -> Self {
        Self {
            opened: alert.fired,
            alert,
            group,
            changed: now,
            suppressed: false,
            settling_until: None,
            inhibited_by: None,
            flapping: None,
            last_flapping: None,
            acknowledged: None,
            routed: None,
            routes: BTreeMap::new(),
            occurrence: None,
            unacknowledged_at: None,
            derived: DerivedState::default(),
        }
    }

    /// Whether it fires or flaps.
    pub(super) fn is_active(&self) -> bool {
        self.alert.phase == Phase::Firing || self.flapping.is_some()
    }

    /// Whether `alert` is the same firing, with unchanged flapping.
    pub(super) fn is_same_firing(&self, alert: &Alert) -> bool {
        self.flapping.is_some() == alert.flapping && (alert.flapping || self.alert.fired == alert.fired)
    }

    /// Updates the alert.
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
            if AlertLabels::from(alert) != AlertLabels::from(&self.alert) {
                self.derived.is_silenced = None;
            }
            let worst = self.alert.severity;
            self.alert = storable(alert);
            if alert.phase != Phase::Firing {
                // An alert that stopped flapping may be pending with a lower severity.
                self.alert.severity = worst.max(alert.severity);
            }
        }
    }

    /// Starts flapping. The current firing counts.
    pub(super) fn begin_flapping(&mut self, now: Timestamp) {
        if self.flapping.is_none() {
            let fired = self.alert.fired;
            self.flapping = Some(Flapping { since: now, firings: 1, fired, seen: now });
            self.changed = now;
        }
    }

    /// Stops flapping.
    pub(super) fn end_flapping(&mut self, now: Timestamp) {
        if let Some(flapping) = self.flapping.take() {
            self.last_flapping = Some(flapping);
            self.changed = now;
        }
    }

    /// Updates whether and why it is suppressed.
    pub(super) fn set_suppressed(
        &mut self,
        is_silenced: bool,
        because_of: Option<AlertKey>,
        settle: Duration,
        now: Timestamp,
    ) {
        if self.inhibited_by.is_some() && because_of.is_none() {
            self.settling_until = Some(now + settle);
        }
        self.inhibited_by = because_of;
        self.settling_until = self.settling_until.filter(|until| *until > now);
        let quiet = is_silenced || self.inhibited_by.is_some() || self.settling_until.is_some();
        if self.suppressed && !quiet {
            // What was notified counts; the routes depend on when they are notified, so they are chosen again. While
            // suppressed nobody was expected to acknowledge.
            if self.drop_unnotified_routes() || self.routes.is_empty() {
                self.routed = None;
            }
            self.routes
                .values_mut()
                .filter_map(|route_state| route_state.last_notified.as_mut())
                .for_each(|notified| notified.awaiting_ack_since = now);
        }
        self.suppressed = quiet;
    }

    /// Drops routes that were chosen but not notified, and says whether there were any.
    pub(super) fn drop_unnotified_routes(&mut self) -> bool {
        let before = self.routes.len();
        self.routes.retain(|_, route_state| route_state.last_notified.is_some());
        self.routes.len() < before
    }

    /// Whether routes must be chosen: for the first notification, and after each severity increase.
    pub(super) fn needs_routes(&self) -> bool {
        !self.suppressed
            && !self.derived.is_owned_by_peer
            && self.is_active()
            && self.routed < Some(self.alert.severity)
    }

    /// Adds routes without the channels of routes that were chosen before.
    pub(super) fn add_routes(&mut self, routes: &[&Route]) {
        self.routed = Some(self.alert.severity);
        for route in routes {
            if self.routes.contains_key(&route.name) {
                continue;
            }
            let route_state = RouteState::new(route, self.routes.values());
            self.routes.insert(route.name.clone(), route_state);
        }
    }

    /// The next notification this route needs, if any. `is_over`: the alert has resolved.
    pub(super) fn pending_reason(&self, route_state: &RouteState, is_over: bool) -> Option<Reason> {
        if self.derived.is_owned_by_peer {
            return None;
        }
        let is_free = !self.suppressed && !is_over;
        let Some(notified) = &route_state.last_notified else {
            let reason = if self.flapping.is_some() { Reason::Digest } else { Reason::Fired };
            return (is_free && self.is_active()).then_some(reason);
        };
        if let Some(flapping) = &self.flapping {
            return (is_free && notified.flap != Some((flapping.since, false))).then_some(Reason::Digest);
        }
        let flapped =
            self.last_flapping.as_ref().is_some_and(|flapped| notified.flap != Some((flapped.since, true)));
        // Resolutions are never suppressed.
        if flapped {
            (is_free || is_over).then_some(Reason::Digest)
        } else if is_over {
            Some(Reason::Resolved)
        } else {
            (is_free && self.alert.severity > notified.severity).then_some(Reason::Worsened)
        }
    }

    /// Records that the route was notified of `reason` at `now`; says whether nothing is left to notify.
    pub(super) fn record_notified(
        &self,
        route_state: &mut RouteState,
        reason: Reason,
        is_over: bool,
        now: Timestamp,
    ) -> bool {
        let of =
            |flapping: &Option<Flapping>, ended| flapping.as_ref().map(|flapping| (flapping.since, ended));
        let flap = of(&self.flapping, false).or_else(|| of(&self.last_flapping, true));
        let severity = self.alert.severity;
        let notified = route_state.last_notified.get_or_insert(LastNotified {
            severity,
            awaiting_ack_since: now,
            notified_at: now,
            repeats: 0,
            flap,
        });
        if reason == Reason::Digest {
            // Flapping alerts need no acknowledgement.
            notified.awaiting_ack_since = now;
        }
        notified.severity = notified.severity.max(severity);
        (notified.notified_at, notified.flap) = (now, flap);
        is_over
    }

    /// Whether it may be repeated and escalated.
    pub(super) fn can_repeat(&self) -> bool {
        !self.suppressed
            && !self.derived.is_owned_by_peer
            && self.alert.phase == Phase::Firing
            && self.flapping.is_none()
            && self.acknowledged.is_none()
    }

    /// Removes the acknowledgement and returns it.
    pub(super) fn unacknowledge(&mut self, now: Timestamp) -> Option<Acknowledgement> {
        let acknowledged = self.acknowledged.take()?;
        for notified in self.routes.values_mut().filter_map(|route_state| route_state.last_notified.as_mut())
        {
            // While acknowledged, nobody else was expected to act.
            (notified.awaiting_ack_since, notified.notified_at) = (now, now);
        }
        Some(acknowledged)
    }

    /// Content of a flapping notification.
    pub(super) fn flapping_summary(&self) -> Option<FlappingSummary> {
        let ended = self.flapping.is_none();
        let flapping = self.flapping.as_ref().or(self.last_flapping.as_ref())?;
        let alert = self.alert.key.clone();
        Some(FlappingSummary { alert, since: flapping.since, firings: flapping.firings, ended })
    }

    /// The clock was set back: no time is later than `now`, or waits would be too long.
    pub(super) fn adjust_to_clock(&mut self, now: Timestamp, settle: Duration) {
        self.changed = self.changed.min(now);
        self.settling_until = self.settling_until.map(|until| until.min(now + settle));
        if let Some(flapping) = &mut self.flapping {
            flapping.seen = flapping.seen.min(now);
        }
        for notified in self.routes.values_mut().filter_map(|route_state| route_state.last_notified.as_mut())
        {
            (notified.awaiting_ack_since, notified.notified_at) =
                (notified.awaiting_ack_since.min(now), notified.notified_at.min(now));
        }
    }
}

/// The alert with finite numbers only, because JSON has no infinity.
pub(super) fn storable(alert: &Alert) -> Alert {
    let mut alert = alert.clone();
    alert.value = alert.value.filter(|value| value.is_finite());
    alert.threshold = alert.threshold.clamp(f64::MIN, f64::MAX);
    alert
}
