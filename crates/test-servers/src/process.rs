//! Servers as child processes.

use rustix::process::{Pid, Signal, kill_process};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Holds a process.
pub const STOP: Signal = Signal::STOP;
/// Lets a held process go on.
pub const CONTINUE: Signal = Signal::CONT;

/// Nothing takes this long unless it never comes. No test's outcome depends on its size.
const DEADLINE: Duration = Duration::from_secs(90);

/// Looks again and again until there is something.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "{what}: still waiting after {DEADLINE:?}");
        // So that what is waited for has the processor.
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A port that was free just now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The program of that name in one of `folders` or in those of `PATH`.
pub fn find_program(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = folders
        .iter()
        .cloned()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    // A test that is not run must not pass.
    assert!(found.is_some(), "{name} is not installed: `cargo xtask setup` installs what the tests start");
    found
}

/// Sends a signal to a process.
pub fn signal(process: u32, signal: Signal) {
    let process = Pid::from_raw(i32::try_from(process).unwrap()).unwrap();
    // One that is gone already cannot be stopped.
    let _ = kill_process(process, signal);
}

/// The text that a program writes; it must succeed.
pub(crate) fn text_of(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap().trim_end().to_owned()
}

/// A process that is ended when the test is over.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts it, without input, its output thrown away.
    pub fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Ends it at once, without a word, as a crash would.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Asks it to end, and waits until it has.
    pub fn end(&mut self, how: Signal) {
        signal(self.id(), CONTINUE);
        signal(self.id(), how);
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
