//! Dispatcher: the state machine that turns alerts into notifications.

use super::acknowledgement::{AcknowledgeError, Acknowledgement};
use super::error::{self, FieldError};
use super::ha::{Cluster, RemoteAck};
use super::matcher::AlertLabels;
use super::notification::{Inhibition, Notification};
use super::route::CompiledRoutes;
use super::settings::DispatchSettings;
use super::silence::{CompiledSilence, MAX_SILENCES, Silence};
use super::tracked_alert::TrackedAlert;
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_rules::{Alert, AlertKey, Change, Phase};

/// Retention of expired silences.
const EXPIRED_RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// Decides which notifications are sent to which channels, and when. It does not change recorded alerts.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    pub(super) settings: DispatchSettings,
    pub(super) routes: CompiledRoutes,
    pub(super) silences: BTreeMap<String, CompiledSilence>,
    /// Firing or flapping alerts.
    pub(super) active: BTreeMap<AlertKey, TrackedAlert>,
    /// Resolved alerts whose resolution is not notified yet.
    pub(super) resolved: Vec<TrackedAlert>,
    /// Ids of the silences active at the last step; `None` after a change.
    pub(super) active_silences: Option<Vec<String>>,
    /// Alerts of which the last step changed whether they are suppressed.
    pub(super) suppression_changes: Vec<AlertKey>,
    /// Last notification of something new per route and group.
    pub(super) group_flushes: BTreeMap<(String, String), Timestamp>,
    /// End time for which the expiry reminder of a silence was sent.
    pub(super) silence_reminders: BTreeMap<String, Timestamp>,
    /// Expiry reminders that a peer may send, by their dedup key.
    pub(super) deferred_reminders: BTreeMap<String, (String, Timestamp)>,
    /// Time of the last step.
    pub(super) last_step: Option<Timestamp>,
    pub(super) ignored_alerts: usize,
    /// Cluster state; `None` for a single server.
    pub(super) cluster: Option<Cluster>,
    /// In a cluster: last change of each silence, including removed ones.
    pub(super) silence_changes: BTreeMap<String, Timestamp>,
    /// Occurrences, by dedup key, whose resolution was notified here, until all peers know.
    pub(super) ended_occurrences: BTreeMap<String, String>,
    /// Acknowledgements made here of alerts of peers.
    pub(super) remote_acks: Vec<RemoteAck>,
}

impl Default for Dispatcher {
    /// A dispatcher with the default settings and no state.
    fn default() -> Self {
        Self {
            routes: CompiledRoutes::default(),
            settings: DispatchSettings::default(),
            silences: BTreeMap::new(),
            active: BTreeMap::new(),
            resolved: Vec::new(),
            active_silences: None,
            suppression_changes: Vec::new(),
            group_flushes: BTreeMap::new(),
            silence_reminders: BTreeMap::new(),
            deferred_reminders: BTreeMap::new(),
            last_step: None,
            ignored_alerts: 0,
            cluster: None,
            silence_changes: BTreeMap::new(),
            ended_occurrences: BTreeMap::new(),
            remote_acks: Vec::new(),
        }
    }
}

impl Dispatcher {
    /// A dispatcher without state.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn new(settings: DispatchSettings) -> Result<Self, FieldError> {
        Ok(Self { routes: settings.compile()?, settings, ..Self::default() })
    }

    /// Changes the settings. Channels that were notified of a firing get its resolution whatever the new routes are.
    ///
    /// # Errors
    /// As [`Dispatcher::new`]; nothing has changed then.
    pub fn set_settings(&mut self, settings: DispatchSettings) -> Result<(), FieldError> {
        self.routes = settings.compile()?;
        self.settings = settings;
        Ok(())
    }

    /// Notifications to send at `now`, given the changes since the last step and the firing alerts. Called at each
    /// tick.
    ///
    /// Where `active` and `changes` differ, `active` wins: a change may have been lost in a restart.
    pub fn step(&mut self, now: Timestamp, changes: &[Change], active: &[Alert]) -> Vec<Notification> {
        if self.last_step.is_some_and(|last| now < last) {
            self.adjust_to_clock(now);
        }
        self.last_step = Some(now);
        self.apply(now, changes, active);
        self.mute(now);
        let mut notifications = self.flush(now);
        notifications.extend(self.remind_expiring_silences(now));
        notifications
    }

    /// Acknowledges an alert: no repeats or escalation until it resolves. Severity increases are still notified. A
    /// second acknowledgement replaces the first.
    ///
    /// # Errors
    /// The alert is not firing, or `who` (1 to 100 characters) or `why` (at most 500) is invalid.
    pub fn acknowledge(
        &mut self,
        key: &AlertKey,
        who: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<(), AcknowledgeError> {
        error::text("who", who, 1, 100)?;
        error::text("why", why, 0, 500)?;
        let tracked = self.active.get_mut(key).ok_or_else(|| AcknowledgeError::NotFiring(key.clone()))?;
        let (who, why) = (who.to_owned(), why.to_owned());
        // Later than the removal of the previous one, whatever the clock says.
        let time =
            tracked.unacknowledged_at.take().map_or(now, |before| now.max(before + Duration::from_millis(1)));
        tracked.acknowledged = Some(Acknowledgement { key: key.clone(), who, why, time });
        Ok(())
    }

    /// Removes an acknowledgement and returns it: repeats and escalation continue as if the alert had been notified at
    /// `now`. Channels that were notified by an escalation stay notified.
    ///
    /// # Errors
    /// The alert is not firing or not acknowledged.
    pub fn unacknowledge(
        &mut self,
        key: &AlertKey,
        now: Timestamp,
    ) -> Result<Acknowledgement, AcknowledgeError> {
        let tracked = self.active.get_mut(key).ok_or_else(|| AcknowledgeError::NotFiring(key.clone()))?;
        let removed =
            tracked.unacknowledge(now).ok_or_else(|| AcknowledgeError::NotAcknowledged(key.clone()))?;
        tracked.unacknowledged_at = self.cluster.as_ref().map(|_| now.max(removed.time));
        Ok(removed)
    }

    /// Acknowledgements in order of the alert keys.
    pub fn acknowledgements(&self) -> impl Iterator<Item = &Acknowledgement> {
        self.active.values().filter_map(|tracked| tracked.acknowledged.as_ref())
    }

    /// Adds a silence, or replaces the one with the same id.
    ///
    /// # Errors
    /// An invalid field, or 200 silences that have not expired.
    pub fn put_silence(&mut self, silence: Silence, now: Timestamp) -> Result<(), FieldError> {
        let ready = CompiledSilence::from_user(silence)?;
        self.silences.retain(|_, other| !other.is_expired(now - EXPIRED_RETENTION));
        if self.silences.len() >= MAX_SILENCES && !self.silences.contains_key(&ready.silence.id) {
            self.silences.retain(|_, other| !other.is_expired(now));
            if self.silences.len() >= MAX_SILENCES {
                let expected = "expire one that is no longer needed";
                return Err(FieldError::new(
                    "id",
                    format!("too many silences (maximum {MAX_SILENCES})"),
                    expected,
                ));
            }
        }
        self.record_silence_change(&ready.silence.id.clone(), now);
        self.silences.insert(ready.silence.id.clone(), ready);
        self.active_silences = None;
        Ok(())
    }

    /// Expires a silence now; one that has not started is removed. False when there is none with that id, or it has
    /// expired.
    pub fn expire_silence(&mut self, id: &str, now: Timestamp) -> bool {
        match self.silences.get_mut(id) {
            Some(ready) if ready.silence.start >= now => drop(self.silences.remove(id)),
            Some(ready) if !ready.is_expired(now) => ready.silence.end = Some(now),
            _ => return false,
        }
        self.record_silence_change(id, now);
        true
    }

    /// Firing alerts, as of the last step.
    pub fn firing(&self) -> impl Iterator<Item = &Alert> {
        self.active.values().map(|tracked| &tracked.alert).filter(|alert| alert.phase == Phase::Firing)
    }

    /// All silences by id: active, pending, and those that expired within seven days before the last one was added.
    pub fn silences(&self) -> impl Iterator<Item = &Silence> {
        self.silences.values().map(|ready| &ready.silence)
    }

    /// An active silence that matches `alert`.
    pub fn silence_for(&self, alert: &Alert, now: Timestamp) -> Option<&Silence> {
        let facts = AlertLabels::from(alert);
        let mut holding = self.silences.values().filter(|ready| ready.active_interval(now).is_some());
        holding.find(|ready| ready.matches(&facts)).map(|ready| &ready.silence)
    }

    /// The alert that inhibits a firing alert, as of the last step.
    pub fn inhibited_by(&self, key: &AlertKey) -> Option<&AlertKey> {
        self.active.get(key)?.inhibited_by.as_ref()
    }

    /// Whether a firing alert is suppressed as of the last step: it is silenced, inhibited, or may still recover after that.
    pub fn is_suppressed(&self, key: &AlertKey) -> bool {
        self.active.get(key).is_some_and(|tracked| tracked.suppressed)
    }

    /// Whether a firing alert has been suppressed since it began, as of the last step: nobody expects its resolution.
    pub fn is_unannounced(&self, key: &AlertKey) -> bool {
        self.active.get(key).is_some_and(|tracked| tracked.suppressed && tracked.routed.is_none())
    }

    /// Whether a firing alert may still recover, because what inhibited it has resolved a short time before the last step.
    pub fn is_settling(&self, key: &AlertKey) -> bool {
        self.active.get(key).is_some_and(|tracked| tracked.settling_until.is_some())
    }

    /// Firing alerts that are suppressed since the last step, and those that no longer are: each with whether it is. Those that
    /// began to fire in that step are included if they are suppressed.
    pub fn suppression_changes(&self) -> impl Iterator<Item = (&Alert, bool)> {
        let changed = self.suppression_changes.iter().filter_map(|key| self.active.get(key));
        let firing = changed.filter(|tracked| tracked.alert.phase == Phase::Firing);
        firing.map(|tracked| (&tracked.alert, tracked.suppressed))
    }

    /// Inhibited alerts, as of the last step.
    pub(super) fn inhibitions(&self) -> impl Iterator<Item = Inhibition> {
        self.active.iter().filter_map(|(key, tracked)| {
            let cause = tracked.inhibited_by.clone()?;
            Some(Inhibition { alert: key.clone(), cause })
        })
    }

    /// Number of alerts ignored in the last step because of the limit of ten thousand.
    pub fn ignored_alerts(&self) -> usize {
        self.ignored_alerts
    }

    /// The clock was set back: no wait gets longer by it.
    fn adjust_to_clock(&mut self, now: Timestamp) {
        let settle = self.settle_duration();
        self.active
            .values_mut()
            .chain(&mut self.resolved)
            .for_each(|tracked| tracked.adjust_to_clock(now, settle));
        self.group_flushes.values_mut().for_each(|said| *said = (*said).min(now));
        if let Some(cluster) = &mut self.cluster {
            cluster.adjust_to_clock(now);
        }
    }

    pub(super) fn settle_duration(&self) -> Duration {
        Duration::from_secs(self.settings.inhibit_settle_seconds.into())
    }
}
