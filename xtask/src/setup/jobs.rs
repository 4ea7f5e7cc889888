//! Builds that run in parallel in the background, with one line of progress for all.

use super::progress::{self, Piece};
use crate::failure::Failure;
use crate::process;
use crate::report;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Number of lines of a failed build to print; its log has all of them.
const LINES_SHOWN: usize = 40;

/// Interval of the progress lines.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// Cargo calls that run in parallel. Dropping this stops those that still run.
pub(crate) struct Jobs {
    logs: PathBuf,
    started: Instant,
    running: Vec<Job>,
    ended: Receiver<(&'static str, Result<(), Failure>)>,
    report_end: Sender<(&'static str, Result<(), Failure>)>,
}

struct Job {
    name: &'static str,
    started: Instant,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The running cargo.
    child: Option<Child>,
    /// Number of compiled units, and of all units.
    progress: Option<(u32, u32)>,
    /// No further attempt may start.
    cancelled: bool,
}

/// A poisoned lock is harmless here: the state has no invariants.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Jobs {
    /// Creates the folder `logs` for the logs.
    ///
    /// # Errors
    /// The folder could not be created.
    pub(crate) fn new(logs: PathBuf) -> Result<Self, Failure> {
        std::fs::create_dir_all(&logs).map_err(Failure::file("create", &logs))?;
        let (report_end, ended) = channel();
        Ok(Self { logs, started: Instant::now(), running: Vec::new(), ended, report_end })
    }

    /// Starts a job: runs `attempts` one after the other until one succeeds. The job fails with the error of the last.
    pub(crate) fn start(&mut self, name: &'static str, attempts: Vec<Command>) {
        let state = Arc::new(Mutex::new(State::default()));
        let log = self.logs.join(format!("{name}.log"));
        self.running.push(Job { name, started: Instant::now(), state: Arc::clone(&state) });
        let report_end = self.report_end.clone();
        std::thread::spawn(move || {
            let result = run_attempts(name, attempts, &state, &log);
            // The receiver is gone if another job has failed.
            let _ = report_end.send((name, result));
        });
    }

    /// Waits for all jobs, and prints their progress.
    ///
    /// # Errors
    /// The error of the first job that failed. The caller drops this, which stops the others.
    pub(crate) fn wait(&mut self) -> Result<(), Failure> {
        while !self.running.is_empty() {
            match self.ended.recv_timeout(PROGRESS_INTERVAL) {
                Ok((name, result)) => {
                    result?;
                    self.finish(name);
                }
                Err(RecvTimeoutError::Timeout) => self.print_progress(),
                // Impossible: this struct has a sender.
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
        Ok(())
    }

    fn finish(&mut self, name: &str) {
        if let Some(place) = self.running.iter().position(|job| job.name == name) {
            let job = self.running.remove(place);
            // A job that was up to date had no progress.
            if lock(&job.state).progress.is_some() {
                report::say(&format!("      {name}: done ({})", report::elapsed(job.started.elapsed())));
            }
        }
    }

    fn print_progress(&self) {
        let parts: Vec<String> = self
            .running
            .iter()
            .map(|job| match lock(&job.state).progress {
                Some((done, all)) => format!("{} {done} of {all}", job.name),
                None => format!("{} starting", job.name),
            })
            .collect();
        report::say(&format!("      {} ({})", parts.join(", "), report::elapsed(self.started.elapsed())));
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        for job in &self.running {
            let mut state = lock(&job.state);
            state.cancelled = true;
            if let Some(child) = &mut state.child {
                // An error means that it has just ended.
                let _ = child.kill();
            }
        }
    }
}

fn run_attempts(
    name: &str,
    attempts: Vec<Command>,
    state: &Mutex<State>,
    log: &PathBuf,
) -> Result<(), Failure> {
    let mut file = File::create(log).map_err(Failure::file("write", log))?;
    let mut last = Ok(());
    for mut command in attempts {
        let (status, lines) = run_attempt(&mut command, state, &mut file)?;
        if status.success() {
            return Ok(());
        }
        let mut shown: Vec<String> = lines.into();
        shown.push(format!("The whole log is in {}.", log.display()));
        last = Err(Failure::Ended {
            doing: format!("building {name}"),
            status: status.to_string(),
            advice: format!("Its last lines:\n{}", shown.join("\n")),
        });
    }
    last
}

/// Runs one cargo to its end. Returns its exit status and its last lines.
fn run_attempt(
    command: &mut Command,
    state: &Mutex<State>,
    log: &mut File,
) -> Result<(ExitStatus, VecDeque<String>), Failure> {
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    // Without a terminal cargo prints progress only with these settings.
    command.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "80");
    command.env("CARGO_TERM_COLOR", "never");
    let mut child = command.spawn().map_err(process::not_started(command))?;
    let stderr = child.stderr.take();
    {
        let mut state = lock(state);
        if state.cancelled {
            let _ = child.kill();
        }
        state.child = Some(child);
    }
    let mut lines = VecDeque::new();
    if let Some(stderr) = stderr {
        for_each_piece(stderr, |piece| match progress::read(piece) {
            Some(Piece::Progress(done, all)) => lock(state).progress = Some((done, all)),
            Some(Piece::Line(line)) => {
                // A failed write to the log must not stop the build.
                let _ = writeln!(log, "{line}");
                if lines.len() == LINES_SHOWN {
                    lines.pop_front();
                }
                lines.push_back(line.to_owned());
            }
            None => {}
        });
    }
    // Standard error is closed, so the child is about to end: the lock is held briefly.
    let waited = lock(state).child.take().map(|mut child| child.wait());
    match waited {
        Some(Ok(status)) => Ok((status, lines)),
        Some(Err(source)) => Err(process::not_started(command)(source)),
        None => Ok((ExitStatus::default(), lines)),
    }
}

/// Splits a stream at line feeds and carriage returns.
fn for_each_piece(stream: impl Read, mut piece: impl FnMut(&str)) {
    let mut collected = Vec::new();
    for byte in BufReader::new(stream).bytes().map_while(Result::ok) {
        if byte == b'\n' || byte == b'\r' {
            piece(&String::from_utf8_lossy(&collected));
            collected.clear();
        } else {
            collected.push(byte);
        }
    }
    piece(&String::from_utf8_lossy(&collected));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn log_has_no_progress_lines() {
        let folder = tempfile::tempdir().unwrap();
        let mut jobs = Jobs::new(folder.path().join("logs")).unwrap();
        let script = r"printf '   Compiling a v1\n    Building [=> ] 1/2: b\r   Compiling b v1\n' >&2";
        jobs.start("one", vec![shell(script)]);
        jobs.start("two", vec![shell("exit 3"), shell("exit 0")]);
        jobs.wait().unwrap();
        let log = std::fs::read_to_string(folder.path().join("logs/one.log")).unwrap();
        assert_eq!(log, "   Compiling a v1\n   Compiling b v1\n");
    }

    #[test]
    fn failed_job_prints_its_last_lines_and_stops_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let mut jobs = Jobs::new(folder.path().to_owned()).unwrap();
        jobs.start("bad", vec![shell("echo 'error: no such thing' >&2; exit 101")]);
        jobs.start("long", vec![shell("exec sleep 600")]);
        let message = jobs.wait().unwrap_err().to_string();
        for part in ["building bad failed", "101", "error: no such thing", "bad.log"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        let state =
            jobs.running.iter().find(|job| job.name == "long").map(|job| Arc::clone(&job.state)).unwrap();
        drop(jobs);
        assert!(lock(&state).cancelled);
    }
}
