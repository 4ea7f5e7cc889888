//! Test disk that can be full, can be copied between any two operations, and can stop before a file is renamed.

use super::super::disk::{Disk, DiskFile, SystemDisk};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tempfile::TempDir;

#[derive(Clone, Debug)]
pub(crate) struct TestDisk(Arc<State>);

#[derive(Debug)]
struct State {
    folder: PathBuf,
    is_full: AtomicBool,
    /// Locked during an operation: operations until a copy is taken, and the copy.
    crash: Mutex<(Option<usize>, Option<TempDir>)>,
    /// Says that a file is about to be renamed, and waits for permission.
    stop: Mutex<Option<(Sender<()>, Receiver<()>)>>,
}

impl TestDisk {
    pub(crate) fn new(folder: &Path) -> Self {
        let crash = Mutex::new((None, None));
        let is_full = AtomicBool::new(false);
        Self(Arc::new(State { folder: folder.to_owned(), is_full, crash, stop: Mutex::new(None) }))
    }

    /// Runs `meanwhile` while `write` is stopped before its first renaming.
    pub(crate) fn during_write(&self, write: impl FnOnce() + Send, meanwhile: impl FnOnce()) {
        let (say, stopped) = channel();
        let (go_on, permission) = channel();
        *self.0.stop.lock().unwrap() = Some((say, permission));
        std::thread::scope(|scope| {
            scope.spawn(write);
            stopped.recv_timeout(Duration::from_secs(60)).expect("something is written");
            meanwhile();
            go_on.send(()).unwrap();
        });
    }

    /// Sets whether the disk is full.
    pub(crate) fn fill(&self, is_full: bool) {
        self.0.is_full.store(is_full, Ordering::SeqCst);
    }

    /// The state that a new process would find after a crash now.
    pub(crate) fn copy(&self) -> TempDir {
        let _still = self.0.crash.lock().unwrap();
        copy(&self.0.folder)
    }

    /// Takes a copy after `count` operations.
    pub(crate) fn copy_after(&self, count: usize) {
        *self.0.crash.lock().unwrap() = (Some(count), None);
    }

    /// The copy, or one of now.
    pub(crate) fn copied(&self) -> TempDir {
        let taken = self.0.crash.lock().unwrap().1.take();
        taken.unwrap_or_else(|| self.copy())
    }

    fn act(&self) -> io::Result<MutexGuard<'_, (Option<usize>, Option<TempDir>)>> {
        let mut crash = self.0.crash.lock().unwrap();
        match crash.0 {
            Some(0) => *crash = (None, Some(copy(&self.0.folder))),
            Some(count) => crash.0 = Some(count - 1),
            None => {}
        }
        Ok(crash)
    }

    fn space(&self) -> io::Result<()> {
        if self.0.is_full.load(Ordering::SeqCst) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    to
}

impl Disk for TestDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let _still = self.act()?;
        self.space()?;
        Ok(Arc::new(TestFile(self.clone(), SystemDisk::default().create(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if let Some((say, permission)) = self.0.stop.lock().unwrap().take() {
            say.send(()).unwrap();
            permission.recv_timeout(Duration::from_secs(60)).unwrap();
        }
        let _still = self.act()?;
        SystemDisk::default().rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let _still = self.act()?;
        SystemDisk::default().remove(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.space()?;
        SystemDisk::default().sync_folder(folder)
    }
}

#[derive(Debug)]
struct TestFile(TestDisk, Arc<dyn DiskFile>);

impl DiskFile for TestFile {
    /// A full disk writes the first half.
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let _still = self.0.act()?;
        let space = self.0.space();
        self.1.append(if space.is_ok() { bytes } else { &bytes[..bytes.len() / 2] })?;
        space
    }

    /// No-op: tests cover process crashes, not power failures.
    fn sync(&self) -> io::Result<()> {
        self.0.space()
    }
}
