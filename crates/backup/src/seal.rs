//! SHA-256 of what is read and written.

use ring::digest::{Context, Digest, SHA256};
use std::io::{self, Read, Write};

/// How much is read at a time, in bytes.
const PIECE: usize = 64 << 10;

/// Calls `take` with everything there is to read, piece by piece.
pub(crate) fn each_piece(
    from: &mut impl Read,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<u64> {
    let mut piece = vec![0; PIECE];
    let mut all = 0;
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(all),
            Ok(count) => {
                take(piece.get(..count).unwrap_or_default())?;
                all += u64::try_from(count).unwrap_or(0);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// How many bytes there are to read, and their digest.
pub(crate) fn digest(from: &mut impl Read) -> io::Result<(u64, Digest)> {
    let mut context = Context::new(&SHA256);
    let count = each_piece(from, |piece| {
        context.update(piece);
        Ok(())
    })?;
    Ok((count, context.finish()))
}

/// Digits of a digest.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A reader or writer, with the digest of what has gone through.
pub(crate) struct Sealed<T> {
    inner: T,
    context: Context,
}

impl<T> Sealed<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self { inner, context: Context::new(&SHA256) }
    }

    /// Digits of the digest of everything so far, and the end of a line.
    pub(crate) fn seal(&self) -> String {
        hex(self.context.clone().finish().as_ref()) + "\n"
    }
}

impl<T: Read> Read for Sealed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.context.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl<T: Write> Write for Sealed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.context.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
