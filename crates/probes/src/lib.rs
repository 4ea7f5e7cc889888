//! Probes for the host, PostgreSQL, Redis and applications, and the collector that runs them.
//!
//! A new probe is one file with its declarations and its [`Probe`], plus one line in the registry.

mod background_probe;
mod collector;
mod declare;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod host;
mod left_out;
mod postgres;
mod probe;
mod problems;
mod proc_file;
mod reading;
mod redis;
mod refused_series;
mod registry;
mod remote;
mod requests;
mod self_metrics;
mod skipped_notes;
mod sys_file;
mod system_info;
#[cfg(test)]
mod testing;
mod text;

pub use background_probe::BackgroundProbe;
pub use collector::{Collector, Tick};
pub use error::ProbeError;
pub use host::{
    Cpu, CpuFrequency, Disk, Filesystem, Load, Memory, Network, OpenFiles, Pressure, Temperature,
    TopProcesses, Uptime,
};
pub use postgres::{Postgres, postgres};
pub use probe::{Probe, SubProbe};
pub use redis::{Redis, redis};
pub use registry::{HostRoots, host_probes, self_monitoring_probes};
pub use remote::{Details, MonitoredTarget};
pub use requests::{AcceptedReport, Applications, ApplicationsProbe, IngestError, Requests};
pub use self_metrics::{Cgroup, ServerOpenFiles, ServerProcess};
pub use system_info::SystemInfo;
pub use text::TextError;
pub use watchglass_remote::TargetError;
