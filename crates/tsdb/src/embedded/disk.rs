//! Disk.

pub(crate) use watchglass_stored_files::disk::{Disk, DiskFile, SystemDisk};
