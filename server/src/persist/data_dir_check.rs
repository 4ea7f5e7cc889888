//! Periodic check of the data directory, in a thread of its own because a disk can hang: whether it is still the one that
//! this server has locked, and whether it can be written.

use super::data_dir::{CHECK_FILE, DataDir};
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Time between two checks of directory and lock, which write nothing.
const PLACE_INTERVAL: Duration = Duration::from_secs(1);
/// Time between two writes.
const WRITE_INTERVAL: Duration = Duration::from_secs(5);
/// Its size in bytes: more than what is left in blocks that are in use.
const CHECK_BYTES: usize = 64 << 10;

/// Result of the latest check: `None` while the data directory can be written, or the reason.
#[derive(Clone, Debug, Default)]
pub(crate) struct DataDirState(Arc<Mutex<Option<String>>>);

impl DataDirState {
    /// Why the data directory cannot be written, if it cannot.
    pub(crate) fn problem(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stores the result of a check, and logs it if it is another than that of the one before.
    pub(crate) fn set(&self, folder: &Path, problem: Option<String>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let data_dir = folder.display();
        match &problem {
            Some(problem) if known.as_ref() != Some(problem) => {
                tracing::error!(%data_dir, problem, "data directory not writable");
            }
            None if known.is_some() => tracing::info!(%data_dir, "data directory writable again"),
            _ => {}
        }
        *known = problem;
    }
}

/// Handle of the thread, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct DataDirCheck {
    _stop: SyncSender<()>,
}

impl DataDirCheck {
    /// Starts the thread. `save_all` is called when the directory was replaced by an empty one and locked again, until it returns
    /// that everything is saved.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(crate) fn start(
        data: DataDir,
        state: DataDirState,
        save_all: impl Fn() -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (stop, stopped) = sync_channel(0);
        thread::Builder::new().name("data-dir-check".to_owned()).spawn(move || {
            let (started, mut checks) = (Instant::now(), Checks::new(data, state));
            while stopped.recv_timeout(PLACE_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                if checks.run(started.elapsed()) {
                    checks.is_saved = save_all();
                }
            }
        })?;
        Ok(Self { _stop: stop })
    }
}

/// The checks, which take the time since the start.
struct Checks {
    data: DataDir,
    state: DataDirState,
    /// Time of the next write.
    next_write: Duration,
    /// Whether the directory has everything that was in memory when it was locked again.
    is_saved: bool,
}

impl Checks {
    fn new(data: DataDir, state: DataDirState) -> Self {
        Self { data, state, next_write: WRITE_INTERVAL, is_saved: true }
    }

    /// Returns whether everything has to be saved: the directory is new, or can be written and does not have everything yet.
    fn run(&mut self, elapsed: Duration) -> bool {
        let folder = self.data.path();
        let is_new = match self.data.keep_locked() {
            Ok(is_new) => is_new,
            Err(lost) => {
                // The first write after it is found again is at once.
                self.next_write = elapsed;
                self.state.set(folder, Some(lost.to_string()));
                return false;
            }
        };
        let is_checked = is_new || elapsed >= self.next_write;
        if is_checked {
            self.next_write = elapsed + WRITE_INTERVAL;
            self.state.set(folder, check(folder).err().map(|error| error.to_string()));
        }
        is_new || is_checked && !self.is_saved && self.state.problem().is_none()
    }
}

/// Makes a file that takes space, and removes it.
fn check(folder: &Path) -> io::Result<()> {
    let path = folder.join(CHECK_FILE);
    let written = File::create(&path).and_then(take_space);
    let removed = fs::remove_file(&path);
    written.and(removed)
}

/// Reserves space for the file. Bytes are written only where the file system cannot do that: a gigabyte a day.
fn take_space(mut file: File) -> io::Result<()> {
    match fallocate(&file, FallocateFlags::empty(), 0, CHECK_BYTES as u64) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => file.write_all(&vec![0; CHECK_BYTES]),
        reserved => Ok(reserved?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_leaves_no_file_and_names_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        check(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let missing = check(&folder.path().join("missing")).unwrap_err().to_string();
        assert!(missing.contains("No such file"), "{missing}");
    }

    #[test]
    fn check_takes_space_without_writing_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let blocks = |path: &Path| std::os::unix::fs::MetadataExt::blocks(&fs::metadata(path).unwrap()) * 512;
        let written = || {
            let io = fs::read_to_string("/proc/thread-self/io").unwrap();
            let field = |name| io.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
            (field("wchar: "), field("write_bytes: "))
        };
        let file = File::create(&path).unwrap();
        let before = written();
        take_space(file).unwrap();
        assert_eq!(written(), before);
        assert!(blocks(&path) >= CHECK_BYTES as u64);
    }

    #[test]
    fn lost_directory_is_a_problem_at_the_next_check_and_everything_is_saved_in_a_new_one() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let state = DataDirState::default();
        let data = DataDir::open(path.clone()).unwrap();
        assert!(data.keep_locked().unwrap(), "subdirectories");
        let mut checks = Checks::new(data, state.clone());
        let mut run = |seconds| (checks.run(Duration::from_secs(seconds)), state.problem());
        assert_eq!(run(1), (false, None));
        fs::remove_dir_all(&path).unwrap();
        let (saves, problem) = run(2);
        assert!(!saves && problem.unwrap().contains("deleted while the server was running"));
        fs::create_dir(&path).unwrap();
        assert_eq!((run(3), run(4)), ((true, None), (false, None)));
    }

    #[test]
    fn failed_save_into_a_new_directory_is_repeated_when_it_can_be_written() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let data = DataDir::open(path.clone()).unwrap();
        assert!(data.keep_locked().unwrap(), "subdirectories");
        let mut checks = Checks::new(data, DataDirState::default());
        checks.is_saved = false;
        let blocked = path.join(CHECK_FILE);
        fs::create_dir(&blocked).unwrap();
        let mut run = |seconds| checks.run(Duration::from_secs(seconds));
        assert!(!run(5));
        fs::remove_dir(&blocked).unwrap();
        assert_eq!([run(9), run(10), run(11), run(15)], [false, true, false, true]);
        checks.is_saved = true;
        assert!(!checks.run(Duration::from_secs(20)));
    }

    #[test]
    fn directory_is_written_every_five_seconds() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let state = DataDirState::default();
        let data = DataDir::open(path.clone()).unwrap();
        assert!(data.keep_locked().unwrap(), "subdirectories");
        let mut checks = Checks::new(data, state.clone());
        let blocked = path.join(CHECK_FILE);
        fs::create_dir(&blocked).unwrap();
        let mut run = |seconds| {
            checks.run(Duration::from_secs(seconds));
            state.problem().is_some()
        };
        assert!(!run(4) && run(5));
        fs::remove_dir(&blocked).unwrap();
        assert!(run(9) && !run(10));
    }
}
