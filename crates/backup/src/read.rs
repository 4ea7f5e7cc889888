//! Reads an archive: every byte is looked at.

use crate::ArchiveError;
use crate::manifest::{Entry, Manifest};
use crate::seal::{Sealed, each_piece, hex};
use crate::tar::{BLOCK, END, MANIFEST, SEAL, header, padding, size_and_time};
use crate::write::zeros;
use ring::digest::{Context, SHA256};
use std::io::{self, Read};

/// The longest manifest that is read, in bytes: room for 100,000 files.
const LONGEST_MANIFEST: u64 = 32 << 20;
/// Digits of a digest and the end of the line.
const SEAL_SIZE: u64 = 65;

/// Where the bytes of an archive go.
pub trait Sink {
    /// A file begins.
    ///
    /// # Errors
    /// It cannot be made: reading ends.
    fn begin(&mut self, entry: &Entry) -> io::Result<()>;

    /// More of the file that began last.
    ///
    /// # Errors
    /// It cannot be written: reading ends.
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// The file is whole, and is what the manifest says.
    ///
    /// # Errors
    /// It cannot be written: reading ends.
    fn end(&mut self) -> io::Result<()>;
}

/// For an archive that is only to be verified.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl Sink for Nowhere {
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

/// Reads an archive to its end. What `sink` was given is good only if all of it is: whoever unpacks does so beside the place
/// where it is to be, having verified it before.
///
/// # Errors
/// It is none, or not as it was written, or `sink` fails.
pub fn read(from: impl Read, sink: &mut impl Sink) -> Result<Manifest, ArchiveError> {
    let mut from = Sealed::new(from);
    let (size, seconds) =
        size_and_time(&block(&mut from, MANIFEST)?, MANIFEST).ok_or(ArchiveError::Foreign)?;
    if size > LONGEST_MANIFEST {
        return Err(ArchiveError::TooMuch {
            count: size,
            what: "bytes in its manifest",
            most: LONGEST_MANIFEST,
        });
    }
    let mut text = Vec::new();
    (&mut from).take(size).read_to_end(&mut text)?;
    if u64::try_from(text.len()) != Ok(size) {
        return Err(ArchiveError::Short(MANIFEST.to_owned()));
    }
    let manifest = Manifest::parse(&text)?;
    if manifest.seconds() != seconds {
        return Err(ArchiveError::Damaged(MANIFEST.to_owned()));
    }
    empty(&mut from, padding(size), MANIFEST)?;
    for entry in &manifest.files {
        expect(&mut from, &header(&entry.name, entry.size, seconds), &entry.name)?;
        sink.begin(entry)?;
        let mut context = Context::new(&SHA256);
        let count = each_piece(&mut (&mut from).take(entry.size), |piece| {
            context.update(piece);
            sink.bytes(piece)
        })?;
        if count != entry.size {
            return Err(ArchiveError::Short(entry.name.clone()));
        }
        if hex(context.finish().as_ref()) != entry.sha256 {
            return Err(ArchiveError::Damaged(entry.name.clone()));
        }
        empty(&mut from, padding(entry.size), &entry.name)?;
        sink.end()?;
    }
    let seal = from.seal();
    expect(&mut from, &header(SEAL, SEAL_SIZE, seconds), SEAL)?;
    expect(&mut from, seal.as_bytes(), SEAL)?;
    empty(&mut from, padding(SEAL_SIZE), SEAL)?;
    empty(&mut from, END, "its end")?;
    if from.read(&mut [0])? != 0 {
        return Err(ArchiveError::Damaged("its end, behind which there is more".to_owned()));
    }
    Ok(manifest)
}

fn block(from: &mut impl Read, place: &str) -> Result<[u8; BLOCK], ArchiveError> {
    let mut found = [0; BLOCK];
    fill(from, &mut found, place)?;
    Ok(found)
}

fn fill(from: &mut impl Read, buffer: &mut [u8], place: &str) -> Result<(), ArchiveError> {
    from.read_exact(buffer).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => ArchiveError::Short(place.to_owned()),
        _ => ArchiveError::Io(error),
    })
}

/// What follows must be these bytes.
fn expect(from: &mut impl Read, bytes: &[u8], place: &str) -> Result<(), ArchiveError> {
    let mut found = vec![0; bytes.len()];
    fill(from, &mut found, place)?;
    if found == bytes { Ok(()) } else { Err(ArchiveError::Damaged(place.to_owned())) }
}

fn empty(from: &mut impl Read, count: usize, place: &str) -> Result<(), ArchiveError> {
    expect(from, zeros(count), place)
}
