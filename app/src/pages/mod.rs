//! One file for each page, and what they have in common.

mod figures;
mod lists;
mod loading;
mod not_found;
mod trends;

#[cfg(feature = "ssr")]
pub(crate) use figures::charts_of;
pub(crate) use figures::{Cache, Database, Overview, Performance, Processes};
pub(crate) use lists::{Alerts, Settings};
pub(crate) use not_found::NotFound;
pub(crate) use trends::Trends;
