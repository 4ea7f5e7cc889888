//! Head of the overview.

mod page;

pub use page::{FiringAlert, Overview, Reason, StatCard, Threshold, render};
