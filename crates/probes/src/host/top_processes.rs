//! The commands that take most processor time and most memory.

use super::command_names::{CommandNames, OTHER, command_name};
use super::process_stat::{ProcessStat, parse};
use super::{activity, uptime};
use crate::proc_file::ProcFile;
use crate::{HostRoots, Probe, ProbeError};
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static CPU_PANEL: PanelDeclaration = PanelDeclaration {
    id: "top-cpu",
    section: "Processes",
    title: "Top processes: CPU",
    style: Style::Stacked,
    unit: Unit::Ratio,
    ceiling: None,
    meaning: "Whose band grows when the whole does is the cause. The table of processes shows the same for any moment.",
};

static MEMORY_PANEL: PanelDeclaration = PanelDeclaration {
    id: "top-memory",
    section: "Processes",
    title: "Top processes: memory",
    style: Style::Stacked,
    unit: Unit::Bytes,
    ceiling: None,
    meaning: "A band that grows for hours without falling is a leak; a band that ends suddenly was stopped or killed.",
};

static CPU: Declaration = Declaration {
    name: "host_process_cpu_ratio",
    kind: Kind::Gauge,
    unit: Unit::Ratio,
    help: "Processor time that all processes of a command took, as a part of one core: 1 is a whole core. With \
           values are the 10 commands that took most; all others together are the command \"other\".",
    labels: &["command"],
    panel: Some((&CPU_PANEL, Role::Chart)),
    legend: "",
};

static MEMORY: Declaration = Declaration {
    name: "host_process_memory_bytes",
    kind: Kind::Gauge,
    unit: Unit::Bytes,
    help: "Resident memory of all processes of a command; memory that processes share counts for each of them. With \
           values are the 10 commands that have most; all others together are the command \"other\".",
    labels: &["command"],
    panel: Some((&MEMORY_PANEL, Role::Chart)),
    legend: "",
};

static COUNT: Declaration = Declaration {
    name: "host_process_instances",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Processes of a command, of those commands that take most processor time or memory.",
    labels: &["command"],
    panel: None,
    legend: "processes",
};

static ALL: Declaration = Declaration {
    name: "host_processes",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Processes, the kernel's own threads included.",
    labels: &[],
    panel: Some((&activity::PANEL, Role::Detail)),
    legend: "processes",
};

static METRICS: [&Declaration; 4] = [&CPU, &MEMORY, &COUNT, &ALL];

/// How many commands are named at a time, by processor time and by memory.
const LISTED: usize = 10;
/// How many different commands are ever named while the program runs.
const MOST_NAMES: usize = 100;
/// The part of a core from which on a command is given a name for its processor time. Without it, the names
/// would soon be used up by commands that ran for a moment on a quiet host.
const WORTH_A_NAME: f64 = 0.01;
/// The most processes that are looked at.
const MOST_PROCESSES: usize = 20_000;
/// More than any `/proc/PID/stat` has: some 50 numbers of 20 digits, and a name.
const LONGEST_STAT: usize = 2048;

/// Reads `/proc/PID/stat` of every process, and adds up what belongs to processes of the same command.
///
/// - A command is the name that the kernel has for a process, of at most 15 bytes, not the whole command line.
///   It is named when it is among the ten that took most processor time or have most memory. Only 100 different
///   commands are ever named while the program runs; the rest, and commands that never used a hundredth of a
///   core, are part of the command `other`. So the commands always add up to all processes.
/// - A process that started and ended between two rounds is not seen, nor is what one took between the last
///   round and its end.
/// - On a host with more than 20,000 processes those beyond that number are left out.
///
/// It takes some microseconds for each process: run it in an [`OwnThread`](crate::OwnThread).
#[derive(Debug)]
pub struct TopProcesses {
    proc: PathBuf,
    uptime: ProcFile,
    ticks_per_second: f64,
    page_bytes: f64,
    /// The host's uptime in the round before, in seconds.
    before: Option<f64>,
    /// Every process of the round before.
    seen: HashMap<u32, Seen>,
    round: u64,
    names: CommandNames,
}

/// A process in the round before.
#[derive(Clone, Copy, Debug)]
struct Seen {
    started: u64,
    ticks: u64,
    round: u64,
}

/// What processes of the same command have together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Group {
    /// Ticks since the round before; none in the first.
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
    /// How often processes are looked at.
    pub const EVERY: Duration = Duration::from_secs(5);
    /// The time that looking at them may take.
    pub const DEADLINE: Duration = Duration::from_secs(4);

    /// The probe of that host.
    pub fn new(roots: &HostRoots) -> Self {
        Self {
            proc: roots.proc.clone(),
            uptime: ProcFile::new(roots.proc.join("uptime")),
            ticks_per_second: rustix::param::clock_ticks_per_second() as f64,
            page_bytes: rustix::param::page_size() as f64,
            before: None,
            seen: HashMap::new(),
            round: 0,
            names: CommandNames::new(MOST_NAMES),
        }
    }

    /// All processes, by command. `before` is the host's uptime in the round before, in seconds.
    fn groups(&mut self, before: Option<f64>) -> Result<BTreeMap<String, Group>, ProbeError> {
        let entries = fs::read_dir(&self.proc)
            .map_err(|error| ProbeError::Unreadable { path: self.proc.clone(), reason: error.to_string() })?;
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        let mut buffer = [0; LONGEST_STAT];
        for pid in pids.take(MOST_PROCESSES) {
            // It may have ended, or may not be this program's to read.
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
        Ok(groups)
    }

    /// What the process took since the round before, in ticks of the kernel's clock.
    fn ticks_since(&mut self, before: Option<f64>, pid: u32, now: &ProcessStat<'_>) -> u64 {
        let seen = Seen { started: now.started, ticks: now.ticks, round: self.round };
        match (self.seen.insert(pid, seen), before) {
            (Some(seen), _) if seen.started == now.started => now.ticks.saturating_sub(seen.ticks),
            // All it took, it took since then.
            (_, Some(before)) if now.started as f64 >= before * self.ticks_per_second => now.ticks,
            // It was there and could not be read.
            _ => 0,
        }
    }

    /// Records the ten commands with the greatest values, and the sum of the others. Returns those that were
    /// recorded under their names.
    fn record_top<'a>(
        &mut self,
        metric: &'static Declaration,
        mut values: Vec<(&'a str, f64)>,
        is_worth_a_name: impl Fn(f64) -> bool,
        readings: &mut Readings,
    ) -> Vec<&'a str> {
        // Those with the same value stay in the order of their names.
        values.sort_by(|(_, left), (_, right)| right.total_cmp(left));
        let mut listed = Vec::new();
        let mut rest = None;
        for (rank, (name, value)) in values.into_iter().enumerate() {
            let is_candidate = rank < LISTED && value > 0.0;
            if is_candidate && (self.names.has(name) || (is_worth_a_name(value) && self.names.admit(name))) {
                readings.record(metric, &[name], value);
                listed.push(name);
            } else {
                rest = Some(rest.unwrap_or(0.0) + value);
            }
        }
        if let Some(rest) = rest {
            readings.record(metric, &[OTHER], rest);
        }
        listed
    }
}

/// The text about a process; `None` when it cannot be had.
fn read_stat<'a>(path: &Path, buffer: &'a mut [u8; LONGEST_STAT]) -> Option<&'a [u8]> {
    // The kernel hands over all of it in one read.
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

    fn every(&self) -> Duration {
        Self::EVERY
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        // Taken out, so that a failure leaves none: a share over a long gap would stand at its end as if it
        // were new.
        let before = self.before.take();
        let now = self.uptime.read(uptime::parse)?;
        self.round += 1;
        let groups = self.groups(before)?;
        self.before = Some(now);

        let mut listed = Vec::new();
        if let Some(elapsed) = before.map(|before| now - before).filter(|&elapsed| elapsed > 0.0) {
            let ticks = self.ticks_per_second * elapsed;
            let shares = groups.iter().map(|(name, group)| (name.as_str(), group.ticks as f64 / ticks));
            listed = self.record_top(&CPU, shares.collect(), |share| share >= WORTH_A_NAME, readings);
        }
        let page = self.page_bytes;
        let sizes = groups.iter().map(|(name, group)| (name.as_str(), group.pages as f64 * page));
        listed.extend(self.record_top(&MEMORY, sizes.collect(), |_| true, readings));

        let (mut all, mut rest) = (0, 0);
        for (name, group) in &groups {
            all += group.processes;
            if listed.contains(&name.as_str()) {
                readings.record(&COUNT, &[name], group.processes as f64);
            } else {
                rest += group.processes;
            }
        }
        readings.record(&COUNT, &[OTHER], rest as f64);
        readings.record(&ALL, &[], all as f64);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
