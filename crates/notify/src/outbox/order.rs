//! Order of messages about the same alerts on a channel, and messages that a later one replaces.
//!
//! A message waits for the earlier ones on its channel that have an alert in common with it: "resolved" never arrives before
//! "firing". An undelivered message that an alert fires is superseded by a later undelivered one about the same alerts: a
//! receiver that was not notified of it yet gets only the newest state, with a line that says so. A message that alerts have resolved is never
//! superseded, so that a receiver which opened an incident can close it.

use super::record::{Event, Record};
use super::state::{Entry, Item, OutboxState, Stage};
use crate::message::MAX_LINES;
use crate::{AlertStatus, Line, Message};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use watchglass_model::Timestamp;

/// Alerts of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MessageAlerts {
    /// Hashes of the fingerprints, sorted.
    alerts: Vec<u64>,
    /// Hash of route and group; `None` if the message is about no alert.
    group: Option<u64>,
    /// Whether there are more alerts than listed.
    is_truncated: bool,
    is_resolved: bool,
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl MessageAlerts {
    pub(super) fn of(message: &Message) -> Self {
        let Some(group) = &message.group else { return Self::default() };
        let mut alerts: Vec<u64> = group.alerts.iter().map(|alert| hash(&alert.fingerprint)).collect();
        alerts.sort_unstable();
        Self {
            alerts,
            group: Some(hash((&group.route, &group.labels))),
            is_truncated: group.truncated > 0,
            is_resolved: group.status() == AlertStatus::Resolved,
        }
    }

    /// Whether a later message about the same alerts may replace this one.
    fn is_replaceable(&self) -> bool {
        !self.is_resolved && !self.is_truncated && !self.alerts.is_empty()
    }

    fn covers(&self, other: &Self) -> bool {
        other.alerts.iter().all(|alert| self.alerts.binary_search(alert).is_ok())
    }
}

/// Alerts of the earlier messages that wait on a channel.
#[derive(Debug, Default)]
struct Held {
    alerts: HashSet<u64>,
    groups: HashSet<u64>,
    truncated_groups: HashSet<u64>,
}

impl Held {
    /// Adds a message, and says whether it has to wait for an earlier one.
    fn add(&mut self, message: &MessageAlerts) -> bool {
        let MessageAlerts { alerts, group, is_truncated, .. } = message;
        let mut must_wait = alerts.iter().any(|alert| self.alerts.contains(alert));
        self.alerts.extend(alerts);
        if let Some(group) = *group {
            // Alerts that are not listed may be in any message of the group.
            must_wait |= self.truncated_groups.contains(&group);
            must_wait |= *is_truncated && self.groups.contains(&group);
            self.groups.insert(group);
            self.truncated_groups.extend(is_truncated.then_some(group));
        }
        must_wait
    }
}

impl OutboxState {
    /// Messages that wait on a channel, but not for an earlier message, with number and due time.
    pub(super) fn sendable(&self) -> Vec<(u64, &Entry, &Item, Timestamp)> {
        let mut held: HashMap<&str, Held> = HashMap::new();
        let mut sendable = Vec::new();
        for (&number, entry) in &self.entries {
            for item in &entry.items {
                let Stage::Waiting { due } = item.stage else { continue };
                if !held.entry(&item.channel).or_default().add(&entry.alerts) {
                    sendable.push((number, entry, item, due));
                }
            }
        }
        sendable
    }

    /// Records of the messages that are superseded now. A message in flight is not: it may arrive. Nor is one that a user has
    /// requested again.
    pub(super) fn supersede(&self, now: Timestamp) -> Vec<Record> {
        let mut later: HashMap<(&str, u64), Vec<&Entry>> = HashMap::new();
        let mut records = Vec::new();
        for entry in self.entries.values().rev() {
            let id = &entry.message.id;
            for item in &entry.items {
                if !matches!(item.stage, Stage::Waiting { .. }) {
                    continue;
                }
                let is_in_flight = self.is_in_flight(id, &item.channel);
                let is_replaceable =
                    entry.alerts.is_replaceable() && item.since == item.enqueued && !is_in_flight;
                let first = entry.alerts.alerts.first().filter(|_| is_replaceable);
                let candidates = first.and_then(|first| later.get(&(item.channel.as_str(), *first)));
                // The next one: a resolution belongs to the firing before it.
                let by = candidates
                    .and_then(|later| later.iter().rev().find(|later| later.alerts.covers(&entry.alerts)));
                if let Some(by) = by {
                    let happened = Event::Superseded { time: now, by: by.message.id.clone() };
                    records.push(Record::Happened {
                        id: id.clone(),
                        channel: item.channel.clone(),
                        happened,
                    });
                    continue;
                }
                for alert in &entry.alerts.alerts {
                    later.entry((&item.channel, *alert)).or_default().push(entry);
                }
            }
        }
        records
    }

    /// The message as it is sent over a channel: with a line about the messages that it replaces.
    pub(super) fn message_for(&self, number: u64, entry: &Entry, channel: &str) -> Message {
        let mut message = entry.message.clone();
        let mut replaced = HashSet::from([message.id.as_str()]);
        let mut oldest = None;
        for (_, earlier) in self.entries.range(..number).rev() {
            let of_channel = earlier.items.iter().find(|item| item.channel == channel);
            let by = of_channel.and_then(|item| match &item.stage {
                Stage::Superseded { by } => Some(by.as_str()),
                _ => None,
            });
            if by.is_some_and(|by| replaced.contains(by)) {
                replaced.insert(&earlier.message.id);
                oldest = Some(&earlier.message);
            }
        }
        if let Some(oldest) = oldest {
            let (time, title) = (oldest.time_text(), &oldest.title);
            let text = match replaced.len() - 1 {
                1 => format!("The notification of {time} could not be delivered before: {title}"),
                count => format!("{count} notifications since {time} could not be delivered before: {title}"),
            };
            message.lines.truncate(MAX_LINES - 1);
            message.lines.push(Line { label: "Earlier".to_owned(), text });
        }
        message
    }
}
