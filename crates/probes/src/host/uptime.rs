//! Uptime: how long the host has been running.

use crate::proc_file::ProcFile;
use crate::text::Line;
use crate::{HostRoots, Probe, ProbeError, TextError};
use watchglass_model::{Declaration, Kind, Readings, Role, Unit};

static UPTIME: Declaration = Declaration {
    name: "host_uptime_seconds",
    kind: Kind::Gauge,
    unit: Unit::Seconds,
    help: "How long ago the host was started.",
    labels: &[],
    panel: Some((&super::activity::PANEL, Role::Detail)),
    legend: "uptime",
};

static METRICS: [&Declaration; 1] = [&UPTIME];

/// Reads [`/proc/uptime`](https://docs.kernel.org/filesystems/proc.html#kernel-data).
#[derive(Debug)]
pub struct Uptime {
    file: ProcFile,
}

impl Uptime {
    /// The probe of that host.
    pub fn new(roots: &HostRoots) -> Self {
        Self { file: ProcFile::new(roots.proc.join("uptime")) }
    }
}

impl Probe for Uptime {
    fn name(&self) -> &'static str {
        "uptime"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        readings.record(&UPTIME, &[], self.file.read(parse)?);
        Ok(())
    }
}

/// Seconds since the host was started, to a hundredth.
pub(super) fn parse(text: &str) -> Result<f64, TextError> {
    Line::new(1, text).decimal("the uptime")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{recent_host, rows, written};

    #[test]
    fn reads_what_kernels_write() {
        let mut readings = Readings::new();
        Uptime::new(&recent_host()).collect(&mut readings).unwrap();
        assert_eq!(rows(&readings), written(&[("host_uptime_seconds", "", 15_227.59)]));
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
