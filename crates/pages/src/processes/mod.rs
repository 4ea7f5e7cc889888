//! Processes at a point in time.

mod page;

pub use page::{Processes, render};
