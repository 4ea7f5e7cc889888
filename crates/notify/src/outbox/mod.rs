//! Outbox: every message is persisted before it is sent, and its results afterwards. The dispatcher state that says that a
//! message was notified is persisted with the message, in one record.
//!
//! The file survives restarts and power failures. If the process dies after the receiver accepted a message and before
//! that was recorded, the message is sent again with the same [`Message::id`], by which the receiver deduplicates. In no
//! other case is a message sent twice unrequested.
//!
//! A disk that cannot be written does not stop notifications, since it may be the very incident: messages are then sent
//! from memory, [`Outbox::problem`] reports it, and everything is written as soon as possible.

mod backoff;
mod error;
mod folder_lock;
mod journal;
mod log;
mod order;
mod record;
mod retention;
mod state;
#[cfg(test)]
mod tests;

pub use backoff::{MAX_AGE, MAX_ATTEMPTS};
pub use error::{OpenError, OutboxError};
pub use log::{Counts, DeadLetter, Delivery};
pub use record::{Attempt, Event, Outcome};
pub use retention::{MAX_BYTES, MAX_MESSAGES, RETENTION};
pub use state::Job;

use crate::settings::check_name;
use crate::{Message, SendError};
use error::WriteProblem;
use journal::Journal;
use record::{NewMessage, Record};
use retention::{Evicted, RetentionPolicy};
use state::{OutboxState, Stage};
use std::path::Path;
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_remote::one_line;

/// Maximum channels per message.
pub const MAX_CHANNELS: usize = 64;
/// Maximum characters of a reason.
const MAX_REASON: usize = 400;
/// Maximum characters of a user or recipient.
const MAX_NAME: usize = 200;
/// Interval between attempts to write after a disk error.
const REWRITE_INTERVAL: Duration = Duration::from_secs(10);

/// Result of opening the outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// Bytes discarded at the end: an incomplete write at the time of a crash.
    pub torn: usize,
    /// Unreadable bytes in the middle. The original file is kept as `outbox.damaged`.
    pub damaged: usize,
    /// Dispatcher state of the last commit; `None` if none was committed yet.
    pub dispatcher_state: Option<String>,
}

/// Result of enqueueing a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enqueued {
    /// Channels it was enqueued for: those it was not on before.
    pub channels: Vec<String>,
    /// Whether it is on disk.
    pub is_durable: bool,
    /// Number of dead letters evicted to make room.
    pub evicted: usize,
}

/// Outbox.
#[derive(Debug)]
pub struct Outbox {
    state: OutboxState,
    journal: Journal,
    retention: RetentionPolicy,
    problem: Option<WriteProblem>,
    last_rewrite: Option<Timestamp>,
}

impl Outbox {
    /// Opens the outbox in its own folder, which is created if it is missing.
    ///
    /// # Errors
    /// The file is in use, unreadable, or of another version.
    pub fn open(folder: &Path) -> Result<(Self, Opened), OpenError> {
        let (journal, records, mut opened) = Journal::open(folder)?;
        let mut state = OutboxState::default();
        records.iter().for_each(|record| state.apply(record));
        opened.dispatcher_state.clone_from(&state.dispatcher_state);
        let mut outbox =
            Self { state, journal, retention: RetentionPolicy::default(), problem: None, last_rewrite: None };
        outbox.rewrite();
        Ok((outbox, opened))
    }

    /// Enqueues a message for the channels it is not on yet; idempotent by id.
    ///
    /// # Errors
    /// The message is invalid, or the outbox is full.
    pub fn enqueue(
        &mut self,
        now: Timestamp,
        message: Message,
        channels: &[String],
    ) -> Result<Enqueued, OutboxError> {
        let new = self.check(now, message, channels)?;
        let channels = new.channels.clone();
        let evicted = self.append(now, vec![new], None)?;
        Ok(Enqueued { channels, is_durable: self.is_durable(), evicted })
    }

    /// Enqueues messages, each for the channels it is not on yet, and saves the dispatcher state that says that they were
    /// notified: in one record, so that a crash leaves both or neither. Invalid messages are left out: retrying them
    /// would hold back all others.
    ///
    /// # Errors
    /// The outbox is full. Nothing has changed then.
    pub fn commit<'a>(
        &mut self,
        now: Timestamp,
        messages: impl IntoIterator<Item = (&'a Message, &'a [String])>,
        state: Option<String>,
    ) -> Result<(), OutboxError> {
        let checked =
            messages.into_iter().map(|(message, channels)| self.check(now, message.clone(), channels));
        let valid = checked.filter_map(Result::ok).collect();
        self.append(now, valid, state).map(drop)
    }

    /// Checks and truncates a message, and leaves the channels it is not on yet.
    fn check(
        &self,
        now: Timestamp,
        message: Message,
        channels: &[String],
    ) -> Result<NewMessage, OutboxError> {
        let message = message.fitted()?;
        if channels.is_empty() || channels.len() > MAX_CHANNELS {
            return Err(OutboxError::Channels(channels.len()));
        }
        channels.iter().try_for_each(|channel| check_name(channel))?;
        let mut new: Vec<String> = Vec::new();
        for channel in channels {
            if self.state.item(&message.id, channel).is_none() && !new.contains(channel) {
                new.push(channel.clone());
            }
        }
        Ok(NewMessage { time: now, message, channels: new })
    }

    /// Appends a commit, and returns the number of dead letters evicted for it. Messages without channels are left out.
    fn append(
        &mut self,
        now: Timestamp,
        mut messages: Vec<NewMessage>,
        state: Option<String>,
    ) -> Result<usize, OutboxError> {
        messages.retain(|new| !new.channels.is_empty());
        if messages.is_empty() && state.is_none() {
            return Ok(0);
        }
        let added = messages.iter().filter(|new| self.state.entry(&new.message.id).is_none());
        let sizes: Vec<usize> = added.map(|new| retention::size(&new.message)).collect();
        let mut evicted = Evicted::default();
        if !sizes.is_empty() {
            let room = (sizes.len(), sizes.iter().sum());
            let cleared = self.retention.evict(&self.state, now, room);
            evicted = cleared.map_err(|()| OutboxError::Full(self.state.entries.len()))?;
        }
        let mut records = evicted.records;
        records.push(Record::Committed { messages, state });
        self.write(records);
        Ok(evicted.dead)
    }

    /// Whether everything is on disk.
    pub fn is_durable(&self) -> bool {
        self.journal.is_open()
    }

    /// Messages to send now: at most one for each channel that is idle and not held back, in order per alert. Each must be
    /// reported back with [`Outbox::record_result`].
    pub fn plan(&mut self, now: Timestamp) -> Vec<Job> {
        let is_retry_due = |mended: Timestamp| now < mended || now >= mended + REWRITE_INTERVAL;
        self.recover(now, self.last_rewrite.is_none_or(is_retry_due));
        self.write(self.state.supersede(now));
        self.state.plan(now)
    }

    /// Time until [`Outbox::plan`] has work; `None` if nothing is due before the next enqueue or result.
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        let rewrite = (!self.journal.is_open()).then_some(REWRITE_INTERVAL);
        self.state.wait(now).into_iter().chain(rewrite).min()
    }

    /// Records the result of a job. `to` is the recipient, `jitter` a random number from 0 to 1. Returns the reason if the
    /// message was given up.
    pub fn record_result(
        &mut self,
        now: Timestamp,
        job: &Job,
        to: &str,
        result: Result<(), SendError>,
        jitter: f64,
    ) -> Option<String> {
        let cut = |reason: String| one_line(&reason, MAX_REASON);
        let result = result.map_err(|error| match error {
            SendError::Temporary { reason, retry_after } => {
                SendError::Temporary { reason: cut(reason), retry_after }
            }
            SendError::Permanent { reason } => SendError::Permanent { reason: cut(reason) },
        });
        let to = one_line(to, MAX_NAME);
        let record = self.state.attempt_record(now, (&job.message.id, &job.channel, &to), result, jitter);
        let given_up = record.as_ref().and_then(Record::given_up).map(str::to_owned);
        self.write(record.into_iter().collect());
        self.state.release(job);
        given_up
    }

    /// Resends a message over one of its channels, on behalf of `who`. It keeps its id.
    ///
    /// # Errors
    /// The message is unknown on this channel, or already pending.
    pub fn resend(&mut self, now: Timestamp, id: &str, channel: &str, who: &str) -> Result<(), OutboxError> {
        let (id, channel) = (id.to_owned(), channel.to_owned());
        match self.state.item(&id, &channel).map(|item| &item.stage) {
            None => Err(OutboxError::Unknown { id, channel }),
            Some(Stage::Waiting { .. }) => Err(OutboxError::Pending { id, channel }),
            Some(Stage::Delivered | Stage::Dead { .. } | Stage::Superseded { .. }) => {
                let happened = Event::Resend { time: now, who: one_line(who, MAX_NAME) };
                self.write(vec![Record::Happened { id, channel, happened }]);
                Ok(())
            }
        }
    }

    /// Disk error, if any.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_ref().map(|problem| problem.text.as_str())
    }

    /// Why not everything is on disk; `None` if it is.
    pub(crate) fn write_error(&self) -> Option<&str> {
        let error =
            || self.problem.as_ref().map_or("the last write failed", |problem| problem.error.as_str());
        (!self.is_durable()).then(error)
    }

    /// Writes everything, if it is not on disk and `is_due`.
    pub(crate) fn recover(&mut self, now: Timestamp, is_due: bool) {
        if is_due && !self.journal.is_open() {
            self.last_rewrite = Some(now);
            self.rewrite();
        }
    }

    /// Appends records to the file and applies them to the state, even if the write fails.
    fn write(&mut self, records: Vec<Record>) {
        if records.is_empty() {
            return;
        }
        let was_open = self.journal.is_open();
        let result = self.journal.append(&records);
        records.iter().for_each(|record| self.state.apply(record));
        match result {
            Ok(()) if self.journal.needs_compaction() => self.rewrite(),
            Ok(()) => {}
            // Compaction may free enough space.
            Err(_) if was_open => self.rewrite(),
            // Retried after an interval: rewriting everything with each record would be too much.
            Err(_) => {}
        }
    }

    fn rewrite(&mut self) {
        let result = self.journal.rewrite(self.state.records());
        self.problem = match result {
            Ok(()) => None,
            // The old file is complete.
            Err(_) if self.journal.is_open() => None,
            Err(error) => Some(WriteProblem {
                text: format!(
                    "the outbox cannot be written to {}: {error}; messages are kept in memory and would be lost on restart",
                    self.journal.folder().display()
                ),
                error: error.to_string(),
            }),
        };
    }
}
