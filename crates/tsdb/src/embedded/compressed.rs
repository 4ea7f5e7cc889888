//! Compression by [pco](https://github.com/pcodec/pcodec), in its standalone format.

use super::bytes::{CorruptData, Cursor};
use pco::data_types::{Number, NumberType};
use pco::standalone::{simple_compress, simple_decompress_into};
use pco::{ChunkConfig, DecompressorScratch, wrapped};
use std::cell::RefCell;

/// Magic bytes with the format version.
const BEGIN: &[u8; 5] = b"pco!\x03";

thread_local! {
    /// Scratch memory of pco, some 12 KB. Allocating it per column would be a quarter of the cost of a 60-value column.
    static SCRATCH: RefCell<DecompressorScratch> = RefCell::default();
}

/// Compresses numbers; `None` if there are too many.
pub(crate) fn compress<T: Number>(values: &[T]) -> Option<Vec<u8>> {
    simple_compress(values, &ChunkConfig::default()).ok()
}

/// Inverse of [`compress`] for `count` numbers.
///
/// # Errors
/// Corrupt bytes.
pub(crate) fn decompress<T: Number + Default>(bytes: &[u8], count: usize) -> Result<Vec<T>, CorruptData> {
    let mut values = vec![T::default(); count];
    let is_read =
        SCRATCH.try_with(|scratch| read_chunk(bytes, &mut values, &mut *scratch.try_borrow_mut().ok()?));
    if is_read.ok().flatten().is_some() {
        return Ok(values);
    }
    match simple_decompress_into(bytes, &mut values) {
        Ok(progress) if progress.n_processed == count => Ok(values),
        Ok(_) => Err(CorruptData("column too short")),
        Err(_) => Err(CorruptData("decompression failed")),
    }
}

/// Fast path for a single chunk, the usual case; `None` otherwise.
///
/// Format as in pco's `docs/format.md`: [`BEGIN`]; u8 type of all chunks, or 0; the number of values, as 6 bits with the
/// bit length minus one, then the bits; version of the rest. Then for each chunk: u8 type, 24 bits number of values minus
/// one, and the chunk. Then 0.
fn read_chunk<T: Number>(bytes: &[u8], values: &mut [T], scratch: &mut DecompressorScratch) -> Option<()> {
    let mut cursor = Cursor(bytes.strip_prefix(BEGIN)?);
    cursor.byte().ok()?;
    let bits = usize::from(*cursor.0.first()? & 0x3f) + 1;
    cursor.slice((6 + bits).div_ceil(8)).ok()?;
    let (file, rest) = wrapped::FileDecompressor::new(cursor.0).ok()?;
    let (&[kind, low, middle, high], rest) = rest.split_first_chunk()?;
    let count = u32::from_le_bytes([low, middle, high, 0]) as usize + 1;
    if kind != NumberType::new::<T>() as u8 || count != values.len() {
        return None;
    }
    let (chunk, rest) = file.chunk_decompressor::<T, _>(rest).ok()?;
    let mut page = chunk.page_decompressor_with_scratch(rest, count, scratch).ok()?;
    let progress = page.read(values).ok()?;
    (progress.finished && page.into_src() == [0]).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pco::PagingSpec;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn is_quick<T: Number + Default>(bytes: &[u8], count: usize) -> bool {
        read_chunk(bytes, &mut vec![T::default(); count], &mut DecompressorScratch::default()).is_some()
    }

    #[test]
    fn single_chunks_reuse_scratch_memory() {
        for count in [1, 2, 60, 255, 256, 257, 5000, 70_000] {
            let floats: Vec<f64> = (0..count).map(|i| f64::from(i).sin()).collect();
            let whole: Vec<i64> = (0..i64::from(count)).map(|i| i * i % 97 - 40).collect();
            let (float_bytes, whole_bytes) = (compress(&floats).unwrap(), compress(&whole).unwrap());
            assert!(
                is_quick::<f64>(&float_bytes, floats.len()) && is_quick::<i64>(&whole_bytes, whole.len())
            );
            assert!(!is_quick::<i64>(&float_bytes, floats.len()) && !is_quick::<i64>(&whole_bytes, 7));
            assert_eq!(decompress(&float_bytes, floats.len()), Ok(floats));
            assert_eq!(decompress(&whole_bytes, whole.len()), Ok(whole));
        }
    }

    #[test]
    fn several_chunks_are_supported() {
        let values: Vec<u32> = (0..600).map(|i| i * 7 % 90).collect();
        let config = ChunkConfig::default().with_paging_spec(PagingSpec::Exact(vec![300, 300]));
        let bytes = simple_compress(&values, &config).unwrap();
        assert!(!is_quick::<u32>(&bytes, values.len()));
        assert_eq!(decompress(&bytes, values.len()), Ok(values));
    }

    proptest! {
        #[test]
        fn numbers_round_trip(one in vec(any::<i64>(), 1..400), other in vec(0_u32..9, 1..400)) {
            prop_assert_eq!(decompress(&compress(&one).unwrap(), one.len()), Ok(one));
            prop_assert_eq!(decompress(&compress(&other).unwrap(), other.len()), Ok(other));
        }

        #[test]
        fn changed_bytes_never_panic(values in vec(-99_i64..99, 1..90), at: usize, xor in 1_u8..) {
            let mut bytes = compress(&values).unwrap();
            let at = at % bytes.len();
            bytes[at] ^= xor;
            let _ = decompress::<i64>(&bytes, values.len());
            bytes.truncate(at);
            let _ = decompress::<i64>(&bytes, values.len());
        }
    }
}
