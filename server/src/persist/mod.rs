//! Files: the data directory, atomic replacement of small files, and a background writer.

pub(crate) mod atomic_file;
pub(crate) mod background_writer;
pub(crate) mod data_dir;
mod data_dir_check;
mod dir_guard;
mod kept_files;
mod not_saved;

pub(crate) use data_dir_check::{DataDirCheck, DataDirState};
pub(crate) use dir_guard::check as check_locked;
pub(crate) use kept_files::KeptFiles;
pub(crate) use not_saved::{NotSaved, SAVE_TIMEOUT};
