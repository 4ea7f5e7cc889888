//! The two encodings that browsers ask for, each at its best level.

use std::io::{self, Write};

/// Compresses as [RFC 7932](https://www.rfc-editor.org/rfc/rfc7932) has it: quality 11 of 11, a window of 4 MiB,
/// the `br` of `Content-Encoding`.
///
/// # Errors
/// None in practice: it writes to memory.
pub(crate) fn brotli(content: &[u8]) -> io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: content.len(),
        ..Default::default()
    };
    let mut encoded = Vec::new();
    brotli::BrotliCompress(&mut &*content, &mut encoded, &parameters)?;
    Ok(encoded)
}

/// Compresses as [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952) has it: level 9 of 9, the `gzip` of
/// `Content-Encoding`. The header holds no time and no name, so that equal content gives equal bytes.
///
/// # Errors
/// None in practice: it writes to memory.
pub(crate) fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_was_encoded_decodes_to_itself_and_is_smaller() {
        let content = b"a page says the same things over and over again; ".repeat(100);
        let encoded = brotli(&content).unwrap();
        let mut decoded = Vec::new();
        brotli::BrotliDecompress(&mut &*encoded, &mut decoded).unwrap();
        assert_eq!(decoded, content);
        assert!(encoded.len() < content.len() / 10, "{}", encoded.len());

        let encoded = gzip(&content).unwrap();
        let mut decoded = Vec::new();
        flate2::read::GzDecoder::new(&*encoded).read_to_end(&mut decoded).unwrap();
        assert_eq!(decoded, content);
        assert!(encoded.len() < content.len() / 10, "{}", encoded.len());
    }

    #[test]
    fn equal_content_gives_equal_bytes() {
        assert_eq!(gzip(b"abc").unwrap(), gzip(b"abc").unwrap());
        assert_eq!(brotli(b"abc").unwrap(), brotli(b"abc").unwrap());
    }
}
