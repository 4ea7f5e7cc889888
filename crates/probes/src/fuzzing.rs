//! Where a fuzzer comes in: what reads the words of the kernel and of other servers. A fault is a panic.

pub use crate::redis::fuzzing::{info, slow_log};

/// A text, read as every file of `/proc` that there is.
pub fn kernel(text: &str) {
    crate::host::any_text::read(text);
}
