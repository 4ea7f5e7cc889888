//! File of users, tokens and sessions, shared by the server and commands on the same machine: a change takes the lock, reads
//! the file and replaces it atomically.

use super::error::AccessError;
use crate::persist::atomic_file;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use watchglass_auth::Accounts;

const FILE: &str = "access.json";
const LOCK: &str = "access.lock";

/// Version of a file: inode, modification time in seconds and nanoseconds, length in bytes. `None` if there is no file.
pub(super) type FileVersion = Option<(u64, i64, i64, u64)>;

/// The current version of the file, without reading it.
///
/// # Errors
/// The metadata cannot be read.
pub(super) fn file_version(folder: &Path) -> Result<FileVersion, AccessError> {
    match fs::metadata(folder.join(FILE)) {
        Ok(found) => Ok(Some((found.ino(), found.mtime(), found.mtime_nsec(), found.len()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(folder)(error)),
    }
}

/// The accounts in the file and its version; empty accounts if there is no file.
///
/// # Errors
/// The file cannot be read.
pub(super) fn read(folder: &Path) -> Result<(Accounts, FileVersion), AccessError> {
    // Taken before reading: a write in between makes the next check read again.
    let seen = file_version(folder)?;
    let Some(text) = atomic_file::read_only(folder, FILE).map_err(failed(folder))? else {
        return Ok((Accounts::default(), seen));
    };
    match Accounts::from_json(&text) {
        Ok(accounts) => Ok((accounts, seen)),
        Err(source) => Err(AccessError::Format { path: folder.join(FILE), source }),
    }
}

/// Changes the file, unless `change` fails. A file that was removed is written again from `memory`, the accounts that the
/// caller knows. Waits for the lock and for the disk.
///
/// # Errors
/// Those of `change`, and failures to lock, read or write the file.
pub(super) fn change<T>(
    folder: &Path,
    memory: impl FnOnce() -> Accounts,
    change: impl FnOnce(&mut Accounts) -> Result<T, AccessError>,
) -> Result<(T, Accounts, FileVersion), AccessError> {
    let _lock = lock(folder)?;
    let (mut accounts, seen) = read(folder)?;
    let before = accounts.clone();
    if seen.is_none() {
        accounts = memory();
    }
    let result = change(&mut accounts)?;
    if accounts == before {
        return Ok((result, accounts, seen));
    }
    atomic_file::replace(folder, FILE, accounts.to_json().as_bytes()).map_err(failed(folder))?;
    Ok((result, accounts, file_version(folder)?))
}

fn lock(folder: &Path) -> Result<File, AccessError> {
    let path = folder.join(LOCK);
    atomic_file::lock(&path).map_err(|source| match source.kind() {
        io::ErrorKind::TimedOut => AccessError::Locked(path),
        _ => AccessError::File { path, source },
    })
}

fn failed(folder: &Path) -> impl FnOnce(io::Error) -> AccessError {
    let path = folder.join(FILE);
    move |source| AccessError::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use watchglass_auth::{PasswordHash, Role, Secret};
    use watchglass_model::Timestamp;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn add(folder: &Path, name: &str) -> Result<FileVersion, AccessError> {
        let add = |accounts: &mut Accounts| {
            Ok(accounts.add_user(name, Role::Admin, PasswordHash::unmatchable(), NOW)?)
        };
        change(folder, Accounts::default, add).map(|(_, _, seen)| seen)
    }

    #[test]
    fn files_are_readable_by_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), (Accounts::default(), None));
        let seen = add(folder.path(), "ada").unwrap();
        assert!(seen.is_some());
        let (accounts, found) = read(folder.path()).unwrap();
        assert_eq!((accounts.users().count(), found), (1, seen));
        for name in [FILE, LOCK] {
            let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        assert!(matches!(add(folder.path(), "Ada"), Err(AccessError::Accounts(_))));
        assert_ne!(add(folder.path(), "bob").unwrap(), seen);
    }

    #[test]
    fn concurrent_changes_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..8_u8 {
                let path = folder.path();
                scope.spawn(move || {
                    for more in 0..8_u8 {
                        let secret = Secret::new([number * 8 + more; 32]);
                        change(path, Accounts::default, |accounts| {
                            Ok(accounts.add_token("t", Role::Viewer, None, &secret, NOW)?)
                        })
                        .unwrap();
                    }
                });
            }
        });
        assert_eq!(read(folder.path()).unwrap().0.tokens().len(), 64);
    }

    #[test]
    fn damaged_file_is_rejected_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{").unwrap();
        for error in [read(folder.path()).unwrap_err(), add(folder.path(), "ada").unwrap_err()] {
            let error = error.to_string();
            assert!(error.contains("access.json") && error.contains("start over"), "{error}");
        }
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), "{");
    }
}
