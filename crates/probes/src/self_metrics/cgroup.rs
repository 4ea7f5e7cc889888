//! Limits and usage of the server's own control group, as set by containers.

use super::cgroup_files::{CpuFiles, MemoryFiles, find};
use crate::declare::metric;
use crate::proc_file::ProcFile;
use crate::{Probe, ProbeError};
use std::path::{Path, PathBuf};
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static MEMORY_PANEL: PanelDeclaration = PanelDeclaration {
    id: "cgroup-memory",
    section: "Host",
    title: "Container memory",
    style: Style::Line,
    unit: Unit::Bytes,
    ceiling: None,
    description: "Close to the container limit the process will be OOM-killed: raise the limit or find the leak.",
};

static CPU_PANEL: PanelDeclaration = PanelDeclaration {
    id: "cgroup-cpu",
    section: "Host",
    title: "Container CPU",
    style: Style::Line,
    unit: Unit::Ratio,
    ceiling: None,
    description: "Throttled time means that the container needs more CPU than its limit allows: everything in it is slowed down.",
};

static MEMORY_RATIO: Declaration = metric(
    "cgroup_memory_used_ratio",
    Kind::Gauge,
    Unit::Ratio,
    "Memory usage of Watchglass's control group as a share of its limit. At 1 the kernel OOM-kills.",
    Some((&MEMORY_PANEL, PanelRole::Headline)),
    "of limit",
);
static MEMORY_USED: Declaration = metric(
    "cgroup_memory_used_bytes",
    Kind::Gauge,
    Unit::Bytes,
    "Memory usage of Watchglass's control group, without inactive file cache.",
    Some((&MEMORY_PANEL, PanelRole::Chart)),
    "used",
);
static MEMORY_LIMIT: Declaration = metric(
    "cgroup_memory_limit_bytes",
    Kind::Gauge,
    Unit::Bytes,
    "Memory limit of Watchglass's control group.",
    Some((&MEMORY_PANEL, PanelRole::Detail)),
    "limit",
);
static CPU_USED: Declaration = metric(
    "cgroup_cpu_seconds_total",
    Kind::Counter,
    Unit::Seconds,
    "CPU time of Watchglass's control group; a rate of 1 is one full core.",
    Some((&CPU_PANEL, PanelRole::HeadlineAndChart)),
    "used",
);
static CPU_THROTTLED: Declaration = metric(
    "cgroup_cpu_throttled_seconds_total",
    Kind::Counter,
    Unit::Seconds,
    "Throttled time of Watchglass's control group, summed over CPUs.",
    Some((&CPU_PANEL, PanelRole::HeadlineAndChart)),
    "throttled",
);
static CPU_LIMIT: Declaration = metric(
    "cgroup_cpu_limit_cores",
    Kind::Gauge,
    Unit::Count,
    "CPU limit of Watchglass's control group, in cores.",
    Some((&CPU_PANEL, PanelRole::Detail)),
    "limit in cores",
);

static METRICS: [&Declaration; 6] =
    [&MEMORY_RATIO, &MEMORY_USED, &MEMORY_LIMIT, &CPU_USED, &CPU_THROTTLED, &CPU_LIMIT];

/// Reads the limits and usage of the server's own control group,
/// [version 2](https://docs.kernel.org/admin-guide/cgroup-v2.html#controllers) or version 1
/// ([memory](https://docs.kernel.org/admin-guide/cgroup-v1/memory.html#usage-files),
/// [cpu](https://docs.kernel.org/scheduler/sched-bwc.html#management)). In a container these are the container's limits,
/// which `/proc` does not show.
///
/// Without a limit, as usual outside of containers, there are no values and no failure. Limits of parent groups, such as
/// a pod's, are not visible from inside. Like [`ServerProcess`](crate::ServerProcess), this always reads the own process, even
/// when the `/proc` of another host is monitored.
#[derive(Debug)]
pub struct Cgroup {
    membership: ProcFile,
    mount: PathBuf,
    /// Looked up once: the group of a process does not change.
    files: Option<(MemoryFiles, CpuFiles)>,
}

impl Cgroup {
    /// A probe of the own control group.
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

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let (memory, cpu) = match &mut self.files {
            Some(files) => files,
            None => {
                let found = self.membership.read_if_any(|text| Ok(find(text, &self.mount)))?;
                // Kernels without control groups have no such file.
                let Some(found) = found else { return Ok(()) };
                self.files.insert(found)
            }
        };
        if let Some(memory) = memory.read()? {
            samples.record(&MEMORY_RATIO, &[], memory.used / memory.limit);
            samples.record(&MEMORY_USED, &[], memory.used);
            samples.record(&MEMORY_LIMIT, &[], memory.limit);
        }
        if let Some(cpu) = cpu.read()? {
            for (metric, value) in [(&CPU_USED, cpu.used), (&CPU_THROTTLED, cpu.throttled)] {
                if let Some(value) = value {
                    samples.record(metric, &[], value);
                }
            }
            samples.record(&CPU_LIMIT, &[], cpu.limit);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
