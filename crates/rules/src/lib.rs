//! Alert rules: evaluation, thresholds, preview, and built-in rules.
//!
//! Pure: time is passed in and nothing is sent. A [`Rule`] says when a series is an alert; the [`Engine`] evaluates
//! all rules at each tick and returns what changed; [`preview`] runs the same engine over the past; [`builtin`] holds
//! the built-in rules.

mod alert;
mod alert_message;
mod alert_state;
pub mod builtin;
mod condition;
mod engine;
mod eval_input;
mod health;
mod preview;
mod renamed_fields;
mod rule;
pub mod rule_replica;
mod rule_validation;
mod rule_warnings;
mod selector;
mod series_cache;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod window;

pub use alert::{Alert, AlertKey, Change, DismissError, PendingAlert, Phase};
pub use engine::{CompiledRules, Engine, EngineState, StateError};
pub use eval_input::{EvalInput, Point};
pub use health::{Colour, Health, HealthStatus, overall_health};
pub use preview::{Firing, Preview, SeriesHistory, preview};
pub use renamed_fields::RENAMED_FIELDS;
pub use rule::{Comparison, Rule};
pub use rule_validation::RuleError;
pub use rule_warnings::RuleWarning;
pub use selector::{Matcher, Operator, anchored};
pub use watchglass_model::Severity;
pub use window::Aggregation;
