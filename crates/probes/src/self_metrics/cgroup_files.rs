//! Control group files: lookup and parsing.

use crate::proc_file::ProcFile;
use crate::text::{Line, lines};
use crate::{ProbeError, TextError};
use std::path::{Path, PathBuf};

/// Memory of a limited control group, in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Memory {
    pub(super) limit: f64,
    /// Usage without inactive file cache, which the kernel reclaims before it OOM-kills.
    pub(super) used: f64,
}

/// CPU time of a limited control group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cpu {
    /// Limit in cores.
    pub(super) limit: f64,
    /// CPU time in seconds.
    pub(super) used: Option<f64>,
    /// Throttled time in seconds, summed over CPUs.
    pub(super) throttled: Option<f64>,
}

/// Memory files.
#[derive(Debug)]
pub(super) struct MemoryFiles {
    limit: ProcFile,
    usage: ProcFile,
    stat: ProcFile,
    /// Name of the field of `stat` with the inactive file cache.
    inactive: &'static str,
}

/// CPU files.
#[derive(Debug)]
pub(super) enum CpuFiles {
    /// Version 2: limit in microseconds per period, times in microseconds.
    V2 { max: ProcFile, stat: ProcFile },
    /// Version 1: limit in microseconds per period, times in nanoseconds.
    V1 { quota: ProcFile, period: ProcFile, usage: ProcFile, stat: ProcFile },
}

/// Values from here on mean "no limit", in bytes: version 1 uses almost 2⁶³.
const NO_LIMIT: u64 = 1 << 60;

/// Finds the files of the own group below the cgroup `mount`; `membership` is the text of `/proc/self/cgroup`.
///
/// A controller named in a line uses version 1, otherwise version 2
/// ([cgroups(7)](https://man7.org/linux/man-pages/man7/cgroups.7.html)). In a container the path may be that of the
/// host; the container's own group is then the mount itself.
pub(super) fn find(membership: &str, mount: &Path) -> (MemoryFiles, CpuFiles) {
    let file = |folder: &Path, name: &str| ProcFile::new(folder.join(name));
    let memory = match folder_of("memory", membership, mount) {
        Some(folder) => MemoryFiles {
            limit: file(&folder, "memory.limit_in_bytes"),
            usage: file(&folder, "memory.usage_in_bytes"),
            stat: file(&folder, "memory.stat"),
            inactive: "total_inactive_file",
        },
        None => {
            let folder = unified_folder(membership, mount);
            MemoryFiles {
                limit: file(&folder, "memory.max"),
                usage: file(&folder, "memory.current"),
                stat: file(&folder, "memory.stat"),
                inactive: "inactive_file",
            }
        }
    };
    let cpu = match folder_of("cpu", membership, mount) {
        Some(folder) => CpuFiles::V1 {
            quota: file(&folder, "cpu.cfs_quota_us"),
            period: file(&folder, "cpu.cfs_period_us"),
            usage: file(&folder_of("cpuacct", membership, mount).unwrap_or(folder.clone()), "cpuacct.usage"),
            stat: file(&folder, "cpu.stat"),
        },
        None => {
            let folder = unified_folder(membership, mount);
            CpuFiles::V2 { max: file(&folder, "cpu.max"), stat: file(&folder, "cpu.stat") }
        }
    };
    (memory, cpu)
}

/// The version 1 group folder of a `controller`; `None` if it uses version 2.
fn folder_of(controller: &str, membership: &str, mount: &Path) -> Option<PathBuf> {
    let path = membership.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let is_of = |controllers: &str| controllers.split(',').any(|name| name == controller);
        fields.nth(1).filter(|controllers| is_of(controllers))?;
        fields.next()
    })?;
    Some(existing(&mount.join(controller), path))
}

/// The version 2 group folder.
fn unified_folder(membership: &str, mount: &Path) -> PathBuf {
    let path = membership.lines().find_map(|line| line.strip_prefix("0::"));
    existing(mount, path.unwrap_or("/"))
}

/// The folder `path` below `mount`, or `mount` itself if it does not exist or has `..`, which leaves the container.
fn existing(mount: &Path, path: &str) -> PathBuf {
    let folder = mount.join(path.trim_start_matches('/'));
    let leads_out = path.split('/').any(|step| step == "..");
    if folder.is_dir() && !leads_out { folder } else { mount.to_owned() }
}

impl MemoryFiles {
    /// Current values; `None` without a limit.
    pub(super) fn read(&mut self) -> Result<Option<Memory>, ProbeError> {
        let Some(limit) = self.limit.read_if_any(limit)?.flatten() else { return Ok(None) };
        let Some(usage) = self.usage.read_if_any(|text| Line::new(1, text).integer("the usage"))? else {
            return Ok(None);
        };
        let inactive = self.stat.read_if_any(|text| named(text, self.inactive))?.flatten().unwrap_or(0);
        // Saturating, because the two files are not read at the same time.
        Ok(Some(Memory { limit: limit as f64, used: usage.saturating_sub(inactive) as f64 }))
    }
}

impl CpuFiles {
    /// Current values; `None` without a limit.
    pub(super) fn read(&mut self) -> Result<Option<Cpu>, ProbeError> {
        match self {
            Self::V2 { max, stat } => {
                let Some(limit) = max.read_if_any(cpu_max)?.flatten() else { return Ok(None) };
                let times = stat
                    .read_if_any(|text| Ok((named(text, "usage_usec")?, named(text, "throttled_usec")?)))?;
                let (used, throttled) = times.unwrap_or_default();
                let seconds = |micros: u64| micros as f64 / 1e6;
                Ok(Some(Cpu { limit, used: used.map(seconds), throttled: throttled.map(seconds) }))
            }
            Self::V1 { quota, period, usage, stat } => {
                let Some(quota) = quota.read_if_any(quota_micros)?.flatten() else { return Ok(None) };
                let Some(period) = period.read_if_any(period_micros)? else { return Ok(None) };
                let used = usage.read_if_any(|text| Line::new(1, text).integer("the usage"))?;
                let throttled = stat.read_if_any(|text| named(text, "throttled_time"))?.flatten();
                let seconds = |nanos: u64| nanos as f64 / 1e9;
                Ok(Some(Cpu {
                    limit: quota / period,
                    used: used.map(seconds),
                    throttled: throttled.map(seconds),
                }))
            }
        }
    }
}

/// Limit in bytes; `None` if unlimited.
pub(super) fn limit(text: &str) -> Result<Option<u64>, TextError> {
    let mut line = Line::new(1, text);
    if text.trim_ascii() == "max" {
        return Ok(None);
    }
    Ok(Some(line.integer("the limit")?).filter(|&bytes| bytes < NO_LIMIT))
}

/// CPU limit in cores from quota and period in `cpu.max`; `None` if unlimited.
pub(super) fn cpu_max(text: &str) -> Result<Option<f64>, TextError> {
    let mut line = Line::new(1, text);
    if text.trim_ascii().starts_with("max") {
        return Ok(None);
    }
    let quota = line.integer("the limit")? as f64;
    Ok(Some(quota / period_of(&mut line)?))
}

/// Quota in `cpu.cfs_quota_us`; `None` if unlimited.
fn quota_micros(text: &str) -> Result<Option<f64>, TextError> {
    if text.trim_ascii().starts_with('-') {
        return Ok(None);
    }
    Ok(Some(Line::new(1, text).integer("the limit")? as f64))
}

fn period_micros(text: &str) -> Result<f64, TextError> {
    period_of(&mut Line::new(1, text))
}

fn period_of(line: &mut Line<'_>) -> Result<f64, TextError> {
    match line.integer("the period")? {
        0 => Err(line.invalid("the period", "more than 0")),
        micros => Ok(micros as f64),
    }
}

/// The value of `name` in a key-value file; `None` if it is missing.
pub(super) fn named(text: &str, name: &'static str) -> Result<Option<u64>, TextError> {
    let line = lines(text).find_map(|mut line| (line.word(name).ok()? == name).then_some(line));
    line.map(|mut line| line.integer(name)).transpose()
}
