//! Self-monitoring probes of the server process and its control group.

mod cgroup;
mod cgroup_files;
mod open_files;
mod process;
mod server_stats;

pub use cgroup::Cgroup;
pub use open_files::ServerOpenFiles;
pub use process::ServerProcess;
pub use server_stats::ServerStats;
