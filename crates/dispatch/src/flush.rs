//! Flush of alert groups: new changes, repeats and escalations.

use super::dispatcher::Dispatcher;
use super::ingest::MAX_TRACKED_ALERTS;
use super::notification::{Inhibition, MAX_ALERTS, Notification, NotificationPart, Reason, compose};
use super::route_state::RouteState;
use super::tracked_alert::TrackedAlert;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_rules::{AlertKey, Severity};

/// Route and group of a notification.
type GroupKey = (String, String);
/// Key of one notification: reason, whether it starts something, route, channels, group. Notifications are sent in
/// this order, so that a resolution comes before the next firing.
type NotificationKey = (Reason, bool, String, Vec<String>, String);

impl Dispatcher {
    /// Notifications of new changes, repeats and escalations.
    pub(super) fn flush(&mut self, now: Timestamp) -> Vec<Notification> {
        let ready = self.ready_groups(now);
        let mut batches: BTreeMap<NotificationKey, Vec<NotificationPart>> = BTreeMap::new();
        for tracked in &mut self.resolved {
            // Avoids a resolution after the notification of the next firing.
            let is_back = self.active.contains_key(&tracked.alert.key);
            flush_alert(tracked, true, |way| is_back || ready.contains(way), now, &mut batches);
        }
        for tracked in self.resolved.extract_if(.., |tracked| tracked.routes.is_empty()) {
            let has_room = self.ended_occurrences.len() < MAX_TRACKED_ALERTS;
            self.ended_occurrences
                .extend(tracked.derived.dedup_key.zip(tracked.occurrence).filter(|_| has_room));
        }
        for tracked in self.active.values_mut().filter(|_| !ready.is_empty()) {
            flush_alert(tracked, false, |way| ready.contains(way), now, &mut batches);
        }
        self.repeat_and_escalate(now, &mut batches);
        self.group_flushes.extend(ready.into_iter().map(|way| (way, now)));
        self.prune_group_flushes(now, !batches.is_empty());
        let notifications = batches.into_iter().filter(|((.., channels, _), _)| !channels.is_empty());
        let notifications = notifications
            .map(|((reason, _, route, channels, _), parts)| compose(reason, (route, channels), parts, now));
        notifications.map(|notification| self.with_inhibited(notification)).collect()
    }

    /// Drops expired group intervals, and those of groups without a notified firing alert.
    fn prune_group_flushes(&mut self, now: Timestamp, is_notified: bool) {
        let interval = Duration::from_secs(self.settings.group_interval_seconds.into());
        self.group_flushes.retain(|_, said| *said + interval > now);
        if is_notified {
            self.prune_idle_groups();
        }
    }

    /// A group without a notified firing alert starts anew with its next alert.
    pub(super) fn prune_idle_groups(&mut self) {
        let mut said = std::mem::take(&mut self.group_flushes);
        let busy = self.firing_groups();
        said.retain(|(route, group), _| busy.contains(&(route.as_str(), group.as_str())));
        self.group_flushes = said;
    }

    /// Groups that have something new and have waited long enough.
    fn ready_groups(&self, now: Timestamp) -> BTreeSet<GroupKey> {
        let wait = Duration::from_secs(self.settings.group_wait_seconds.into());
        let interval = Duration::from_secs(self.settings.group_interval_seconds.into());
        let busy = if self.resolved.is_empty() { BTreeSet::new() } else { self.firing_groups() };
        let mut ready = BTreeSet::new();
        let over = self.resolved.iter().map(|tracked| (tracked, true));
        for (tracked, is_over) in over.chain(self.active.values().map(|tracked| (tracked, false))) {
            if tracked.changed + wait > now {
                continue;
            }
            for (route, route_state) in &tracked.routes {
                if tracked.pending_reason(route_state, is_over).is_none() {
                    continue;
                }
                // The resolution of the whole group does not wait for the interval.
                let is_urgent = if is_over {
                    !busy.contains(&(route.as_str(), tracked.group.as_str()))
                } else {
                    tracked.alert.severity == Severity::Critical
                };
                let way = (route.clone(), tracked.group.clone());
                if is_urgent || self.group_flushes.get(&way).is_none_or(|said| *said + interval <= now) {
                    ready.insert(way);
                }
            }
        }
        ready
    }

    /// Groups with a firing alert that was notified.
    fn firing_groups(&self) -> BTreeSet<(&str, &str)> {
        let notified = self.active.values().flat_map(|tracked| {
            let routes = tracked.routes.iter().filter(|(_, route_state)| route_state.last_notified.is_some());
            routes.map(|(route, _)| (route.as_str(), tracked.group.as_str()))
        });
        notified.collect()
    }

    /// Repeats and escalates unacknowledged alerts.
    fn repeat_and_escalate(
        &mut self,
        now: Timestamp,
        batches: &mut BTreeMap<NotificationKey, Vec<NotificationPart>>,
    ) {
        let mut again: BTreeSet<GroupKey> = BTreeSet::new();
        for tracked in self.active.values().filter(|tracked| tracked.can_repeat()) {
            for (name, route_state) in &tracked.routes {
                if route_state.must_repeat(self.routes.by_name(name), now) {
                    again.insert((name.clone(), tracked.group.clone()));
                }
            }
        }
        for tracked in self.active.values_mut().filter(|tracked| tracked.can_repeat()) {
            let mut routes = std::mem::take(&mut tracked.routes);
            let notified = routes.values().filter(|route_state| route_state.last_notified.is_some());
            let mut taken: BTreeSet<String> = notified.flat_map(RouteState::all_channels).cloned().collect();
            for (name, route_state) in &mut routes {
                let route = self.routes.by_name(name);
                let was_notified =
                    route_state.last_notified.as_ref().is_some_and(|notified| notified.notified_at < now);
                if was_notified && !again.is_empty() && again.contains(&(name.clone(), tracked.group.clone()))
                {
                    let (ordinal, everyone) = (route_state.repeat(now), route_state.notified_channels());
                    add_part(batches, tracked, (Reason::Repeat, true, name.clone(), everyone), ordinal);
                }
                if route_state.must_escalate(route, now) {
                    let channels = route_state.escalate(route, &mut taken);
                    add_part(batches, tracked, (Reason::Escalated, true, name.clone(), channels), 0);
                }
            }
            routes.values_mut().for_each(|route_state| route_state.drop_channels(&taken));
            tracked.routes = routes;
        }
    }

    /// Adds the alerts inhibited by those of the notification.
    fn with_inhibited(&self, mut notification: Notification) -> Notification {
        let keys: BTreeSet<&AlertKey> = notification.alerts.iter().map(|alert| &alert.key).collect();
        let known: BTreeSet<&AlertKey> =
            notification.inhibited.iter().map(|because| &because.alert).collect();
        let depends = self.active.values().filter_map(|tracked| {
            let (alert, cause) = (&tracked.alert.key, tracked.inhibited_by.as_ref()?);
            let is_of_it = keys.contains(cause) && !known.contains(alert);
            is_of_it.then(|| Inhibition { alert: alert.clone(), cause: cause.clone() })
        });
        let depends: Vec<Inhibition> = depends.take(MAX_ALERTS).collect();
        notification.inhibited.extend(depends);
        notification
    }
}

fn flush_alert(
    tracked: &mut TrackedAlert,
    is_over: bool,
    is_ready: impl Fn(&GroupKey) -> bool,
    now: Timestamp,
    batches: &mut BTreeMap<NotificationKey, Vec<NotificationPart>>,
) {
    let mut routes = std::mem::take(&mut tracked.routes);
    routes.retain(|route, route_state: &mut RouteState| {
        let way = (route.clone(), tracked.group.clone());
        let Some(reason) = tracked.pending_reason(route_state, is_over).filter(|_| is_ready(&way)) else {
            return true;
        };
        let channels = if route_state.last_notified.is_some() {
            route_state.notified_channels()
        } else {
            route_state.channels()
        };
        let is_begin = !is_over && (reason != Reason::Digest || tracked.flapping.is_some());
        add_part(batches, tracked, (reason, is_begin, way.0, channels), 0);
        !tracked.record_notified(route_state, reason, is_over, now)
    });
    tracked.routes = routes;
}

fn add_part(
    batches: &mut BTreeMap<NotificationKey, Vec<NotificationPart>>,
    tracked: &TrackedAlert,
    (reason, is_begin, route, channels): (Reason, bool, String, Vec<String>),
    ordinal: u32,
) {
    let part = notification_part(tracked, reason, ordinal);
    batches.entry((reason, is_begin, route, channels, tracked.group.clone())).or_default().push(part);
}

/// Part of a notification about one alert.
pub(super) fn notification_part(tracked: &TrackedAlert, reason: Reason, ordinal: u32) -> NotificationPart {
    NotificationPart {
        alert: tracked.alert.clone(),
        dedup_key: tracked.derived.dedup_key.clone(),
        opened: tracked.opened,
        ordinal,
        inhibited_by: tracked.inhibited_by.clone(),
        acknowledged: tracked.acknowledged.clone(),
        flapping: tracked.flapping_summary().filter(|_| reason == Reason::Digest),
    }
}
