//! Why there is no backup, or nothing was restored.

use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use watchglass_backup::ArchiveError;

/// What went wrong.
#[derive(Debug, Error)]
pub(crate) enum BackupError {
    /// The system does not read or write.
    #[error("{path}: {source}")]
    File {
        /// What.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The archive is not good, or cannot be written.
    #[error("{path}: {source}")]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong.
        source: ArchiveError,
    },
    /// There is nothing to back up.
    #[error("there is no server's data in {0}: give its folder with --data-dir DIR")]
    NoData(PathBuf),
    /// The server was always faster.
    #[error("files came and went in {folder} during each of {attempts} attempts: try again")]
    Restless {
        /// The data folder.
        folder: PathBuf,
        /// How often it was tried.
        attempts: u32,
    },
    /// The archive would be in itself.
    #[error(
        "{file} would be in the data folder {folder}, and in the next backup: choose a place outside of it"
    )]
    Within {
        /// The archive.
        file: PathBuf,
        /// The data folder.
        folder: PathBuf,
    },
    /// What is to be restored is in use.
    #[error(
        "a server keeps its data in {0}: stop it, run this again with --replace, and start it again; \
         or restore into another folder with --data-dir DIR, which can be done while it runs"
    )]
    Running(PathBuf),
    /// What is to be restored has something in it.
    #[error(
        "{0} is not empty, and nothing was changed: choose another folder with --data-dir DIR, \
         or have it renamed and the backup put in its place with --replace"
    )]
    Occupied(PathBuf),
    /// It has no name to be replaced by.
    #[error("{0} is no folder that can be restored: give one with --data-dir DIR")]
    NoFolder(PathBuf),
}

impl BackupError {
    /// About that file.
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    /// About that archive.
    pub(super) fn archive(path: &Path) -> impl FnOnce(ArchiveError) -> Self {
        let path = path.to_owned();
        move |source| Self::Archive { path, source }
    }
}
