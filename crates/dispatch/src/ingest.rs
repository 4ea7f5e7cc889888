//! Ingestion of alert changes: updates tracked alerts, mutes suppressed ones, and chooses routes.

use super::dispatcher::Dispatcher;
use super::inhibit::InhibitIndex;
use super::matcher::AlertLabels;
use super::silence::CompiledSilence;
use super::tracked_alert::{TrackedAlert, storable};
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_rules::{Alert, AlertKey, Change, Phase};

/// Maximum number of tracked alerts.
pub(super) const MAX_TRACKED_ALERTS: usize = 10_000;
/// Flapping ends after this time without firing, even without a change that says so.
const FLAPPING_TIMEOUT: Duration = Duration::from_secs(3600);

impl Dispatcher {
    /// Applies changes and the firing alerts.
    pub(super) fn apply(&mut self, now: Timestamp, changes: &[Change], active: &[Alert]) {
        for change in changes {
            match change {
                Change::Fired(alert) | Change::Worsened(alert) => self.observe(alert, now),
                Change::FlappingBegan(alert) => self.begin_flapping(alert, now),
                Change::FlappingEnded(alert) => self.end_flapping(alert, now),
                Change::Resolved(alert) => self.resolve(alert, now),
            }
        }
        self.active.values_mut().for_each(|tracked| tracked.derived.is_firing = false);
        self.ignored_alerts = 0;
        for alert in active.iter().filter(|alert| alert.phase == Phase::Firing) {
            match self.active.get_mut(&alert.key) {
                // Usually only the value has changed.
                Some(tracked) if tracked.is_same_firing(alert) => tracked.update(alert, now),
                Some(tracked) if tracked.flapping.is_some() && !alert.flapping => {
                    self.end_flapping(alert, now)
                }
                _ if alert.flapping => self.begin_flapping(alert, now),
                _ => self.observe(alert, now),
            }
            if let Some(tracked) = self.active.get_mut(&alert.key) {
                tracked.derived.is_firing = true;
            }
        }
        let missing = self.active.values().filter(|tracked| !tracked.derived.is_firing);
        let missing: Vec<Alert> = missing.map(|tracked| tracked.alert.clone()).collect();
        for mut alert in missing {
            if alert.phase != Phase::Resolved {
                (alert.phase, alert.resolved) = (Phase::Resolved, Some(now));
            }
            self.resolve(&alert, now);
        }
        self.end_stale_flapping(now);
    }

    fn observe(&mut self, alert: &Alert, now: Timestamp) {
        match self.active.get_mut(&alert.key) {
            Some(tracked) if tracked.flapping.is_some() || tracked.alert.fired == alert.fired => {
                tracked.update(alert, now)
            }
            Some(tracked) => {
                // The resolution of the previous firing was missed.
                let mut ended = tracked.alert.clone();
                (ended.phase, ended.resolved) = (Phase::Resolved, Some(now));
                self.close(&ended, now);
                self.track(alert, now);
            }
            None => self.track(alert, now),
        }
    }

    fn track(&mut self, alert: &Alert, now: Timestamp) {
        if self.active.len() + self.resolved.len() >= MAX_TRACKED_ALERTS {
            self.ignored_alerts += 1;
            return;
        }
        let facts = AlertLabels::from(alert);
        let shared = self.settings.group_by.iter().map(|name| format!("{name}={}", facts.get(name)));
        let group = shared.collect::<Vec<_>>().join(" ");
        let mut tracked = TrackedAlert::new(storable(alert), group, now);
        tracked.derived.dedup_key = self.cluster.as_ref().and_then(|cluster| cluster.dedup_key(alert));
        self.active.insert(alert.key.clone(), tracked);
    }

    fn begin_flapping(&mut self, alert: &Alert, now: Timestamp) {
        self.observe(alert, now);
        if let Some(tracked) = self.active.get_mut(&alert.key) {
            tracked.begin_flapping(now);
        }
    }

    fn end_flapping(&mut self, alert: &Alert, now: Timestamp) {
        if let Some(tracked) = self.active.get_mut(&alert.key) {
            tracked.update(alert, now);
            tracked.end_flapping(now);
        }
        if alert.phase != Phase::Firing {
            self.close(alert, now);
        }
    }

    fn resolve(&mut self, alert: &Alert, now: Timestamp) {
        match self.active.get_mut(&alert.key) {
            // Flapping: it will fire again.
            Some(tracked) if tracked.flapping.is_some() && alert.flapping => tracked.update(alert, now),
            Some(_) => self.end_flapping(alert, now),
            None => {}
        }
    }

    /// Keeps a resolved alert until its resolution is notified; drops one that was never notified.
    fn close(&mut self, alert: &Alert, now: Timestamp) {
        let Some(mut tracked) = self.active.remove(&alert.key) else { return };
        tracked.update(alert, now);
        tracked.alert.phase = Phase::Resolved;
        // An alert that stopped flapping may have been pending.
        tracked.alert.resolved.get_or_insert(now);
        tracked.changed = now;
        tracked.drop_unnotified_routes();
        if !tracked.routes.is_empty() {
            self.resolved.push(tracked);
        }
    }

    fn end_stale_flapping(&mut self, now: Timestamp) {
        let is_gone = |tracked: &&TrackedAlert| {
            tracked.alert.phase != Phase::Firing
                && tracked.flapping.as_ref().is_some_and(|flapping| flapping.seen + FLAPPING_TIMEOUT <= now)
        };
        let gone = self.active.values().filter(is_gone).map(|tracked| tracked.alert.clone());
        for alert in gone.collect::<Vec<_>>() {
            self.end_flapping(&alert, now);
        }
    }

    /// Updates which alerts are suppressed, and chooses the routes of the others.
    pub(super) fn mute(&mut self, now: Timestamp) {
        let settle = self.settle_duration();
        let holding: Vec<&CompiledSilence> =
            self.silences.values().filter(|silence| silence.active_interval(now).is_some()).collect();
        let ids = || holding.iter().map(|ready| &ready.silence.id);
        // Matchers are evaluated when silences or alert labels change, not at every tick.
        let is_as_before = self.active_silences.as_ref().is_some_and(|before| ids().eq(before));
        if !is_as_before {
            self.active_silences = Some(ids().cloned().collect());
        }
        let cluster = self.cluster.as_ref();
        let is_held = |tracked: &TrackedAlert| {
            cluster.is_some_and(|cluster| cluster.is_owned_by_peer(tracked.derived.dedup_key.as_ref(), now))
        };
        for tracked in &mut self.resolved {
            tracked.set_owned_by_peer(is_held(tracked));
        }
        let active = self.active.values().filter(|tracked| tracked.is_active()).map(|tracked| &tracked.alert);
        let causes = InhibitIndex::new(&self.settings.inhibit_rules, active);
        let because_of: Vec<Option<AlertKey>> =
            self.active.values().map(|tracked| causes.inhibitor_of(&tracked.alert).cloned()).collect();
        self.suppression_changes.clear();
        for ((key, tracked), because_of) in self.active.iter_mut().zip(because_of) {
            let facts = AlertLabels::from(&tracked.alert);
            let find_out = || holding.iter().any(|silence| silence.matches(&facts));
            let is_silenced = tracked.derived.is_silenced.filter(|_| is_as_before).unwrap_or_else(find_out);
            tracked.derived.is_silenced = Some(is_silenced);
            let was_suppressed = tracked.suppressed;
            tracked.set_suppressed(is_silenced, because_of, settle, now);
            if tracked.suppressed != was_suppressed {
                self.suppression_changes.push(key.clone());
            }
            tracked.set_owned_by_peer(is_held(tracked));
            if tracked.needs_routes() {
                let routes = self.routes.routes_for(&AlertLabels::from(&tracked.alert), now);
                tracked.add_routes(&routes);
            }
        }
    }
}
