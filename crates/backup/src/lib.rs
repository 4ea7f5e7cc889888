//! An archive of files: one that `tar` can list and unpack, and of which no byte can be another without being noticed.
//!
//! It is a tar file of POSIX.1-2001, ustar, and holds in this order: [`MANIFEST`], which says what follows; the files, as the
//! manifest lists them; [`SEAL`], the SHA-256 of everything before it in hexadecimal digits. Headers have one form each,
//! made of name, size and time: a reader makes them itself and compares.
//!
//! Pure: whoever calls opens the files, and says where their bytes go.

mod error;
mod manifest;
mod read;
mod seal;
mod tar;
mod write;

#[cfg(test)]
mod tests;

pub use error::ArchiveError;
pub use manifest::{Entry, FORMAT, Manifest};
pub use read::{Nowhere, Sink, read};
pub use tar::{MANIFEST, SEAL};
pub use write::write;
