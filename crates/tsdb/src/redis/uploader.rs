//! Upload thread: sends this server's samples to Redis minute by minute in order (`send.rs`), and downsamples completed
//! hours (`seal.rs`).
//!
//! The progress (`sent`) is stored in Redis in the same transaction as the samples: after any failure of Redis (stop,
//! crash, restored backup) it shows what is missing, which is still in the local store. Uploads are idempotent.

use super::fetch::{self, MINUTES, SourceMetadata, field};
use super::minute_format::minute_of;
use super::series_dict::SeriesDict;
use super::state::SharedState;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Pipeline, RedisClient, as_list};

/// Format version of keys and values.
pub(crate) const FORMAT: &str = "1";
/// Retry interval after a failure, unless a minute ends earlier.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// Maximum number of samples per upload.
const MAX_SAMPLES: usize = 500_000;
/// Typical samples per series and minute.
const SAMPLES_PER_MINUTE: usize = 60;
/// Maximum number of unexpected state changes in Redis during an upload.
const MAX_CONFLICTS: usize = 5;

/// Message to the thread.
pub(crate) enum UploadCommand {
    /// A minute was completed.
    Look,
    /// Upload everything, including the current minute, and reply whether it succeeded.
    Settle(SyncSender<bool>),
    /// Upload what is possible, and stop.
    Close,
}

/// Known state of Redis.
pub(super) struct RemoteState {
    pub(super) table: SeriesDict,
    /// Hours with samples.
    pub(super) hours: BTreeSet<i64>,
    /// Hours that are not downsampled yet.
    pub(super) open: BTreeSet<i64>,
    /// The minute before which everything was uploaded.
    pub(super) sent: Option<i64>,
}

pub(crate) struct Uploader {
    pub(super) shared: Arc<SharedState>,
    pub(super) link: RedisClient,
    /// `None` after a failure, until it is read again.
    pub(super) known: Option<RemoteState>,
}

impl Uploader {
    pub(crate) fn new(shared: Arc<SharedState>, link: RedisClient) -> Self {
        Self { shared, link, known: None }
    }

    /// Runs until it is stopped or all senders are dropped.
    pub(crate) fn run(mut self, orders: &Receiver<UploadCommand>) {
        loop {
            match orders.recv_timeout(RETRY_INTERVAL) {
                Ok(UploadCommand::Look) | Err(RecvTimeoutError::Timeout) => drop(self.work(false)),
                Ok(UploadCommand::Settle(done)) => {
                    self.link.clear_failure();
                    // The caller may have stopped waiting.
                    let _ = done.send(self.work(true));
                }
                Ok(UploadCommand::Close) => {
                    self.work(true);
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Uploads pending minutes and downsamples completed hours. Returns whether nothing is left to do.
    fn work(&mut self, all: bool) -> bool {
        // Reads the state first: an unreachable Redis is detected even if nothing is pending.
        let mut ping = Pipeline::default();
        ping.add("PING", &[]);
        let outcome = self.link.execute(&ping).and_then(|_| self.send_waiting(all));
        let outcome = outcome.and_then(|()| self.seal_open());
        match outcome {
            Ok(()) => self.shared.set_link(None),
            Err(error) => {
                self.known = None;
                let problem = error.to_string();
                self.shared.set_link(Some(problem));
                return false;
            }
        }
        true
    }

    fn send_waiting(&mut self, all: bool) -> Result<(), RemoteError> {
        if self.known.is_none() {
            self.read_state()?;
        }
        let mut conflicts = 0;
        loop {
            let series = self.known.as_ref().map_or(0, |known| known.table.iter().count());
            let most = (MAX_SAMPLES / (series.max(1) * SAMPLES_PER_MINUTE)).clamp(1, MINUTES as usize);
            let minutes = self.shared.take_waiting(most, all);
            if minutes.is_empty() {
                return Ok(());
            }
            let outcome = self.upload(&minutes);
            if !matches!(outcome, Ok(true)) {
                self.shared.add_waiting(minutes);
                outcome?;
                conflicts += 1;
                if conflicts == MAX_CONFLICTS {
                    return Err(RemoteError::Rejected {
                        instance: self.link.instance().to_owned(),
                        reason: format!("{} is being changed by another program", self.shared.keys.state()),
                    });
                }
                self.read_state()?;
            }
            if self.shared.is_closing() {
                // Long work is left to the next start.
                return Ok(());
            }
        }
    }

    /// Reads the state of Redis and marks missing minutes as pending.
    fn read_state(&mut self) -> Result<(), RemoteError> {
        let keys = &self.shared.keys;
        let mut commands = Pipeline::default();
        commands.add("HGETALL", &[&keys.state()]);
        let answers = self.link.execute(&commands)?;
        let state = answers.first().map(as_list).unwrap_or_default();
        if let Some(version) = field(state, "format").filter(|&version| version != FORMAT) {
            return Err(RemoteError::UnexpectedResponse {
                instance: self.link.instance().to_owned(),
                reason: format!(
                    "{} has version {version:.20}, which is not supported: use the program version that wrote it, \
                     or another prefix",
                    keys.state()
                ),
            });
        }
        let sent: Option<i64> = field(state, "sent").and_then(|text| text.parse().ok());
        let outline = fetch::outlines(&mut self.link, std::slice::from_ref(keys))?.pop();
        self.known =
            outline.map(|SourceMetadata { table, hours, open }| RemoteState { table, hours, open, sent });
        let oldest = self.oldest_kept().max(sent.unwrap_or(i64::MIN));
        let hours = self.shared.local.sampled_hours();
        let minutes = hours.into_iter().flat_map(fetch::minutes_of);
        let newest = self.shared.local.last_time().map_or(i64::MIN, minute_of);
        self.shared.add_waiting(minutes.filter(|minute| (oldest..=newest).contains(minute)));
        Ok(())
    }

    /// The first minute within the retention.
    fn oldest_kept(&self) -> i64 {
        let retention = i64::try_from(self.shared.retention.as_millis()).unwrap_or(i64::MAX);
        self.newest().map_or(i64::MIN, |newest| minute_of(newest.saturating_sub(retention)))
    }

    pub(super) fn newest(&self) -> Option<i64> {
        self.shared.newest().or_else(|| self.shared.local.last_time())
    }
}
