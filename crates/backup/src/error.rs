//! Archive errors.

use std::io;
use thiserror::Error;

/// Error of writing or reading an archive.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// I/O error.
    #[error("cannot read or write the archive: {0}")]
    Io(#[from] io::Error),
    /// Not a backup.
    #[error("not a Watchglass backup")]
    NotABackup,
    /// Written by a newer version.
    #[error("backup format {0} is not supported (only {known}): use the Watchglass version that wrote it", known = crate::FORMAT)]
    Format(u32),
    /// Invalid manifest.
    #[error("the manifest is damaged: {0}")]
    Manifest(String),
    /// Invalid file name.
    #[error("invalid file name {name:?} in the archive: {reason}")]
    Name {
        /// Name, possibly truncated.
        name: String,
        /// Accepted form.
        reason: &'static str,
    },
    /// A limit is exceeded.
    #[error("the archive has {count} {what}: the maximum is {limit}")]
    LimitExceeded {
        /// Actual number.
        count: u64,
        /// What is counted.
        what: &'static str,
        /// Maximum.
        limit: u64,
    },
    /// Corrupt data.
    #[error("the archive is damaged at {0}: use another backup")]
    Damaged(String),
    /// Truncated archive.
    #[error("the archive is truncated: it ends in the middle of {0}")]
    Truncated(String),
    /// A file changed while the archive was written.
    #[error("{0} changed while it was copied: try again")]
    Changed(String),
}
