//! Open files of the whole host, and how many there may be.

use crate::proc_file::ProcFile;
use crate::text::Line;
use crate::{HostRoots, Probe, ProbeError, TextError};
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "open-files",
    section: "Processes",
    title: "Open files",
    style: Style::Line,
    unit: Unit::Count,
    ceiling: None,
    meaning: "A line that only rises is a leak of files or connections; at the limit, programs cannot accept anything more.",
};

static OPEN: Declaration = Declaration {
    name: "host_open_files",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Files, sockets and pipes that all processes together have open; one that is shared counts once.",
    labels: &[],
    panel: Some((&PANEL, Role::HeadlineAndChart)),
    legend: "open",
};

static LIMIT: Declaration = Declaration {
    name: "host_open_files_limit",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "How many files all processes together may have open; kernels since 5.1 as a rule set no limit worth the name.",
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
    /// The probe of that host.
    pub fn new(roots: &HostRoots) -> Self {
        Self { file: ProcFile::new(roots.proc.join("sys/fs/file-nr")) }
    }
}

impl Probe for OpenFiles {
    fn name(&self) -> &'static str {
        "open_files"
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
    let allocated = line.whole("open files")?;
    // Of those that are open these are not used; a kernel since 2.6 keeps none.
    let unused = line.whole("unused files")?;
    readings.record(&OPEN, &[], allocated.saturating_sub(unused) as f64);
    readings.record(&LIMIT, &[], line.whole("the most files")? as f64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{recent_host, rows, written};

    #[test]
    fn reads_what_kernels_write() {
        let mut readings = Readings::new();
        OpenFiles::new(&recent_host()).collect(&mut readings).unwrap();
        let expected = [("host_open_files", "", 760.0), ("host_open_files_limit", "", 2_466_170.0)];
        assert_eq!(rows(&readings), written(&expected));
    }

    #[test]
    fn errors_name_line_and_field() {
        let cases = [
            ("", "line 1: open files should be a whole number"),
            ("760 x", "line 1: unused files should be a whole number"),
            ("760 0", "line 1: the most files should be a whole number"),
        ];
        for (text, expected) in cases {
            assert_eq!(measure(text, &mut Readings::new()).unwrap_err().to_string(), expected, "{text:?}");
        }
    }
}
