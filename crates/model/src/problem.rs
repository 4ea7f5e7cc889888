//! Why there is no data.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// A probe that yields no samples at the moment, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Name of the probe.
    pub probe: String,
    /// When it began to fail.
    pub since: Timestamp,
    /// What went wrong, where, and what would be right. Free of secrets.
    pub reason: String,
}
