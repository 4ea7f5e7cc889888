//! Somebody has seen an alert and looks after it.

use super::error::FieldError;
use crate::alert::AlertKey;
use serde::{Deserialize, Serialize};
use watchglass_model::Timestamp;

/// Who has acknowledged what, and why. It lasts until it is withdrawn or the alert is over; one that
/// flaps is over when it ceases to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Which alert.
    pub key: AlertKey,
    /// Who, 1 to 100 characters.
    pub who: String,
    /// Why, at most 500 characters; may be empty.
    pub why: String,
    /// When.
    pub time: Timestamp,
}

/// Why an alert can't be acknowledged, or an acknowledgement not be withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcknowledgeError {
    /// There is no such alert, or it is over.
    #[error("{rule}{labels} does not fire; only an alert that fires or flaps can be acknowledged", rule = .0.rule, labels = .0.labels)]
    NotFiring(AlertKey),
    /// Nobody has acknowledged it.
    #[error("nobody has acknowledged {rule}{labels}: there is nothing to withdraw", rule = .0.rule, labels = .0.labels)]
    NotAcknowledged(AlertKey),
    /// `who` or `why` can't be used.
    #[error(transparent)]
    Field(#[from] FieldError),
}
