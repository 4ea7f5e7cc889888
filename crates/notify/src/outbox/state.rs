//! What is to be sent, and what became of it: a pure state machine. Records change it, and nothing else does, so that
//! reading them back makes the same state.

use super::backoff::{MOST_AGE, MOST_ATTEMPTS, wait};
use super::record::{Attempt, Event, Outcome, Record};
use crate::{MOST_RETRY_AFTER, Message, SendError};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use watchglass_model::Timestamp;

/// Events that are kept of a message on a channel: the newest.
const MOST_EVENTS: usize = 20;
/// Nothing is ever due later than this. What is was written before the clock was set back.
const LONGEST_WAIT: Duration = Duration::from_secs(MOST_RETRY_AFTER.as_secs() + 60);

/// What is known of a message on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) channel: String,
    pub(super) enqueued: Timestamp,
    /// When it was put in, or last asked for.
    pub(super) since: Timestamp,
    pub(super) stage: Stage,
    /// How often it failed since then.
    pub(super) attempts: u32,
    /// Oldest first.
    pub(super) events: Vec<Event>,
}

/// How far a message is on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting { due: Timestamp },
    Delivered,
    Dead { reason: String },
}

/// A message with the channels that it goes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) message: Message,
    /// About what it takes in memory and in the file.
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

    /// When something last happened to it.
    pub(super) fn last(&self) -> Timestamp {
        let of = |item: &Item| item.events.last().map_or(item.enqueued, Event::time);
        self.items.iter().map(of).max().unwrap_or_default()
    }
}

/// A message to be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What.
    pub message: Message,
    /// Over which channel.
    pub channel: String,
}

/// All messages, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) entries: BTreeMap<u64, Entry>,
    numbers: HashMap<String, u64>,
    next: u64,
    /// Channels that want to be left alone, and until when.
    holds: HashMap<String, Timestamp>,
    /// What is under way: the id of the message on each channel. Not kept over a restart: nobody knows how far it came,
    /// so it is tried again, with the same id.
    sending: HashMap<String, String>,
    pub(super) bytes: usize,
}

/// Whether a moment has come.
fn is_due(moment: Timestamp, now: Timestamp) -> bool {
    moment <= now || moment > now + LONGEST_WAIT
}

impl State {
    pub(super) fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(self.numbers.get(id)?)
    }

    pub(super) fn item(&self, id: &str, channel: &str) -> Option<&Item> {
        self.entry(id)?.items.iter().find(|item| item.channel == channel)
    }

    /// Takes a record in. One that is about nothing that is known changes nothing.
    pub(super) fn apply(&mut self, record: &Record) {
        match record {
            Record::Enqueued { time, message, channels } => self.enqueue(*time, message, channels),
            Record::Happened { id, channel, happened } => self.happen(id, channel, happened),
            Record::Dropped { id } => {
                let dropped = self.numbers.remove(id).and_then(|number| self.entries.remove(&number));
                self.bytes -= dropped.map_or(0, |entry| entry.bytes);
            }
        }
    }

    fn enqueue(&mut self, time: Timestamp, message: &Message, channels: &[String]) {
        let number = *self.numbers.entry(message.id.clone()).or_insert(self.next);
        self.next = self.next.max(number + 1);
        let entry = self.entries.entry(number).or_insert_with(|| {
            let bytes = size(message);
            self.bytes += bytes;
            Entry { message: message.clone(), bytes, items: Vec::new() }
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

    fn happen(&mut self, id: &str, channel: &str, event: &Event) {
        let Some(entry) = self.numbers.get(id).and_then(|number| self.entries.get_mut(number)) else {
            return;
        };
        let Some(item) = entry.items.iter_mut().find(|item| item.channel == channel) else { return };
        match event {
            Event::Resend { time, .. } => {
                (item.since, item.attempts) = (*time, 0);
                item.stage = Stage::Waiting { due: *time };
            }
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
        if item.events.len() > MOST_EVENTS {
            item.events.remove(0);
        }
    }

    /// What to try now: one message for each channel that has nothing under way and may be spoken to. The worst goes
    /// first, then what has been due for longest. What is returned counts as under way until its attempt is recorded.
    pub(super) fn plan(&mut self, now: Timestamp) -> Vec<Job> {
        let mut best: BTreeMap<&str, (Reverse<crate::Severity>, Timestamp, u64)> = BTreeMap::new();
        for (&number, entry) in &self.entries {
            for item in &entry.items {
                let Stage::Waiting { due } = item.stage else { continue };
                if !is_due(due, now) || !self.is_free(&item.channel, now) {
                    continue;
                }
                let rank = (Reverse(entry.message.severity), due, number);
                let kept = best.entry(&item.channel).or_insert(rank);
                *kept = rank.min(*kept);
            }
        }
        let job = |(channel, (_, _, number)): (&str, (_, _, u64))| {
            let message = self.entries.get(&number)?.message.clone();
            Some(Job { message, channel: channel.to_owned() })
        };
        let jobs: Vec<Job> = best.into_iter().filter_map(job).collect();
        self.sending.extend(jobs.iter().map(|job| (job.channel.clone(), job.message.id.clone())));
        jobs
    }

    /// A job is not under way any more, whatever became of it.
    pub(super) fn let_go(&mut self, job: &Job) {
        if self.sending.get(&job.channel) == Some(&job.message.id) {
            self.sending.remove(&job.channel);
        }
    }

    fn is_free(&self, channel: &str, now: Timestamp) -> bool {
        !self.sending.contains_key(channel) && self.holds.get(channel).is_none_or(|until| is_due(*until, now))
    }

    /// How long until [`State::plan`] has something; `None` while nothing waits but behind what is under way.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Duration> {
        let items = self.entries.values().flat_map(|entry| &entry.items);
        let left = |moment: Timestamp| if is_due(moment, now) { 0 } else { moment.millis_since(now) };
        items
            .filter(|item| !self.sending.contains_key(&item.channel))
            .filter_map(|item| match item.stage {
                Stage::Waiting { due } => {
                    Some(left(due).max(self.holds.get(&item.channel).map_or(0, |until| left(*until))))
                }
                _ => None,
            })
            .min()
            .map(|millis| Duration::from_millis(millis.unsigned_abs()))
    }

    /// What to write down of an attempt; `None` for one of a message that is not on this channel any more.
    pub(super) fn judge(
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
            Err(SendError::Temporary { reason, .. }) if number >= MOST_ATTEMPTS => {
                Outcome::Dead { reason: format!("given up after {number} attempts: {reason}") }
            }
            Err(SendError::Temporary { reason, .. }) if now >= item.since + MOST_AGE => {
                Outcome::Dead { reason: format!("given up after 24 h: {reason}") }
            }
            Err(SendError::Temporary { reason, retry_after }) => {
                let asked = retry_after.unwrap_or_default().min(MOST_RETRY_AFTER);
                Outcome::Retry {
                    reason,
                    due: now + wait(number, jitter).max(asked),
                    hold: retry_after.is_some(),
                }
            }
        };
        let attempt = Attempt { time: now, to: to.to_owned(), number, since: item.since, outcome };
        let (id, channel) = (id.to_owned(), channel.to_owned());
        Some(Record::Happened { id, channel, happened: Event::Attempt(attempt) })
    }

    /// Records that make this state again, but for what is under way.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> + '_ {
        self.entries.values().flat_map(|entry| {
            let begin = entry.items.chunk_by(|a, b| a.enqueued == b.enqueued).map(|items| Record::Enqueued {
                time: items.first().map_or_else(Timestamp::default, |item| item.enqueued),
                message: entry.message.clone(),
                channels: items.iter().map(|item| item.channel.clone()).collect(),
            });
            let id = &entry.message.id;
            let happened = entry.items.iter().flat_map(move |item| {
                item.events.iter().map(move |event| Record::Happened {
                    id: id.clone(),
                    channel: item.channel.clone(),
                    happened: event.clone(),
                })
            });
            begin.chain(happened)
        })
    }
}

/// About what a message takes, in bytes.
pub(super) fn size(message: &Message) -> usize {
    let lines = message.lines.iter().map(|line| line.label.len() + line.text.len() + 64);
    let links = message.links.iter().map(|link| link.label.len() + link.url.len() + 64);
    let chart = message.chart_svg.as_ref().map_or(0, String::len);
    512 + message.title.len() + chart + lines.chain(links).sum::<usize>()
}
