//! Commands with the highest CPU and memory usage.

use super::command_names::{CommandNames, OTHER, command_name};
use super::process_stat::{ProcessStat, parse};
use super::{task_stats, uptime};
use crate::proc_file::ProcFile;
use crate::reading::OrSkip;
use crate::{HostRoots, Probe, ProbeError};
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;
use watchglass_model::{
    Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, SkipReason, Style, Unit,
};

static CPU_PANEL: PanelDeclaration = PanelDeclaration {
    id: "top-cpu",
    section: "Processes",
    title: "Top processes: CPU",
    style: Style::Stacked,
    unit: Unit::Ratio,
    ceiling: None,
    description: "The process that grows with the total is the likely cause. The process table shows the same for any time.",
};

static MEMORY_PANEL: PanelDeclaration = PanelDeclaration {
    id: "top-memory",
    section: "Processes",
    title: "Top processes: memory",
    style: Style::Stacked,
    unit: Unit::Bytes,
    ceiling: None,
    description: "A band that grows for hours is a leak. A band that ends suddenly was stopped or killed.",
};

static CPU: Declaration = Declaration {
    name: "host_process_cpu_ratio",
    kind: Kind::Gauge,
    unit: Unit::Ratio,
    help: "CPU usage of all processes of a command; 1 is one full core. Covers the 10 commands with the highest usage; \
           all others are the command \"other\".",
    labels: &["command"],
    panel: Some((&CPU_PANEL, PanelRole::Chart)),
    legend: "",
};

static MEMORY: Declaration = Declaration {
    name: "host_process_memory_bytes",
    kind: Kind::Gauge,
    unit: Unit::Bytes,
    help: "Resident memory of all processes of a command; shared memory counts for each process. Covers the 10 commands \
           with the most memory; all others are the command \"other\".",
    labels: &["command"],
    panel: Some((&MEMORY_PANEL, PanelRole::Chart)),
    legend: "",
};

static COUNT: Declaration = Declaration {
    name: "host_process_instances",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Number of processes of a command, for the commands with the highest CPU or memory usage.",
    labels: &["command"],
    panel: None,
    legend: "processes",
};

static ALL: Declaration = Declaration {
    name: "host_processes",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Number of processes, including kernel threads.",
    labels: &[],
    panel: Some((&task_stats::PANEL, PanelRole::Detail)),
    legend: "processes",
};

static METRICS: [&Declaration; 4] = [&CPU, &MEMORY, &COUNT, &ALL];

/// Number of listed commands, each by CPU and by memory.
const LISTED: usize = 10;
/// Maximum number of different commands listed within ten minutes, after which a series without samples ends.
const MAX_NAMES: usize = 100;
/// Rounds in ten minutes.
const KEEP_ROUNDS: u64 = 600 / TopProcesses::INTERVAL.as_secs();
/// Minimum CPU usage of a listed command, in cores. Otherwise short-lived commands on an idle host would use up the
/// names.
const MIN_CPU_RATIO: f64 = 0.01;
/// Maximum number of processes read.
const MAX_PROCESSES: usize = 20_000;
/// Larger than any `/proc/PID/stat`: some 50 numbers of 20 digits, and a name.
const STAT_BUFFER_BYTES: usize = 2048;

/// Reads `/proc/PID/stat` of all processes and groups them by command.
///
/// - A command is the kernel's name of a process, at most 15 bytes, not the command line. It is listed when it is among
///   the ten with the highest CPU or memory usage. At most 100 different commands are listed within ten minutes; the rest,
///   and commands that did not use a hundredth of a core, are part of the command `other`, so that the commands always add
///   up to all processes.
/// - Processes that start and end between two rounds are not counted, nor is the CPU time between the last round and the
///   end of a process.
/// - At most 20,000 processes are read.
///
/// Takes some microseconds per process: run it in an [`BackgroundProbe`](crate::BackgroundProbe).
#[derive(Debug)]
pub struct TopProcesses {
    proc: PathBuf,
    uptime: ProcFile,
    ticks_per_second: f64,
    page_bytes: f64,
    /// Uptime of the host in the previous round, in seconds.
    before: Option<f64>,
    /// Processes of the previous round.
    seen: HashMap<u32, Seen>,
    round: u64,
    names: CommandNames,
}

/// Process in the previous round.
#[derive(Clone, Copy, Debug)]
struct Seen {
    started: u64,
    ticks: u64,
    round: u64,
}

/// Totals of the processes of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Group {
    /// Ticks since the previous round; 0 in the first.
    ticks: u64,
    pages: u64,
    processes: u64,
}

impl Group {
    fn add(&mut self, other: Self) {
        self.ticks = self.ticks.saturating_add(other.ticks);
        self.pages = self.pages.saturating_add(other.pages);
        self.processes = self.processes.saturating_add(other.processes);
    }
}

impl TopProcesses {
    /// Sampling interval.
    pub const INTERVAL: Duration = Duration::from_secs(5);
    /// Time limit of a round.
    pub const TIMEOUT: Duration = Duration::from_secs(4);

    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        Self {
            proc: roots.proc.clone(),
            uptime: ProcFile::new(roots.proc.join("uptime")),
            ticks_per_second: rustix::param::clock_ticks_per_second() as f64,
            page_bytes: rustix::param::page_size() as f64,
            before: None,
            seen: HashMap::new(),
            round: 0,
            names: CommandNames::new(MAX_NAMES, KEEP_ROUNDS),
        }
    }

    /// All processes by command. `before` is the uptime of the host in the previous round, in seconds.
    fn groups(&mut self, before: Option<f64>) -> Result<BTreeMap<String, Group>, ProbeError> {
        let entries = fs::read_dir(&self.proc)
            .map_err(|error| ProbeError::Unreadable { path: self.proc.clone(), reason: error.to_string() })?;
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        let mut buffer = [0; STAT_BUFFER_BYTES];
        for pid in pids.take(MAX_PROCESSES) {
            // The process may have ended, or be unreadable.
            let Some(text) = read_stat(&self.proc.join(format!("{pid}/stat")), &mut buffer) else { continue };
            let text = String::from_utf8_lossy(text);
            let Ok(stat) = parse(&text) else { continue };
            let ticks = self.ticks_since(before, pid, &stat);
            let group = Group { ticks, pages: stat.resident_pages, processes: 1 };
            let name = command_name(stat.command, stat.is_kernel);
            match groups.get_mut(name.as_ref()) {
                Some(known) => known.add(group),
                None => drop(groups.insert(name.into_owned(), group)),
            }
        }
        let round = self.round;
        self.seen.retain(|_, seen| seen.round == round);
        if groups.is_empty() {
            // This process at least is there.
            let reason = "no process in it can be read".to_owned();
            return Err(ProbeError::Unreadable { path: self.proc.clone(), reason });
        }
        Ok(groups)
    }

    /// CPU time of the process since the previous round, in kernel clock ticks.
    fn ticks_since(&mut self, before: Option<f64>, pid: u32, now: &ProcessStat<'_>) -> u64 {
        let seen = Seen { started: now.started, ticks: now.ticks, round: self.round };
        match (self.seen.insert(pid, seen), before) {
            (Some(seen), _) if seen.started == now.started => now.ticks.saturating_sub(seen.ticks),
            // Started since then: all of its CPU time counts.
            (_, Some(before)) if now.started as f64 >= before * self.ticks_per_second => now.ticks,
            // Existed before but could not be read.
            _ => 0,
        }
    }

    /// Records the ten commands with the highest values, and the sum of the others. Returns the listed commands.
    fn record_top<'a>(
        &mut self,
        metric: &'static Declaration,
        mut values: Vec<(&'a str, f64)>,
        is_significant: impl Fn(f64) -> bool,
        samples: &mut SampleBuffer,
    ) -> Vec<&'a str> {
        // The sort is stable: equal values stay sorted by name.
        values.sort_by(|(_, left), (_, right)| right.total_cmp(left));
        let mut listed = Vec::new();
        let mut rest = None;
        for (rank, (name, value)) in values.into_iter().enumerate() {
            let is_listed = rank < LISTED
                && value > 0.0
                && (self.names.list_known(name, self.round)
                    || (is_significant(value) && self.names.admit(name, self.round)));
            if is_listed {
                samples.record(metric, &[name], value);
                listed.push(name);
            } else {
                rest = Some(rest.unwrap_or(0.0) + value);
            }
        }
        if let Some(rest) = rest {
            samples.record(metric, &[OTHER], rest);
        }
        listed
    }
}

/// The stat text of a process; `None` if it cannot be read.
fn read_stat<'a>(path: &Path, buffer: &'a mut [u8; STAT_BUFFER_BYTES]) -> Option<&'a [u8]> {
    // The kernel returns the whole text in one read.
    let length = File::open(path).ok()?.read(buffer).ok()?;
    buffer.get(..length)
}

impl Probe for TopProcesses {
    fn name(&self) -> &'static str {
        "top_processes"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn interval(&self) -> Duration {
        Self::INTERVAL
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        // Taken, so that a failure resets it: a share over a long gap must not count as current.
        let before = self.before.take();
        let uptime = self.uptime.read(|text| Ok(uptime::parse(text).or_skip(samples)));
        // Memory does not depend on it.
        let now = uptime.unwrap_or_else(|error| {
            samples.skip("the uptime", &error.to_string(), SkipReason::Unreadable);
            None
        });
        self.round += 1;
        let groups = self.groups(before)?;
        self.before = now;

        let mut listed = Vec::new();
        let elapsed = before.zip(now).map(|(before, now)| now - before);
        if let Some(elapsed) = elapsed.filter(|&elapsed| elapsed > 0.0) {
            let ticks = self.ticks_per_second * elapsed;
            let shares = groups.iter().map(|(name, group)| (name.as_str(), group.ticks as f64 / ticks));
            listed = self.record_top(&CPU, shares.collect(), |share| share >= MIN_CPU_RATIO, samples);
        }
        let page = self.page_bytes;
        let sizes = groups.iter().map(|(name, group)| (name.as_str(), group.pages as f64 * page));
        listed.extend(self.record_top(&MEMORY, sizes.collect(), |_| true, samples));

        let (mut all, mut rest) = (0, 0);
        for (name, group) in &groups {
            all += group.processes;
            if listed.contains(&name.as_str()) {
                samples.record(&COUNT, &[name], group.processes as f64);
            } else {
                rest += group.processes;
            }
        }
        samples.record(&COUNT, &[OTHER], rest as f64);
        samples.record(&ALL, &[], all as f64);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
