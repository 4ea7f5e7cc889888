//! Reader of the process table.

use super::masked_arguments::mask;
use super::process_files::{ProcessFiles, complete};
use super::process_owner::{UserNames, parse_cgroup, parse_user};
use super::process_stat::{self, ProcessStat};
use super::uptime;
use crate::proc_file::ProcFile;
use crate::text::readable;
use crate::{HostRoots, ProbeError};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use watchglass_model::{Process, ProcessTable, Timestamp, UnlistedProcesses};

/// Maximum number of processes that are listed in full. With more, those with the highest usage are.
const MAX_LISTED: usize = 400;
/// Of more processes, how many are listed by CPU usage, and how many by memory.
const TOP: usize = 120;
/// Rank up to which a process stays listed, so that processes of similar usage do not come and go.
const KEPT: usize = 160;
/// Of more processes, how many that were started since the previous reading are listed.
const STARTED: usize = 80;
/// Maximum number of processes that are read.
const MAX_PROCESSES: usize = 20_000;
/// Readings after which what seldom changes is read again, such as the user: each minute.
const DETAIL_ROUNDS: u64 = 12;
/// Readings after which the names of users are read again: every five minutes.
const USER_ROUNDS: u64 = 60;
/// Maximum length of a command name in characters.
const MAX_COMMAND_CHARS: usize = 64;

/// Reads the processes of the host from `/proc`.
///
/// - At most 400 processes are listed. Of more, those with the highest usage of CPU and memory, and new ones; the others are
///   counted. At most 20,000 are read.
/// - A process that ends while it is read is left out. What cannot be read or understood of a process is missing from it.
/// - Arguments have their secrets masked.
///
/// Takes some 20 microseconds per process: use a thread of its own.
#[derive(Debug)]
pub struct ProcessTableReader {
    files: ProcessFiles,
    uptime: ProcFile,
    ticks_per_second: f64,
    page_bytes: u64,
    users: UserNames,
    /// Uptime of the host in the previous round, in seconds.
    before: Option<f64>,
    known: HashMap<u32, Known>,
    round: u64,
}

/// What is known of a process since the previous round.
#[derive(Debug)]
struct Known {
    started_ticks: u64,
    ticks: u64,
    /// Bytes read from and written to storage; `None` if they were not read in the previous round.
    io: Option<(u64, u64)>,
    /// Whether the kernel has denied these.
    is_io_denied: bool,
    details: Option<Arc<Details>>,
    is_listed: bool,
    round: u64,
}

/// What seldom changes.
#[derive(Debug, PartialEq)]
struct Details {
    started: Timestamp,
    command: String,
    arguments: String,
    user: String,
    unit: String,
    container: String,
}

/// What was read of each process.
#[derive(Debug)]
struct Seen {
    pid: u32,
    stat: ProcessStat<'static>,
    /// Command, if it is not that of the known details.
    command: Option<String>,
    /// CPU time in ticks since the previous round.
    ticks: Option<u64>,
    is_new: bool,
}

impl ProcessTableReader {
    /// Time between two readings.
    pub const INTERVAL: Duration = Duration::from_secs(5);

    /// Reader of the processes of a host.
    pub fn new(roots: &HostRoots) -> Self {
        Self {
            files: ProcessFiles::new(roots.proc.clone()),
            uptime: ProcFile::new(roots.proc.join("uptime")),
            ticks_per_second: rustix::param::clock_ticks_per_second() as f64,
            page_bytes: rustix::param::page_size() as u64,
            users: UserNames::new(roots.files().join("etc/passwd")),
            before: None,
            known: HashMap::new(),
            round: 0,
        }
    }

    /// Reads the processes at `now`.
    ///
    /// # Errors
    /// No process can be read.
    pub fn read(&mut self, now: Timestamp) -> Result<ProcessTable, ProbeError> {
        // Taken, so that a failure resets it: usage over a long gap must not count as current.
        let before = self.before.take();
        let uptime = self.uptime.read(uptime::parse).ok();
        if self.round.is_multiple_of(USER_ROUNDS) {
            self.users.refresh();
        }
        self.round += 1;
        let seen = self.stats(before)?;
        self.before = uptime;
        let elapsed =
            before.zip(uptime).map(|(before, uptime)| uptime - before).filter(|&elapsed| elapsed > 0.0);
        let listed = self.listed(&seen);
        let mut table = ProcessTable { time: now, ..ProcessTable::default() };
        let mut unlisted = UnlistedProcesses::default();
        let mut unlisted_ticks = 0;
        for process in seen {
            if listed.as_ref().is_none_or(|listed| listed.contains(&process.pid)) {
                table.processes.push(self.process(process, now, uptime, elapsed));
            } else {
                unlisted.count += 1;
                unlisted_ticks += process.ticks.unwrap_or(0);
                unlisted.memory_bytes += process.stat.resident_pages.saturating_mul(self.page_bytes);
                if let Some(known) = self.known.get_mut(&process.pid) {
                    (known.is_listed, known.io, known.details) = (false, None, None);
                }
            }
        }
        unlisted.cpu_ratio = elapsed.map_or(0.0, |elapsed| self.ratio(unlisted_ticks, elapsed));
        table.unlisted = unlisted;
        table.processes.sort_unstable_by_key(|process| process.pid);
        Ok(table)
    }

    /// Reads the statistics of all processes.
    fn stats(&mut self, before: Option<f64>) -> Result<Vec<Seen>, ProbeError> {
        let proc = self.files.proc().to_owned();
        let unreadable = |reason: String| ProbeError::Unreadable { path: proc.clone(), reason };
        let entries = fs::read_dir(&proc).map_err(|error| unreadable(error.to_string()))?;
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        let mut all = Vec::with_capacity(self.known.len() + 16);
        for pid in pids.take(MAX_PROCESSES) {
            // The process may have ended, or be unreadable.
            let Ok(text) = self.files.read(pid, "stat") else { continue };
            let text = String::from_utf8_lossy(text);
            let Ok(stat) = process_stat::parse(&text) else { continue };
            let command = readable(stat.command, MAX_COMMAND_CHARS);
            let known = self.known.get_mut(&pid).filter(|known| known.started_ticks == stat.started);
            let is_new = known.is_none();
            let mut ticks = None;
            let mut is_same = false;
            match known {
                Some(known) => {
                    ticks = before.map(|_| stat.ticks.saturating_sub(known.ticks));
                    is_same = known.details.as_ref().is_some_and(|details| details.command == command);
                    (known.ticks, known.round) = (stat.ticks, self.round);
                }
                None => {
                    // Started since the previous round: all of its CPU time counts.
                    if before.is_some_and(|before| stat.started as f64 >= before * self.ticks_per_second) {
                        ticks = Some(stat.ticks);
                    }
                    let new = Known {
                        started_ticks: stat.started,
                        ticks: stat.ticks,
                        io: None,
                        is_io_denied: false,
                        details: None,
                        is_listed: false,
                        round: self.round,
                    };
                    self.known.insert(pid, new);
                }
            }
            let command = (!is_same).then(|| command.into_owned());
            all.push(Seen { pid, stat: stat.without_command(), command, ticks, is_new });
        }
        let round = self.round;
        self.known.retain(|_, known| known.round == round);
        // This process at least is there.
        if all.is_empty() { Err(unreadable("no process in it can be read".to_owned())) } else { Ok(all) }
    }

    /// The process ids to list; `None` for all.
    fn listed(&self, seen: &[Seen]) -> Option<HashSet<u32>> {
        if seen.len() <= MAX_LISTED {
            return None;
        }
        let mut listed = HashSet::new();
        let is_listed = |process: &Seen| self.known.get(&process.pid).is_some_and(|known| known.is_listed);
        let mut order: Vec<&Seen> = seen.iter().collect();
        let mut add = |order: &[&Seen], is_used: fn(&Seen) -> bool| {
            let ranked = order.iter().enumerate().filter(|(_, process)| is_used(process));
            let chosen = ranked.filter(|(rank, process)| *rank < TOP || *rank < KEPT && is_listed(process));
            listed.extend(chosen.map(|(_, process)| process.pid));
        };
        order.sort_unstable_by_key(|process| (std::cmp::Reverse(process.ticks), process.pid));
        add(&order, |process| process.ticks > Some(0));
        order.sort_unstable_by_key(|process| (std::cmp::Reverse(process.stat.resident_pages), process.pid));
        add(&order, |_| true);
        // All are new in the first round.
        if self.round > 1 {
            listed.extend(
                seen.iter().filter(|process| process.is_new).take(STARTED).map(|process| process.pid),
            );
        }
        Some(listed)
    }

    /// A listed process.
    fn process(&mut self, seen: Seen, now: Timestamp, uptime: Option<f64>, elapsed: Option<f64>) -> Process {
        let Seen { pid, stat, command, ticks, .. } = seen;
        let is_due = (self.round + u64::from(pid)).is_multiple_of(DETAIL_ROUNDS);
        let (mut details, before, is_denied) = match self.known.get(&pid) {
            Some(known) => (known.details.clone(), known.io, known.is_io_denied && !is_due),
            None => (None, None, true),
        };
        if command.is_some() || is_due || details.is_none() {
            let known = details.take();
            let command = command.or_else(|| known.as_ref().map(|known| known.command.clone()));
            // The first result counts: the clock may be set.
            let started = known.as_ref().map(|known| known.started);
            let started = started.unwrap_or_else(|| self.started(stat.started, now, uptime));
            let new = self.details(pid, &stat, command.unwrap_or_default(), started);
            details = known.filter(|known| **known == new).or_else(|| Some(Arc::new(new)));
        }
        let io =
            if stat.is_kernel || is_denied { Err(ErrorKind::PermissionDenied) } else { self.files.io(pid) };
        let rate = |now: u64, before: u64| {
            elapsed.map(|elapsed| (now.saturating_sub(before) as f64 / elapsed).round() as u64)
        };
        let rates = io.ok().zip(before).map(|(now, before)| (rate(now.0, before.0), rate(now.1, before.1)));
        let (read, written) = rates.unwrap_or_default();
        if let Some(known) = self.known.get_mut(&pid) {
            known.io = io.ok();
            known.is_io_denied = io == Err(ErrorKind::PermissionDenied);
            known.is_listed = true;
            known.details.clone_from(&details);
        }
        let details = details.as_deref();
        let text = |of: fn(&Details) -> &String| details.map(of).cloned().unwrap_or_default();
        Process {
            pid,
            parent: stat.parent,
            started: details.map_or(now, |details| details.started),
            command: text(|details| &details.command),
            arguments: text(|details| &details.arguments),
            user: text(|details| &details.user),
            unit: text(|details| &details.unit),
            container: text(|details| &details.container),
            state: if stat.state.is_ascii_alphabetic() { stat.state } else { '?' },
            threads: u32::try_from(stat.threads).unwrap_or(u32::MAX),
            cpu_ratio: ticks.zip(elapsed).map(|(ticks, elapsed)| self.ratio(ticks, elapsed)),
            memory_bytes: stat.resident_pages.saturating_mul(self.page_bytes),
            read_bytes_per_second: read,
            write_bytes_per_second: written,
        }
    }

    fn ratio(&self, ticks: u64, elapsed: f64) -> f64 {
        (ticks as f64 / self.ticks_per_second / elapsed * 1000.0).round() / 1000.0
    }

    /// Start of a process.
    fn started(&self, ticks: u64, now: Timestamp, uptime: Option<f64>) -> Timestamp {
        let age = uptime.map_or(0.0, |uptime| uptime - ticks as f64 / self.ticks_per_second);
        Timestamp::from_millis(now.millis().saturating_sub((age * 1000.0).max(0.0) as i64))
    }

    fn details(&mut self, pid: u32, stat: &ProcessStat<'_>, command: String, started: Timestamp) -> Details {
        let arguments = match self.files.read(pid, "cmdline") {
            Ok(text) if !stat.is_kernel => mask(&String::from_utf8_lossy(complete(text))),
            _ => String::new(),
        };
        let id =
            self.files.read(pid, "status").ok().and_then(|text| parse_user(&String::from_utf8_lossy(text)));
        let user = id.map(|id| self.users.name(id)).unwrap_or_default();
        let cgroup = self.files.read(pid, "cgroup").map(|text| parse_cgroup(&String::from_utf8_lossy(text)));
        let (unit, container) = cgroup.unwrap_or_default();
        Details { started, command, arguments, user, unit, container }
    }
}

#[cfg(test)]
#[path = "process_table_tests.rs"]
mod tests;
