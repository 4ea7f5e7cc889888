//! Sync of rules: a Redis hash with a field per changed, custom or deleted rule.

use super::sync_state::SyncState;
use crate::evaluation::RuleEditError;
use crate::services::RuleService;
use std::fmt::Display;
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_remote::redis::Target;
use watchglass_replica::{HashSettings, LocalReplica, RedisReplica};
use watchglass_rules::rule_replica::{RuleReplica, RuleVersion};

/// Maximum bytes of a reply.
const MAX_REPLY_BYTES: usize = 64 << 20;
/// Lifetime of the key after the last access.
const KEY_TTL: Duration = Duration::from_secs(30 * 86_400);
/// Format version of the hash, the only supported one.
const VERSION: u32 = 1;

/// Rules of this server and their replica in Redis.
#[derive(Debug)]
pub(super) struct RuleSync {
    replica: RedisReplica<String, RuleVersion>,
    state: SyncState,
}

impl RuleSync {
    pub(super) fn new(target: Target, prefix: &str, server: &str) -> Self {
        Self { replica: redis_replica(target, prefix, server), state: SyncState::new("rule") }
    }

    /// Syncs the rules; logs when it starts to fail and when it recovers.
    pub(super) fn sync<E: Display>(
        &mut self,
        rules: &impl LocalReplica<String, RuleVersion, Error = E>,
        now: Timestamp,
    ) {
        self.state.record(&self.replica.sync(rules, now));
    }
}

fn redis_replica(target: Target, prefix: &str, server: &str) -> RedisReplica<String, RuleVersion> {
    let settings = HashSettings {
        key: format!("{{{prefix}}}:alerts:rules"),
        version: Some(VERSION),
        ttl: KEY_TTL,
        max_reply_bytes: MAX_REPLY_BYTES,
    };
    RedisReplica::new(target, server, settings)
}

impl LocalReplica<String, RuleVersion> for RuleService {
    type Error = RuleEditError;

    fn version(&self) -> Option<u64> {
        Some(self.rules.rules_revision())
    }

    fn snapshot(&self, _: Timestamp) -> RuleReplica {
        self.rules.rule_replica()
    }

    fn merge(&self, remote: &RuleReplica, _: Timestamp) -> Result<(), RuleEditError> {
        RuleService::merge(self, remote)
    }

    fn report_invalid(&self, key: &str, fields: &str) {
        tracing::warn!(key, fields, "invalid rule fields in Redis skipped");
    }
}

#[cfg(test)]
#[path = "rule_sync_tests.rs"]
mod tests;
