//! Head of the trends page.

mod page;

pub use page::{NavLink, Trends, render};
