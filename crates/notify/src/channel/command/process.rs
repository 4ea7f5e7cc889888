//! Process with input, limited output and a deadline.

use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Output kept of each stream in bytes; the rest is read and dropped.
const MAX_OUTPUT: usize = 16 << 10;
/// Interval between checks whether the process has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// Time for the last output after the end: a child that stays behind may keep the stream open.
const OUTPUT_GRACE: Duration = Duration::from_millis(200);

/// How a process ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// By itself, with the start of its output: standard error, then standard output.
    Exited { status: ExitStatus, output: Vec<u8> },
    /// It was killed at the deadline.
    Killed,
    /// The system does not say.
    Lost(io::Error),
}

/// Running process in its own process group. Dropping it kills the group.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    output: Receiver<Vec<u8>>,
    errors: Receiver<Vec<u8>>,
    has_ended: bool,
}

impl Process {
    /// Starts a process and writes its input in the background.
    ///
    /// # Errors
    /// The program cannot be started.
    pub(super) fn start(mut command: Command, input: Vec<u8>) -> io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program need not read its input.
            thread::spawn(move || stdin.write_all(&input).unwrap_or_default());
        }
        let (output, errors) = (child.stdout.take().map(read), child.stderr.take().map(read));
        let none = || sync_channel(1).1;
        let (output, errors) = (output.unwrap_or_else(none), errors.unwrap_or_else(none));
        Ok(Self { child, output, errors, has_ended: false })
    }

    /// Waits for the end, at most until the deadline.
    pub(super) async fn wait(mut self, deadline: Duration) -> Ended {
        let end = Instant::now() + deadline;
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() >= end => return Ended::Killed,
                Ok(None) => sleep(POLL_INTERVAL).await,
                Err(error) => return Ended::Lost(error),
            }
        };
        self.has_ended = true;
        let end = Instant::now() + OUTPUT_GRACE;
        let (mut errors, mut output) = (None, None);
        while (errors.is_none() || output.is_none()) && Instant::now() < end {
            errors = errors.or_else(|| self.errors.try_recv().ok());
            output = output.or_else(|| self.output.try_recv().ok());
            if errors.is_none() || output.is_none() {
                sleep(POLL_INTERVAL).await;
            }
        }
        Ended::Exited { status, output: [errors.unwrap_or_default(), output.unwrap_or_default()].concat() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        // Not reaped yet: the group still has this id.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // The processes may have ended just now.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// Reads a stream to its end, in a thread of its own, and sends its start.
fn read(mut stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = sync_channel(1);
    thread::spawn(move || {
        let mut start = Vec::new();
        // What cannot be read is missing.
        let _ = (&mut stream).take(MAX_OUTPUT as u64).read_to_end(&mut start);
        let _ = io::copy(&mut stream, &mut io::sink());
        sender.send(start).unwrap_or_default();
    });
    receiver
}
