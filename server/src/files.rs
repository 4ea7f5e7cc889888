//! Small files of the data folder: replaced as a whole, and set aside when they cannot be read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The largest file that is read. What is written is a thousandth of it, as a rule.
const LARGEST: u64 = 256 << 20;

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
