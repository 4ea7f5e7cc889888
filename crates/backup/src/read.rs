//! Archive reader. Verifies every byte.

use crate::ArchiveError;
use crate::checksum::{HashingStream, for_each_chunk, hex};
use crate::manifest::{Entry, Manifest};
use crate::tar::{BLOCK, CHECKSUM, END, MANIFEST, header, padding, size_and_time};
use crate::write::zeros;
use ring::digest::{Context, SHA256};
use std::io::{self, Read};

/// Maximum bytes of a manifest: enough for 100,000 files.
const MAX_MANIFEST: u64 = 32 << 20;
/// Bytes of a SHA-256 in hexadecimal digits with a line break.
const CHECKSUM_SIZE: u64 = 65;

/// Receiver of the files of an archive.
pub trait Sink {
    /// Starts a file.
    ///
    /// # Errors
    /// The file cannot be created: reading stops.
    fn begin(&mut self, entry: &Entry) -> io::Result<()>;

    /// Next bytes of the current file.
    ///
    /// # Errors
    /// The file cannot be written: reading stops.
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// The current file is complete and matches the manifest.
    ///
    /// # Errors
    /// The file cannot be written: reading stops.
    fn end(&mut self) -> io::Result<()>;
}

/// Sink that discards everything, for verification.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl Sink for Discard {
    fn begin(&mut self, _: &Entry) -> io::Result<()> {
        Ok(())
    }

    fn bytes(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads an archive to its end. The files given to `sink` are valid only if this succeeds: verify the archive first, and
/// unpack into a temporary folder.
///
/// # Errors
/// The input is not an archive or is damaged, or `sink` fails.
pub fn read(from: impl Read, sink: &mut impl Sink) -> Result<Manifest, ArchiveError> {
    let mut from = HashingStream::new(from);
    let (size, seconds) =
        size_and_time(&block(&mut from, MANIFEST)?, MANIFEST).ok_or(ArchiveError::NotABackup)?;
    if size > MAX_MANIFEST {
        return Err(ArchiveError::LimitExceeded {
            count: size,
            what: "bytes in the manifest",
            limit: MAX_MANIFEST,
        });
    }
    let mut text = Vec::new();
    (&mut from).take(size).read_to_end(&mut text)?;
    if u64::try_from(text.len()) != Ok(size) {
        return Err(ArchiveError::Truncated(MANIFEST.to_owned()));
    }
    let manifest = Manifest::parse(&text)?;
    if manifest.seconds() != seconds {
        return Err(ArchiveError::Damaged(MANIFEST.to_owned()));
    }
    expect_zeros(&mut from, padding(size), MANIFEST)?;
    for entry in &manifest.files {
        expect(&mut from, &header(&entry.name, entry.size, seconds), &entry.name)?;
        sink.begin(entry)?;
        let mut context = Context::new(&SHA256);
        let count = for_each_chunk(&mut (&mut from).take(entry.size), |chunk| {
            context.update(chunk);
            sink.bytes(chunk)
        })?;
        if count != entry.size {
            return Err(ArchiveError::Truncated(entry.name.clone()));
        }
        if hex(context.finish().as_ref()) != entry.sha256 {
            return Err(ArchiveError::Damaged(entry.name.clone()));
        }
        expect_zeros(&mut from, padding(entry.size), &entry.name)?;
        sink.end()?;
    }
    let checksum = from.checksum_line();
    expect(&mut from, &header(CHECKSUM, CHECKSUM_SIZE, seconds), CHECKSUM)?;
    expect(&mut from, checksum.as_bytes(), CHECKSUM)?;
    expect_zeros(&mut from, padding(CHECKSUM_SIZE), CHECKSUM)?;
    expect_zeros(&mut from, END, "the end")?;
    if from.read(&mut [0])? != 0 {
        return Err(ArchiveError::Damaged("the end, which is followed by more data".to_owned()));
    }
    Ok(manifest)
}

fn block(from: &mut impl Read, section: &str) -> Result<[u8; BLOCK], ArchiveError> {
    let mut found = [0; BLOCK];
    fill(from, &mut found, section)?;
    Ok(found)
}

fn fill(from: &mut impl Read, buffer: &mut [u8], section: &str) -> Result<(), ArchiveError> {
    from.read_exact(buffer).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => ArchiveError::Truncated(section.to_owned()),
        _ => ArchiveError::Io(error),
    })
}

/// Expects exactly these bytes.
fn expect(from: &mut impl Read, bytes: &[u8], section: &str) -> Result<(), ArchiveError> {
    let mut found = vec![0; bytes.len()];
    fill(from, &mut found, section)?;
    if found == bytes { Ok(()) } else { Err(ArchiveError::Damaged(section.to_owned())) }
}

fn expect_zeros(from: &mut impl Read, count: usize, section: &str) -> Result<(), ArchiveError> {
    expect(from, zeros(count), section)
}
