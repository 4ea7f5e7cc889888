//! Acknowledgement of an alert.

use super::error::FieldError;
use serde::{Deserialize, Serialize};
use watchglass_model::Timestamp;
use watchglass_rules::AlertKey;

/// Acknowledgement of an alert. It lasts until it is removed or the alert resolves; for a flapping alert, until the
/// flapping ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Alert.
    pub key: AlertKey,
    /// Author, 1 to 100 characters.
    pub who: String,
    /// Comment, at most 500 characters; may be empty.
    pub why: String,
    /// Time.
    pub time: Timestamp,
}

/// Error of acknowledging or unacknowledging an alert.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcknowledgeError {
    /// No such alert, or it has resolved.
    #[error("{rule}{labels} is not firing; only a firing or flapping alert can be acknowledged", rule = .0.rule, labels = .0.labels)]
    NotFiring(AlertKey),
    /// Not acknowledged.
    #[error("{rule}{labels} is not acknowledged", rule = .0.rule, labels = .0.labels)]
    NotAcknowledged(AlertKey),
    /// Invalid `who` or `why`.
    #[error(transparent)]
    Field(#[from] FieldError),
}
