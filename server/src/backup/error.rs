//! Backup and restore errors.

use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use watchglass_backup::ArchiveError;

/// Backup or restore error.
#[derive(Debug, Error)]
pub(crate) enum BackupError {
    /// I/O error.
    #[error("{path}: {source}")]
    File {
        /// File or folder.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The archive is invalid, or cannot be written.
    #[error("{path}: {source}")]
    Archive { path: PathBuf, source: ArchiveError },
    /// Nothing to back up.
    #[error("no Watchglass data in {0}: set the data directory with --data-dir DIR")]
    NoData(PathBuf),
    /// Files were added or removed during every attempt.
    #[error("files in {folder} changed during each of {attempts} attempts: try again")]
    Unstable { folder: PathBuf, attempts: u32 },
    /// The archive would be inside the data directory.
    #[error(
        "{file} is inside the data directory {folder} and would be part of the next backup: use a path outside of it"
    )]
    InsideDataDir { file: PathBuf, folder: PathBuf },
    /// The target folder is in use.
    #[error(
        "a running server uses {0}: stop it, run this command again with --replace, and start the server; \
         or restore into another folder with --data-dir DIR while it runs"
    )]
    InUse(PathBuf),
    /// The target folder is not empty.
    #[error(
        "{0} is not empty; nothing was changed. Use another folder with --data-dir DIR, \
         or use --replace to rename it and put the backup in its place"
    )]
    NotEmpty(PathBuf),
    /// The path has no parent or name, so it cannot be replaced.
    #[error("{0} is not a valid target folder: set one with --data-dir DIR")]
    InvalidTarget(PathBuf),
}

impl BackupError {
    /// I/O error of this file.
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    /// Error of this archive.
    pub(super) fn archive(path: &Path) -> impl FnOnce(ArchiveError) -> Self {
        let path = path.to_owned();
        move |source| Self::Archive { path, source }
    }
}
