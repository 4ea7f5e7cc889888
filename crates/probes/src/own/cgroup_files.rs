//! The files of a control group: where they are, and what they hold.

use crate::proc_file::ProcFile;
use crate::text::{Line, lines};
use crate::{ProbeError, TextError};
use std::path::{Path, PathBuf};

/// Memory of a control group that has a limit, in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Memory {
    pub(super) limit: f64,
    /// In use, without files that were read and not used since: the kernel gives those up before it kills.
    pub(super) used: f64,
}

/// Processor time of a control group that has a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cpu {
    /// Processors it may keep busy.
    pub(super) limit: f64,
    /// Seconds it took.
    pub(super) used: Option<f64>,
    /// Seconds in which its tasks were kept waiting because of the limit, added up over processors.
    pub(super) throttled: Option<f64>,
}

/// The files that tell of memory.
#[derive(Debug)]
pub(super) struct MemoryFiles {
    limit: ProcFile,
    usage: ProcFile,
    stat: ProcFile,
    /// The line of `stat` with files that can be given up.
    inactive: &'static str,
}

/// The files that tell of processor time.
#[derive(Debug)]
pub(super) enum CpuFiles {
    /// Of version 2: limits in microseconds of a period, times in microseconds.
    Two { max: ProcFile, stat: ProcFile },
    /// Of version 1: limits in microseconds of a period, times in nanoseconds.
    One { quota: ProcFile, period: ProcFile, usage: ProcFile, stat: ProcFile },
}

/// What is called no limit, in bytes: version 1 has a number of almost 2⁶³ for it.
const NO_LIMIT: u64 = 1 << 60;

/// Finds the files of the group that `membership`, the text of `/proc/self/cgroup`, tells of, below `mount`, where
/// control groups are mounted.
///
/// A controller is of version 1 where a line names it, and of version 2 otherwise
/// ([cgroups(7)](https://man7.org/linux/man-pages/man7/cgroups.7.html)). In a container the path in the line may be
/// the one that the host sees; then the container's own group is the one that is mounted.
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
        Some(folder) => CpuFiles::One {
            quota: file(&folder, "cpu.cfs_quota_us"),
            period: file(&folder, "cpu.cfs_period_us"),
            usage: file(&folder_of("cpuacct", membership, mount).unwrap_or(folder.clone()), "cpuacct.usage"),
            stat: file(&folder, "cpu.stat"),
        },
        None => {
            let folder = unified_folder(membership, mount);
            CpuFiles::Two { max: file(&folder, "cpu.max"), stat: file(&folder, "cpu.stat") }
        }
    };
    (memory, cpu)
}

/// The folder of the group of a `controller` of version 1; `None` where it is not of that version.
fn folder_of(controller: &str, membership: &str, mount: &Path) -> Option<PathBuf> {
    let path = membership.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let is_of = |controllers: &str| controllers.split(',').any(|name| name == controller);
        fields.nth(1).filter(|controllers| is_of(controllers))?;
        fields.next()
    })?;
    Some(existing(&mount.join(controller), path))
}

/// The folder of the group of version 2.
fn unified_folder(membership: &str, mount: &Path) -> PathBuf {
    let path = membership.lines().find_map(|line| line.strip_prefix("0::"));
    existing(mount, path.unwrap_or("/"))
}

/// The folder `path` below `mount`, or else `mount` itself. A path with `..` leads out of the container.
fn existing(mount: &Path, path: &str) -> PathBuf {
    let folder = mount.join(path.trim_start_matches('/'));
    let leads_out = path.split('/').any(|step| step == "..");
    if folder.is_dir() && !leads_out { folder } else { mount.to_owned() }
}

impl MemoryFiles {
    /// What the files hold now; `None` without a limit.
    pub(super) fn read(&mut self) -> Result<Option<Memory>, ProbeError> {
        let Some(limit) = self.limit.read_if_any(limit)?.flatten() else { return Ok(None) };
        let Some(usage) = self.usage.read_if_any(|text| Line::new(1, text).whole("the usage"))? else {
            return Ok(None);
        };
        let inactive = self.stat.read_if_any(|text| named(text, self.inactive))?.flatten().unwrap_or(0);
        // The two are not of one moment.
        Ok(Some(Memory { limit: limit as f64, used: usage.saturating_sub(inactive) as f64 }))
    }
}

impl CpuFiles {
    /// What the files hold now; `None` without a limit.
    pub(super) fn read(&mut self) -> Result<Option<Cpu>, ProbeError> {
        match self {
            Self::Two { max, stat } => {
                let Some(limit) = max.read_if_any(cpu_max)?.flatten() else { return Ok(None) };
                let times = stat
                    .read_if_any(|text| Ok((named(text, "usage_usec")?, named(text, "throttled_usec")?)))?;
                let (used, throttled) = times.unwrap_or_default();
                let seconds = |micros: u64| micros as f64 / 1e6;
                Ok(Some(Cpu { limit, used: used.map(seconds), throttled: throttled.map(seconds) }))
            }
            Self::One { quota, period, usage, stat } => {
                let Some(quota) = quota.read_if_any(quota_micros)?.flatten() else { return Ok(None) };
                let Some(period) = period.read_if_any(period_micros)? else { return Ok(None) };
                let used = usage.read_if_any(|text| Line::new(1, text).whole("the usage"))?;
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

/// A limit in bytes; `None` where there is none.
pub(super) fn limit(text: &str) -> Result<Option<u64>, TextError> {
    let mut line = Line::new(1, text);
    if text.trim_ascii() == "max" {
        return Ok(None);
    }
    Ok(Some(line.whole("the limit")?).filter(|&bytes| bytes < NO_LIMIT))
}

/// Processors that may be kept busy, from the limit and the period in `cpu.max`; `None` where there is no limit.
pub(super) fn cpu_max(text: &str) -> Result<Option<f64>, TextError> {
    let mut line = Line::new(1, text);
    if text.trim_ascii().starts_with("max") {
        return Ok(None);
    }
    let quota = line.whole("the limit")? as f64;
    Ok(Some(quota / period_of(&mut line)?))
}

/// The limit in `cpu.cfs_quota_us`; `None` where there is none.
fn quota_micros(text: &str) -> Result<Option<f64>, TextError> {
    if text.trim_ascii().starts_with('-') {
        return Ok(None);
    }
    Ok(Some(Line::new(1, text).whole("the limit")? as f64))
}

fn period_micros(text: &str) -> Result<f64, TextError> {
    period_of(&mut Line::new(1, text))
}

fn period_of(line: &mut Line<'_>) -> Result<f64, TextError> {
    match line.whole("the period")? {
        0 => Err(line.wrong("the period", "more than 0")),
        micros => Ok(micros as f64),
    }
}

/// The number behind `name` in a file of names and numbers; `None` where it is not there.
pub(super) fn named(text: &str, name: &'static str) -> Result<Option<u64>, TextError> {
    let line = lines(text).find_map(|mut line| (line.word(name).ok()? == name).then_some(line));
    line.map(|mut line| line.whole(name)).transpose()
}
