//! HTTP routes of the applications.

mod page;

pub use page::{Performance, render};
