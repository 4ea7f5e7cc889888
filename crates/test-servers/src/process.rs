//! Child processes.

use rustix::process::{Pid, Signal, kill_process};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Suspends a process.
pub const STOP: Signal = Signal::STOP;
/// Resumes a suspended process.
pub const CONTINUE: Signal = Signal::CONT;

/// Timeout that is only reached by a failure; no test result depends on its length.
const DEADLINE: Duration = Duration::from_secs(90);

/// Polls `look` until it returns a value; panics after 90 s.
pub fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "{what}: still waiting after {DEADLINE:?}");
        // Leaves the CPU to the process being waited for.
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A currently free port.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Finds a program in `folders` or in `PATH`; panics if it is missing.
pub fn find_program(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = folders
        .iter()
        .cloned()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    // A skipped test must not pass.
    assert!(found.is_some(), "{name} is not installed: `cargo xtask setup` installs what the tests start");
    found
}

/// Sends a signal to a process.
pub fn signal(process: u32, signal: Signal) {
    let process = Pid::from_raw(i32::try_from(process).unwrap()).unwrap();
    // The process may have ended already.
    let _ = kill_process(process, signal);
}

/// Standard output of a command that must succeed.
pub(crate) fn stdout_of(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap().trim_end().to_owned()
}

/// Child process that is killed on drop.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts the process without input, discarding its output.
    pub fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// PID.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Kills the process, like a crash.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Sends a signal and waits for the process to exit.
    pub fn stop(&mut self, how: Signal) {
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
