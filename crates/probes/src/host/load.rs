//! Load average and number of threads.

use super::task_stats;
use crate::proc_file::ProcFile;
use crate::reading::OrSkip;
use crate::text::Line;
use crate::{HostRoots, Probe, ProbeError};
use std::path::Path;
use watchglass_model::{
    Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, SkipReason, Style, Unit,
};

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

    fn path(&self) -> Option<&Path> {
        Some(self.file.path())
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        self.file.read(|text| {
            measure(text, samples);
            Ok(())
        })
    }
}

/// Records the averages and the number of threads. A field that cannot be used costs its own value.
pub(super) fn measure(text: &str, samples: &mut SampleBuffer) {
    let mut line = Line::new(1, text);
    for (metric, field) in [
        (&LOAD1, "the load of 1 minute"),
        (&LOAD5, "the load of 5 minutes"),
        (&LOAD15, "the load of 15 minutes"),
    ] {
        if let Some(load) = line.decimal(field).or_skip(samples) {
            samples.record(metric, &[], load);
        }
    }
    const TASKS: &str = "running and all threads";
    let threads = line.word(TASKS).and_then(|tasks| {
        let all = tasks.split_once('/').and_then(|(_, all)| all.parse::<u64>().ok());
        let expected = "two whole numbers with a slash";
        all.ok_or_else(|| line.error(TASKS, expected, tasks, SkipReason::NotANumber))
    });
    if let Some(threads) = threads.or_skip(samples) {
        samples.record(&THREADS, &[], threads as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, rows, skipped};

    #[test]
    fn averages_and_threads_are_parsed() {
        let mut samples = SampleBuffer::new();
        measure(include_str!("../../fixtures/linux-6.18/loadavg"), &mut samples);
        let expected = [
            ("host_load1", "", 0.42),
            ("host_load5", "", 0.19),
            ("host_load15", "", 0.35),
            ("host_threads", "", 83.0),
        ];
        assert_eq!(rows(&samples), expected_rows(&expected));
    }

    #[test]
    fn invalid_fields_cost_their_value() {
        let cases: [(&str, &[&str], &str); 6] = [
            ("0.1 0.2", &["host_load1", "host_load5"], "the load of 15 minutes incomplete"),
            (
                "0.1 -1 0.3 1/2",
                &["host_load1", "host_load15", "host_threads"],
                "the load of 5 minutes out of range",
            ),
            (
                "0.1 0.2 0.3",
                &["host_load1", "host_load5", "host_load15"],
                "running and all threads incomplete",
            ),
            (
                "0.1 0.2 0.3 4",
                &["host_load1", "host_load5", "host_load15"],
                "running and all threads not a number",
            ),
            (
                "inf 0.2 0.3 1/2",
                &["host_load5", "host_load15", "host_threads"],
                "the load of 1 minute out of range",
            ),
            ("", &[], "the load of 1 minute incomplete"),
        ];
        for (text, expected, note) in cases {
            let mut samples = SampleBuffer::new();
            measure(text, &mut samples);
            let names: Vec<_> = samples.raw_samples().map(|row| row.metric.name).collect();
            assert_eq!(names, expected, "{text:?}");
            assert_eq!(skipped(&samples).first().map(String::as_str), Some(note), "{text:?}");
        }
    }
}
