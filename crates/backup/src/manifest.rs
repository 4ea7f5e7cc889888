//! Manifest of an archive.

use crate::ArchiveError;
use crate::checksum::{digest, hex};
use serde::{Deserialize, Serialize};
use std::io::Read;

/// Format version, the only supported one.
pub const FORMAT: u32 = 1;
/// Maximum files: twenty times those of the longest history.
const MAX_FILES: u64 = 100_000;
/// Maximum bytes of a file: the limit of a tar header.
const MAX_FILE_BYTES: u64 = 0o777_7777_7777;
/// Maximum bytes of all files: 4 TiB.
const MAX_TOTAL_BYTES: u64 = 1 << 42;
/// Maximum bytes of a name; a tar header holds 100.
const MAX_NAME: usize = 99;
/// Maximum path segments of a name.
const MAX_SEGMENTS: usize = 3;
/// Maximum bytes of the name of the program that wrote it.
const MAX_PROGRAM: usize = 100;

/// File in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name, with `/` between folders: at most 99 letters, digits and `._-`; no segment starts with a dot.
    pub name: String,
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the content, in hexadecimal digits.
    pub sha256: String,
}

/// Contents of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// Program that wrote it.
    pub program: String,
    /// Creation time, in milliseconds since 1970.
    #[serde(rename = "made")]
    pub created: u64,
    /// Files, in archive order.
    pub files: Vec<Entry>,
}

#[derive(Deserialize)]
struct Head {
    format: u32,
}

impl Entry {
    /// Hashes the first `size` bytes of a file.
    ///
    /// # Errors
    /// The file is shorter, unreadable, or has an invalid name.
    pub fn hash(name: &str, size: u64, file: &mut impl Read) -> Result<Self, ArchiveError> {
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
    /// Manifest of these files, written by `program` at the given time in milliseconds since 1970.
    ///
    /// # Errors
    /// A limit is exceeded, or a name is invalid or not unique.
    pub fn new(program: &str, made: u64, files: Vec<Entry>) -> Result<Self, ArchiveError> {
        let manifest = Self { format: FORMAT, program: program.to_owned(), created: made, files };
        manifest.check()?;
        Ok(manifest)
    }

    /// Total bytes of all files.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }

    pub(crate) fn to_json(&self) -> Result<Vec<u8>, ArchiveError> {
        serde_json::to_vec_pretty(self).map_err(|error| ArchiveError::Manifest(error.to_string()))
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let invalid = |error: serde_json::Error| ArchiveError::Manifest(error.to_string());
        let Head { format } = serde_json::from_slice(bytes).map_err(invalid)?;
        if format != FORMAT {
            return Err(ArchiveError::Format(format));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(invalid)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Creation time in seconds since 1970, for the headers.
    pub(crate) fn seconds(&self) -> u64 {
        (self.created / 1000).min(MAX_FILE_BYTES)
    }

    fn check(&self) -> Result<(), ArchiveError> {
        let limit_exceeded = |count, what, limit| Err(ArchiveError::LimitExceeded { count, what, limit });
        if self.program.len() > MAX_PROGRAM || self.program.chars().any(char::is_control) {
            return Err(ArchiveError::Manifest("invalid program name".to_owned()));
        }
        let count = u64::try_from(self.files.len()).unwrap_or(u64::MAX);
        if count > MAX_FILES {
            return limit_exceeded(count, "files", MAX_FILES);
        }
        if let Some(file) = self.files.iter().find(|file| file.size > MAX_FILE_BYTES) {
            return limit_exceeded(file.size, "bytes in one file", MAX_FILE_BYTES);
        }
        if self.total_bytes() > MAX_TOTAL_BYTES {
            return limit_exceeded(self.total_bytes(), "bytes", MAX_TOTAL_BYTES);
        }
        let mut names: Vec<&str> = Vec::with_capacity(self.files.len());
        for file in &self.files {
            check_name(&file.name)?;
            let is_digest = file.sha256.len() == 64
                && file.sha256.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            if !is_digest {
                return Err(ArchiveError::Manifest(format!("invalid SHA-256 of {}", file.name)));
            }
            names.push(&file.name);
        }
        names.sort_unstable();
        // A duplicate name, or a file where another one needs a folder. `-` and `.` sort before `/`, so neighbours in sorted
        // order are not enough: every parent folder is looked up.
        let exists = |name: &str| names.binary_search(&name).is_ok();
        let duplicate =
            names.iter().zip(names.iter().skip(1)).find(|(one, next)| one == next).map(|(one, _)| *one);
        let below_file = || {
            names
                .iter()
                .find(|name| name.match_indices('/').any(|(at, _)| name.get(..at).is_some_and(exists)))
        };
        match duplicate.or_else(|| below_file().copied()) {
            Some(name) => Err(ArchiveError::Name {
                name: name.to_owned(),
                reason: "it is a duplicate, or a parent of it is a file",
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
    let is_reserved = name == crate::MANIFEST || name == crate::CHECKSUM;
    if name.len() <= MAX_NAME && parts.len() <= MAX_SEGMENTS && parts.iter().all(is_plain) && !is_reserved {
        return Ok(());
    }
    Err(ArchiveError::Name {
        name: name.chars().take(MAX_NAME + 1).collect(),
        reason: "use at most 99 letters, digits and ._-, in at most 2 folders, with no segment starting with a dot",
    })
}
