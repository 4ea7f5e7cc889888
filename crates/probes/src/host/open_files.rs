//! Open files of the host and their limit.

use crate::proc_file::ProcFile;
use crate::reading::OrSkip;
use crate::text::Line;
use crate::{HostRoots, Probe, ProbeError};
use std::path::Path;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "open-files",
    section: "Processes",
    title: "Open files",
    style: Style::Line,
    unit: Unit::Count,
    ceiling: None,
    description: "A line that only rises is a leak of files or connections. At the limit, no file or connection can be opened.",
};

static OPEN: Declaration = Declaration {
    name: "host_open_files",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Open files, sockets and pipes of all processes; shared ones count once.",
    labels: &[],
    panel: Some((&PANEL, PanelRole::HeadlineAndChart)),
    legend: "open",
};

static LIMIT: Declaration = Declaration {
    name: "host_open_files_limit",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Limit of open files of all processes; practically unlimited since Linux 5.1.",
    labels: &[],
    panel: None,
    legend: "limit",
};

static METRICS: [&Declaration; 2] = [&OPEN, &LIMIT];

/// Reads [`/proc/sys/fs/file-nr`](https://docs.kernel.org/admin-guide/sysctl/fs.html#file-max-file-nr).
#[derive(Debug)]
pub struct OpenFiles {
    file: ProcFile,
}

impl OpenFiles {
    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        Self { file: ProcFile::new(roots.proc.join("sys/fs/file-nr")) }
    }
}

impl Probe for OpenFiles {
    fn name(&self) -> &'static str {
        "open_files"
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

/// Records the open files and their limit. A field that cannot be used costs the value computed from it.
pub(super) fn measure(text: &str, samples: &mut SampleBuffer) {
    let mut line = Line::new(1, text);
    let allocated = line.integer("open files").or_skip(samples);
    // Allocated but unused; always 0 since Linux 2.6.
    let unused = line.integer("unused files").or_skip(samples);
    let limit = line.integer("the most files").or_skip(samples);
    if let (Some(allocated), Some(unused)) = (allocated, unused) {
        samples.record(&OPEN, &[], allocated.saturating_sub(unused) as f64);
    }
    if let Some(limit) = limit {
        samples.record(&LIMIT, &[], limit as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, recent_host, rows, skipped};

    #[test]
    fn kernel_file_is_parsed() {
        let mut samples = SampleBuffer::new();
        OpenFiles::new(&recent_host()).collect(&mut samples).unwrap();
        let expected = [("host_open_files", "", 760.0), ("host_open_files_limit", "", 2_466_170.0)];
        assert_eq!(rows(&samples), expected_rows(&expected));
    }

    #[test]
    fn invalid_fields_cost_their_value() {
        let cases: [(&str, &[&str], &str); 4] = [
            ("", &[], "open files incomplete"),
            ("760 x 9", &["host_open_files_limit"], "unused files not a number"),
            ("760 0", &["host_open_files"], "the most files incomplete"),
            ("760 0 -1", &["host_open_files"], "the most files out of range"),
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
