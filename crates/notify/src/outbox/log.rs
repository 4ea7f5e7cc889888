//! The delivery log: what became of every message.

use super::Outbox;
use super::record::Event;
use super::state::{Entry, Item, Stage};
use crate::Severity;
use serde::Serialize;
use watchglass_model::Timestamp;

/// Something that happened to a message on its way over a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Which message.
    pub id: String,
    /// What it says.
    pub title: String,
    /// How bad that is.
    pub severity: Severity,
    /// Over which channel.
    pub channel: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// A message that did not reach somebody, and will not unless it is sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Which message.
    pub id: String,
    /// What it says.
    pub title: String,
    /// How bad that is.
    pub severity: Severity,
    /// Over which channel.
    pub channel: String,
    /// When it was put in.
    pub enqueued: Timestamp,
    /// When it was given up.
    pub time: Timestamp,
    /// Why.
    pub reason: String,
}

/// How many messages there are on all channels: one that goes over two counts twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// To be sent.
    pub waiting: usize,
    /// Taken by the other side.
    pub delivered: usize,
    /// Given up.
    pub dead: usize,
}

impl Outbox {
    /// What happened, the newest first; at most so many.
    pub fn deliveries(&self, most: usize) -> Vec<Delivery> {
        let all = self.state.entries.values().flat_map(|entry| {
            entry.items.iter().flat_map(move |item| item.events.iter().map(move |event| (entry, item, event)))
        });
        let mut all: Vec<(&Entry, &Item, &Event)> = all.collect();
        // Of one moment what came later stands further down before it is turned round.
        all.sort_by_key(|(_, _, event)| event.time());
        let delivery = |(entry, item, event): (&Entry, &Item, &Event)| Delivery {
            id: entry.message.id.clone(),
            title: entry.message.title.clone(),
            severity: entry.message.severity,
            channel: item.channel.clone(),
            event: event.clone(),
        };
        all.into_iter().rev().take(most).map(delivery).collect()
    }

    /// What did not arrive, the last given up first; at most so many.
    pub fn dead_letters(&self, most: usize) -> Vec<DeadLetter> {
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
        letters.truncate(most);
        letters
    }

    /// How many messages there are.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for item in self.state.entries.values().flat_map(|entry| &entry.items) {
            match item.stage {
                Stage::Waiting { .. } => counts.waiting += 1,
                Stage::Delivered => counts.delivered += 1,
                Stage::Dead { .. } => counts.dead += 1,
            }
        }
        counts
    }
}
