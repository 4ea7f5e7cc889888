//! Load: how many tasks run or wait; and how many there are.

use super::activity;
use crate::proc_file::ProcFile;
use crate::text::Line;
use crate::{HostRoots, Probe, ProbeError, TextError};
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "load",
    section: "Host",
    title: "Load",
    style: Style::Line,
    unit: Unit::Count,
    ceiling: None,
    meaning: "Work that waits for processors or disks: above the number of cores for minutes, everything becomes slower.",
};

const fn load(name: &'static str, help: &'static str, role: Role, legend: &'static str) -> Declaration {
    Declaration {
        name,
        kind: Kind::Gauge,
        unit: Unit::Count,
        help,
        labels: &[],
        panel: Some((&PANEL, role)),
        legend,
    }
}

static LOAD1: Declaration = load(
    "host_load1",
    "Tasks that run, wait for a processor or wait for I/O, averaged over about a minute.",
    Role::HeadlineAndChart,
    "1 min",
);
static LOAD5: Declaration =
    load("host_load5", "The load, averaged over about five minutes.", Role::Chart, "5 min");
static LOAD15: Declaration =
    load("host_load15", "The load, averaged over about fifteen minutes.", Role::Chart, "15 min");

static THREADS: Declaration = Declaration {
    name: "host_threads",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Threads of all processes, the kernel's own included.",
    labels: &[],
    panel: Some((&activity::PANEL, Role::Detail)),
    legend: "threads",
};

static METRICS: [&Declaration; 4] = [&LOAD1, &LOAD5, &LOAD15, &THREADS];

/// Reads [`/proc/loadavg`](https://docs.kernel.org/filesystems/proc.html#kernel-data).
#[derive(Debug)]
pub struct Load {
    file: ProcFile,
}

impl Load {
    /// The probe of that host.
    pub fn new(roots: &HostRoots) -> Self {
        Self { file: ProcFile::new(roots.proc.join("loadavg")) }
    }
}

impl Probe for Load {
    fn name(&self) -> &'static str {
        "load"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        self.file.read(|text| measure(text, readings))
    }
}

pub(super) fn measure(text: &str, readings: &mut Readings) -> Result<(), TextError> {
    let mut line = Line::new(1, text);
    readings.record(&LOAD1, &[], line.decimal("the load of 1 minute")?);
    readings.record(&LOAD5, &[], line.decimal("the load of 5 minutes")?);
    readings.record(&LOAD15, &[], line.decimal("the load of 15 minutes")?);
    let tasks = line.word("running and all threads")?;
    let threads = tasks.split_once('/').and_then(|(_, all)| all.parse::<u64>().ok());
    let threads = threads.ok_or(line.wrong("running and all threads", "two whole numbers with a slash"))?;
    readings.record(&THREADS, &[], threads as f64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, written};

    #[test]
    fn reads_the_three_averages_and_the_threads() {
        let mut readings = Readings::new();
        measure(include_str!("../../fixtures/linux-6.18/loadavg"), &mut readings).unwrap();
        let expected = [
            ("host_load1", "", 0.42),
            ("host_load5", "", 0.19),
            ("host_load15", "", 0.35),
            ("host_threads", "", 83.0),
        ];
        assert_eq!(rows(&readings), written(&expected));
    }

    #[test]
    fn errors_name_line_and_field() {
        let cases = [
            ("", "line 1: the load of 1 minute should be a number of zero or more"),
            ("0.1 0.2", "line 1: the load of 15 minutes should be a number of zero or more"),
            ("0.1 -1 0.3", "line 1: the load of 5 minutes should be a number of zero or more"),
            ("0.1 0.2 0.3", "line 1: running and all threads should be a word"),
            ("0.1 0.2 0.3 4", "line 1: running and all threads should be two whole numbers with a slash"),
            ("0.1 0.2 0.3 1/x", "line 1: running and all threads should be two whole numbers with a slash"),
            ("inf 0.2 0.3", "line 1: the load of 1 minute should be a number of zero or more"),
        ];
        for (text, expected) in cases {
            assert_eq!(measure(text, &mut Readings::new()).unwrap_err().to_string(), expected, "{text:?}");
        }
    }
}
