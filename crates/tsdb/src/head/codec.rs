//! Codec of the pages of the head.

use crate::embedded::bytes::CorruptData;
use crate::embedded::column;

/// Encodes the values of a page.
pub(super) fn encode(values: &[f64]) -> Vec<u8> {
    column::encode_fast(values)
}

/// Encodes values without compressing them.
pub(super) fn encode_plain(values: &[f64]) -> Vec<u8> {
    column::encode_plain(values)
}

/// Inverse of both for `count` values.
///
/// # Errors
/// Corrupt bytes.
pub(super) fn decode(bytes: &[u8], count: usize) -> Result<Vec<f64>, CorruptData> {
    column::decode(bytes, count)
}
