//! Delivery log.

use super::Outbox;
use super::record::Event;
use super::state::{Entry, Item, Stage};
use crate::Severity;
use serde::Serialize;
use watchglass_model::Timestamp;

/// Entry of the delivery log: an event of a message on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Message id.
    pub id: String,
    /// Title of the message.
    pub title: String,
    /// Severity of the message.
    pub severity: Severity,
    /// Channel.
    pub channel: String,
    /// Event.
    #[serde(flatten)]
    pub event: Event,
}

/// Undeliverable message; only a manual resend retries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Message id.
    pub id: String,
    /// Title of the message.
    pub title: String,
    /// Severity of the message.
    pub severity: Severity,
    /// Channel.
    pub channel: String,
    /// Time of enqueueing.
    pub enqueued: Timestamp,
    /// Time it was given up.
    pub time: Timestamp,
    /// Reason.
    pub reason: String,
}

/// Number of messages by state, over all channels: a message on two channels counts twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Pending.
    pub waiting: usize,
    /// Accepted by the receiver.
    pub delivered: usize,
    /// Given up.
    pub dead: usize,
    /// Replaced by a later message before they were delivered.
    pub superseded: usize,
}

impl Outbox {
    /// Delivery log, newest first, with at limit `limit` entries.
    pub fn deliveries(&self, limit: usize) -> Vec<Delivery> {
        let all = self.state.entries.values().flat_map(|entry| {
            entry.items.iter().flat_map(move |item| item.events.iter().map(move |event| (entry, item, event)))
        });
        let mut all: Vec<(&Entry, &Item, &Event)> = all.collect();
        // Stable sort: events of the same time keep their order, which is then reversed.
        all.sort_by_key(|(_, _, event)| event.time());
        let delivery = |(entry, item, event): (&Entry, &Item, &Event)| Delivery {
            id: entry.message.id.clone(),
            title: entry.message.title.clone(),
            severity: entry.message.severity,
            channel: item.channel.clone(),
            event: event.clone(),
        };
        all.into_iter().rev().take(limit).map(delivery).collect()
    }

    /// Undeliverable messages, newest first, with at most `limit` entries.
    pub fn dead_letters(&self, limit: usize) -> Vec<DeadLetter> {
        let mut letters: Vec<DeadLetter> = Vec::new();
        for entry in self.state.entries.values() {
            letters.extend(entry.items.iter().filter_map(|item| {
                let Stage::Dead { reason } = &item.stage else { return None };
                Some(DeadLetter {
                    id: entry.message.id.clone(),
                    title: entry.message.title.clone(),
                    severity: entry.message.severity,
                    channel: item.channel.clone(),
                    enqueued: item.enqueued,
                    time: item.events.last().map_or(item.enqueued, Event::time),
                    reason: reason.clone(),
                })
            }));
        }
        letters.sort_by_key(|letter| letter.time);
        letters.reverse();
        letters.truncate(limit);
        letters
    }

    /// Number of messages by state.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for item in self.state.entries.values().flat_map(|entry| &entry.items) {
            match item.stage {
                Stage::Waiting { .. } => counts.waiting += 1,
                Stage::Delivered => counts.delivered += 1,
                Stage::Dead { .. } => counts.dead += 1,
                Stage::Superseded { .. } => counts.superseded += 1,
            }
        }
        counts
    }
}
