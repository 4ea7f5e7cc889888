//! State machine of the outbox, free of I/O. Only records change it, so that replaying them gives the same state.

use super::backoff::{MAX_AGE, MAX_ATTEMPTS, delay};
use super::order::MessageAlerts;
use super::record::{Attempt, Event, NewMessage, Outcome, Record};
use super::retention::size;
use crate::{MAX_RETRY_AFTER, Message, SendError};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use watchglass_model::Timestamp;

/// Events kept per message and channel: the newest.
const MAX_EVENTS: usize = 20;
/// Maximum delay of an attempt. A later due time was written before the clock was set back.
const MAX_DELAY: Duration = Duration::from_secs(MAX_RETRY_AFTER.as_secs() + 60);

/// State of a message on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) channel: String,
    pub(super) enqueued: Timestamp,
    /// Time of enqueueing or of the last manual resend.
    pub(super) since: Timestamp,
    pub(super) stage: Stage,
    /// Failed attempts since then.
    pub(super) attempts: u32,
    /// Oldest first.
    pub(super) events: Vec<Event>,
}

/// Delivery stage of a message on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting {
        due: Timestamp,
    },
    Delivered,
    Dead {
        reason: String,
    },
    /// A later message replaces it.
    Superseded {
        by: String,
    },
}

/// A message with its channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) message: Message,
    pub(super) alerts: MessageAlerts,
    /// Approximate size in memory and in the file.
    pub(super) bytes: usize,
    pub(super) items: Vec<Item>,
}

impl Entry {
    pub(super) fn is_waiting(&self) -> bool {
        self.items.iter().any(|item| matches!(item.stage, Stage::Waiting { .. }))
    }

    pub(super) fn is_dead(&self) -> bool {
        self.items.iter().any(|item| matches!(item.stage, Stage::Dead { .. }))
    }

    /// Time of the last event.
    pub(super) fn last(&self) -> Timestamp {
        let of = |item: &Item| item.events.last().map_or(item.enqueued, Event::time);
        self.items.iter().map(of).max().unwrap_or_default()
    }
}

/// A message to send now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Message.
    pub message: Message,
    /// Channel.
    pub channel: String,
}

/// All messages in order of arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OutboxState {
    pub(super) entries: BTreeMap<u64, Entry>,
    numbers: HashMap<String, u64>,
    next: u64,
    /// Channels that requested for a pause, and its end.
    holds: HashMap<String, Timestamp>,
    /// Message id in flight on each channel. Not persisted: after a restart its result is unknown, so it is sent again
    /// with the same id.
    sending: HashMap<String, String>,
    pub(super) bytes: usize,
    /// Newest state of the dispatcher.
    pub(super) dispatcher_state: Option<String>,
}

/// Whether a due time has passed.
fn is_due(moment: Timestamp, now: Timestamp) -> bool {
    moment <= now || moment > now + MAX_DELAY
}

impl OutboxState {
    pub(super) fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(self.numbers.get(id)?)
    }

    pub(super) fn item(&self, id: &str, channel: &str) -> Option<&Item> {
        self.entry(id)?.items.iter().find(|item| item.channel == channel)
    }

    /// Applies a record. Records of unknown messages are ignored.
    pub(super) fn apply(&mut self, record: &Record) {
        match record {
            Record::Enqueued(new) => self.enqueue(new),
            Record::Committed { messages, state } => {
                messages.iter().for_each(|new| self.enqueue(new));
                if state.is_some() {
                    self.dispatcher_state.clone_from(state);
                }
            }
            Record::Happened { id, channel, happened } => self.apply_event(id, channel, happened),
            Record::Dropped { id } => {
                let dropped = self.numbers.remove(id).and_then(|number| self.entries.remove(&number));
                self.bytes -= dropped.map_or(0, |entry| entry.bytes);
            }
        }
    }

    fn enqueue(&mut self, new: &NewMessage) {
        let NewMessage { time, message, channels } = new;
        let time = *time;
        let number = *self.numbers.entry(message.id.clone()).or_insert(self.next);
        self.next = self.next.max(number + 1);
        let entry = self.entries.entry(number).or_insert_with(|| {
            let bytes = size(message);
            self.bytes += bytes;
            let alerts = MessageAlerts::of(message);
            Entry { message: message.clone(), alerts, bytes, items: Vec::new() }
        });
        for channel in channels {
            if !entry.items.iter().any(|item| item.channel == *channel) {
                entry.items.push(Item {
                    channel: channel.clone(),
                    enqueued: time,
                    since: time,
                    stage: Stage::Waiting { due: time },
                    attempts: 0,
                    events: Vec::new(),
                });
            }
        }
    }

    fn apply_event(&mut self, id: &str, channel: &str, event: &Event) {
        let Some(entry) = self.numbers.get(id).and_then(|number| self.entries.get_mut(number)) else {
            return;
        };
        let Some(item) = entry.items.iter_mut().find(|item| item.channel == channel) else { return };
        match event {
            Event::Resend { time, .. } => {
                (item.since, item.attempts) = (*time, 0);
                item.stage = Stage::Waiting { due: *time };
            }
            Event::Superseded { by, .. } => item.stage = Stage::Superseded { by: by.clone() },
            Event::Attempt(attempt) => {
                (item.since, item.attempts) = (attempt.since, attempt.number);
                if self.sending.get(channel).is_some_and(|sending| sending == id) {
                    self.sending.remove(channel);
                }
                item.stage = match &attempt.outcome {
                    Outcome::Delivered => Stage::Delivered,
                    Outcome::Dead { reason } => Stage::Dead { reason: reason.clone() },
                    Outcome::Retry { due, hold, .. } => {
                        if *hold {
                            self.holds.insert(channel.to_owned(), *due);
                        }
                        Stage::Waiting { due: *due }
                    }
                };
            }
        }
        item.events.push(event.clone());
        if item.events.len() > MAX_EVENTS {
            item.events.remove(0);
        }
    }

    /// Messages to send now: at most one for each channel that is idle and not held back, none before an earlier one about the
    /// same alert. The most severe goes first, then the longest due. A returned job counts as in flight until its attempt is
    /// recorded.
    pub(super) fn plan(&mut self, now: Timestamp) -> Vec<Job> {
        let mut best: BTreeMap<&str, (Reverse<crate::Severity>, Timestamp, u64)> = BTreeMap::new();
        for (number, entry, item, due) in self.sendable() {
            if !is_due(due, now) || !self.is_free(&item.channel, now) {
                continue;
            }
            let rank = (Reverse(entry.message.severity), due, number);
            let chosen = best.entry(&item.channel).or_insert(rank);
            *chosen = rank.min(*chosen);
        }
        let job = |(channel, (_, _, number)): (&str, (_, _, u64))| {
            let message = self.message_for(number, self.entries.get(&number)?, channel);
            Some(Job { message, channel: channel.to_owned() })
        };
        let jobs: Vec<Job> = best.into_iter().filter_map(job).collect();
        self.sending.extend(jobs.iter().map(|job| (job.channel.clone(), job.message.id.clone())));
        jobs
    }

    pub(super) fn is_in_flight(&self, id: &str, channel: &str) -> bool {
        self.sending.get(channel).is_some_and(|sending| sending == id)
    }

    /// Marks a job as no longer in flight, whatever its result.
    pub(super) fn release(&mut self, job: &Job) {
        if self.sending.get(&job.channel) == Some(&job.message.id) {
            self.sending.remove(&job.channel);
        }
    }

    fn is_free(&self, channel: &str, now: Timestamp) -> bool {
        !self.sending.contains_key(channel) && self.holds.get(channel).is_none_or(|until| is_due(*until, now))
    }

    /// Time until [`OutboxState::plan`] has work; `None` if everything pending is behind a message in flight.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Duration> {
        let left = |moment: Timestamp| if is_due(moment, now) { 0 } else { moment.millis_since(now) };
        let sendable = self.sendable().into_iter();
        sendable
            .filter(|(_, _, item, _)| !self.sending.contains_key(&item.channel))
            .map(|(_, _, item, due)| {
                left(due).max(self.holds.get(&item.channel).map_or(0, |until| left(*until)))
            })
            .min()
            .map(|millis| Duration::from_millis(millis.unsigned_abs()))
    }

    /// Record of an attempt; `None` if the message is no longer on this channel.
    pub(super) fn attempt_record(
        &self,
        now: Timestamp,
        (id, channel, to): (&str, &str, &str),
        result: Result<(), SendError>,
        jitter: f64,
    ) -> Option<Record> {
        let item = self.item(id, channel)?;
        let number = item.attempts.saturating_add(1);
        let outcome = match result {
            Ok(()) => Outcome::Delivered,
            Err(SendError::Permanent { reason }) => Outcome::Dead { reason },
            Err(SendError::Temporary { reason, .. }) if number >= MAX_ATTEMPTS => {
                Outcome::Dead { reason: format!("gave up after {number} attempts: {reason}") }
            }
            Err(SendError::Temporary { reason, .. }) if now >= item.since + MAX_AGE => {
                Outcome::Dead { reason: format!("gave up after 24 h: {reason}") }
            }
            Err(SendError::Temporary { reason, retry_after }) => {
                let requested = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
                Outcome::Retry {
                    reason,
                    due: now + delay(number, jitter).max(requested),
                    hold: retry_after.is_some(),
                }
            }
        };
        let attempt = Attempt { time: now, to: to.to_owned(), number, since: item.since, outcome };
        let (id, channel) = (id.to_owned(), channel.to_owned());
        Some(Record::Happened { id, channel, happened: Event::Attempt(attempt) })
    }

    /// Records that reproduce this state, except messages in flight.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> + '_ {
        let state = self.dispatcher_state.clone();
        let state = state.map(|state| Record::Committed { messages: Vec::new(), state: Some(state) });
        let entries = self.entries.values().flat_map(|entry| {
            let enqueued = entry.items.chunk_by(|a, b| a.enqueued == b.enqueued).map(|items| {
                let new = NewMessage {
                    time: items.first().map_or_else(Timestamp::default, |item| item.enqueued),
                    message: entry.message.clone(),
                    channels: items.iter().map(|item| item.channel.clone()).collect(),
                };
                Record::Committed { messages: vec![new], state: None }
            });
            let id = &entry.message.id;
            let happened = entry.items.iter().flat_map(move |item| {
                item.events.iter().map(move |event| Record::Happened {
                    id: id.clone(),
                    channel: item.channel.clone(),
                    happened: event.clone(),
                })
            });
            enqueued.chain(happened)
        });
        state.into_iter().chain(entries)
    }
}
