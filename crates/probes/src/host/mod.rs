//! The probes of the host, one file each.

mod cpu;
mod disk;
mod filesystem;
mod load;
mod memory;
mod mounts;
mod network;
#[cfg(test)]
mod rubbish;

pub use cpu::Cpu;
pub use disk::Disk;
pub use filesystem::Filesystem;
pub use load::Load;
pub use memory::Memory;
pub use network::Network;
