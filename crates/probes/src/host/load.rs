//! Load average and number of threads.

use super::task_stats;
use crate::proc_file::ProcFile;
use crate::text::Line;
use crate::{HostRoots, Probe, ProbeError, TextError};
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "load",
    section: "Host",
    title: "Load average",
    style: Style::Line,
    unit: Unit::Count,
    ceiling: None,
    description: "Tasks that run or wait for CPU or disk. Above the number of cores for minutes, everything slows down.",
};

const fn load(name: &'static str, help: &'static str, role: PanelRole, legend: &'static str) -> Declaration {
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
    "Load average over 1 minute: tasks that run, wait for a CPU or wait for I/O.",
    PanelRole::HeadlineAndChart,
    "1 min",
);
static LOAD5: Declaration = load("host_load5", "Load average over 5 minutes.", PanelRole::Chart, "5 min");
static LOAD15: Declaration = load("host_load15", "Load average over 15 minutes.", PanelRole::Chart, "15 min");

static THREADS: Declaration = Declaration {
    name: "host_threads",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Threads of all processes, including kernel threads.",
    labels: &[],
    panel: Some((&task_stats::PANEL, PanelRole::Detail)),
    legend: "threads",
};

static METRICS: [&Declaration; 4] = [&LOAD1, &LOAD5, &LOAD15, &THREADS];

/// Reads [`/proc/loadavg`](https://docs.kernel.org/filesystems/proc.html#kernel-data).
#[derive(Debug)]
pub struct Load {
    file: ProcFile,
}

impl Load {
    /// A probe of the host.
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

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        self.file.read(|text| measure(text, samples))
    }
}

pub(super) fn measure(text: &str, samples: &mut SampleBuffer) -> Result<(), TextError> {
    let mut line = Line::new(1, text);
    samples.record(&LOAD1, &[], line.decimal("the load of 1 minute")?);
    samples.record(&LOAD5, &[], line.decimal("the load of 5 minutes")?);
    samples.record(&LOAD15, &[], line.decimal("the load of 15 minutes")?);
    let tasks = line.word("running and all threads")?;
    let threads = tasks.split_once('/').and_then(|(_, all)| all.parse::<u64>().ok());
    let threads = threads.ok_or(line.invalid("running and all threads", "two whole numbers with a slash"))?;
    samples.record(&THREADS, &[], threads as f64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, rows};

    #[test]
    fn averages_and_threads_are_parsed() {
        let mut samples = SampleBuffer::new();
        measure(include_str!("../../fixtures/linux-6.18/loadavg"), &mut samples).unwrap();
        let expected = [
            ("host_load1", "", 0.42),
            ("host_load5", "", 0.19),
            ("host_load15", "", 0.35),
            ("host_threads", "", 83.0),
        ];
        assert_eq!(rows(&samples), expected_rows(&expected));
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
            assert_eq!(
                measure(text, &mut SampleBuffer::new()).unwrap_err().to_string(),
                expected,
                "{text:?}"
            );
        }
    }
}
