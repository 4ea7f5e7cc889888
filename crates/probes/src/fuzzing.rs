//! Fuzzing entry points for the parsers of kernel files and server responses. A panic is a bug.

pub use crate::redis::fuzzing::{info, slow_log};

/// Parses a text as each kind of `/proc` file.
pub fn kernel(text: &str) {
    crate::host::all_parsers::parse_with_all(text);
}
