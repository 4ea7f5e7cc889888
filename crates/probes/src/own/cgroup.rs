//! The control group that this program runs in: its limits, as in a container, and how near they are.

use super::cgroup_files::{CpuFiles, MemoryFiles, find};
use crate::declare::metric;
use crate::proc_file::ProcFile;
use crate::{Probe, ProbeError};
use std::path::{Path, PathBuf};
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static MEMORY_PANEL: PanelDeclaration = PanelDeclaration {
    id: "cgroup-memory",
    section: "Host",
    title: "Container memory",
    style: Style::Line,
    unit: Unit::Bytes,
    ceiling: None,
    meaning: "Memory that nears the limit of the container ends with the program being killed: raise the limit or find the leak.",
};

static CPU_PANEL: PanelDeclaration = PanelDeclaration {
    id: "cgroup-cpu",
    section: "Host",
    title: "Container CPU",
    style: Style::Line,
    unit: Unit::Ratio,
    ceiling: None,
    meaning: "Time kept waiting means the container wants more processor than it may have: everything in it is slower by that much.",
};

static MEMORY_RATIO: Declaration = metric(
    "cgroup_memory_used_ratio",
    Kind::Gauge,
    Unit::Ratio,
    "Part of its memory limit that the control group of Watchglass uses. At 1 the kernel kills.",
    Some((&MEMORY_PANEL, Role::Headline)),
    "of the limit",
);
static MEMORY_USED: Declaration = metric(
    "cgroup_memory_used_bytes",
    Kind::Gauge,
    Unit::Bytes,
    "Memory that the control group of Watchglass uses, without files that were read and not used since.",
    Some((&MEMORY_PANEL, Role::Chart)),
    "used",
);
static MEMORY_LIMIT: Declaration = metric(
    "cgroup_memory_limit_bytes",
    Kind::Gauge,
    Unit::Bytes,
    "Memory that the control group of Watchglass may use.",
    Some((&MEMORY_PANEL, Role::Detail)),
    "limit",
);
static CPU_USED: Declaration = metric(
    "cgroup_cpu_seconds_total",
    Kind::Counter,
    Unit::Seconds,
    "Processor time that the control group of Watchglass took; a rate of 1 is a whole core.",
    Some((&CPU_PANEL, Role::HeadlineAndChart)),
    "used",
);
static CPU_THROTTLED: Declaration = metric(
    "cgroup_cpu_throttled_seconds_total",
    Kind::Counter,
    Unit::Seconds,
    "Time that the control group of Watchglass had to wait because of its limit, added up over processors.",
    Some((&CPU_PANEL, Role::HeadlineAndChart)),
    "kept waiting",
);
static CPU_LIMIT: Declaration = metric(
    "cgroup_cpu_limit_cores",
    Kind::Gauge,
    Unit::Count,
    "How many processors the control group of Watchglass may keep busy.",
    Some((&CPU_PANEL, Role::Detail)),
    "limit in cores",
);

static METRICS: [&Declaration; 6] =
    [&MEMORY_RATIO, &MEMORY_USED, &MEMORY_LIMIT, &CPU_USED, &CPU_THROTTLED, &CPU_LIMIT];

/// Reads the limits of the control group that this program runs in, of
/// [version 2](https://docs.kernel.org/admin-guide/cgroup-v2.html#controllers) or version 1
/// ([memory](https://docs.kernel.org/admin-guide/cgroup-v1/memory.html#usage-files),
/// [cpu](https://docs.kernel.org/scheduler/sched-bwc.html#management)), and what all programs in it use. In a container
/// these are the container's, which `/proc` knows nothing of.
///
/// Where there is no limit, as in most that is not a container, there is nothing to report, and nothing wrong.
/// Limits of groups further up, such as that of a pod, cannot be seen from inside. As
/// [`OwnProcess`](crate::OwnProcess) does, this reads what concerns this program, also where another host is
/// watched.
#[derive(Debug)]
pub struct Cgroup {
    membership: ProcFile,
    mount: PathBuf,
    /// Looked up once: a program stays where it was started.
    files: Option<(MemoryFiles, CpuFiles)>,
}

impl Cgroup {
    /// The probe of this program's group.
    pub fn new() -> Self {
        Self::of(Path::new("/proc/self/cgroup"), Path::new("/sys/fs/cgroup"))
    }

    fn of(membership: &Path, mount: &Path) -> Self {
        Self { membership: ProcFile::new(membership.to_owned()), mount: mount.to_owned(), files: None }
    }
}

impl Default for Cgroup {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for Cgroup {
    fn name(&self) -> &'static str {
        "cgroup"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        let (memory, cpu) = match &mut self.files {
            Some(files) => files,
            None => {
                let found = self.membership.read_if_any(|text| Ok(find(text, &self.mount)))?;
                // A kernel without control groups has no such file.
                let Some(found) = found else { return Ok(()) };
                self.files.insert(found)
            }
        };
        if let Some(memory) = memory.read()? {
            readings.record(&MEMORY_RATIO, &[], memory.used / memory.limit);
            readings.record(&MEMORY_USED, &[], memory.used);
            readings.record(&MEMORY_LIMIT, &[], memory.limit);
        }
        if let Some(cpu) = cpu.read()? {
            for (metric, value) in [(&CPU_USED, cpu.used), (&CPU_THROTTLED, cpu.throttled)] {
                if let Some(value) = value {
                    readings.record(metric, &[], value);
                }
            }
            readings.record(&CPU_LIMIT, &[], cpu.limit);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
