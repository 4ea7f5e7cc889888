//! The part of `zip` that Trunk calls: it unpacks tools that it fetched, and here fetches none.

use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;

fn unsupported() -> io::Error {
    io::Error::new(ErrorKind::Unsupported, "this Trunk was built without reading of archives")
}

/// An archive that cannot be opened.
#[derive(Debug)]
pub struct ZipArchive<R>(R);

impl<R> ZipArchive<R> {
    /// Opens nothing.
    ///
    /// # Errors
    /// Always.
    pub fn new(_: R) -> io::Result<Self> {
        Err(unsupported())
    }

    /// How many files it has.
    #[expect(clippy::len_without_is_empty, reason = "Trunk asks for the length only")]
    pub fn len(&self) -> usize {
        0
    }

    /// A file in it.
    ///
    /// # Errors
    /// Always.
    pub fn by_index(&mut self, _: usize) -> io::Result<ZipFile<'_, R>> {
        let _ = &self.0;
        Err(unsupported())
    }
}

/// A file in an archive: there is none.
#[derive(Debug)]
pub struct ZipFile<'a, R>(&'a R);

impl<R> ZipFile<'_, R> {
    /// Rights of the file.
    pub fn unix_mode(&self) -> Option<u32> {
        let _ = self.0;
        None
    }

    /// Its name, if that is harmless.
    pub fn enclosed_name(&self) -> Option<PathBuf> {
        None
    }
}

impl<R> Read for ZipFile<'_, R> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(unsupported())
    }
}
