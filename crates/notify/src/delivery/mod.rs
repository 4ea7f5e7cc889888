//! Delivery service: a thread that owns the outbox and the channels. Channels send independently of each other.

mod commit;
mod worker;

pub use commit::{AwaitedCommit, Commit, DrawChart, Outgoing, StateText};

use crate::outbox::{Counts, DeadLetter, Delivery, OpenError, Opened, Outbox, OutboxError};
use crate::{Channel, SendError};
use commit::CommitQueue;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::mpsc::{self as replies, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use watchglass_model::Timestamp;
use worker::{Command, Worker};

/// Maximum queued commands. The thread handles them as fast as the disk writes.
const MAX_QUEUED_COMMANDS: usize = 1000;
/// Extra time for the thread to record results after the stop timeout.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// Threads for DNS lookups and charts. A stuck lookup is not waited for.
const BLOCKING_THREADS: usize = 16;

/// Channels by name.
pub type Channels = BTreeMap<String, Arc<dyn Channel>>;

/// Called when messages cannot be persisted, with the reason, and with `None` when they can again.
pub type Report = Box<dyn FnMut(Option<&str>) + Send>;

/// Injected clock, random source, log and observer.
pub struct Env {
    /// Current time.
    pub clock: Box<dyn Fn() -> Timestamp + Send>,
    /// Random numbers from 0 to 1.
    pub random: Box<dyn FnMut() -> f64 + Send>,
    /// Log of problems.
    pub report: Report,
    /// Called for each message that is given up on a channel. Must not block.
    pub on_given_up: Box<dyn Fn(GivenUp<'_>) + Send>,
}

/// Message that is given up on a channel. Contains no secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenUp<'a> {
    /// Message id.
    pub id: &'a str,
    /// Title of the message.
    pub title: &'a str,
    /// Channel.
    pub channel: &'a str,
    /// Reason.
    pub reason: &'a str,
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Env")
    }
}

/// Delivery error. Contains no secrets.
#[derive(Debug, Error)]
pub enum DeliveryError {
    /// The outbox cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The delivery thread cannot be started.
    #[error("cannot start the delivery thread: {reason}")]
    ThreadStart {
        /// Error of the operating system.
        reason: String,
    },
    /// The command queue is full: the disk is slow, or too many tests run at once.
    #[error("the delivery service is busy: try again later")]
    Busy,
    /// The service was stopped.
    #[error("the delivery service was stopped")]
    Stopped,
    /// No reply in time; the command may still be carried out.
    #[error("no reply from the delivery service within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// A commit is in memory only.
    #[error("not saved on disk: {reason}")]
    NotSaved {
        /// Error of the disk.
        reason: String,
    },
    /// Rejected by the outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// A test message was not delivered.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Unknown channel.
    #[error("unknown channel \"{name}\": configured channels: {}", if .known.is_empty() { "none" } else { .known })]
    UnknownChannel {
        /// The requested name.
        name: String,
        /// Names of the configured channels, comma-separated.
        known: String,
    },
}

/// State of delivery: channels, counts, delivery log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// Channel names and their recipients.
    pub channels: BTreeMap<String, String>,
    /// Number of messages by state.
    pub counts: Counts,
    /// Delivery log, newest first.
    pub deliveries: Vec<Delivery>,
    /// Undeliverable messages, newest first.
    pub dead_letters: Vec<DeadLetter>,
    /// Why messages cannot be persisted, if so.
    pub problem: Option<String>,
}

/// Pending reply to a command. Dropping it does not cancel the command.
#[derive(Debug)]
pub struct Reply<T>(replies::Receiver<Result<T, DeliveryError>>);

impl<T> Reply<T> {
    /// Waits for the reply. Blocks: tokio tasks must use `spawn_blocking`.
    ///
    /// # Errors
    /// The command failed, or there is no reply within the timeout.
    pub fn wait(&self, timeout: Duration) -> Result<T, DeliveryError> {
        self.0.recv_timeout(timeout).unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(DeliveryError::Timeout(timeout)),
            RecvTimeoutError::Disconnected => Err(DeliveryError::Stopped),
        })
    }
}

/// Handle of the delivery thread. All methods except [`DeliveryService::stop`] return immediately.
///
/// Dropping it ends the thread without waiting for sends in flight, as a kill would: they are repeated after the next
/// start. Use [`DeliveryService::stop`] to wait for them.
#[derive(Debug)]
pub struct DeliveryService {
    /// `None` after stop.
    commands: Option<mpsc::Sender<Command>>,
    stop: Option<oneshot::Sender<Duration>>,
    commits: Arc<CommitQueue>,
    finished: Mutex<replies::Receiver<()>>,
}

impl DeliveryService {
    /// Opens the outbox in its own folder and starts to send pending messages.
    ///
    /// # Errors
    /// The outbox cannot be opened, or the thread cannot be started.
    pub fn start(folder: &Path, channels: Channels, env: Env) -> Result<(Self, Opened), DeliveryError> {
        let no_thread = |error: std::io::Error| DeliveryError::ThreadStart { reason: error.to_string() };
        let (outbox, opened) = Outbox::open(folder)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("delivery-io")
            .build()
            .map_err(no_thread)?;
        let (commands, inbox) = mpsc::channel(MAX_QUEUED_COMMANDS);
        let (stop, stopped) = oneshot::channel();
        let (finish, finished) = replies::sync_channel(1);
        let commits = Arc::new(CommitQueue::new(outbox.is_durable()));
        let worker = Worker::new(outbox, channels, env, Arc::clone(&commits));
        thread::Builder::new()
            .name("delivery".to_owned())
            .spawn(move || {
                runtime.block_on(worker.run(inbox, stopped));
                runtime.shutdown_background();
                // The handle may be gone.
                let _ = finish.send(());
            })
            .map_err(no_thread)?;
        let service =
            Self { commands: Some(commands), stop: Some(stop), commits, finished: Mutex::new(finished) };
        Ok((service, opened))
    }

    /// Enqueues messages, and saves the dispatcher state that says that they were notified. Messages are sent once both
    /// are persisted; a message that was enqueued before is not sent again. A message for an unknown channel becomes a dead
    /// letter, an invalid one is left out. While the outbox is full, the commit is kept in memory and retried.
    pub fn commit(&self, commit: Commit) {
        self.commits.push(commit, false);
    }

    /// As [`DeliveryService::commit`], for a caller that waits until the commit is on disk. Commits that wait at the same time
    /// share one write.
    pub fn commit_awaited(&self, commit: Commit) -> AwaitedCommit {
        AwaitedCommit { number: self.commits.push(commit, true), queue: Arc::clone(&self.commits) }
    }

    /// Whether all commits are on disk.
    pub fn is_saved(&self) -> bool {
        self.commits.is_saved()
    }

    /// Resends a message over one of its channels, on behalf of `who`.
    ///
    /// # Errors
    /// The service is busy or stopped. The reply is an error if the message is unknown or already pending.
    pub fn resend(&self, id: &str, channel: &str, who: &str) -> Result<Reply<()>, DeliveryError> {
        let (id, channel, who) = (id.to_owned(), channel.to_owned(), who.to_owned());
        self.request(move |worker| worker.resend(&id, &channel, &who))
    }

    /// Sends a test message over a channel, bypassing the outbox, without retries. The reply is the result.
    ///
    /// # Errors
    /// The service is busy or stopped. The reply is an error if the channel is unknown or the send fails.
    pub fn test(&self, channel: &str) -> Result<Reply<()>, DeliveryError> {
        let channel = channel.to_owned();
        let (reply, receiver) = replies::sync_channel(1);
        self.send_command(Box::new(move |worker| worker.test(&channel, reply)))?;
        Ok(Reply(receiver))
    }

    /// State of delivery, with at limit `limit` entries per list.
    ///
    /// # Errors
    /// The service is busy or stopped.
    pub fn overview(&self, limit: usize) -> Result<Reply<Overview>, DeliveryError> {
        self.request(move |worker| Ok(worker.overview(limit)))
    }

    /// Replaces all channels. Sends in flight finish on the channel they started with.
    ///
    /// # Errors
    /// The service is busy or stopped.
    pub fn set_channels(&self, channels: Channels) -> Result<Reply<()>, DeliveryError> {
        self.request(move |worker| {
            worker.set_channels(channels);
            Ok(())
        })
    }

    /// Re-reads the clock after it was set. Otherwise the clock is read at least once a minute.
    ///
    /// # Errors
    /// The service is busy or stopped.
    pub fn wake(&self) -> Result<Reply<()>, DeliveryError> {
        self.request(|_| Ok(()))
    }

    /// Persists all commits, waits up to `timeout` for sends in flight, records their results and ends; returns whether
    /// it ended in time. Unfinished messages are sent after the next start.
    pub fn stop(mut self, timeout: Duration) -> bool {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended already.
            let _ = stop.send(timeout);
        }
        self.wait_finished(timeout + SHUTDOWN_GRACE)
    }

    fn wait_finished(&self, timeout: Duration) -> bool {
        let finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        !matches!(finished.recv_timeout(timeout), Err(RecvTimeoutError::Timeout))
    }

    fn request<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, DeliveryError> + Send + 'static,
    ) -> Result<Reply<T>, DeliveryError> {
        let (reply, receiver) = replies::sync_channel(1);
        // The requester may be gone.
        self.send_command(Box::new(move |worker| drop(reply.send(work(worker)))))?;
        Ok(Reply(receiver))
    }

    fn send_command(&self, command: Command) -> Result<(), DeliveryError> {
        let commands = self.commands.as_ref().ok_or(DeliveryError::Stopped)?;
        commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => DeliveryError::Busy,
            mpsc::error::TrySendError::Closed(_) => DeliveryError::Stopped,
        })
    }
}

impl Drop for DeliveryService {
    fn drop(&mut self) {
        self.commands = None;
        self.stop = None;
        // The outbox must be closed before the caller can open it again.
        self.wait_finished(SHUTDOWN_GRACE);
    }
}
