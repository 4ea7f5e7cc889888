//! What else `/proc/stat` tells: tasks that run or wait, context switches, forks and the start of the host.

use crate::TextError;
use crate::declare::metric;
use crate::text::lines;
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

/// The panel of everything that counts processes, here and in other files.
pub(super) static PANEL: PanelDeclaration = PanelDeclaration {
    id: "processes",
    section: "Processes",
    title: "Processes",
    style: Style::Line,
    unit: Unit::Count,
    ceiling: None,
    meaning: "A number that only rises is a program that starts others and does not end them; blocked ones wait for a disk.",
};

pub(super) static RUNNING: Declaration = metric(
    "host_processes_running",
    Kind::Gauge,
    Unit::Count,
    "Tasks (threads) that run or wait for a processor at the moment of measuring, the one that measures included.",
    Some((&PANEL, Role::HeadlineAndChart)),
    "running",
);
pub(super) static BLOCKED: Declaration = metric(
    "host_processes_blocked",
    Kind::Gauge,
    Unit::Count,
    "Tasks (threads) that wait for I/O at the moment of measuring.",
    Some((&PANEL, Role::HeadlineAndChart)),
    "waiting for I/O",
);
pub(super) static SWITCHES: Declaration = metric(
    "host_context_switches_total",
    Kind::Counter,
    Unit::Count,
    "How often a processor went from one task to another.",
    None,
    "context switches",
);
pub(super) static FORKS: Declaration = metric(
    "host_forks_total",
    Kind::Counter,
    Unit::Count,
    "Processes and threads that were started.",
    None,
    "started",
);
pub(super) static BOOT: Declaration = metric(
    "host_boot_time_seconds",
    Kind::Gauge,
    Unit::Seconds,
    "When the host was started, in seconds since 1970-01-01 00:00 UTC.",
    None,
    "started",
);

/// Records what follows the processors in
/// [`/proc/stat`](https://docs.kernel.org/filesystems/proc.html#miscellaneous-kernel-statistics-in-proc-stat).
/// What a line tells is missing where the line is.
pub(super) fn measure(text: &str, readings: &mut Readings) -> Result<(), TextError> {
    for mut line in lines(text) {
        let (metric, field) = match line.word("the name").unwrap_or_default() {
            "ctxt" => (&SWITCHES, "ctxt"),
            "btime" => (&BOOT, "btime"),
            "processes" => (&FORKS, "processes"),
            "procs_running" => (&RUNNING, "procs_running"),
            "procs_blocked" => (&BLOCKED, "procs_blocked"),
            _ => continue,
        };
        readings.record(metric, &[], line.whole(field)? as f64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, written};

    #[test]
    fn reads_what_kernels_write() {
        let mut readings = Readings::new();
        measure(include_str!("../../fixtures/linux-6.18/stat"), &mut readings).unwrap();
        let expected = [
            ("host_context_switches_total", "", 573_443.0),
            ("host_boot_time_seconds", "", 1_763_766_400.0),
            ("host_forks_total", "", 15_590.0),
            ("host_processes_running", "", 1.0),
            ("host_processes_blocked", "", 0.0),
        ];
        assert_eq!(rows(&readings), written(&expected));
    }

    #[test]
    fn errors_name_line_and_field() {
        let cases = [
            ("cpu 1\nctxt\n", "line 2: ctxt should be a whole number"),
            ("procs_running -1", "line 1: procs_running should be a whole number"),
        ];
        for (text, expected) in cases {
            assert_eq!(measure(text, &mut Readings::new()).unwrap_err().to_string(), expected, "{text:?}");
        }
        let mut readings = Readings::new();
        measure("cpu 1 2 3\n\nintr 5 6\n", &mut readings).unwrap();
        assert!(readings.is_empty(), "{readings:?}");
    }
}
