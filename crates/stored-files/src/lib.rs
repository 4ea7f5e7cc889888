//! What stores of files have in common: binary encoding, append-only files, quarantine of damaged files, and a bounded list of
//! problems. It knows nothing of what the files contain.
//!
//! Files, folders and problems need the feature `disk`; the binary encoding does no I/O.

pub mod bytes;
#[cfg(feature = "disk")]
pub mod disk;
#[cfg(feature = "disk")]
pub mod folder;
#[cfg(feature = "disk")]
pub mod problems;
