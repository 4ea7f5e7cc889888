//! Authentication: users, API tokens and sessions in memory and in a file, which command-line tools on the same machine
//! change as well; signing in and out.

mod error;
mod first_admin;
mod hasher;
mod known_browsers;
mod password_check;
mod random;
mod second_factor;
mod session_sync;
mod sign_in;
mod store;
mod unsaved;

pub(crate) use error::AccessError;
pub(crate) use first_admin::{FirstPassword, generate_password};
pub(crate) use hasher::HasherBusy;
pub(crate) use known_browsers::KEY_FILE as BROWSER_KEY;
pub(crate) use password_check::HashError;
pub(crate) use random::new_secret;
pub(crate) use second_factor::{Enrolment, recovery_bytes};
pub(crate) use session_sync::{SyncRounds, Wake};
pub(crate) use sign_in::{SignInError, SignInOrigin, SignedIn};
use unsaved::Unsaved;

use crate::clock;
use crate::persist::check_locked;
use hasher::PasswordHasher;
use session_sync::SyncHandle;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use store::FileVersion;
use tokio::sync::watch;
use watchglass_auth::{Accounts, AuthError, BrowserKey, Credential, LoginThrottle, Principal};
use watchglass_model::Timestamp;

/// How often the file is checked for changes by other processes.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How often last-used times are saved.
const SAVE_INTERVAL: Duration = Duration::from_secs(60);

/// Users, API tokens and sessions.
#[derive(Debug)]
pub(crate) struct Access {
    folder: PathBuf,
    loaded: Mutex<LoadedAccounts>,
    login_throttle: Mutex<LoginThrottle>,
    hasher: PasswordHasher,
    /// Counts up when a credential may have become invalid.
    changes: watch::Sender<u64>,
    /// Key of the cookies of known browsers; unset for commands.
    browser_key: OnceLock<BrowserKey>,
    /// Session sync with other servers; unset where sessions are not shared.
    session_sync: OnceLock<SyncHandle>,
    /// Whether revoked sessions are forgotten if sessions are not shared.
    forgets_revoked: bool,
}

/// The newest accounts that were read.
#[derive(Debug)]
struct LoadedAccounts {
    accounts: Accounts,
    file_version: FileVersion,
    /// Time of the first use since the last save; `None` when there is nothing to save.
    unsaved_use: Option<Timestamp>,
    /// Changes of sessions in memory that could not be saved.
    unsaved: Option<Unsaved>,
}

impl Access {
    /// Opens the accounts in the data directory.
    ///
    /// # Errors
    /// The file exists and cannot be read.
    pub(crate) fn open(folder: &Path) -> Result<Self, AccessError> {
        let (accounts, seen) = store::read(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            loaded: Mutex::new(LoadedAccounts {
                accounts,
                file_version: seen,
                unsaved_use: None,
                unsaved: None,
            }),
            login_throttle: Mutex::default(),
            hasher: PasswordHasher::default(),
            changes: watch::Sender::default(),
            browser_key: OnceLock::new(),
            session_sync: OnceLock::new(),
            forgets_revoked: true,
        })
    }

    /// Opens the accounts for a command. The server, which may be running, passes on to other servers what the command revokes.
    ///
    /// # Errors
    /// The file exists and cannot be read.
    pub(crate) fn for_command(folder: &Path) -> Result<Self, AccessError> {
        Ok(Self { forgets_revoked: false, ..Self::open(folder)? })
    }

    /// The principal of a credential. For an unknown token the file is read again: a command may have created it just now.
    ///
    /// # Errors
    /// Why the credential is rejected.
    pub(crate) fn authenticate(&self, by: Credential, now: Timestamp) -> Result<Principal, AuthError> {
        let mut held = self.loaded();
        let mut pass = held.accounts.authenticate(by, now);
        if pass == Err(AuthError::UnknownToken) && self.refresh(&mut held) {
            pass = held.accounts.authenticate(by, now);
        }
        if pass.is_ok() && held.accounts.record_use(by, now) {
            held.unsaved_use.get_or_insert(now);
        }
        pass
    }

    /// Counts up when a credential may have become invalid.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Reads from the accounts in memory.
    pub(crate) fn with_accounts<T>(&self, read: impl FnOnce(&Accounts) -> T) -> T {
        read(&self.loaded().accounts)
    }

    /// Watches the file until the server stops, and saves last-used times periodically.
    pub(crate) async fn watch_file(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut look = tokio::time::interval(POLL_INTERVAL);
        loop {
            let is_stopping = tokio::select! {
                _ = look.tick() => false,
                _ = stopping.wait_for(|&stop| stop) => true,
            };
            let access = Arc::clone(&self);
            let now = clock::now();
            // An error is a panic, which is logged; the next second tries again.
            let _ = tokio::task::spawn_blocking(move || access.refresh_and_save(now, is_stopping)).await;
            if is_stopping {
                return;
            }
        }
    }

    /// Applies changes by other processes, and saves last-used times when they are due or when the server stops.
    fn refresh_and_save(&self, now: Timestamp, is_stopping: bool) {
        let mut held = self.loaded();
        self.refresh(&mut held);
        if held.unsaved.is_some() {
            drop(held);
            self.retry_unsaved();
            held = self.loaded();
        }
        if held.file_version.is_none() && held.accounts != Accounts::default() {
            drop(held);
            self.restore_file();
            held = self.loaded();
        }
        let is_due = |since: Timestamp| is_stopping || since + SAVE_INTERVAL <= now;
        if !held.unsaved_use.is_some_and(is_due) {
            return;
        }
        held.unsaved_use = None;
        drop(held);
        if let Err(error) = self.change(|accounts| {
            accounts.remove_expired(now);
            Ok(())
        }) {
            tracing::warn!(%error, "saving last-used times failed");
        }
    }

    /// Changes the accounts in file and memory, unless `change` fails. Waits for the disk.
    ///
    /// # Errors
    /// Those of `change`, and failures to lock, read or write the file.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Accounts) -> Result<T, AccessError>,
    ) -> Result<T, AccessError> {
        let mut merged = None;
        let memory = || self.with_accounts(Accounts::clone);
        let (result, accounts, seen) = store::change(&self.folder, memory, |accounts| {
            let held = self.loaded();
            accounts.merge_last_used(&held.accounts);
            merged = held.unsaved.as_ref().map(|unsaved| unsaved.merge(accounts, &held.accounts));
            drop(held);
            let result = change(accounts)?;
            // A session that ended in memory could be merged again after a failed write.
            if self.forgets_revoked && !self.is_replicated() && merged.is_none() {
                accounts.clear_revoked();
            }
            Ok(result)
        })?;
        let mut held = self.loaded();
        self.forget_saved(&mut held, merged);
        self.adopt(&mut held, accounts, seen);
        Ok(result)
    }

    /// Reads the file again if it has changed. Returns whether it had. A file that is missing, or that is in another data
    /// directory than the one that this server has locked, signs nobody out.
    fn refresh(&self, held: &mut LoadedAccounts) -> bool {
        if check_locked(&self.folder).is_err() {
            return false;
        }
        let found = match store::file_version(&self.folder) {
            Ok(seen) if seen == held.file_version => return false,
            Ok(None) => {
                tracing::error!(
                    "access.json was removed; users and sessions are kept in memory and saved again"
                );
                held.file_version = None;
                return false;
            }
            Ok(seen) => store::read(&self.folder).map_err(|error| (error, seen)),
            Err(error) => Err((error, held.file_version)),
        };
        match found {
            Ok((accounts, seen)) => {
                self.adopt(held, accounts, seen);
                true
            }
            Err((error, seen)) => {
                // Logged once per version of the file. The accounts in memory stay valid.
                if held.file_version != seen {
                    tracing::error!(%error, "could not reload access.json; keeping the previous accounts");
                    held.file_version = seen;
                }
                false
            }
        }
    }

    fn adopt(&self, held: &mut LoadedAccounts, mut accounts: Accounts, seen: FileVersion) {
        accounts.merge_last_used(&held.accounts);
        if let Some(unsaved) = &held.unsaved {
            unsaved.merge(&mut accounts, &held.accounts);
        }
        held.accounts = accounts;
        held.file_version = seen;
        self.notify_change();
    }

    fn loaded(&self) -> MutexGuard<'_, LoadedAccounts> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod removed_file_tests;
#[cfg(test)]
mod tests;
