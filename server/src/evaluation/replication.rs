//! Replication of rules between servers.

use super::rule_set::RuleSet;
use super::{RuleEditError, RuleEvaluator};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use watchglass_model::{Catalogue, Timestamp};
use watchglass_rules::rule_replica::{RuleReplica, Version};

/// Maximum number of remembered rejected versions, so that each is logged once.
const MAX_REJECTED: usize = 2000;

/// Replication state.
#[derive(Debug, Default)]
pub(super) struct Replication {
    /// Server id; unset outside a cluster.
    server_id: OnceLock<String>,
    revision: AtomicU64,
    /// Rejected versions by rule id.
    rejected: Mutex<BTreeMap<String, Version>>,
}

impl Replication {
    fn server_id(&self) -> &str {
        self.server_id.get().map_or("", String::as_str)
    }

    /// Records a local change of the rule `id`.
    pub(super) fn record_version(&self, rule_set: &mut RuleSet, id: &str, now: Timestamp) {
        rule_set.record_version(id, self.rejected().get(id), self.server_id(), now);
    }

    /// Counts a new rule set.
    pub(super) fn bump_revision(&self) {
        self.revision.fetch_add(1, Ordering::AcqRel);
    }

    fn rejected(&self) -> MutexGuard<'_, BTreeMap<String, Version>> {
        self.rejected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs once why the version of a peer is rejected.
    fn reject(&self, id: &str, version: &Version, reason: &str) {
        let mut refused = self.rejected();
        if refused.get(id) == Some(version) {
            return;
        }
        if refused.len() < MAX_REJECTED || refused.contains_key(id) {
            refused.insert(id.to_owned(), version.clone());
        }
        let rule: String = id.chars().take(100).collect();
        let server = &version.server;
        tracing::warn!(rule, server, reason, "invalid rule of peer skipped");
    }
}

impl RuleEvaluator {
    /// Sets the server id that marks local changes.
    pub(crate) fn set_server_id(&self, server: &str) {
        // Set once at the start.
        let _ = self.rule_store.replication.server_id.set(server.to_owned());
    }

    /// Revision of the rules.
    pub(crate) fn rules_revision(&self) -> u64 {
        self.rule_store.replication.revision.load(Ordering::Acquire)
    }

    /// Replica of this server for its peers.
    pub(crate) fn rule_replica(&self) -> RuleReplica {
        self.rule_store.current.get().replica(self.rule_store.replication.server_id())
    }

    /// Merges later versions of peers. Invalid rules, and those that do not fit their metric in `catalogue`, are skipped.
    /// Both are logged. Blocks for the disk.
    ///
    /// # Errors
    /// Saving failed. Nothing has changed then.
    pub(crate) fn merge_rules(
        &self,
        replica: &RuleReplica,
        catalogue: &Catalogue,
    ) -> Result<(), RuleEditError> {
        let (editing, sharing) = (&self.rule_store, &self.rule_store.replication);
        let _write = editing.lock_writes();
        let before = editing.current.get();
        let mut rule_set = RuleSet::clone(&before);
        let mut updated: Vec<(&str, &str)> = Vec::new();
        for (id, rule_version) in
            replica.iter().filter(|(id, rule_version)| before.is_newer(id, rule_version, sharing.server_id()))
        {
            let rule = rule_version.rule(id).map_err(|error| error.to_string()).and_then(|rule| {
                // A metric that is unknown here may be collected by another server.
                let metric = rule.as_ref().and_then(|rule| catalogue.metric(&rule.metric));
                if let Some((rule, metric)) = rule.as_ref().zip(metric) {
                    rule.check_metric(metric).map_err(|error| error.to_string())?;
                }
                Ok(rule)
            });
            let version = rule_version.version();
            let adopted = rule.and_then(|rule| {
                rule_set.apply_remote(id, rule, version.clone()).map_err(|error| error.to_string())
            });
            match adopted {
                Ok(()) => updated.push((id, &version.server)),
                Err(reason) => sharing.reject(id, version, &reason),
            }
        }
        if updated.is_empty() {
            return Ok(());
        }
        self.commit(rule_set)?;
        for (rule, server) in updated {
            tracing::info!(rule, server, "rule updated from peer");
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "replication_tests.rs"]
mod tests;
