//! Pages, one file each, and the code that they share.

mod chart_pages;
mod fragment_pages;
mod loading;
mod not_found;
mod trends;

#[cfg(feature = "ssr")]
pub use chart_pages::chart_page;
pub(crate) use chart_pages::{Cache, Database, Overview, Performance, Processes};
pub(crate) use fragment_pages::{Alerts, Settings};
pub(crate) use not_found::NotFound;
pub(crate) use trends::Trends;
