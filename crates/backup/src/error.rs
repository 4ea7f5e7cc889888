//! What is wrong with an archive.

use std::io;
use thiserror::Error;

/// Why an archive is not written, or not read.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The system does not read or write.
    #[error("it cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// Something else.
    #[error("it is no backup of watchglass")]
    Foreign,
    /// Made by a later program.
    #[error("it has format {0}, and this program reads format {known}: use the program that wrote it", known = crate::FORMAT)]
    Format(u32),
    /// The manifest is not one.
    #[error("its manifest is damaged: {0}")]
    Manifest(String),
    /// A file that is not kept in archives.
    #[error("the name {name:?} cannot be in it: {reason}")]
    Name {
        /// The name, or its beginning.
        name: String,
        /// What would be right.
        reason: &'static str,
    },
    /// A limit.
    #[error("it has {count} {what}: at most {most} can be")]
    TooMuch {
        /// How many.
        count: u64,
        /// Of what.
        what: &'static str,
        /// The limit.
        most: u64,
    },
    /// A byte is not what it was.
    #[error("it is damaged at {0}: take another backup")]
    Damaged(String),
    /// It ends too early.
    #[error("it ends in the middle of {0}: it was not written to its end, or cut afterwards")]
    Short(String),
    /// A file became another one while it was written.
    #[error("{0} changed while it was copied: try again")]
    Changed(String),
}
