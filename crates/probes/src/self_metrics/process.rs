//! Resource usage of the server process.

use crate::declare::metric;
use crate::host::process_stat;
use crate::proc_file::ProcFile;
use crate::{Probe, ProbeError};
use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::path::{Path, PathBuf};
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

const fn panel(id: &'static str, title: &'static str, unit: Unit) -> PanelDeclaration {
    PanelDeclaration {
        id,
        section: "Watchglass",
        title,
        style: Style::Line,
        unit,
        ceiling: None,
        description: "",
    }
}

static CPU_PANEL: PanelDeclaration = panel("own-cpu", "Watchglass CPU", Unit::Ratio).description(
    "CPU cost of monitoring. Should be low and flat; it grows with connected clients and series.",
);
static MEMORY_PANEL: PanelDeclaration = panel("own-memory", "Watchglass memory", Unit::Bytes).description(
    "Grows during the first hours until all series are known, then stays flat. A later slope may be a leak: report it.",
);

static CPU: Declaration = metric(
    "watchglass_cpu_seconds_total",
    Kind::Counter,
    Unit::Seconds,
    "CPU time of Watchglass; a rate of 1 is one full core.",
    Some((&CPU_PANEL, PanelRole::HeadlineAndChart)),
    "used",
);
static RESIDENT: Declaration = metric(
    "watchglass_resident_bytes",
    Kind::Gauge,
    Unit::Bytes,
    "Resident memory of Watchglass, including mapped files.",
    Some((&MEMORY_PANEL, PanelRole::HeadlineAndChart)),
    "resident",
);
static THREADS: Declaration = metric(
    "watchglass_threads",
    Kind::Gauge,
    Unit::Count,
    "Threads of Watchglass.",
    Some((&CPU_PANEL, PanelRole::Detail)),
    "threads",
);

/// Named as in the client libraries of Prometheus.
static VIRTUAL: Declaration = metric(
    "process_virtual_memory_bytes",
    Kind::Gauge,
    Unit::Bytes,
    "Virtual memory of Watchglass.",
    None,
    "virtual",
);
static STARTED: Declaration = metric(
    "process_start_time_seconds",
    Kind::Gauge,
    Unit::Seconds,
    "Start time of Watchglass in seconds since 1970-01-01 00:00 UTC.",
    None,
    "started",
);
static BUILD: Declaration = Declaration {
    labels: &["version"],
    ..metric(
        "watchglass_build_info",
        Kind::Gauge,
        Unit::Count,
        "Version of Watchglass, as a label; the value is 1.",
        None,
        "version",
    )
};

static METRICS: [&Declaration; 6] = [&CPU, &RESIDENT, &THREADS, &VIRTUAL, &STARTED, &BUILD];

/// Reads `/proc/self/stat` and the CPU time of this process. Always reads the own `/proc`, even when that of another host is
/// monitored.
#[derive(Debug)]
pub struct ServerProcess {
    file: ProcFile,
    page_bytes: f64,
    ticks_per_second: f64,
    /// Boot time in seconds since 1970, if known.
    boot_seconds: Option<f64>,
}

impl ServerProcess {
    /// Panel of the memory. The history adds its size.
    pub const MEMORY_PANEL: &'static PanelDeclaration = &MEMORY_PANEL;

    /// A probe of this process.
    pub fn new() -> Self {
        Self {
            boot_seconds: fs::read_to_string("/proc/stat").ok().as_deref().and_then(boot_seconds),
            ..Self::with_stat_file(Path::new("/proc/self/stat").to_owned())
        }
    }

    fn with_stat_file(stat: PathBuf) -> Self {
        Self {
            file: ProcFile::new(stat),
            page_bytes: rustix::param::page_size() as f64,
            ticks_per_second: rustix::param::clock_ticks_per_second() as f64,
            boot_seconds: None,
        }
    }
}

impl Default for ServerProcess {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for ServerProcess {
    fn name(&self) -> &'static str {
        "watchglass"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let (threads, pages, virtual_bytes, started) = self.file.read(|text| {
            let stat = process_stat::parse(text)?;
            Ok((stat.threads, stat.resident_pages, stat.virtual_bytes, stat.started))
        })?;
        samples.record(&CPU, &[], cpu_seconds());
        samples.record(&RESIDENT, &[], pages as f64 * self.page_bytes);
        samples.record(&THREADS, &[], threads as f64);
        samples.record(&VIRTUAL, &[], virtual_bytes as f64);
        if let Some(boot) = self.boot_seconds {
            samples.record(&STARTED, &[], boot + started as f64 / self.ticks_per_second);
        }
        samples.record(&BUILD, &[env!("CARGO_PKG_VERSION")], 1.0);
        Ok(())
    }
}

/// The line `btime` of `/proc/stat`.
fn boot_seconds(stat: &str) -> Option<f64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// CPU time of this process in seconds. The clock has nanosecond resolution; `/proc` has hundredths of a second, more
/// than Watchglass uses in most ticks.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, rows, write_file};

    #[test]
    fn memory_and_threads_are_read_from_the_stat_file() {
        let folder = tempfile::tempdir().unwrap();
        write_file(folder.path(), "stat", include_str!("../../fixtures/process/postgres.stat"));
        let mut probe = ServerProcess::with_stat_file(folder.path().join("stat"));
        (probe.page_bytes, probe.ticks_per_second) = (4096.0, 100.0);
        probe.boot_seconds = boot_seconds("cpu 1 2\nbtime 1700000000\nprocesses 3\n");
        let mut samples = SampleBuffer::new();
        probe.collect(&mut samples).unwrap();
        let read: Vec<_> = rows(&samples).into_iter().filter(|row| row.0 != CPU.name).collect();
        let expected = [
            ("watchglass_resident_bytes", "", 7390.0 * 4096.0),
            ("watchglass_threads", "", 1.0),
            ("process_virtual_memory_bytes", "", 224_804_864.0),
            ("process_start_time_seconds", "", 1_700_015_227.6),
            ("watchglass_build_info", env!("CARGO_PKG_VERSION"), 1.0),
        ];
        assert_eq!(read, expected_rows(&expected));
    }

    #[test]
    fn own_cpu_time_and_memory_are_positive() {
        let mut probe = ServerProcess::new();
        let cpu = || cpu_seconds();
        let before = cpu();
        let mut samples = SampleBuffer::new();
        probe.collect(&mut samples).unwrap();
        let of = |metric: &Declaration| samples.raw_samples().find(|row| row.metric == metric).unwrap().value;
        assert!(before > 0.0 && of(&CPU) > before && cpu() > of(&CPU), "{samples:?}");
        assert!(of(&RESIDENT) > 0.0 && of(&THREADS) >= 1.0, "{samples:?}");
    }
}
