//! Archive writer.

use crate::ArchiveError;
use crate::checksum::{HashingStream, for_each_chunk, hex};
use crate::manifest::{Entry, Manifest};
use crate::tar::{BLOCK, CHECKSUM, END, MANIFEST, header, padding};
use ring::digest::{Context, SHA256};
use std::io::{self, Read, Write};

/// Writes the files of a manifest; `open` opens a file at its start.
///
/// # Errors
/// A file does not match the manifest, or I/O fails. The output is then unusable.
pub fn write<R: Read>(
    to: impl Write,
    manifest: &Manifest,
    mut open: impl FnMut(&Entry) -> io::Result<R>,
) -> Result<(), ArchiveError> {
    let mut to = HashingStream::new(to);
    let seconds = manifest.seconds();
    write_file(&mut to, MANIFEST, seconds, &manifest.to_json()?)?;
    for entry in &manifest.files {
        to.write_all(&header(&entry.name, entry.size, seconds))?;
        let mut context = Context::new(&SHA256);
        let count = for_each_chunk(&mut open(entry)?.take(entry.size), |chunk| {
            context.update(chunk);
            to.write_all(chunk)
        })?;
        if count != entry.size || hex(context.finish().as_ref()) != entry.sha256 {
            return Err(ArchiveError::Changed(entry.name.clone()));
        }
        to.write_all(zeros(padding(entry.size)))?;
    }
    let checksum = to.checksum_line();
    write_file(&mut to, CHECKSUM, seconds, checksum.as_bytes())?;
    to.write_all(zeros(END))?;
    Ok(to.flush()?)
}

fn write_file(to: &mut impl Write, name: &str, seconds: u64, bytes: &[u8]) -> io::Result<()> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    to.write_all(&header(name, size, seconds))?;
    to.write_all(bytes)?;
    to.write_all(zeros(padding(size)))
}

/// `count` zero bytes, at most two blocks.
pub(crate) fn zeros(count: usize) -> &'static [u8] {
    static ZEROS: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
    ZEROS.get(..count).unwrap_or(&ZEROS)
}
