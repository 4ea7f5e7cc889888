//! Commands, one file each.

mod bench;
mod build;
mod fuzz;
mod fuzz_outcome;
mod history;
mod load;
mod run;
mod server;
mod setup;
mod soak;
mod test;

pub(crate) use bench::bench;
pub(crate) use build::build;
pub(crate) use fuzz::fuzz;
pub(crate) use history::history;
pub(crate) use load::load;
pub(crate) use run::run;
pub(crate) use setup::setup;
pub(crate) use soak::soak;
pub(crate) use test::test;
