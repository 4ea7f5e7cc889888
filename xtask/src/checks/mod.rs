//! Checks, which all run to the end, and the number of passed and failed tests.

#[cfg(test)]
mod memory_safety;
mod runner;
mod tally;

pub(crate) use runner::run;
pub(crate) use tally::{Counts, Tally};
