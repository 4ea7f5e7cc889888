//! SHA-256 of streams.

use ring::digest::{Context, Digest, SHA256};
use std::io::{self, Read, Write};

/// Bytes per read.
const CHUNK: usize = 64 << 10;

/// Calls `handle` with total data, chunk by chunk, and returns the number of bytes.
pub(crate) fn for_each_chunk(
    from: &mut impl Read,
    mut handle: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<u64> {
    let mut chunk = vec![0; CHUNK];
    let mut total = 0;
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok(total),
            Ok(count) => {
                handle(chunk.get(..count).unwrap_or_default())?;
                total += u64::try_from(count).unwrap_or(0);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Number of remaining bytes, and their digest.
pub(crate) fn digest(from: &mut impl Read) -> io::Result<(u64, Digest)> {
    let mut context = Context::new(&SHA256);
    let count = for_each_chunk(from, |chunk| {
        context.update(chunk);
        Ok(())
    })?;
    Ok((count, context.finish()))
}

/// Hexadecimal digits of a digest.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reader or writer that hashes all bytes passing through.
pub(crate) struct HashingStream<T> {
    inner: T,
    context: Context,
}

impl<T> HashingStream<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self { inner, context: Context::new(&SHA256) }
    }

    /// Digest of everything so far, in hexadecimal digits with a line break.
    pub(crate) fn checksum_line(&self) -> String {
        hex(self.context.clone().finish().as_ref()) + "\n"
    }
}

impl<T: Read> Read for HashingStream<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.context.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl<T: Write> Write for HashingStream<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.context.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
