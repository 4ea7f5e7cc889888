//! Redis store of sessions, with a thread of its own, so that signing in and out does not wait for other syncs.
//!
//! A Redis hash has a field per session digest, and a revision field that changes with every write. The hash is read
//! completely only if the revision or a local session changed, and written with optimistic locking (`WATCH`, `MULTI`,
//! `EXEC`). Conflicts are resolved by the session replica.

use crate::access::{Access, AccessError, SyncRounds};
use crate::ticker::now;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use watchglass_auth::{Digest, SessionRecord, SessionRecordError, SessionReplica};
use watchglass_model::Timestamp;
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Pipeline, RedisClient, Target, Value, as_bytes, as_integer, as_list};

/// Timeout of a Redis request; a round has one to three.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);
/// Maximum bytes of a reply.
const MAX_REPLY_BYTES: usize = 32 << 20;
/// Maximum fields read: twice the maximum that servers write.
const MAX_FIELDS: i64 = 40_000;
/// Lifetime of the key after the last write, in seconds: longer than any session.
const KEY_TTL: u64 = 32 * 86_400;
/// Revision field: server, time and a counter. No digest is empty.
const REVISION: &str = "";
/// Maximum attempts of a round after conflicts with other servers.
const MAX_ATTEMPTS: usize = 4;

/// Session sync error.
#[derive(Debug, Error)]
pub(super) enum SessionSyncError {
    /// Redis is unreachable or has invalid data.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// More fields than all servers can have written.
    #[error(
        "{key} in Redis has {fields} fields, the maximum is {MAX_FIELDS}: `DEL` it; the servers will write their sessions again"
    )]
    Full {
        /// Key.
        key: String,
        /// Number of fields.
        fields: i64,
    },
    /// Received sessions cannot be saved.
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// Syncs sessions until the server stops; logs when it starts to fail and when it recovers.
pub(super) fn run(access: &Arc<Access>, mut store: RedisSessionStore, sync_rounds: &SyncRounds) {
    let mut is_failing = false;
    loop {
        let turn = sync_rounds.start();
        let outcome = store.sync(access, now());
        match &outcome {
            Err(error) if !is_failing => {
                tracing::warn!(%error, "session sync failed; keeping the known sessions");
            }
            Ok(()) if is_failing => tracing::info!("session sync restored"),
            _ => {}
        }
        is_failing = outcome.is_err();
        if !sync_rounds.complete_and_wait(&turn, is_failing) {
            break;
        }
    }
    // Final changes. They are in the file as well and will be published after the next start.
    if !is_failing && let Err(error) = store.sync(access, now()) {
        tracing::debug!(%error, "final session sync failed; will retry after restart");
    }
}

/// Store with its connection and last known content.
#[derive(Debug)]
pub(super) struct RedisSessionStore {
    link: RedisClient,
    key: String,
    me: String,
    /// Content of the last read or write; `None` before the first one.
    known: Option<Content>,
    /// Counter of revisions.
    revisions: u64,
    /// Last logged problem with invalid fields.
    problem: Option<String>,
}

/// Content of the Redis hash.
#[derive(Debug, Default)]
struct Content {
    revision: Option<String>,
    replica: SessionReplica,
    /// Sessions with records of a newer version: these are not overwritten.
    foreign: BTreeSet<Digest>,
}

impl Content {
    /// Records of this server to write.
    fn updates<'a>(
        &'a self,
        mine: &'a SessionReplica,
        now: Timestamp,
    ) -> impl Iterator<Item = (Digest, &'a SessionRecord)> {
        mine.delta_for(&self.replica, now).filter(|(session, _)| !self.foreign.contains(session))
    }
}

impl RedisSessionStore {
    pub(super) fn new(target: Target, prefix: &str, me: &str) -> Self {
        Self {
            link: RedisClient::new(target, REQUEST_TIMEOUT, MAX_REPLY_BYTES),
            key: format!("{{{prefix}}}:access:sessions"),
            me: me.to_owned(),
            known: None,
            revisions: 0,
            problem: None,
        }
    }

    /// Applies the changes of other servers and publishes those of this one.
    ///
    /// # Errors
    /// Redis is unreachable or has too many fields, or received sessions cannot be saved.
    pub(super) fn sync(&mut self, access: &Access, now: Timestamp) -> Result<(), SessionSyncError> {
        for _ in 0..MAX_ATTEMPTS {
            if self.is_up_to_date(access, now)? {
                return Ok(());
            }
            self.known = None;
            let mut query = Pipeline::default();
            query.add("WATCH", &[&self.key]);
            query.add("HGETALL", &[&self.key]);
            let replies = self.link.execute(&query)?;
            let mut content = self.content(replies.get(1).map(as_list).unwrap_or_default());
            access.merge_sessions(&content.replica, now)?;
            let mine = access.session_replica(now);
            let expired: Vec<Digest> = content.replica.expired(now).collect();
            let updates: Vec<(Digest, SessionRecord)> =
                content.updates(&mine, now).map(|(session, word)| (session, word.clone())).collect();
            let is_unchanged = updates.is_empty() && expired.is_empty();
            let mut commands = Pipeline::default();
            commands.add("MULTI", &[]);
            for (session, word) in &updates {
                commands.add("HSET", &[&self.key, &session.to_string(), &word.to_json()]);
            }
            for session in &expired {
                commands.add("HDEL", &[&self.key, &session.to_string()]);
            }
            if !is_unchanged {
                let revision = self.new_revision(now);
                commands.add("HSET", &[&self.key, &REVISION, &revision]);
                content.revision = Some(revision);
            }
            // Without changes this ends the WATCH.
            commands.add("EXPIRE", &[&self.key, &KEY_TTL]);
            commands.add("EXEC", &[]);
            let replies = self.link.execute_on_same_connection(&commands)?;
            if replies.last().is_some_and(|exec| !as_list(exec).is_empty()) {
                updates.into_iter().for_each(|(session, word)| content.replica.apply(session, word));
                content.replica.remove_expired(now);
                self.known = Some(content);
                return Ok(());
            }
        }
        // Conflicts with other servers: retried in the next round.
        Ok(())
    }

    /// Whether neither side has changed since the last round.
    fn is_up_to_date(&mut self, access: &Access, now: Timestamp) -> Result<bool, SessionSyncError> {
        let mut query = Pipeline::default();
        query.add("HGET", &[&self.key, &REVISION]);
        query.add("HLEN", &[&self.key]);
        let replies = self.link.execute(&query)?;
        let revision = replies.first().and_then(as_bytes).map(text);
        let fields = replies.get(1).and_then(as_integer).unwrap_or_default();
        if fields > MAX_FIELDS {
            return Err(SessionSyncError::Full { key: self.key.clone(), fields });
        }
        let Some(known) = self.known.as_ref().filter(|known| known.revision == revision) else {
            return Ok(false);
        };
        let mine = access.session_replica(now);
        let is_unchanged = known.updates(&mine, now).next().is_none();
        Ok(is_unchanged && known.replica.expired(now).next().is_none())
    }

    fn new_revision(&mut self, now: Timestamp) -> String {
        self.revisions += 1;
        format!("{} {} {}", self.me, now.millis(), self.revisions)
    }

    /// Parses the hash. Invalid fields are skipped and logged once.
    fn content(&mut self, fields: &[Value]) -> Content {
        let mut content = Content::default();
        let (mut count, mut first) = (0_usize, None);
        for pair in fields.chunks(2) {
            let [field, value] = pair else { break };
            let (field, value) =
                (text(as_bytes(field).unwrap_or_default()), as_bytes(value).unwrap_or_default());
            if field == REVISION {
                content.revision = Some(text(value));
                continue;
            }
            let reason = match Digest::parse(&field) {
                None => "invalid field name: it must be 64 hexadecimal digits".to_owned(),
                Some(session) => match SessionRecord::from_json(value) {
                    Ok(word) => {
                        content.replica.apply(session, word);
                        continue;
                    }
                    Err(error) => {
                        if matches!(error, SessionRecordError::Version(_)) {
                            content.foreign.insert(session);
                        }
                        error.to_string()
                    }
                },
            };
            count += 1;
            first.get_or_insert((field.chars().take(8).collect::<String>(), reason));
        }
        let problem = first.map(|(field, reason)| format!("{count} fields, such as {field}: {reason}"));
        if let Some(fields) = problem.as_ref().filter(|_| problem != self.problem) {
            tracing::warn!(key = self.key, fields, "invalid session fields in Redis skipped");
        }
        self.problem = problem;
        content
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
#[path = "redis_session_store_tests.rs"]
mod tests;
