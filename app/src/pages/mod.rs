//! One file for each page.

mod not_found;
mod overview;

pub(crate) use not_found::NotFound;
pub(crate) use overview::Overview;
