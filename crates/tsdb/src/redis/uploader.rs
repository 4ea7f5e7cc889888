//! Upload thread: sends this server's samples to Redis minute by minute in order (`send.rs`), and downsamples completed
//! hours (`seal.rs`).
//!
//! The progress (`sent`) is stored in Redis in the same transaction as the samples: after any failure of Redis (stop,
//! crash, restored backup) it shows what is missing, which is still in the local store. Uploads are idempotent.

use super::fetch::{self, MINUTES, SourceMetadata, field};
use super::instances::Instances;
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
    /// Other servers with the same name.
    instances: Option<Instances>,
}

impl Uploader {
    pub(crate) fn new(shared: Arc<SharedState>, link: RedisClient, instances: Option<Instances>) -> Self {
        Self { shared, link, known: None, instances }
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
                    self.leave();
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Uploads pending minutes and downsamples completed hours. Returns whether nothing is left to do.
    fn work(&mut self, all: bool) -> bool {
        // Asks first: an unreachable Redis is detected even if nothing is pending.
        let outcome = self.announce().and_then(|may_upload| {
            if may_upload {
                self.send_waiting(all)?;
                self.seal_open()?;
            }
            Ok(may_upload)
        });
        match outcome {
            Ok(is_uploaded) => {
                self.shared.set_link(None);
                is_uploaded
            }
            Err(error) => {
                self.known = None;
                let problem = error.to_string();
                self.shared.set_link(Some(problem));
                false
            }
        }
    }

    /// Announces this server, and returns whether it may upload.
    fn announce(&mut self) -> Result<bool, RemoteError> {
        let mut commands = Pipeline::default();
        let keys = &self.shared.keys;
        let Some(instances) = &mut self.instances else {
            commands.add("PING", &[]);
            return self.link.execute(&commands).map(|_| true);
        };
        instances.add_commands(&mut commands, keys);
        let replies = self.link.execute(&commands)?;
        let fields = replies.last().map(as_list).unwrap_or_default();
        let sharing = instances.observe(fields, keys.source());
        let may_upload = sharing.may_upload;
        self.shared.set_sharing(sharing);
        Ok(may_upload)
    }

    /// Makes room for another server with the same name.
    fn leave(&mut self) {
        let mut commands = Pipeline::default();
        if let Some(instances) = &self.instances {
            instances.add_leave(&mut commands, &self.shared.keys);
            // Without it, a server that is started now waits some seconds before it uploads.
            let _ = self.link.execute(&commands);
        }
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
            } else if self.shared.is_closing() {
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
