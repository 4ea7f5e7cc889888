//! Host probes, one file each.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod all_parsers;
mod command_names;
mod cpu;
mod cpu_frequency;
mod cpu_seconds;
mod cpu_times;
mod disk;
mod disk_latency;
mod disk_names;
mod filesystem;
mod filesystem_usage;
mod guarded;
mod load;
#[cfg(test)]
mod malformed_input_tests;
mod masked_arguments;
mod meminfo;
mod memory;
mod mount_covers;
mod mounts;
mod network;
mod network_interfaces;
mod network_metrics;
mod open_files;
mod pressure;
mod process_files;
mod process_owner;
pub(crate) mod process_stat;
mod process_table;
mod task_stats;
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
pub use process_table::ProcessTableReader;
pub use temperature::Temperature;
pub use top_processes::TopProcesses;
pub use uptime::Uptime;
