//! Backup archive: a tar file in which any changed byte is detected.
//!
//! It is a POSIX.1-2001 ustar file with, in this order: [`MANIFEST`], which lists the contents; the files, in the order of
//! the manifest; [`CHECKSUM`], the SHA-256 of everything before it in hexadecimal digits. A header is a function of name,
//! size and time: the reader generates the expected header and compares.
//!
//! Free of file access: the caller opens the files and provides the sink for their bytes.

mod checksum;
mod error;
mod manifest;
mod read;
mod tar;
mod write;

#[cfg(test)]
mod tests;

pub use error::ArchiveError;
pub use manifest::{Entry, FORMAT, Manifest};
pub use read::{Discard, Sink, read};
pub use tar::{CHECKSUM, MANIFEST};
pub use write::write;
