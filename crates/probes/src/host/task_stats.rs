//! Task metrics in `/proc/stat`: running and blocked tasks, context switches, forks and boot time.

use crate::declare::metric;
use crate::reading::OrSkip;
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
/// Missing and invalid lines have no values.
pub(super) fn measure(text: &str, samples: &mut SampleBuffer) {
    for mut line in lines(text) {
        let (metric, field) = match line.word("the name").unwrap_or_default() {
            "ctxt" => (&SWITCHES, "ctxt"),
            "btime" => (&BOOT, "btime"),
            "processes" => (&FORKS, "processes"),
            "procs_running" => (&RUNNING, "procs_running"),
            "procs_blocked" => (&BLOCKED, "procs_blocked"),
            _ => continue,
        };
        if let Some(value) = line.quantity(field).or_skip(samples) {
            samples.record(metric, &[], value as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, rows, skipped};

    #[test]
    fn kernel_file_is_parsed() {
        let mut samples = SampleBuffer::new();
        measure(include_str!("../../fixtures/linux-6.18/stat"), &mut samples);
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
    fn invalid_lines_cost_their_value() {
        let cases: [(&str, &[&str]); 3] = [
            ("cpu 1\nctxt\nprocesses 7\n", &["ctxt incomplete"]),
            ("procs_running -1\nprocesses 7", &["procs_running out of range"]),
            ("cpu 1 2 3\n\nintr 5 6\nprocesses 7", &[]),
        ];
        for (text, expected) in cases {
            let mut samples = SampleBuffer::new();
            measure(text, &mut samples);
            assert_eq!(rows(&samples), expected_rows(&[("host_forks_total", "", 7.0)]), "{text:?}");
            assert_eq!(skipped(&samples), expected, "{text:?}");
        }
    }
}
