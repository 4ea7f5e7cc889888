//! Redis store of rules: a hash with a field per changed, custom or deleted rule, and a revision field that changes with
//! every write. The hash is read completely only if the revision or a local rule changed, and written with optimistic
//! locking (`WATCH`, `MULTI`, `EXEC`).

use crate::app_state::AppState;
use crate::evaluation::RuleEditError;
use std::time::Duration;
use thiserror::Error;
use watchglass_dispatch::SharedDataError;
use watchglass_model::Timestamp;
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Pipeline, RedisClient, Target, Value, as_bytes, as_list};
use watchglass_rules::rule_replica::{RuleReplica, RuleVersion};

/// Timeout of a Redis request; a round has one to three.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);
/// Maximum bytes of a reply.
const MAX_REPLY_BYTES: usize = 64 << 20;
/// Lifetime of the key after the last access, in seconds.
const KEY_TTL: u64 = 30 * 86_400;
/// Revision field: format version, server, time and a counter. No rule has this id.
const REVISION: &str = "";
/// Format version, the only supported one.
const VERSION: u32 = 1;
/// Maximum bytes of a rule id.
const MAX_ID: usize = 64;
/// Maximum attempts of a round after conflicts with other servers.
const MAX_ATTEMPTS: usize = 4;

/// Rule sync error.
#[derive(Debug, Error)]
pub(super) enum RuleSyncError {
    /// Redis is unreachable or has invalid data.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// Received rules cannot be saved.
    #[error(transparent)]
    Edit(#[from] RuleEditError),
}

/// Store with its connection and last known revision.
#[derive(Debug)]
pub(super) struct RedisRuleStore {
    link: RedisClient,
    key: String,
    me: String,
    /// Revision of the last read or write; `None` before the first one.
    known: Option<Option<String>>,
    /// Version of this server's rules at that time.
    version: u64,
    /// Counter of revisions.
    revisions: u64,
}

impl RedisRuleStore {
    pub(super) fn new(target: Target, prefix: &str, me: &str) -> Self {
        Self {
            link: RedisClient::new(target, REQUEST_TIMEOUT, MAX_REPLY_BYTES),
            key: format!("{{{prefix}}}:alerts:rules"),
            me: me.to_owned(),
            known: None,
            version: 0,
            revisions: 0,
        }
    }

    /// Applies the changes of other servers and publishes those of this one.
    ///
    /// # Errors
    /// Redis is unreachable or has another version, or received rules cannot be saved.
    pub(super) fn sync(&mut self, core: &AppState, now: Timestamp) -> Result<(), RuleSyncError> {
        for _ in 0..MAX_ATTEMPTS {
            if self.is_up_to_date(core)? {
                return Ok(());
            }
            let mut query = Pipeline::default();
            query.add("WATCH", &[&self.key]);
            query.add("HGETALL", &[&self.key]);
            let replies = self.link.execute(&query)?;
            let fields = replies.get(1).map(as_list).unwrap_or_default();
            let Content { revision, replica, invalid } = self.content(fields)?;
            for (id, reason) in invalid {
                core.log_invalid_rule(&id, &reason);
            }
            core.merge_rules(&replica)?;
            let version = core.rules_version();
            let mine = core.rule_replica();
            let updates: Vec<(&str, &RuleVersion)> = mine.delta_for(&replica, now).collect();
            let expired: Vec<&str> = replica.expired(now).collect();
            let is_unchanged = updates.is_empty() && expired.is_empty();
            let revision = if is_unchanged { revision } else { Some(self.new_revision(now)) };
            let mut commands = Pipeline::default();
            commands.add("MULTI", &[]);
            for (id, rule_version) in updates {
                commands.add("HSET", &[&self.key, &id, &rule_version.to_json()]);
            }
            for id in expired {
                commands.add("HDEL", &[&self.key, &id]);
            }
            if let Some(revision) = revision.as_ref().filter(|_| !is_unchanged) {
                commands.add("HSET", &[&self.key, &REVISION, revision]);
            }
            // Without changes this ends the WATCH.
            commands.add("EXPIRE", &[&self.key, &KEY_TTL]);
            commands.add("EXEC", &[]);
            let replies = self.link.execute_on_same_connection(&commands)?;
            if replies.last().is_some_and(|exec| !as_list(exec).is_empty()) {
                (self.known, self.version) = (Some(revision), version);
                return Ok(());
            }
        }
        // Conflicts with other servers: retried in the next round.
        Ok(())
    }

    /// Whether neither side has changed since the last round.
    fn is_up_to_date(&mut self, core: &AppState) -> Result<bool, RemoteError> {
        let mut query = Pipeline::default();
        query.add("HGET", &[&self.key, &REVISION]);
        query.add("EXPIRE", &[&self.key, &KEY_TTL]);
        let replies = self.link.execute(&query)?;
        let revision = replies.first().and_then(as_bytes).map(text);
        Ok(self.known == Some(revision) && self.version == core.rules_version())
    }

    fn new_revision(&mut self, now: Timestamp) -> String {
        self.revisions += 1;
        format!("{VERSION} {} {} {}", self.me, now.millis(), self.revisions)
    }

    /// Parses the hash.
    ///
    /// # Errors
    /// The hash has another format version.
    fn content(&self, fields: &[Value]) -> Result<Content, RemoteError> {
        let mut content = Content::default();
        for pair in fields.chunks(2) {
            let [id, value] = pair else { break };
            let (id, value) = (text(as_bytes(id).unwrap_or_default()), as_bytes(value).unwrap_or_default());
            if id == REVISION {
                let revision = text(value);
                self.check_version(&revision)?;
                content.revision = Some(revision);
            } else if id.len() > MAX_ID {
                let reason = format!("the id has {} bytes: the maximum is {MAX_ID}", id.len());
                content.invalid.push((id, reason));
            } else {
                match RuleVersion::from_json(value) {
                    Ok(rule_version) => content.replica.apply(&id, rule_version),
                    Err(error) => content.invalid.push((id, error.to_string())),
                }
            }
        }
        Ok(content)
    }

    fn check_version(&self, revision: &str) -> Result<(), RemoteError> {
        let written = revision.split(' ').next().unwrap_or_default();
        let error = match written.parse() {
            Ok(VERSION) => return Ok(()),
            Ok(found) => SharedDataError::Version { found, known: VERSION },
            Err(_) => SharedDataError::Invalid("the revision has no version".to_owned()),
        };
        let instance = self.link.instance().to_owned();
        Err(RemoteError::UnexpectedResponse { instance, reason: format!("{}: {error}", self.key) })
    }
}

/// Content of the Redis hash.
#[derive(Debug, Default)]
struct Content {
    revision: Option<String>,
    replica: RuleReplica,
    /// Invalid fields with the reasons.
    invalid: Vec<(String, String)>,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
#[path = "redis_rule_store_tests.rs"]
mod tests;
