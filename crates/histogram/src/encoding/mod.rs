//! Stored form of histograms.
//!
//! # One histogram, version 1
//!
//! | bytes | meaning |
//! |---|---|
//! | 1 | version, 1 |
//! | 1 | flags: 1 gauge, 2 custom bounds, 4 counts as f64, 8 stale marker, after which nothing follows |
//! | | exponential bounds: schema as i8, zero threshold (below) |
//! | | custom bounds: varint n, n bounds as f64 |
//! | 8 | sum as f64 |
//! | | positive spans, then negative spans: varint n, then n times signed varint offset, varint length |
//! | | the counts (below) |
//!
//! The zero threshold is a byte: 0 for 0, 1 for an f64 that follows, n from 2 for 2^(n − 202). Counts are: count minus all
//! buckets, that is NaN observations; the zero bucket; the positive buckets; the negative ones. If all are whole, they are
//! signed varints, those of buckets as differences to the bucket before. Otherwise they are f64, beginning with the count
//! itself. Numbers are little-endian.
//!
//! # A sequence of samples of one series, version 1
//!
//! See `sequence.rs`.

mod adaptive;
mod bits;
mod bytes;
mod count_code;
mod layout;
mod sequence;
mod sequence_reader;
mod sequence_writer;
mod single;
mod sum_code;
#[cfg(test)]
mod tests;
mod whole;

pub use sequence::MAX_SAMPLES;
pub use sequence_reader::SequenceReader;
pub use sequence_writer::SequenceWriter;
