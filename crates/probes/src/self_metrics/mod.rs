//! Self-monitoring probes of the server process and its control group.

mod cgroup;
mod cgroup_files;
mod open_files;
mod process;

pub use cgroup::Cgroup;
pub use open_files::ServerOpenFiles;
pub use process::ServerProcess;
