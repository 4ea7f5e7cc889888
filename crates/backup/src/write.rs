//! Writes an archive.

use crate::ArchiveError;
use crate::manifest::{Entry, Manifest};
use crate::seal::{Sealed, each_piece, hex};
use crate::tar::{BLOCK, END, MANIFEST, SEAL, header, padding};
use ring::digest::{Context, SHA256};
use std::io::{self, Read, Write};

/// Writes the files of a manifest; `open` opens one of them at its beginning.
///
/// # Errors
/// What is read is not what the manifest says, or cannot be read or written. What was written is then of no use.
pub fn write<R: Read>(
    to: impl Write,
    manifest: &Manifest,
    mut open: impl FnMut(&Entry) -> io::Result<R>,
) -> Result<(), ArchiveError> {
    let mut to = Sealed::new(to);
    let seconds = manifest.seconds();
    whole(&mut to, MANIFEST, seconds, &manifest.written()?)?;
    for entry in &manifest.files {
        to.write_all(&header(&entry.name, entry.size, seconds))?;
        let mut context = Context::new(&SHA256);
        let count = each_piece(&mut open(entry)?.take(entry.size), |piece| {
            context.update(piece);
            to.write_all(piece)
        })?;
        if count != entry.size || hex(context.finish().as_ref()) != entry.sha256 {
            return Err(ArchiveError::Changed(entry.name.clone()));
        }
        to.write_all(zeros(padding(entry.size)))?;
    }
    let seal = to.seal();
    whole(&mut to, SEAL, seconds, seal.as_bytes())?;
    to.write_all(zeros(END))?;
    Ok(to.flush()?)
}

fn whole(to: &mut impl Write, name: &str, seconds: u64, bytes: &[u8]) -> io::Result<()> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    to.write_all(&header(name, size, seconds))?;
    to.write_all(bytes)?;
    to.write_all(zeros(padding(size)))
}

/// So many, up to the end of an archive.
pub(crate) fn zeros(count: usize) -> &'static [u8] {
    static ZEROS: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
    ZEROS.get(..count).unwrap_or(&ZEROS)
}
