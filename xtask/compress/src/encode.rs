//! The content encodings brotli and gzip, each at its best level.

use std::io::{self, Write};

/// Brotli ([RFC 7932](https://www.rfc-editor.org/rfc/rfc7932)), quality 11, window of 4 MiB: `Content-Encoding: br`.
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

/// Gzip ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952)), level 9: `Content-Encoding: gzip`. The header has no time
/// and no name, so that the output depends on the content only.
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
    fn encoded_content_is_smaller_and_decodes_to_the_original() {
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
    fn output_depends_on_the_content_only() {
        assert_eq!(gzip(b"abc").unwrap(), gzip(b"abc").unwrap());
        assert_eq!(brotli(b"abc").unwrap(), brotli(b"abc").unwrap());
    }
}
