//! The probes of the host, one file each.

mod activity;
#[cfg(any(test, fuzzing))]
pub(crate) mod any_text;
mod command_names;
mod cpu;
mod cpu_frequency;
mod cpu_times;
mod disk;
mod disk_latency;
mod disk_names;
mod filesystem;
mod load;
mod memory;
mod mounts;
mod network;
mod open_files;
mod pressure;
pub(crate) mod process_stat;
#[cfg(test)]
mod rubbish;
mod temperature;
mod top_processes;
mod uptime;

pub use cpu::Cpu;
pub use cpu_frequency::CpuFrequency;
pub use disk::Disk;
pub use filesystem::Filesystem;
pub use load::Load;
pub use memory::Memory;
pub use network::Network;
pub use open_files::OpenFiles;
pub use pressure::Pressure;
pub use temperature::Temperature;
pub use top_processes::TopProcesses;
pub use uptime::Uptime;
