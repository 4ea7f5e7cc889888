//! The files that this program has open.

use crate::{Probe, ProbeError};
use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "own-files",
    section: "Watchglass",
    title: "Files of Watchglass",
    style: Style::Line,
    unit: Unit::Count,
    ceiling: None,
    meaning: "Files and connections that this program has open: with the number of open pages, and flat otherwise.",
};

static OPEN: Declaration = Declaration {
    name: "watchglass_open_files",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Files, sockets and pipes that Watchglass itself has open; each open page is one.",
    labels: &[],
    panel: Some((&PANEL, Role::HeadlineAndChart)),
    legend: "open",
};

static METRICS: [&Declaration; 1] = [&OPEN];

/// Counts `/proc/self/fd`. On kernels before 6.2 that takes a while when thousands of pages are open: run it in
/// an [`OwnThread`](crate::OwnThread).
#[derive(Debug)]
pub struct OwnFiles {
    folder: PathBuf,
}

impl OwnFiles {
    /// How often files are counted.
    pub const EVERY: Duration = Duration::from_secs(10);
    /// The time that counting may take.
    pub const DEADLINE: Duration = Duration::from_secs(2);

    /// The probe of this program.
    pub fn new() -> Self {
        Self { folder: PathBuf::from("/proc/self/fd") }
    }

    fn count(&self) -> io::Result<u64> {
        // Kernels since 6.2 give the number as the directory's size, which was 0 before
        // (https://docs.kernel.org/filesystems/proc.html#proc-pid-fd-list-of-symlinks-to-open-files).
        let size = fs::metadata(&self.folder)?.len();
        if size > 0 {
            return Ok(size);
        }
        let entries = fs::read_dir(&self.folder)?.count();
        // One of them is the directory that is being read.
        Ok(u64::try_from(entries).unwrap_or(u64::MAX).saturating_sub(1))
    }
}

impl Default for OwnFiles {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for OwnFiles {
    fn name(&self) -> &'static str {
        "watchglass_files"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn every(&self) -> Duration {
        Self::EVERY
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        let count = self.count().map_err(|error| ProbeError::Unreadable {
            path: self.folder.clone(),
            reason: error.to_string(),
        })?;
        readings.record(&OPEN, &[], count as f64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_has_files_open() {
        // Other tests open files at the same time, so that only a lower bound is sure: these, and the three that
        // every program has.
        let open: Vec<_> = (0..50).map(|_| fs::File::open("/dev/null").unwrap()).collect();
        let mut readings = Readings::new();
        OwnFiles::new().collect(&mut readings).unwrap();
        let count = readings.rows().next().unwrap().value;
        assert!(count >= open.len() as f64, "{count}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let mut probe = OwnFiles { folder: PathBuf::from("/proc/self/nowhere") };
        let error = probe.collect(&mut Readings::new()).unwrap_err().to_string();
        assert_eq!(error, "cannot read /proc/self/nowhere: No such file or directory (os error 2)");
    }
}
