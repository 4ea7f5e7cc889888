//! Failure of a probe.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// Probe that currently yields no samples, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Name of the probe.
    pub probe: String,
    /// Time of the first failure.
    pub since: Timestamp,
    /// Error with location and fix. Contains no secrets.
    pub reason: String,
}
