//! Reminders of silences that expire soon, so that hidden alerts surprise nobody.

use super::dispatcher::Dispatcher;
use super::flush::notification_part;
use super::hash::Hash128;
use super::matcher::AlertLabels;
use super::notification::{
    ExpiringSilence, Notification, NotificationPart, Reason, compose, silence_reminder,
};
use super::route::{Route, sorted_channels};
use super::silence::CompiledSilence;
use super::tracked_alert::TrackedAlert;
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::{Labels, TimeRange, Timestamp};
use watchglass_rules::Severity;

/// Dedup key of the expiry of a silence.
fn dedup_key(id: &str, end: Timestamp) -> String {
    let mut hash = Hash128::new(1);
    hash.text(id);
    hash.number(end.millis());
    hash.finish()
}

impl Dispatcher {
    /// Reminders of expiring silences, once before each end; recurring silences only if they match a firing alert.
    ///
    /// They go to the routes of the silenced alerts. Without such alerts, routes are matched with an alert of the rule
    /// and component `silence` with severity `info`.
    pub(super) fn remind_expiring_silences(&mut self, now: Timestamp) -> Vec<Notification> {
        let warning = Duration::from_secs(self.settings.silence_reminder_seconds.into());
        self.silence_reminders.retain(|_, end| *end > now);
        self.deferred_reminders.retain(|_, (_, end)| *end > now);
        let mut notifications = Vec::new();
        for (id, ready) in &self.silences {
            let Some(TimeRange { start, end }) = ready.active_interval(now) else { continue };
            // A silence shorter than the reminder time needs none.
            let is_time = end <= now + warning && start + warning < end;
            if !is_time || self.silence_reminders.get(id) == Some(&end) {
                continue;
            }
            let batches = self.silenced(ready, now);
            if batches.is_empty() {
                continue;
            }
            let incident = dedup_key(id, end);
            if self.cluster.as_ref().is_some_and(|cluster| cluster.is_owned_by_peer(Some(&incident), now)) {
                self.deferred_reminders.insert(incident, (id.clone(), end));
                continue;
            }
            self.deferred_reminders.remove(&incident);
            self.silence_reminders.insert(id.clone(), end);
            let silence = &ready.silence;
            let silence = ExpiringSilence {
                id: id.clone(),
                name: silence.name.clone(),
                author: silence.author.clone(),
                reason: silence.reason.clone(),
                end,
            };
            let batches = batches.into_iter().filter(|((_, channels), _)| !channels.is_empty());
            notifications.extend(batches.map(|(way, parts)| {
                silence_reminder(compose(Reason::SilenceEnding, way, parts, now), silence.clone())
            }));
        }
        notifications
    }

    /// Alerts matched by a silence, by route and channels.
    fn silenced(
        &self,
        ready: &CompiledSilence,
        now: Timestamp,
    ) -> BTreeMap<(String, Vec<String>), Vec<NotificationPart>> {
        let way =
            |route: &Route| (route.name.clone(), sorted_channels(route.channels.iter().cloned().collect()));
        let mut batches: BTreeMap<_, Vec<NotificationPart>> = BTreeMap::new();
        let is_silenced = |tracked: &&TrackedAlert| ready.matches(&AlertLabels::from(&tracked.alert));
        for tracked in self.active.values().filter(is_silenced) {
            for route in self.routes.routes_for(&AlertLabels::from(&tracked.alert), now) {
                batches.entry(way(route)).or_default().push(notification_part(
                    tracked,
                    Reason::SilenceEnding,
                    0,
                ));
            }
        }
        if batches.is_empty() && ready.silence.weekly.is_none() {
            let none = Labels::default();
            let (rule, component) = ("silence", "silence");
            let facts = AlertLabels {
                rule,
                severity: Severity::Info,
                component,
                subject: "",
                series_labels: &none,
                rule_labels: &none,
            };
            batches.extend(
                self.routes.routes_for(&facts, now).into_iter().map(|route| (way(route), Vec::new())),
            );
        }
        batches
    }
}
