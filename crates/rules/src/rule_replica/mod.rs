//! Replicated rules of several servers: for each rule id the latest version, the last writer wins. Pure.
//!
//! A [`RuleVersion`] is a rule, or its removal, with a [`Version`]: when and on which server it was changed. The later one
//! wins. Merging two [`RuleReplica`]s is commutative, associative and idempotent. A rule that this program cannot evaluate
//! is passed on unchanged; [`RuleVersion::rule`] rejects it for local use.

mod rule_version;

#[cfg(test)]
mod law_tests;

pub use rule_version::{RuleVersion, RuleVersionError, Version};

use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;

/// Maximum number of replicated rules, including removed ones.
pub const MAX_RULE_VERSIONS: usize = 1000;
/// Retention of tombstones. A server that was away for longer brings the rule back.
const TOMBSTONE_RETENTION: Duration = Duration::from_secs(30 * 86_400);

/// Latest version of each rule, by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleReplica(BTreeMap<String, RuleVersion>);

impl RuleReplica {
    /// Applies a version of a rule, unless a later one is known.
    pub fn apply(&mut self, id: &str, rule_version: RuleVersion) {
        match self.0.get_mut(id) {
            Some(known) if rule_version.is_after(known) => *known = rule_version,
            Some(_) => {}
            None => drop(self.0.insert(id.to_owned(), rule_version)),
        }
    }

    /// Merges another replica.
    pub fn merge(&mut self, other: &Self) {
        for (id, rule_version) in &other.0 {
            self.apply(id, rule_version.clone());
        }
    }

    /// All versions in order of the ids.
    pub fn versions(&self) -> impl Iterator<Item = (&str, &RuleVersion)> {
        self.0.iter().map(|(id, rule_version)| (id.as_str(), rule_version))
    }

    /// Versions that `other` lacks or has older, without expired tombstones. If there would be more than
    /// [`MAX_RULE_VERSIONS`], the last ids are left out.
    pub fn delta_for<'a>(
        &'a self,
        other: &'a Self,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'a str, &'a RuleVersion)> {
        let mut free = MAX_RULE_VERSIONS.saturating_sub(other.0.len());
        self.versions().filter(move |(id, rule_version)| match other.0.get(*id) {
            Some(known) => rule_version.is_after(known),
            None if is_expired_tombstone(rule_version, now) || free == 0 => false,
            None => {
                free -= 1;
                true
            }
        })
    }

    /// Ids of expired tombstones.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        self.versions()
            .filter(move |(_, rule_version)| is_expired_tombstone(rule_version, now))
            .map(|(id, _)| id)
    }
}

fn is_expired_tombstone(rule_version: &RuleVersion, now: Timestamp) -> bool {
    rule_version.is_tombstone() && rule_version.version().is_expired(now)
}

impl Version {
    /// Whether a tombstone with this version has expired.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.time + TOMBSTONE_RETENTION <= now
    }
}
