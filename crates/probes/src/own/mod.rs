//! The probes of this program itself, and of the control group it runs in.

mod cgroup;
mod cgroup_files;
mod files;
mod process;
mod vitals;

pub use cgroup::Cgroup;
pub use files::OwnFiles;
pub use process::OwnProcess;
pub use vitals::Vitals;
