//! Stored form of the samples of one series, version 1.
//!
//! Version (1 byte), number of samples (u16, little-endian), then bits, the highest of a byte first. Times are stored
//! elsewhere. Each sample begins with its form:
//!
//! | bits | form | follows |
//! |---|---|---|
//! | 0 | update | sum, counts |
//! | 10 | repeat of the last update or complete sample | |
//! | 110 | update with new buckets | new buckets, sum, counts |
//! | 1110 | stale marker | 1 bit: gauge |
//! | 1111 | complete | length (24 bits), zeros up to the next byte, the form of one histogram |
//!
//! Updates and repeats have the flavor and the bounds of the last sample that is no stale marker, and whole counts. Samples with other
//! bounds, another flavor, or counts with fractions are complete. Reader and writer keep the same state: the *layout*, a
//! list of all counts since the last complete sample (count minus all buckets, zero bucket, positive buckets, negative
//! buckets by index) with their last two values, and the state of the adaptive codes.
//!
//! - New buckets: their number minus 1; each as a bit for negative, and the difference of its index to the one before.
//! - Sum: see `sum_code.rs`.
//! - Counts: see `count_code.rs`.

/// Maximum number of samples of a sequence.
pub const MAX_SAMPLES: usize = u16::MAX as usize;

pub(super) const VERSION: u8 = 1;
/// Bytes of version and number of samples.
pub(super) const HEADER: usize = 3;
/// Bits of the length of a complete sample.
pub(super) const LENGTH_BITS: u32 = 24;

/// Form of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Update,
    Repeat,
    UpdateWithNewBuckets,
    Stale,
    Complete,
}

impl Form {
    /// The bits, and their number.
    pub(super) fn bits(self) -> (u64, u32) {
        match self {
            Self::Update => (0b0, 1),
            Self::Repeat => (0b10, 2),
            Self::UpdateWithNewBuckets => (0b110, 3),
            Self::Stale => (0b1110, 4),
            Self::Complete => (0b1111, 4),
        }
    }
}
