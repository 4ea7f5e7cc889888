//! Output on the terminal.

use crate::failure::Failure;
use std::io::Write;
use std::time::Duration;

/// Prints one line. Errors are ignored, so that `| head` does not stop a build.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints the error of a command.
pub(crate) fn error(failure: &Failure) {
    let _ = writeln!(std::io::stderr().lock(), "error: {failure}");
}

/// Formats a duration: `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    if whole < 120 { format!("{whole} s") } else { format!("{} min {:02} s", whole / 60, whole % 60) }
}

/// Formats a size in bytes: `512 B`, `3.2 KiB`, `1.4 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const KIB: f64 = 1024.0;
    let size = bytes as f64;
    if size < KIB {
        format!("{bytes} B")
    } else if size < KIB * KIB {
        format!("{:.1} KiB", size / KIB)
    } else {
        format!("{:.1} MiB", size / (KIB * KIB))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (millis, expected) in [
            (0, "0.0 s"),
            (440, "0.4 s"),
            (9_949, "9.9 s"),
            (9_960, "10 s"),
            (119_400, "119 s"),
            (119_600, "2 min 00 s"),
            (185_000, "3 min 05 s"),
        ] {
            assert_eq!(elapsed(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn sizes() {
        for (bytes, expected) in [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_572_864, "1.5 MiB")] {
            assert_eq!(size(bytes), expected);
        }
    }
}
