//! Heartbeats that this server expects from jobs, saved in `heartbeats.json` in the data directory.

use super::expected::{FieldError, Heartbeat, HeartbeatStatus, NewHeartbeat};
use super::store::HeartbeatStore;
use crate::persist::background_writer::{BackgroundWriter, Persist};
use crate::persist::{NotSaved, SAVE_TIMEOUT, atomic_file};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use thiserror::Error;
use watchglass_model::Timestamp;

const FILE_NAME: &str = "heartbeats.json";
/// Maximum number of expected heartbeats, with those of the configuration file.
pub(crate) const MAX_HEARTBEATS: usize = 100;

/// Why a heartbeat was not added.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum AddError {
    #[error(transparent)]
    Invalid(#[from] FieldError),
    #[error("the heartbeat {0:?} exists: remove it first")]
    Exists(String),
    #[error("there are {MAX_HEARTBEATS} heartbeats, which is the limit: remove one first")]
    TooMany,
}

/// Why a heartbeat was not removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RemoveError {
    Unknown,
    /// It is in the configuration file.
    InFile,
}

/// Expected heartbeat with its state.
#[derive(Clone, Debug)]
pub(crate) struct HeartbeatState {
    pub(crate) heartbeat: Heartbeat,
    pub(crate) status: HeartbeatStatus,
}

/// All expected heartbeats.
#[derive(Debug, Default)]
pub(crate) struct Heartbeats {
    store: Mutex<HeartbeatStore>,
    /// Start of this server.
    started: Timestamp,
    /// Background writer and data directory; without them nothing is saved.
    writer: Option<(BackgroundWriter<PendingWrite>, PathBuf)>,
}

/// Heartbeats to write.
#[derive(Debug)]
struct PendingWrite {
    store: HeartbeatStore,
    folder: PathBuf,
}

impl Persist for PendingWrite {
    fn merge(&mut self, newer: Self) {
        *self = newer;
    }

    fn write(&mut self) -> io::Result<()> {
        let text = self.store.to_json().map_err(io::Error::other)?;
        atomic_file::replace(&self.folder, FILE_NAME, text.as_bytes())
    }
}

impl Heartbeats {
    /// Loads the heartbeats in `folder`, and takes over those of the configuration file. New ones are expected from `now` on,
    /// which is the start of this server. An unreadable file is renamed and logged.
    ///
    /// # Errors
    /// The directory cannot be read, the writer thread cannot be started, or a configured heartbeat is invalid.
    pub(crate) fn open(folder: &Path, configured: &[NewHeartbeat], now: Timestamp) -> io::Result<Self> {
        let read =
            atomic_file::read(folder, FILE_NAME)?.map(|text| HeartbeatStore::from_json(&text)).transpose();
        let store =
            read.or_else(|reason| atomic_file::quarantine(folder, FILE_NAME, &reason).map(|()| None))?;
        let mut store = store.unwrap_or_default();
        let before = store.clone();
        let configured = configured.iter().map(|new| new.validate(true, now)).collect::<Result<_, _>>();
        store.configure(configured.map_err(io::Error::other)?);
        let writer = (BackgroundWriter::start("heartbeats")?, folder.to_owned());
        let is_changed = store != before;
        let opened = Self { store: Mutex::new(store), started: now, writer: Some(writer) };
        if is_changed {
            opened.save(&opened.lock());
        }
        Ok(opened)
    }

    /// Records a signal of a job; `None` for an unknown name.
    pub(crate) fn receive(&self, name: &str, is_failed: bool, now: Timestamp) -> Option<HeartbeatState> {
        let mut store = self.lock();
        let heartbeat = store.receive(name, is_failed, now)?;
        self.save(&store);
        Some(self.with_status(heartbeat, now))
    }

    /// Adds a heartbeat, which is expected from `now` on.
    ///
    /// # Errors
    /// An invalid field, a known name, or too many heartbeats.
    pub(crate) fn add(&self, new: &NewHeartbeat, now: Timestamp) -> Result<HeartbeatState, AddError> {
        let heartbeat = new.validate(false, now)?;
        let mut store = self.lock();
        if store.heartbeats.contains_key(&heartbeat.name) {
            return Err(AddError::Exists(heartbeat.name));
        }
        if store.heartbeats.len() >= MAX_HEARTBEATS {
            return Err(AddError::TooMany);
        }
        store.heartbeats.insert(heartbeat.name.clone(), heartbeat.clone());
        self.save(&store);
        Ok(self.with_status(heartbeat, now))
    }

    /// Removes a heartbeat.
    ///
    /// # Errors
    /// An unknown name, or a heartbeat of the configuration file.
    pub(crate) fn remove(&self, name: &str) -> Result<Heartbeat, RemoveError> {
        let mut store = self.lock();
        if store.heartbeats.get(name).ok_or(RemoveError::Unknown)?.is_in_file {
            return Err(RemoveError::InFile);
        }
        let removed = store.heartbeats.remove(name).ok_or(RemoveError::Unknown)?;
        self.save(&store);
        Ok(removed)
    }

    /// Saves all heartbeats into a new data directory, in the background.
    pub(crate) fn save_all(&self) {
        self.save(&self.lock());
    }

    /// All heartbeats by name, with their states at `now`.
    pub(crate) fn list(&self, now: Timestamp) -> Vec<HeartbeatState> {
        let mut store = self.lock();
        store.adjust_to_clock(now);
        store.heartbeats.values().map(|heartbeat| self.with_status(heartbeat.clone(), now)).collect()
    }

    /// Waits until all changes are on disk.
    ///
    /// # Errors
    /// Failed write. The changes are in effect, and written later.
    pub(crate) fn wait_saved(&self) -> Result<(), NotSaved> {
        self.writer.as_ref().map_or(Ok(()), |(writer, _)| writer.wait_saved(SAVE_TIMEOUT))
    }

    /// Writes pending changes and stops the writer.
    ///
    /// # Errors
    /// The changes that are lost could not be written.
    pub(crate) fn close(&self) -> Result<(), NotSaved> {
        self.writer.as_ref().map_or(Ok(()), |(writer, _)| writer.close())
    }

    fn with_status(&self, heartbeat: Heartbeat, now: Timestamp) -> HeartbeatState {
        HeartbeatState { status: heartbeat.status(now, self.started), heartbeat }
    }

    fn save(&self, store: &HeartbeatStore) {
        if let Some((writer, folder)) = &self.writer {
            writer.submit(PendingWrite { store: store.clone(), folder: folder.clone() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HeartbeatStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(name: &str) -> NewHeartbeat {
        serde_json::from_value(serde_json::json!({ "name": name, "period": "1h" })).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn signals_are_on_disk_once_they_are_saved() {
        let folder = tempfile::tempdir().unwrap();
        let open = |now| Heartbeats::open(folder.path(), &[new("backup")], at(now)).unwrap();
        let heartbeats = open(1000);
        heartbeats.add(&new("cron"), at(1001)).unwrap();
        assert!(heartbeats.receive("backup", false, at(1002)).is_some());
        heartbeats.wait_saved().unwrap();
        // Not closed: as after a crash.
        let restarted = open(5000);
        let found = restarted.list(at(5000)).into_iter();
        let found: Vec<_> =
            found.map(|one| (one.heartbeat.name, one.heartbeat.since, one.heartbeat.last_received)).collect();
        assert_eq!(
            found,
            [("backup".to_owned(), at(1000), Some(at(1002))), ("cron".to_owned(), at(1001), None)]
        );
    }

    #[test]
    fn heartbeats_are_bounded_and_those_of_the_file_stay() {
        let folder = tempfile::tempdir().unwrap();
        let heartbeats = Heartbeats::open(folder.path(), &[new("backup")], at(0)).unwrap();
        assert_eq!(heartbeats.add(&new("backup"), at(0)).unwrap_err(), AddError::Exists("backup".to_owned()));
        assert_eq!(heartbeats.remove("backup"), Err(RemoveError::InFile));
        assert_eq!(heartbeats.remove("other"), Err(RemoveError::Unknown));
        for number in 1..MAX_HEARTBEATS {
            heartbeats.add(&new(&format!("n{number}")), at(0)).unwrap();
        }
        assert_eq!(heartbeats.add(&new("more"), at(0)).unwrap_err(), AddError::TooMany);
        heartbeats.remove("n1").unwrap();
        assert!(heartbeats.add(&new("more"), at(0)).is_ok());
        assert!(heartbeats.receive("unknown", false, at(0)).is_none());
    }

    #[test]
    fn unreadable_file_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), "{").unwrap();
        let heartbeats = Heartbeats::open(folder.path(), &[], at(0)).unwrap();
        assert!(heartbeats.list(at(0)).is_empty());
        assert!(folder.path().join("heartbeats.json.damaged").exists());
    }
}
