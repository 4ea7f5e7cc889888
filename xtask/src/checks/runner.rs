//! Runs a check, prints its output, and counts its tests.

use super::{Counts, Tally};
use crate::failure::Failure;
use crate::process;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// Timeout of the output after a check has ended: a child process of it may keep the pipe open.
const OUTPUT_TIMEOUT: Duration = Duration::from_secs(5);

/// A line of output, or the end of one of the two streams.
enum Event {
    Line(String),
    End,
}

/// Runs `command` to its end. Returns the number of passed and failed tests.
///
/// # Errors
/// The command could not be started.
pub(crate) fn run(command: &mut Command, tally: Tally) -> Result<Counts, Failure> {
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(process::not_started(command))?;
    let (sender, events) = channel();
    let mut open = 0;
    if let Some(stream) = child.stdout.take() {
        open += 1;
        follow(stream, std::io::stdout(), sender.clone());
    }
    if let Some(stream) = child.stderr.take() {
        open += 1;
        follow(stream, std::io::stderr(), sender.clone());
    }
    let (exit_sender, exit) = channel();
    std::thread::spawn(move || {
        let _ = exit_sender.send(child.wait());
        // Ends the loop below if the streams stay open.
        std::thread::sleep(OUTPUT_TIMEOUT);
        let _ = sender.send(Event::End);
        let _ = sender.send(Event::End);
    });
    let mut counts = Counts::default();
    while open > 0 {
        match events.recv() {
            Ok(Event::Line(line)) => tally.read(&line, &mut counts),
            Ok(Event::End) => open -= 1,
            Err(_) => break,
        }
    }
    let success = matches!(exit.recv(), Ok(Ok(status)) if status.success());
    Ok(tally.settle(counts, success))
}

/// Copies a stream line by line, and sends each line to `sender`.
fn follow(stream: impl Read + Send + 'static, mut copy: impl Write + Send + 'static, sender: Sender<Event>) {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let _ = copy.write_all(&line).and_then(|()| copy.flush());
            if sender.send(Event::Line(String::from_utf8_lossy(&line).into_owned())).is_err() {
                break;
            }
            line.clear();
        }
        let _ = sender.send(Event::End);
    });
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
    fn counts_come_from_both_streams_and_the_exit_status() {
        for (script, tally, passed, failed) in [
            ("echo '# pass 2'; echo '# fail 1'; exit 1", Tally::Node, 2, 1),
            ("echo '     Summary [ 0.1s] 3 tests run: 3 passed, 0 skipped' >&2", Tally::Nextest, 3, 0),
            ("echo 'error: could not compile' >&2; exit 101", Tally::Nextest, 0, 1),
            ("true", Tally::Whole, 1, 0),
        ] {
            let counts = run(&mut shell(script), tally).unwrap();
            assert_eq!((counts.passed, counts.failed), (passed, failed), "{script}");
        }
    }

    #[test]
    fn error_names_a_missing_program() {
        let error = run(&mut Command::new("no-such-program"), Tally::Whole).unwrap_err();
        assert!(error.to_string().contains("no-such-program"), "{error}");
    }
}
