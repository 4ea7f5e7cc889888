//! Uptime of the host.

use crate::proc_file::ProcFile;
use crate::text::Line;
use crate::{HostRoots, Probe, ProbeError, TextError};
use std::path::Path;
use watchglass_model::{Declaration, Kind, PanelRole, SampleBuffer, Unit};

static UPTIME: Declaration = Declaration {
    name: "host_uptime_seconds",
    kind: Kind::Gauge,
    unit: Unit::Seconds,
    help: "Time since the host was started.",
    labels: &[],
    panel: Some((&super::task_stats::PANEL, PanelRole::Detail)),
    legend: "uptime",
};

static METRICS: [&Declaration; 1] = [&UPTIME];

/// Reads [`/proc/uptime`](https://docs.kernel.org/filesystems/proc.html#kernel-data).
#[derive(Debug)]
pub struct Uptime {
    file: ProcFile,
}

impl Uptime {
    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        Self { file: ProcFile::new(roots.proc.join("uptime")) }
    }
}

impl Probe for Uptime {
    fn name(&self) -> &'static str {
        "uptime"
    }

    fn path(&self) -> Option<&Path> {
        Some(self.file.path())
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        samples.record(&UPTIME, &[], self.file.read(parse)?);
        Ok(())
    }
}

/// Seconds since boot, with a resolution of 0.01 s.
pub(super) fn parse(text: &str) -> Result<f64, TextError> {
    Line::new(1, text).decimal("the uptime")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, recent_host, rows};

    #[test]
    fn kernel_file_is_parsed() {
        let mut samples = SampleBuffer::new();
        Uptime::new(&recent_host()).collect(&mut samples).unwrap();
        assert_eq!(rows(&samples), expected_rows(&[("host_uptime_seconds", "", 15_227.59)]));
    }

    #[test]
    fn errors_name_line_and_field() {
        for text in ["", "soon", "-1 2", "inf 2"] {
            let error = parse(text).unwrap_err();
            assert_eq!(
                error.to_string(),
                "line 1: the uptime should be a number of zero or more",
                "{text:?}"
            );
        }
    }
}
