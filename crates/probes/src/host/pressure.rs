//! Pressure stall information (PSI): time lost waiting for CPU, memory and I/O.

use crate::proc_file::ProcFile;
use crate::reading::{self, OrSkip};
use crate::text::lines;
use crate::{HostRoots, Probe, ProbeError};
use watchglass_model::{
    Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, SkipReason, Style, Unit,
};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "pressure",
    section: "Host",
    title: "Pressure (PSI)",
    style: Style::Line,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
    description: "Share of time tasks were stalled waiting for CPU, memory or I/O. Often the first sign of overload.",
};

const fn stall(name: &'static str, help: &'static str, role: PanelRole, legend: &'static str) -> Declaration {
    Declaration {
        name,
        kind: Kind::Counter,
        unit: Unit::Seconds,
        help,
        labels: &[],
        panel: Some((&PANEL, role)),
        legend,
    }
}

static CPU_SOME: Declaration = stall(
    "host_pressure_cpu_some_seconds_total",
    "Time in which at least one task waited for a CPU.",
    PanelRole::HeadlineAndChart,
    "CPU",
);
static MEMORY_SOME: Declaration = stall(
    "host_pressure_memory_some_seconds_total",
    "Time in which at least one task waited for memory (reclaim or swap-in).",
    PanelRole::HeadlineAndChart,
    "memory",
);
static MEMORY_FULL: Declaration = stall(
    "host_pressure_memory_full_seconds_total",
    "Time in which all non-idle tasks waited for memory.",
    PanelRole::Chart,
    "memory, all tasks",
);
static IO_SOME: Declaration = stall(
    "host_pressure_io_some_seconds_total",
    "Time in which at least one task waited for I/O.",
    PanelRole::HeadlineAndChart,
    "I/O",
);
static IO_FULL: Declaration = stall(
    "host_pressure_io_full_seconds_total",
    "Time in which all non-idle tasks waited for I/O.",
    PanelRole::Chart,
    "I/O, all tasks",
);

static METRICS: [&Declaration; 5] = [&CPU_SOME, &MEMORY_SOME, &MEMORY_FULL, &IO_SOME, &IO_FULL];

/// Metrics of the lines `some` and `full`.
type Stalls = (&'static Declaration, Option<&'static Declaration>);

/// Files and their metrics. `full` of the CPU is skipped: it is meaningless for a whole host, and 0 since Linux 5.13.
const FILES: [(&str, Stalls); 3] = [
    ("cpu", (&CPU_SOME, None)),
    ("memory", (&MEMORY_SOME, Some(&MEMORY_FULL))),
    ("io", (&IO_SOME, Some(&IO_FULL))),
];

/// Reads [`/proc/pressure`](https://docs.kernel.org/accounting/psi.html) of Linux 4.20 and later. Without it there are no
/// values and no failure.
#[derive(Debug)]
pub struct Pressure {
    files: [(ProcFile, Stalls); 3],
}

impl Pressure {
    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        let folder = roots.proc.join("pressure");
        Self { files: FILES.map(|(name, stalls)| (ProcFile::new(folder.join(name)), stalls)) }
    }
}

impl Probe for Pressure {
    fn name(&self) -> &'static str {
        "pressure"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        for (file, stalls) in &mut self.files {
            let outcome = file.read_if_any(|text| {
                measure(text, *stalls, samples);
                Ok(())
            });
            // Each of the files may be unreadable by itself.
            outcome.or_skip(samples);
        }
        Ok(())
    }
}

/// Records the lines of a file. A line that cannot be used costs its own value.
fn measure(text: &str, (some, full): Stalls, samples: &mut SampleBuffer) {
    for mut line in lines(text) {
        let metric = match line.word("some or full").or_skip(samples) {
            Some("some") => Some(some),
            Some("full") => full,
            _ => None,
        };
        let Some(metric) = metric else { continue };
        line.skip(3);
        let total = line.word("total").and_then(|total| {
            let micros =
                total.strip_prefix("total=").map_or(Err(SkipReason::MissingSeparator), reading::integer);
            let expected = "`total=` and a whole number of microseconds";
            micros.map_err(|reason| line.error("total", expected, total, reason))
        });
        if let Some(micros) = total.or_skip(samples) {
            samples.record(metric, &[], micros as f64 / 1e6);
        }
    }
}

/// Parses `text` as each of the files.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn measure_any(text: &str, samples: &mut SampleBuffer) {
    FILES.into_iter().for_each(|(_, stalls)| measure(text, stalls, samples));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, host_in, recent_host, rows, skipped, write_file};

    #[test]
    fn kernel_files_are_parsed() {
        let mut samples = SampleBuffer::new();
        Pressure::new(&recent_host()).collect(&mut samples).unwrap();
        let expected = [
            ("host_pressure_cpu_some_seconds_total", "", 5_502.301_111),
            ("host_pressure_memory_some_seconds_total", "", 0.643_155),
            ("host_pressure_memory_full_seconds_total", "", 0.359_722),
            ("host_pressure_io_some_seconds_total", "", 56.765_487),
            ("host_pressure_io_full_seconds_total", "", 19.758_509),
        ];
        assert_eq!(rows(&samples), expected_rows(&expected));
    }

    #[test]
    fn missing_pressure_files_are_not_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let mut samples = SampleBuffer::new();
        Pressure::new(&host_in(folder.path())).collect(&mut samples).unwrap();
        assert!(samples.is_empty());

        // Linux 4.20 to 5.12 have no `full` for processors.
        write_file(folder.path(), "pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
        Pressure::new(&host_in(folder.path())).collect(&mut samples).unwrap();
        assert_eq!(rows(&samples), expected_rows(&[(CPU_SOME.name, "", 0.000_007)]));
    }

    #[test]
    fn invalid_lines_cost_their_value() {
        let full = "full a b c total=1\n";
        let cases = [
            ("\n", "some or full incomplete"),
            ("some avg10=0\n", "total incomplete"),
            ("some a b c total=-1\n", "total out of range"),
            ("some a b c total=x\n", "total not a number"),
            ("some a b c 1\n", "total incomplete"),
        ];
        for (bad, expected) in cases {
            let mut samples = SampleBuffer::new();
            measure(&format!("{bad}{full}"), (&IO_SOME, Some(&IO_FULL)), &mut samples);
            assert_eq!(rows(&samples), expected_rows(&[(IO_FULL.name, "", 1e-6)]), "{bad:?}");
            assert_eq!(skipped(&samples), [expected], "{bad:?}");
        }
    }
}
