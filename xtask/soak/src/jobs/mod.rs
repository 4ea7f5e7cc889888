//! The jobs of a run, one file each.

mod alerts;
mod applications;
mod faults;
mod interfaces;
mod scraper;
mod seconds;
mod viewer;

pub(crate) use alerts::alerts;
pub(crate) use applications::applications;
pub(crate) use faults::Faults;
pub(crate) use interfaces::interfaces;
pub(crate) use scraper::scraper;
pub(crate) use seconds::seconds;
pub(crate) use viewer::{pages, socket};
