//! Pressure: how much time tasks lost waiting for processors, memory and disks.

use crate::proc_file::ProcFile;
use crate::text::lines;
use crate::{HostRoots, Probe, ProbeError, TextError};
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "pressure",
    section: "Host",
    title: "Pressure",
    style: Style::Line,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
    meaning: "The part of the time that work stood still for want of a resource; it rises before anything else looks wrong.",
};

const fn stall(name: &'static str, help: &'static str, role: Role, legend: &'static str) -> Declaration {
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
    "Time in which at least one task waited for a processor.",
    Role::HeadlineAndChart,
    "CPU",
);
static MEMORY_SOME: Declaration = stall(
    "host_pressure_memory_some_seconds_total",
    "Time in which at least one task waited for memory: for it to be freed, or read back from swap.",
    Role::HeadlineAndChart,
    "memory",
);
static MEMORY_FULL: Declaration = stall(
    "host_pressure_memory_full_seconds_total",
    "Time in which all tasks that had something to do waited for memory.",
    Role::Chart,
    "memory, all tasks",
);
static IO_SOME: Declaration = stall(
    "host_pressure_io_some_seconds_total",
    "Time in which at least one task waited for I/O.",
    Role::HeadlineAndChart,
    "I/O",
);
static IO_FULL: Declaration = stall(
    "host_pressure_io_full_seconds_total",
    "Time in which all tasks that had something to do waited for I/O.",
    Role::Chart,
    "I/O, all tasks",
);

static METRICS: [&Declaration; 5] = [&CPU_SOME, &MEMORY_SOME, &MEMORY_FULL, &IO_SOME, &IO_FULL];

/// Metrics of the lines `some` and `full` of a file.
type Stalls = (&'static Declaration, Option<&'static Declaration>);

/// The files, and what they tell. The processors' `full` is left out: for a whole host it means nothing, and is 0
/// in kernels since 5.13.
const FILES: [(&str, Stalls); 3] = [
    ("cpu", (&CPU_SOME, None)),
    ("memory", (&MEMORY_SOME, Some(&MEMORY_FULL))),
    ("io", (&IO_SOME, Some(&IO_FULL))),
];

/// Reads [`/proc/pressure`](https://docs.kernel.org/accounting/psi.html), which kernels have since 4.20. Where
/// they do without it there is nothing to report, and nothing wrong.
#[derive(Debug)]
pub struct Pressure {
    files: [(ProcFile, Stalls); 3],
}

impl Pressure {
    /// The probe of that host.
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

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        for (file, stalls) in &mut self.files {
            file.read_if_any(|text| measure(text, *stalls, readings))?;
        }
        Ok(())
    }
}

fn measure(text: &str, (some, full): Stalls, readings: &mut Readings) -> Result<(), TextError> {
    for mut line in lines(text) {
        let metric = match line.word("some or full")? {
            "some" => Some(some),
            "full" => full,
            _ => None,
        };
        let Some(metric) = metric else { continue };
        line.skip(3);
        let total = line.word("total")?.strip_prefix("total=").and_then(|micros| micros.parse::<u64>().ok());
        let micros = total.ok_or(line.wrong("total", "`total=` and a whole number of microseconds"))?;
        readings.record(metric, &[], micros as f64 / 1e6);
    }
    Ok(())
}

/// Measures `text` as if it were any of the files.
#[cfg(any(test, fuzzing))]
pub(super) fn measure_any(text: &str, readings: &mut Readings) -> Result<(), TextError> {
    FILES.into_iter().try_for_each(|(_, stalls)| measure(text, stalls, readings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{host_in, put, recent_host, rows, written};

    #[test]
    fn reads_what_kernels_write() {
        let mut readings = Readings::new();
        Pressure::new(&recent_host()).collect(&mut readings).unwrap();
        let expected = [
            ("host_pressure_cpu_some_seconds_total", "", 5_502.301_111),
            ("host_pressure_memory_some_seconds_total", "", 0.643_155),
            ("host_pressure_memory_full_seconds_total", "", 0.359_722),
            ("host_pressure_io_some_seconds_total", "", 56.765_487),
            ("host_pressure_io_full_seconds_total", "", 19.758_509),
        ];
        assert_eq!(rows(&readings), written(&expected));
    }

    #[test]
    fn a_kernel_without_pressure_has_no_values_and_does_not_fail() {
        let folder = tempfile::tempdir().unwrap();
        let mut readings = Readings::new();
        Pressure::new(&host_in(folder.path())).collect(&mut readings).unwrap();
        assert!(readings.is_empty());

        // Linux 4.20 to 5.12 have no `full` for processors.
        put(folder.path(), "pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
        Pressure::new(&host_in(folder.path())).collect(&mut readings).unwrap();
        assert_eq!(rows(&readings), written(&[(CPU_SOME.name, "", 0.000_007)]));
    }

    #[test]
    fn errors_name_line_and_field() {
        let cases = [
            ("\n", "line 1: some or full should be a word"),
            ("some avg10=0", "line 1: total should be a word"),
            ("some a b c total=-1", "line 1: total should be `total=` and a whole number of microseconds"),
            (
                "some a b c total=1\nfull a b c 1",
                "line 2: total should be `total=` and a whole number of microseconds",
            ),
        ];
        for (text, expected) in cases {
            let error = measure(text, (&IO_SOME, Some(&IO_FULL)), &mut Readings::new()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text:?}");
        }
    }
}
