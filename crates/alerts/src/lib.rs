//! Judges what was measured. Pure: time is passed in, nothing is sent.

pub mod alert;
mod health;
pub mod telling;
mod thresholds;

pub use health::{Colour, Condition, Health, judge};
pub use thresholds::{Alert, Limit, Observation, Severity, Thresholds};
