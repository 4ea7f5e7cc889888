//! Contracts of the values and keys of a map.

use std::cmp::Ordering;
use std::fmt;
use watchglass_model::Timestamp;

/// Maximum bytes of a text key.
const MAX_KEY_BYTES: usize = 64;

/// Value of a [`ReplicatedMap`](crate::ReplicatedMap), or the tombstone of a removed one.
pub trait Replicated: Clone + PartialEq {
    /// Maximum entries of a map, including tombstones. The entries with the greatest values are kept.
    const MAX_ENTRIES: usize;

    /// Total order of all values: of two values of a key the greater one wins on all servers. Only equal values compare
    /// as equal.
    ///
    /// A full map also drops entries in this order, those with the least values first. An order for that alone could
    /// drop a tombstone before the value that it replaced, which would then come back.
    fn precedence(&self, other: &Self) -> Ordering;

    /// Whether this value wins over `other`.
    fn supersedes(&self, other: &Self) -> bool {
        self.precedence(other) == Ordering::Greater
    }

    /// Whether a server with the value `known` needs this one: it wins, and the difference matters.
    fn is_relevant_update(&self, known: &Self) -> bool {
        self.supersedes(known)
    }

    /// Whether no server needs the entry any more, such as an old tombstone.
    fn is_expired(&self, now: Timestamp) -> bool;
}

/// Value that is stored on its own, such as in a field of a Redis hash.
pub trait StoredValue: Replicated {
    /// Maximum bytes of a value that is decoded.
    const MAX_BYTES: usize;

    /// Stored form.
    fn encode(&self) -> String;

    /// Parses the stored form.
    ///
    /// # Errors
    /// Longer than [`MAX_BYTES`](Self::MAX_BYTES), of another format version, or invalid.
    fn decode(stored: &[u8]) -> Result<Self, DecodeError>;
}

/// Reason why a stored value is skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Written by another version of the program: it is kept.
    OtherVersion(String),
    /// Invalid: a value of this server replaces it.
    Invalid(String),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::OtherVersion(reason) | Self::Invalid(reason)) = self;
        f.write_str(reason)
    }
}

/// Key of a [`ReplicatedMap`](crate::ReplicatedMap) whose entries are stored on their own.
pub trait ReplicatedKey: Clone + Ord {
    /// Name of the field; never empty.
    fn to_field(&self) -> String;

    /// Parses the name of a field.
    ///
    /// # Errors
    /// Why it is invalid.
    fn from_field(field: &str) -> Result<Self, String>;
}

/// Ids of at most 64 bytes.
impl ReplicatedKey for String {
    fn to_field(&self) -> String {
        self.clone()
    }

    fn from_field(field: &str) -> Result<Self, String> {
        match field.len() {
            1..=MAX_KEY_BYTES => Ok(field.to_owned()),
            bytes => Err(format!("the id has {bytes} bytes: 1 to {MAX_KEY_BYTES} are allowed")),
        }
    }
}
