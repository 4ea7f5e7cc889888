//! What an archive says that it holds.

use crate::ArchiveError;
use crate::seal::{digest, hex};
use serde::{Deserialize, Serialize};
use std::io::Read;

/// The version of the format that is written, and the only one that is read.
pub const FORMAT: u32 = 1;
/// The most files: twenty times those of the longest history.
const MOST_FILES: u64 = 100_000;
/// The largest file in bytes: what a tar header can say.
const LARGEST: u64 = 0o777_7777_7777;
/// The most bytes of all files together: 4 TiB.
const MOST_BYTES: u64 = 1 << 42;
/// The longest name in bytes; a tar header has room for 100.
const LONGEST_NAME: usize = 99;
/// How many folders may be in a name.
const DEEPEST: usize = 3;
/// The longest name of the program that wrote it, in bytes.
const LONGEST_PROGRAM: usize = 100;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name, with `/` between folders: at most 99 letters, digits and `._-`, none of its parts beginning with a dot.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of what is in it, in hexadecimal digits.
    pub sha256: String,
}

/// What is in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// Which program wrote it.
    pub program: String,
    /// When, in milliseconds since 1970.
    pub made: u64,
    /// The files, in the order in which they follow.
    pub files: Vec<Entry>,
}

#[derive(Deserialize)]
struct Head {
    format: u32,
}

impl Entry {
    /// The first `size` bytes of a file.
    ///
    /// # Errors
    /// It has fewer, cannot be read, or has a name that cannot be.
    pub fn of(name: &str, size: u64, file: &mut impl Read) -> Result<Self, ArchiveError> {
        check_name(name)?;
        let (read, sha256) = digest(&mut file.take(size))?;
        if read == size {
            Ok(Self { name: name.to_owned(), size, sha256: hex(sha256.as_ref()) })
        } else {
            Err(ArchiveError::Changed(name.to_owned()))
        }
    }
}

impl Manifest {
    /// Of these files, written by `program` at `made`, in milliseconds since 1970.
    ///
    /// # Errors
    /// They cannot be in an archive together.
    pub fn new(program: &str, made: u64, files: Vec<Entry>) -> Result<Self, ArchiveError> {
        let manifest = Self { format: FORMAT, program: program.to_owned(), made, files };
        manifest.check()?;
        Ok(manifest)
    }

    /// Length of all files together, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }

    pub(crate) fn written(&self) -> Result<Vec<u8>, ArchiveError> {
        serde_json::to_vec_pretty(self).map_err(|error| ArchiveError::Manifest(error.to_string()))
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let wrong = |error: serde_json::Error| ArchiveError::Manifest(error.to_string());
        let Head { format } = serde_json::from_slice(bytes).map_err(wrong)?;
        if format != FORMAT {
            return Err(ArchiveError::Format(format));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(wrong)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Seconds since 1970, for the headers.
    pub(crate) fn seconds(&self) -> u64 {
        (self.made / 1000).min(LARGEST)
    }

    fn check(&self) -> Result<(), ArchiveError> {
        let too_much = |count, what, most| Err(ArchiveError::TooMuch { count, what, most });
        if self.program.len() > LONGEST_PROGRAM || self.program.chars().any(char::is_control) {
            return Err(ArchiveError::Manifest("program is no name of one".to_owned()));
        }
        let count = u64::try_from(self.files.len()).unwrap_or(u64::MAX);
        if count > MOST_FILES {
            return too_much(count, "files", MOST_FILES);
        }
        if let Some(file) = self.files.iter().find(|file| file.size > LARGEST) {
            return too_much(file.size, "bytes in one file", LARGEST);
        }
        if self.bytes() > MOST_BYTES {
            return too_much(self.bytes(), "bytes", MOST_BYTES);
        }
        let mut names: Vec<&str> = Vec::with_capacity(self.files.len());
        for file in &self.files {
            check_name(&file.name)?;
            let is_digest = file.sha256.len() == 64
                && file.sha256.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            if !is_digest {
                return Err(ArchiveError::Manifest(format!("the SHA-256 of {} is none", file.name)));
            }
            names.push(&file.name);
        }
        names.sort_unstable();
        // A file where another one needs a folder, or the same name twice. `-` and `.` sort before `/`: all pairs of a name and
        // what begins with it are looked at by the name of the folder.
        let is_there = |name: &str| names.binary_search(&name).is_ok();
        let clash =
            names.iter().zip(names.iter().skip(1)).find(|(one, next)| one == next).map(|(one, _)| *one);
        let in_file = || {
            names
                .iter()
                .find(|name| name.match_indices('/').any(|(at, _)| name.get(..at).is_some_and(is_there)))
        };
        match clash.or_else(|| in_file().copied()) {
            Some(name) => Err(ArchiveError::Name {
                name: name.to_owned(),
                reason: "it is there twice, or another file is in its way",
            }),
            None => Ok(()),
        }
    }
}

fn check_name(name: &str) -> Result<(), ArchiveError> {
    let parts: Vec<&str> = name.split('/').collect();
    let is_plain = |part: &&str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let is_own = name == crate::MANIFEST || name == crate::SEAL;
    if name.len() <= LONGEST_NAME && parts.len() <= DEEPEST && parts.iter().all(is_plain) && !is_own {
        return Ok(());
    }
    Err(ArchiveError::Name {
        name: name.chars().take(LONGEST_NAME + 1).collect(),
        reason: "it must be at most 99 letters, digits and ._-, in at most 2 folders, and none of them may begin with a dot",
    })
}
