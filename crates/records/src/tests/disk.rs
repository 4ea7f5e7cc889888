//! Disk with injected errors: a full one, and one that stops at any operation.

use crate::disk::{Disk, DiskFile};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Error of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// So many more bytes can be written.
    Full(u64),
    /// So many more operations succeed. The next one is done in part.
    Stop(u64),
}

/// Disk without syncs.
#[derive(Debug)]
pub(super) struct TestDisk(Arc<Mutex<Fault>>);

impl TestDisk {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Arc::new(Mutex::new(Fault::None))))
    }

    pub(super) fn set(&self, fault: Fault) {
        *self.0.lock().unwrap() = fault;
    }
}

/// Error of an operation that writes no bytes.
fn step(fault: &Mutex<Fault>) -> io::Result<()> {
    match &mut *fault.lock().unwrap() {
        Fault::Stop(0) => Err(io::Error::other("the disk has stopped")),
        Fault::Stop(left) => {
            *left -= 1;
            Ok(())
        }
        Fault::None | Fault::Full(_) => Ok(()),
    }
}

impl Disk for TestDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        step(&self.0)?;
        Ok(Arc::new(TestFile { file: File::create(path)?, fault: Arc::clone(&self.0) }))
    }

    fn open_end(&self, path: &Path, length: u64) -> io::Result<Arc<dyn DiskFile>> {
        step(&self.0)?;
        let file = TestFile { file: OpenOptions::new().write(true).open(path)?, fault: Arc::clone(&self.0) };
        file.file.set_len(length)?;
        (&file.file).seek(SeekFrom::Start(length))?;
        Ok(Arc::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        step(&self.0)?;
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        step(&self.0)?;
        match fs::remove_file(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        step(&self.0)
    }
}

#[derive(Debug)]
struct TestFile {
    file: File,
    fault: Arc<Mutex<Fault>>,
}

impl DiskFile for TestFile {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let left = match &mut *self.fault.lock().unwrap() {
            Fault::Full(left) => {
                let written = (*left).min(bytes.len() as u64);
                *left -= written;
                Some((written as usize, ErrorKind::StorageFull))
            }
            Fault::Stop(0) => Some((bytes.len() / 2, ErrorKind::Other)),
            Fault::Stop(left) => {
                *left -= 1;
                None
            }
            Fault::None => None,
        };
        let (written, kind) = left.unwrap_or((bytes.len(), ErrorKind::Other));
        (&self.file).write_all(&bytes[..written])?;
        if written == bytes.len() { Ok(()) } else { Err(kind.into()) }
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        step(&self.fault)?;
        self.file.set_len(length)?;
        (&self.file).seek(SeekFrom::Start(length)).map(|_| ())
    }

    fn sync(&self) -> io::Result<()> {
        step(&self.fault)
    }
}
