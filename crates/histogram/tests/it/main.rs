//! Tests of the public interface: merges, accuracy, stored sizes and golden files.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod accuracy;
mod golden;
mod latencies;
mod merge;
mod size;
