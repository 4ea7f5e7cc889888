//! Judges what was measured. Pure: time is passed in, nothing is sent.
//!
//! A [`Rule`] says what is an alert; the [`Engine`] judges at each tick and tells what has changed; [`preview`] runs the same
//! over the past. [`stock`] has the rules that this program comes with.

mod alert;
mod condition;
mod engine;
mod health;
mod machine;
mod measured;
mod preview;
mod rule;
mod rule_check;
mod selection;
pub mod sheet;
pub mod stock;
pub mod telling;
#[cfg(test)]
mod testing;
mod watch;
mod window;
mod wording;

pub use alert::{Alert, AlertKey, Change, Pending, Phase};
pub use engine::{Engine, EngineState, ReadyRules, StateError};
pub use health::{Colour, Condition, Health, judge};
pub use measured::{Measured, Point};
pub use preview::{Firing, Preview, Track, preview};
pub use rule::{Comparison, Rule};
pub use rule_check::RuleError;
pub use selection::{Matcher, Operator};
pub use watchglass_model::Severity;
pub use window::Aggregation;
