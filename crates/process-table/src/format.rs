//! Format of a record.
//!
//! Fields: `version` (integer, 1), `whole` (truth value). The body is [`Whole`] or [`Changes`] in the
//! [postcard](https://postcard.jamesmunns.com/wire-format) encoding. Memory is in KiB, CPU usage in thousandths of a core.

use serde::{Deserialize, Serialize};
use watchglass_model::{Process, ProcessTable, Timestamp, UnlistedProcesses};

/// Version of the format.
pub(crate) const VERSION: i64 = 1;

/// A whole table.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Whole {
    processes: Vec<StoredProcess>,
    unlisted: StoredUnlisted,
}

/// What has changed since the previous reading. Columns have the process ids as differences from the one before.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Changes {
    /// Milliseconds since the previous reading.
    elapsed: u64,
    gone: Vec<u32>,
    /// New processes, and those with other texts.
    new: Vec<StoredProcess>,
    state: Vec<(u32, u8)>,
    threads: Vec<(u32, u32)>,
    cpu: Vec<(u32, Option<u32>)>,
    /// Differences.
    memory: Vec<(u32, i64)>,
    read: Vec<(u32, Option<u64>)>,
    written: Vec<(u32, Option<u64>)>,
    unlisted: StoredUnlisted,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredProcess {
    pid: u32,
    parent: u32,
    started: i64,
    command: String,
    arguments: String,
    user: String,
    unit: String,
    container: String,
    state: u8,
    threads: u32,
    cpu: Option<u32>,
    memory: u64,
    read: Option<u64>,
    written: Option<u64>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct StoredUnlisted {
    count: u32,
    cpu: u32,
    memory: u64,
}

fn thousandths(ratio: f64) -> u32 {
    // Saturates; NaN is 0.
    (ratio * 1000.0).round() as u32
}

fn ratio(thousandths: u32) -> f64 {
    f64::from(thousandths) / 1000.0
}

fn state_byte(process: &Process) -> u8 {
    u8::try_from(process.state).unwrap_or(b'?')
}

fn kib(bytes: u64) -> u64 {
    bytes / 1024
}

impl StoredProcess {
    fn new(process: &Process) -> Self {
        Self {
            pid: process.pid,
            parent: process.parent,
            started: process.started.millis(),
            command: process.command.clone(),
            arguments: process.arguments.clone(),
            user: process.user.clone(),
            unit: process.unit.clone(),
            container: process.container.clone(),
            state: state_byte(process),
            threads: process.threads,
            cpu: process.cpu_ratio.map(thousandths),
            memory: kib(process.memory_bytes),
            read: process.read_bytes_per_second,
            written: process.write_bytes_per_second,
        }
    }

    fn into_process(self) -> Process {
        Process {
            pid: self.pid,
            parent: self.parent,
            started: Timestamp::from_millis(self.started),
            command: self.command,
            arguments: self.arguments,
            user: self.user,
            unit: self.unit,
            container: self.container,
            state: char::from(self.state),
            threads: self.threads,
            cpu_ratio: self.cpu.map(ratio),
            memory_bytes: self.memory.saturating_mul(1024),
            read_bytes_per_second: self.read,
            write_bytes_per_second: self.written,
        }
    }
}

impl StoredUnlisted {
    fn new(unlisted: &UnlistedProcesses) -> Self {
        let UnlistedProcesses { count, cpu_ratio, memory_bytes } = *unlisted;
        Self { count, cpu: thousandths(cpu_ratio), memory: kib(memory_bytes) }
    }

    fn unlisted(&self) -> UnlistedProcesses {
        let memory_bytes = self.memory.saturating_mul(1024);
        UnlistedProcesses { count: self.count, cpu_ratio: ratio(self.cpu), memory_bytes }
    }
}

impl Whole {
    pub(crate) fn new(table: &ProcessTable) -> Self {
        let processes = table.processes.iter().map(StoredProcess::new).collect();
        Self { processes, unlisted: StoredUnlisted::new(&table.unlisted) }
    }

    pub(crate) fn into_table(self, time: Timestamp) -> ProcessTable {
        let unlisted = self.unlisted.unlisted();
        let mut processes: Vec<Process> =
            self.processes.into_iter().map(StoredProcess::into_process).collect();
        processes.sort_by_key(|process| process.pid);
        ProcessTable { time, processes, unlisted }
    }
}

/// Column of changes, in the order of the process ids.
struct Column<'a, T> {
    values: &'a mut Vec<(u32, T)>,
    last: u32,
}

impl<'a, T: PartialEq> Column<'a, T> {
    fn new(values: &'a mut Vec<(u32, T)>) -> Self {
        Self { values, last: 0 }
    }

    fn push_if_changed(&mut self, pid: u32, before: &T, now: T) {
        if *before != now {
            self.values.push((pid.wrapping_sub(self.last), now));
            self.last = pid;
        }
    }
}

fn has_same_texts(before: &Process, now: &Process) -> bool {
    let texts = |process: &Process| {
        let Process { parent, started, .. } = *process;
        (parent, started)
    };
    texts(before) == texts(now)
        && before.command == now.command
        && before.arguments == now.arguments
        && before.user == now.user
        && before.unit == now.unit
        && before.container == now.container
}

fn find(processes: &[Process], pid: u32) -> Option<&Process> {
    let at = processes.binary_search_by_key(&pid, |process| process.pid).ok()?;
    processes.get(at)
}

impl Changes {
    /// What has changed between two tables, whose processes are in the order of their ids. `None` if the later one is not later.
    pub(crate) fn between(before: &ProcessTable, now: &ProcessTable) -> Option<Self> {
        let elapsed = u64::try_from(now.time.millis().checked_sub(before.time.millis())?).ok()?;
        let is_gone = |process: &&Process| find(&now.processes, process.pid).is_none();
        let mut changes = Self {
            elapsed: Some(elapsed).filter(|elapsed| *elapsed > 0)?,
            gone: before.processes.iter().filter(is_gone).map(|process| process.pid).collect(),
            unlisted: StoredUnlisted::new(&now.unlisted),
            ..Self::default()
        };
        let mut state = Column::new(&mut changes.state);
        let mut threads = Column::new(&mut changes.threads);
        let mut cpu = Column::new(&mut changes.cpu);
        let mut memory = Column::new(&mut changes.memory);
        let mut read = Column::new(&mut changes.read);
        let mut written = Column::new(&mut changes.written);
        for process in &now.processes {
            let known = find(&before.processes, process.pid).filter(|known| has_same_texts(known, process));
            let Some(known) = known else {
                changes.new.push(StoredProcess::new(process));
                continue;
            };
            let pid = process.pid;
            let (old, new) = (kib(known.memory_bytes), kib(process.memory_bytes));
            state.push_if_changed(pid, &state_byte(known), state_byte(process));
            threads.push_if_changed(pid, &known.threads, process.threads);
            cpu.push_if_changed(pid, &known.cpu_ratio.map(thousandths), process.cpu_ratio.map(thousandths));
            memory.push_if_changed(pid, &0, new.wrapping_sub(old) as i64);
            read.push_if_changed(pid, &known.read_bytes_per_second, process.read_bytes_per_second);
            written.push_if_changed(pid, &known.write_bytes_per_second, process.write_bytes_per_second);
        }
        Some(changes)
    }

    /// Changes a table, which becomes that of `time`. `None` if it is not the one before, or a process is missing in it.
    pub(crate) fn apply(self, mut table: ProcessTable, time: Timestamp) -> Option<ProcessTable> {
        let elapsed = time.millis().checked_sub(table.time.millis())?;
        if u64::try_from(elapsed).ok()? != self.elapsed {
            return None;
        }
        table.time = time;
        table.unlisted = self.unlisted.unlisted();
        let processes = &mut table.processes;
        set(processes, self.state, |process, state| process.state = char::from(state))?;
        set(processes, self.threads, |process, threads| process.threads = threads)?;
        set(processes, self.cpu, |process, cpu| process.cpu_ratio = cpu.map(ratio))?;
        set(processes, self.memory, |process, change| {
            let kib = kib(process.memory_bytes).wrapping_add(change as u64);
            process.memory_bytes = kib.saturating_mul(1024);
        })?;
        set(processes, self.read, |process, rate| process.read_bytes_per_second = rate)?;
        set(processes, self.written, |process, rate| process.write_bytes_per_second = rate)?;
        let mut gone = self.gone;
        gone.sort_unstable();
        processes.retain(|process| gone.binary_search(&process.pid).is_err());
        for process in self.new {
            let process = process.into_process();
            match processes.binary_search_by_key(&process.pid, |known| known.pid) {
                Ok(at) => *processes.get_mut(at)? = process,
                Err(at) => processes.insert(at, process),
            }
        }
        Some(table)
    }
}

/// Sets the values of a column.
fn set<T>(processes: &mut [Process], column: Vec<(u32, T)>, set: impl Fn(&mut Process, T)) -> Option<()> {
    let mut pid = 0_u32;
    for (step, value) in column {
        pid = pid.wrapping_add(step);
        let at = processes.binary_search_by_key(&pid, |process| process.pid).ok()?;
        set(processes.get_mut(at)?, value);
    }
    Some(())
}
