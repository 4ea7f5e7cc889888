//! One file for each page, and what they have in common.

mod alerts;
mod cache;
mod database;
mod loading;
mod not_found;
mod overview;
mod services;

pub(crate) use alerts::Alerts;
pub(crate) use cache::Cache;
pub(crate) use database::Database;
pub(crate) use not_found::NotFound;
pub(crate) use overview::Overview;
