//! The probes of this program itself.

mod files;
mod process;
mod vitals;

pub use files::OwnFiles;
pub use process::OwnProcess;
pub use vitals::Vitals;
