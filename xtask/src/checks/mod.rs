//! Checks that run to the end whatever happens, and the count of what passed and failed.

#[cfg(test)]
mod memory_safety;
mod runner;
mod tally;

pub(crate) use runner::run;
pub(crate) use tally::{Counts, Tally};
