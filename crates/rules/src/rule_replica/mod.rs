//! Replicated rules of several servers: for each rule id the latest version.
//!
//! A [`RuleVersion`] is a rule, or its removal, with a [`Version`]: when and on which server it was changed. The later one
//! wins. A rule that this program cannot evaluate is passed on unchanged; [`RuleVersion::rule`] rejects it for local use.

mod rule_version;

#[cfg(test)]
mod replica_tests;

pub use rule_version::{RuleVersion, RuleVersionError, Version};

use rule_version::MAX_BYTES;
use std::cmp::Ordering;
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_replica::{DecodeError, Replicated, ReplicatedMap, StoredValue};

/// Retention of tombstones. A server that was away for longer brings the rule back.
const TOMBSTONE_RETENTION: Duration = Duration::from_secs(30 * 86_400);

/// Latest version of each rule, by id.
pub type RuleReplica = ReplicatedMap<String, RuleVersion>;

impl Replicated for RuleVersion {
    const MAX_ENTRIES: usize = 1000;

    /// The later one is greater, and of two at the same time the removal.
    fn precedence(&self, other: &Self) -> Ordering {
        let order = self.version().cmp(other.version());
        let order = order.then_with(|| self.is_tombstone().cmp(&other.is_tombstone()));
        // If two have the same version after all, all servers must choose the same.
        order.then_with(|| self.to_json().cmp(&other.to_json()))
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        self.is_tombstone() && self.version().is_expired(now)
    }
}

impl StoredValue for RuleVersion {
    const MAX_BYTES: usize = MAX_BYTES;

    fn encode(&self) -> String {
        self.to_json()
    }

    fn decode(stored: &[u8]) -> Result<Self, DecodeError> {
        Self::from_json(stored).map_err(|error| DecodeError::Invalid(error.to_string()))
    }
}

impl Version {
    /// Whether a tombstone with this version has expired.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.time + TOMBSTONE_RETENTION <= now
    }
}
