//! Small files of the data folder: replaced as a whole, and set aside when they cannot be read.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// The largest file that is read. What is written is a thousandth of it, as a rule.
const LARGEST: u64 = 256 << 20;
/// How long a lock is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two attempts to get a lock: the system can wait for it, but not for a limited time.
const BETWEEN: Duration = Duration::from_millis(5);

/// The text of a file; nothing when it is not there, or when it was set aside for its size.
///
/// # Errors
/// The system cannot read or rename it.
pub(crate) fn read(folder: &Path, name: &str) -> io::Result<Option<String>> {
    let path = folder.join(name);
    let length = match fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if length > LARGEST {
        set_aside(folder, name, "it is too large")?;
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&fs::read(path)?).into_owned()))
}

/// Renames a file that cannot be read, and says so in the log.
///
/// # Errors
/// The system does not rename it.
pub(crate) fn set_aside(folder: &Path, name: &str, reason: &str) -> io::Result<()> {
    let aside = folder.join(format!("{name}.damaged"));
    fs::rename(folder.join(name), &aside)?;
    tracing::warn!(file = name, reason, kept_as = %aside.display(), "a file cannot be read and was set aside");
    Ok(())
}

/// Locks a file, which is made if it is missing, until what is given is dropped. Others are waited for, for at most five
/// seconds: what is done under a lock takes milliseconds, and whoever has not come to an end after this hangs.
///
/// # Errors
/// The system does not open it, or `TimedOut`.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => std::thread::sleep(BETWEEN),
            Err(TryLockError::WouldBlock) => {
                let message = format!("{} is locked by another watchglass", path.display());
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Writes beside the file, and then puts it in its place: at any moment one of the two is whole.
///
/// # Errors
/// The disk does not take it. What was there before is there still.
pub(crate) fn replace(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let beside = folder.join(format!("{name}.new"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, folder.join(name))?;
    File::open(folder)?.sync_all()
}
