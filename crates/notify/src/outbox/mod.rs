//! The outbox: every message is written down before it is sent, and what became of it afterwards.
//!
//! What is in the file outlives a restart and a power cut. When sending is cut off between the other side's taking it and
//! the mark that it was taken, nobody knows, and it is sent again: it then has the same [`Message::id`], by which the
//! other side can tell. At no other time is a message sent twice unasked.
//!
//! A disk that takes nothing more is no reason to be silent, for that may be the very news: messages then go out from
//! memory, [`Outbox::problem`] says so, and all of it is written down as soon as it can be.

mod backoff;
mod journal;
mod log;
mod record;
mod room;
mod state;
#[cfg(test)]
mod tests;

pub use backoff::{MOST_AGE, MOST_ATTEMPTS};
pub use log::{Counts, DeadLetter, Delivery};
pub use record::{Attempt, Event, Outcome};
pub use room::{KEPT, MOST_BYTES, MOST_MESSAGES};
pub use state::Job;

use crate::settings::{SettingsError, check_name};
use crate::{Message, MessageError, SendError};
use journal::Journal;
use record::Record;
use room::Room;
use state::{Stage, State};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;
use watchglass_model::Timestamp;
use watchglass_remote::one_line;

/// The most channels that a message goes over.
pub const MOST_CHANNELS: usize = 32;
/// The most characters of a reason.
const MOST_REASON: usize = 400;
/// The most characters of a name of somebody, or of where a message went.
const MOST_WHO: usize = 200;
/// How long between two attempts to write to a disk that took nothing.
const MEND: Duration = Duration::from_secs(10);

/// Why the outbox cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The disk does not let us.
    #[error("{}: {error}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
    /// Another program has it.
    #[error("the outbox in {} is in use: stop the other program that has it, or give this one a folder of its own", folder.display())]
    InUse {
        /// Where.
        folder: PathBuf,
    },
    /// A later program has written it.
    #[error(
        "{} is of version {version}, and this program knows only {}: use the program that wrote it, or move the file away",
        path.display(),
        record::VERSION
    )]
    Version {
        /// What.
        path: PathBuf,
        /// Its version.
        version: u16,
    },
    /// It is something else.
    #[error("{} does not begin as an outbox does, or is too long to be one: move it away", path.display())]
    NotOurs {
        /// What.
        path: PathBuf,
    },
}

/// What was found when the outbox was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// Bytes at the end that were cut: they were being written when the program ended.
    pub torn: usize,
    /// Bytes in the middle that could not be read. The file as it was is beside it, under `outbox.damaged`.
    pub damaged: usize,
}

/// Why the outbox does not do something.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OutboxError {
    /// The message is none.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A channel cannot have this name.
    #[error(transparent)]
    Channel(#[from] SettingsError),
    /// Too many channels, or none.
    #[error("the message goes over {0} channels: give 1 to {MOST_CHANNELS}")]
    Channels(usize),
    /// Everything that is kept waits to be sent.
    #[error("{0} messages wait to be sent, and there is no room for more: see why the channels take none")]
    Full(usize),
    /// Such a message was never put in, or is forgotten.
    #[error(
        "there is no message \"{id}\" for the channel \"{channel}\": see the delivery log for those that there are"
    )]
    Unknown {
        /// Which message.
        id: String,
        /// On which channel.
        channel: String,
    },
    /// It is on its way.
    #[error("the message \"{id}\" waits to be sent over \"{channel}\" already")]
    Waiting {
        /// Which message.
        id: String,
        /// On which channel.
        channel: String,
    },
}

/// What was done with a message that was put in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enqueued {
    /// The channels it was put in for: those that it was not on before.
    pub channels: Vec<String>,
    /// Whether it is on the disk.
    pub is_durable: bool,
    /// How many dead letters were forgotten to make room.
    pub forgotten: usize,
}

/// The outbox.
#[derive(Debug)]
pub struct Outbox {
    state: State,
    journal: Journal,
    room: Room,
    problem: Option<String>,
    mended: Option<Timestamp>,
}

impl Outbox {
    /// Opens the outbox in a folder of its own, which is made when it is not there.
    ///
    /// # Errors
    /// Another program has it, it cannot be read, or it is of another version.
    pub fn open(folder: &Path) -> Result<(Self, Opened), OpenError> {
        let (journal, records, opened) = Journal::open(folder)?;
        let mut state = State::default();
        records.iter().for_each(|record| state.apply(record));
        let mut outbox = Self { state, journal, room: Room::default(), problem: None, mended: None };
        outbox.rewrite();
        Ok((outbox, opened))
    }

    /// Puts a message in, for channels that it is not on yet: to do so twice is to do it once.
    ///
    /// # Errors
    /// There is something wrong with it, or no room for it.
    pub fn enqueue(
        &mut self,
        now: Timestamp,
        message: Message,
        channels: &[String],
    ) -> Result<Enqueued, OutboxError> {
        let message = message.fitted()?;
        if channels.is_empty() || channels.len() > MOST_CHANNELS {
            return Err(OutboxError::Channels(channels.len()));
        }
        channels.iter().try_for_each(|channel| check_name(channel))?;
        let mut new: Vec<String> = Vec::new();
        for channel in channels {
            if self.state.item(&message.id, channel).is_none() && !new.contains(channel) {
                new.push(channel.clone());
            }
        }
        if new.is_empty() {
            return Ok(Enqueued { is_durable: self.journal.is_open(), ..Enqueued::default() });
        }
        let mut forgotten = 0;
        let mut records = Vec::new();
        if self.state.entry(&message.id).is_none() {
            let cleared = self.room.clear(&self.state, now, state::size(&message));
            let cleared = cleared.map_err(|()| OutboxError::Full(self.state.entries.len()))?;
            (records, forgotten) = (cleared.records, cleared.dead);
        }
        records.push(Record::Enqueued { time: now, message, channels: new.clone() });
        self.write(records);
        Ok(Enqueued { channels: new, is_durable: self.journal.is_open(), forgotten })
    }

    /// What to try now: one message for each channel that has nothing under way and may be spoken to. Each must come
    /// back by [`Outbox::done`].
    pub fn plan(&mut self, now: Timestamp) -> Vec<Job> {
        let is_long_ago = |mended: Timestamp| now < mended || now >= mended + MEND;
        if !self.journal.is_open() && self.mended.is_none_or(is_long_ago) {
            self.mended = Some(now);
            self.rewrite();
        }
        self.state.plan(now)
    }

    /// How long until [`Outbox::plan`] has something to do; `None` when nothing is to be done before something is put
    /// in or comes back.
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        let mend = (!self.journal.is_open()).then_some(MEND);
        self.state.wait(now).into_iter().chain(mend).min()
    }

    /// Takes down what became of a job. `to` is whom the channel reaches, `jitter` a random number from 0 to 1.
    pub fn done(&mut self, now: Timestamp, job: &Job, to: &str, result: Result<(), SendError>, jitter: f64) {
        let cut = |reason: String| one_line(&reason, MOST_REASON);
        let result = result.map_err(|error| match error {
            SendError::Temporary { reason, retry_after } => {
                SendError::Temporary { reason: cut(reason), retry_after }
            }
            SendError::Permanent { reason } => SendError::Permanent { reason: cut(reason) },
        });
        let to = one_line(to, MOST_WHO);
        let record = self.state.judge(now, (&job.message.id, &job.channel, &to), result, jitter);
        self.write(record.into_iter().collect());
        self.state.let_go(job);
    }

    /// Sends a message again over a channel that it was on, because `who` asks for it. It keeps its id.
    ///
    /// # Errors
    /// There is no such message on this channel, or it waits to be sent already.
    pub fn resend(&mut self, now: Timestamp, id: &str, channel: &str, who: &str) -> Result<(), OutboxError> {
        let (id, channel) = (id.to_owned(), channel.to_owned());
        match self.state.item(&id, &channel).map(|item| &item.stage) {
            None => Err(OutboxError::Unknown { id, channel }),
            Some(Stage::Waiting { .. }) => Err(OutboxError::Waiting { id, channel }),
            Some(Stage::Delivered | Stage::Dead { .. }) => {
                let happened = Event::Resend { time: now, who: one_line(who, MOST_WHO) };
                self.write(vec![Record::Happened { id, channel, happened }]);
                Ok(())
            }
        }
    }

    /// What is wrong with the disk, if anything is.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Appends records to the file, then to the state. Where the disk takes none the state has them all the same.
    fn write(&mut self, records: Vec<Record>) {
        if records.is_empty() {
            return;
        }
        let was_open = self.journal.is_open();
        let result = self.journal.append(&records);
        records.iter().for_each(|record| self.state.apply(record));
        match result {
            Ok(()) if self.journal.has_grown() => self.rewrite(),
            Ok(()) => {}
            // Perhaps there is room for the file once all is left out that is forgotten.
            Err(_) if was_open => self.rewrite(),
            // It is tried again in a while; all of it with each record would be too much.
            Err(_) => {}
        }
    }

    fn rewrite(&mut self) {
        let result = self.journal.rewrite(self.state.records());
        self.problem = match result {
            Ok(()) => None,
            // The old file is whole and has everything.
            Err(_) if self.journal.is_open() => None,
            Err(error) => Some(format!(
                "the outbox cannot be written to {}: {error}; messages are kept in memory until it can, and a restart \
                 would lose them",
                self.journal.folder().display()
            )),
        };
    }
}
