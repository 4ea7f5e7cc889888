//! Disk abstraction for writes, replaced by a full disk in tests.

use same_file::Handle;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Append-only file.
pub trait DiskFile: Send + Sync + Debug {
    /// Writes all bytes to the operating system. They then survive a process crash.
    ///
    /// # Errors
    /// The bytes were written in part or not at all.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;

    /// Shortens the file to `length` bytes; the next bytes are appended there.
    ///
    /// # Errors
    /// The length is unknown.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// Syncs appended data to disk. It then survives a power failure.
    ///
    /// # Errors
    /// The data may be lost at a power failure.
    fn sync(&self) -> io::Result<()>;
}

/// File operations that change something.
pub trait Disk: Send + Sync + Debug {
    /// Creates or truncates a file.
    ///
    /// # Errors
    /// Those of the operating system, for all functions.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens an existing file and shortens it to `length` bytes.
    ///
    /// # Errors
    /// See [`Disk::create`].
    fn open_end(&self, path: &Path, length: u64) -> io::Result<Arc<dyn DiskFile>>;

    /// Renames a file, replacing an existing one.
    ///
    /// # Errors
    /// See [`Disk::create`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file, if it exists.
    ///
    /// # Errors
    /// See [`Disk::create`].
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Syncs a folder.
    ///
    /// # Errors
    /// See [`Disk::create`].
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// The disk of the operating system. It writes into the folder of the first file that it created: neither into a folder
/// with files that has taken its place, such as a restored backup, nor into deleted files.
#[derive(Debug, Default)]
pub struct SystemDisk {
    /// Open, so that the file system gives its inode to no other folder.
    folder: Mutex<Option<Handle>>,
}

impl SystemDisk {
    /// Checks that the folder of a file is still the known one, or an empty one in its place.
    fn check(&self, path: &Path) -> io::Result<()> {
        let Some(folder) = path.parent() else { return Ok(()) };
        let found = Handle::from_path(folder)?;
        let mut known = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        let is_replaced = known.as_ref().is_some_and(|known| *known != found);
        if is_replaced && fs::read_dir(folder)?.next().is_some() {
            return Err(io::Error::other("the folder was replaced by another one with files"));
        }
        *known = Some(found);
        Ok(())
    }
}

impl Disk for SystemDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.check(path)?;
        Ok(Arc::new(SystemFile::new(File::create(path)?, path)?))
    }

    fn open_end(&self, path: &Path, length: u64) -> io::Result<Arc<dyn DiskFile>> {
        self.check(path)?;
        let file = SystemFile::new(OpenOptions::new().write(true).open(path)?, path)?;
        file.truncate(length)?;
        Ok(Arc::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check(to)?;
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.check(path)?;
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }
}

#[derive(Debug)]
struct SystemFile {
    file: Handle,
    path: PathBuf,
}

impl SystemFile {
    fn new(file: File, path: &Path) -> io::Result<Self> {
        Ok(Self { file: Handle::from_file(file)?, path: path.to_owned() })
    }
}

impl DiskFile for SystemFile {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        // A deleted file can still be written, and is lost.
        if Handle::from_path(&self.path)? != self.file {
            return Err(io::Error::other("the file was replaced"));
        }
        self.file.as_file().write_all(bytes)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.file.as_file().set_len(length)?;
        self.file.as_file().seek(SeekFrom::Start(length)).map(|_| ())
    }

    fn sync(&self) -> io::Result<()> {
        self.file.as_file().sync_data()
    }
}
