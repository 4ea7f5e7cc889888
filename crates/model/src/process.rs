//! Process table: the processes of a host at a point in time.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// Process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Process id. Reused after the process has ended.
    pub pid: u32,
    /// Process id of the parent.
    pub parent: u32,
    /// Start, to about 10 ms. Together with the process id it identifies a process.
    pub started: Timestamp,
    /// The kernel's name of the command, at most 15 bytes for a program.
    pub command: String,
    /// Command line with secrets masked, shortened; empty if unknown, and for kernel threads.
    pub arguments: String,
    /// User name, or the user id if it has no name; empty if unknown.
    pub user: String,
    /// systemd unit, such as `nginx.service`; empty if there is none.
    pub unit: String,
    /// First 12 digits of the container id; empty outside of containers.
    pub container: String,
    /// State as one letter: `R` running, `S` sleeping, `D` waiting for I/O, `T` stopped, `Z` zombie, `I` idle.
    pub state: char,
    /// Number of threads.
    pub threads: u32,
    /// CPU usage since the previous reading in cores, to 0.001; missing in the first reading of a process that was not
    /// started since the previous one.
    pub cpu_ratio: Option<f64>,
    /// Resident memory in bytes, with shared memory.
    pub memory_bytes: u64,
    /// Bytes per second read from storage since the previous reading; missing without the right to see it.
    pub read_bytes_per_second: Option<u64>,
    /// Bytes per second written to storage, as above.
    pub write_bytes_per_second: Option<u64>,
}

/// Processes that a table does not list, because there are too many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UnlistedProcesses {
    /// Number of processes.
    pub count: u32,
    /// CPU usage of all of them in cores, to 0.001.
    pub cpu_ratio: f64,
    /// Resident memory of all of them in bytes, with shared memory counted for each.
    pub memory_bytes: u64,
}

/// Processes of a host at a point in time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessTable {
    /// Time of the reading.
    pub time: Timestamp,
    /// Listed processes, by process id.
    pub processes: Vec<Process>,
    /// All others.
    pub unlisted: UnlistedProcesses,
}
