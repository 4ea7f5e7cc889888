//! Files: the data directory, atomic replacement of small files, and a background writer.

pub(crate) mod atomic_file;
pub(crate) mod background_writer;
pub(crate) mod data_dir;
mod not_saved;

pub(crate) use not_saved::{NotSaved, SAVE_TIMEOUT};
