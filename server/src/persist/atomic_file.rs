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

/// Text of a file; `None` for a missing file, or one that was quarantined because it is too large or no regular file.
///
/// # Errors
/// The file cannot be read or renamed; with its path.
pub(crate) fn read(folder: &Path, name: &str) -> io::Result<Option<String>> {
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.join(name).display()));
    match read_or_reason(folder, name).map_err(named)? {
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(reason)) => quarantine(folder, name, reason).map(|()| None).map_err(named),
        None => Ok(None),
    }
}

/// Text of a file that is not quarantined, whatever it is; `None` for a missing file.
///
/// # Errors
/// The file cannot be read, is too large, or is no regular file.
pub(crate) fn read_only(folder: &Path, name: &str) -> io::Result<Option<String>> {
    let read = read_or_reason(folder, name)?;
    read.transpose().map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason))
}

/// Text of a file, or why it is not read.
fn read_or_reason(folder: &Path, name: &str) -> io::Result<Option<Result<String, &'static str>>> {
    let path = folder.join(name);
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Opening a pipe would wait for a writer.
    if !metadata.is_file() {
        return Ok(Some(Err("not a regular file")));
    }
    if metadata.len() > MAX_BYTES {
        return Ok(Some(Err("file too large")));
    }
    Ok(Some(Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())))
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

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    #[test]
    fn directories_and_pipes_are_quarantined_instead_of_read() {
        for make in [(|path: &Path| fs::create_dir(path).unwrap()) as fn(&Path), |path| {
            mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap()
        }] {
            let folder = tempfile::tempdir().unwrap();
            make(&folder.path().join("rules.json"));
            let error = read_only(folder.path(), "rules.json").unwrap_err().to_string();
            assert_eq!(error, "not a regular file");
            assert_eq!(read(folder.path(), "rules.json").unwrap(), None);
            assert!(folder.path().join("rules.json.damaged").exists());
            assert_eq!(read(folder.path(), "rules.json").unwrap(), None);
        }
    }

    #[test]
    fn errors_name_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = read(&file, "rules.json").unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{}: Not a directory", file.join("rules.json").display())),
            "{error}"
        );
    }
}
