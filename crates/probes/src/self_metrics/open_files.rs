//! Open files of the server.

use crate::{Probe, ProbeError};
use rustix::process::{Resource, getrlimit};
use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "own-files",
    section: "Watchglass",
    title: "Watchglass open files",
    style: Style::Line,
    unit: Unit::Count,
    ceiling: None,
    description: "Open files and connections of the server. Follows the number of connected clients and is flat otherwise.",
};

static OPEN: Declaration = Declaration {
    name: "watchglass_open_files",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Open files, sockets and pipes of Watchglass; each connected client is one.",
    labels: &[],
    panel: Some((&PANEL, PanelRole::HeadlineAndChart)),
    legend: "open",
};

/// Named as in the client libraries of Prometheus.
static LIMIT: Declaration = Declaration {
    name: "process_max_fds",
    help: "Maximum number of open files of Watchglass; missing without a limit.",
    panel: None,
    legend: "limit",
    ..OPEN
};

static METRICS: [&Declaration; 2] = [&OPEN, &LIMIT];

/// Counts `/proc/self/fd`. Slow on kernels before 6.2 with thousands of connections: run it in an
/// [`BackgroundProbe`](crate::BackgroundProbe).
#[derive(Debug)]
pub struct ServerOpenFiles {
    folder: PathBuf,
}

impl ServerOpenFiles {
    /// Sampling interval.
    pub const INTERVAL: Duration = Duration::from_secs(10);
    /// Time limit of a round.
    pub const TIMEOUT: Duration = Duration::from_secs(2);

    /// A probe of the own process.
    pub fn new() -> Self {
        Self { folder: PathBuf::from("/proc/self/fd") }
    }

    fn count(&self) -> io::Result<u64> {
        // Since Linux 6.2 the directory size is the number of open files; it was 0 before
        // (https://docs.kernel.org/filesystems/proc.html#proc-pid-fd-list-of-symlinks-to-open-files).
        let size = fs::metadata(&self.folder)?.len();
        if size > 0 {
            return Ok(size);
        }
        let entries = fs::read_dir(&self.folder)?.count();
        // One of them is the directory being read.
        Ok(u64::try_from(entries).unwrap_or(u64::MAX).saturating_sub(1))
    }
}

impl Default for ServerOpenFiles {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for ServerOpenFiles {
    fn name(&self) -> &'static str {
        "watchglass_files"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn interval(&self) -> Duration {
        Self::INTERVAL
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let count = self.count().map_err(|error| ProbeError::Unreadable {
            path: self.folder.clone(),
            reason: error.to_string(),
        })?;
        samples.record(&OPEN, &[], count as f64);
        if let Some(limit) = getrlimit(Resource::Nofile).current {
            samples.record(&LIMIT, &[], limit as f64);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_open_files_are_counted() {
        // Only a lower bound, because other tests open files at the same time.
        let open: Vec<_> = (0..50).map(|_| fs::File::open("/dev/null").unwrap()).collect();
        let mut samples = SampleBuffer::new();
        ServerOpenFiles::new().collect(&mut samples).unwrap();
        let count = samples.raw_samples().next().unwrap().value;
        assert!(count >= open.len() as f64, "{count}");
        let limit = samples.raw_samples().find(|row| row.metric.name == LIMIT.name);
        assert!(limit.is_none_or(|limit| limit.value >= count), "{samples:?}");
    }

    #[test]
    fn missing_folder_is_an_error() {
        let mut probe = ServerOpenFiles { folder: PathBuf::from("/proc/self/nowhere") };
        let error = probe.collect(&mut SampleBuffer::new()).unwrap_err().to_string();
        assert_eq!(error, "cannot read /proc/self/nowhere: No such file or directory (os error 2)");
    }
}
