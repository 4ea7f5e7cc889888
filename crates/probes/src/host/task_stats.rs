//! Task metrics in `/proc/stat`: running and blocked tasks, context switches, forks and boot time.

use crate::TextError;
use crate::declare::metric;
use crate::text::lines;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

/// Panel of all process counts, also used by other files.
pub(super) static PANEL: PanelDeclaration = PanelDeclaration {
    id: "processes",
    section: "Processes",
    title: "Processes",
    style: Style::Line,
    unit: Unit::Count,
    ceiling: None,
    description: "A count that only rises means that processes are started and never end. Blocked processes wait for I/O.",
};

pub(super) static RUNNING: Declaration = metric(
    "host_processes_running",
    Kind::Gauge,
    Unit::Count,
    "Tasks (threads) that run or wait for a CPU, including the measuring one.",
    Some((&PANEL, PanelRole::HeadlineAndChart)),
    "running",
);
pub(super) static BLOCKED: Declaration = metric(
    "host_processes_blocked",
    Kind::Gauge,
    Unit::Count,
    "Tasks (threads) that wait for I/O.",
    Some((&PANEL, PanelRole::HeadlineAndChart)),
    "waiting for I/O",
);
pub(super) static SWITCHES: Declaration = metric(
    "host_context_switches_total",
    Kind::Counter,
    Unit::Count,
    "Context switches.",
    None,
    "context switches",
);
pub(super) static FORKS: Declaration =
    metric("host_forks_total", Kind::Counter, Unit::Count, "Started processes and threads.", None, "started");
pub(super) static BOOT: Declaration = metric(
    "host_boot_time_seconds",
    Kind::Gauge,
    Unit::Seconds,
    "Boot time of the host in seconds since 1970-01-01 00:00 UTC.",
    None,
    "started",
);

/// Records the lines after the CPUs in
/// [`/proc/stat`](https://docs.kernel.org/filesystems/proc.html#miscellaneous-kernel-statistics-in-proc-stat).
/// Missing lines have no values.
pub(super) fn measure(text: &str, samples: &mut SampleBuffer) -> Result<(), TextError> {
    for mut line in lines(text) {
        let (metric, field) = match line.word("the name").unwrap_or_default() {
            "ctxt" => (&SWITCHES, "ctxt"),
            "btime" => (&BOOT, "btime"),
            "processes" => (&FORKS, "processes"),
            "procs_running" => (&RUNNING, "procs_running"),
            "procs_blocked" => (&BLOCKED, "procs_blocked"),
            _ => continue,
        };
        samples.record(metric, &[], line.integer(field)? as f64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, rows};

    #[test]
    fn kernel_file_is_parsed() {
        let mut samples = SampleBuffer::new();
        measure(include_str!("../../fixtures/linux-6.18/stat"), &mut samples).unwrap();
        let expected = [
            ("host_context_switches_total", "", 573_443.0),
            ("host_boot_time_seconds", "", 1_763_766_400.0),
            ("host_forks_total", "", 15_590.0),
            ("host_processes_running", "", 1.0),
            ("host_processes_blocked", "", 0.0),
        ];
        assert_eq!(rows(&samples), expected_rows(&expected));
    }

    #[test]
    fn errors_name_line_and_field() {
        let cases = [
            ("cpu 1\nctxt\n", "line 2: ctxt should be a whole number"),
            ("procs_running -1", "line 1: procs_running should be a whole number"),
        ];
        for (text, expected) in cases {
            assert_eq!(
                measure(text, &mut SampleBuffer::new()).unwrap_err().to_string(),
                expected,
                "{text:?}"
            );
        }
        let mut samples = SampleBuffer::new();
        measure("cpu 1 2 3\n\nintr 5 6\n", &mut samples).unwrap();
        assert!(samples.is_empty(), "{samples:?}");
    }
}
