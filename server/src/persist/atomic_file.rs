//! Small files of the data directory: atomic replacement, quarantine of unreadable files, and lock files.

use super::dir_guard;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Size limit of a file that is read. Typical files are a thousandth of it.
const MAX_BYTES: u64 = 256 << 20;
/// Limit of the wait for a lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// Delay between attempts to get a lock: the system call has no timeout.
const RETRY_INTERVAL: Duration = Duration::from_millis(5);

/// Text of a file; `None` for a missing file, or one that was quarantined because it is too large.
///
/// # Errors
/// The file cannot be read or renamed.
pub(crate) fn read(folder: &Path, name: &str) -> io::Result<Option<String>> {
    let path = folder.join(name);
    let length = match fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if length > MAX_BYTES {
        quarantine(folder, name, "file too large")?;
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&fs::read(path)?).into_owned()))
}

/// Quarantines an unreadable file: renames it to `NAME.damaged`, and logs it.
///
/// # Errors
/// The file cannot be renamed.
pub(crate) fn quarantine(folder: &Path, name: &str, reason: &str) -> io::Result<()> {
    dir_guard::check(folder)?;
    let quarantined = folder.join(format!("{name}.damaged"));
    fs::rename(folder.join(name), &quarantined)?;
    tracing::warn!(file = name, reason, renamed_to = %quarantined.display(), "unreadable file set aside");
    Ok(())
}

/// Saves an unreadable text as `NAME.damaged`, and logs it.
///
/// # Errors
/// Failed write.
pub(crate) fn set_aside(folder: &Path, name: &str, text: &str, reason: &str) -> io::Result<()> {
    let name = format!("{name}.damaged");
    replace(folder, &name, text.as_bytes())?;
    tracing::warn!(file = name, reason, "unreadable data set aside");
    Ok(())
}

/// Removes a file, if it exists.
///
/// # Errors
/// The file cannot be removed.
pub(crate) fn remove(folder: &Path, name: &str) -> io::Result<()> {
    dir_guard::check(folder)?;
    match fs::remove_file(folder.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Locks a file, created if missing, until the returned file is dropped. Waits up to five seconds for another holder: work
/// under the lock takes milliseconds, so a holder that takes longer hangs.
///
/// # Errors
/// The file cannot be opened, or `TimedOut`.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    dir_guard::check(path)?;
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < LOCK_TIMEOUT => {
                std::thread::sleep(RETRY_INTERVAL)
            }
            Err(TryLockError::WouldBlock) => {
                let message = format!("{} is locked by another watchglass process", path.display());
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Replaces a file atomically: writes a temporary file, syncs it and renames it, so a crash leaves the old or the new content.
///
/// # Errors
/// Failed write, or `folder` is not the data directory that this server has locked; the old content stays.
pub(crate) fn replace(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    dir_guard::check(folder)?;
    let temporary = folder.join(format!("{name}.new"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, folder.join(name))?;
    File::open(folder)?.sync_all()
}
