//! Tests of the public interface: merges, accuracy, stored sizes and golden files.

mod accuracy;
mod golden;
mod latencies;
mod merge;
mod size;
