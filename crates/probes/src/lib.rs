//! Probes read the host, PostgreSQL and Redis; the collector runs them and numbers what they measured.
//!
//! A new probe is one file with its declarations and its [`Probe`], and one line in the registry.

mod collector;
mod declare;
mod error;
mod facts;
#[cfg(fuzzing)]
pub mod fuzzing;
mod host;
mod own;
mod own_thread;
mod postgres;
mod probe;
mod problems;
mod proc_file;
mod redis;
mod registry;
mod remote;
mod requests;
mod sys_file;
#[cfg(test)]
mod testing;
mod text;

pub use collector::{Collector, Tick};
pub use error::ProbeError;
pub use facts::HostFacts;
pub use host::{
    Cpu, CpuFrequency, Disk, Filesystem, Load, Memory, Network, OpenFiles, Pressure, Temperature,
    TopProcesses, Uptime,
};
pub use own::{Cgroup, OwnFiles, OwnProcess, Vitals};
pub use own_thread::OwnThread;
pub use postgres::{Postgres, postgres};
pub use probe::{Part, Probe};
pub use redis::{Redis, redis};
pub use registry::{HostRoots, host_probes, own_probes};
pub use remote::{Details, Watched};
pub use requests::{Applications, IngestError, Reported, Requests, Taken};
pub use text::TextError;
pub use watchglass_remote::TargetError;
