//! Judges what was measured. Pure: time is passed in, nothing is sent.

mod alert;
mod health;
mod measured;
mod rule;
mod rule_check;
mod selection;
pub mod thresholds;
mod window;

pub use alert::{Alert, AlertKey, Change, Phase, Severity};
pub use health::{Colour, Condition, Health, judge};
pub use measured::{Measured, Point};
pub use rule::{Comparison, Rule};
pub use rule_check::RuleError;
pub use selection::{Matcher, Operator};
pub use thresholds::{Limit, Observation, Thresholds};
pub use window::Aggregation;
