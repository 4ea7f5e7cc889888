//! Sync of sessions: a Redis hash with a field per session digest. It has a thread of its own, so that signing in and out
//! does not wait for other syncs.

use super::sync_state::SyncState;
use crate::access::{Access, AccessError, SyncRounds};
use crate::clock::now;
use std::fmt::Display;
use std::time::Duration;
use watchglass_auth::{Digest, SessionRecord, SessionReplica};
use watchglass_model::Timestamp;
use watchglass_remote::redis::Target;
use watchglass_replica::{HashSettings, LocalReplica, RedisReplica};

/// Maximum bytes of a reply.
const MAX_REPLY_BYTES: usize = 32 << 20;
/// Lifetime of the key after the last access: longer than any session.
const KEY_TTL: Duration = Duration::from_secs(32 * 86_400);

/// Replica of the sessions in Redis.
#[derive(Debug)]
pub(super) struct SessionSync(RedisReplica<Digest, SessionRecord>);

impl SessionSync {
    pub(super) fn new(target: Target, prefix: &str, server: &str) -> Self {
        let settings = HashSettings {
            key: format!("{{{prefix}}}:access:sessions"),
            // Each record has a version.
            version: None,
            ttl: KEY_TTL,
            max_reply_bytes: MAX_REPLY_BYTES,
        };
        Self(RedisReplica::new(target, server, settings))
    }

    /// Syncs sessions until the server stops; logs when it starts to fail and when it recovers.
    pub(super) fn run<E: Display>(
        mut self,
        sessions: &impl LocalReplica<Digest, SessionRecord, Error = E>,
        rounds: &SyncRounds,
    ) {
        let mut state = SyncState::new("session");
        loop {
            let round = rounds.start();
            state.record(&self.0.sync(sessions, now()));
            if !rounds.complete_and_wait(&round, state.is_failing()) {
                break;
            }
        }
        // Final changes. They are in the file as well and will be published after the next start.
        if !state.is_failing()
            && let Err(error) = self.0.sync(sessions, now())
        {
            tracing::debug!(%error, "final session sync failed; will retry after restart");
        }
    }
}

impl LocalReplica<Digest, SessionRecord> for Access {
    type Error = AccessError;

    fn version(&self) -> Option<u64> {
        // Sessions change with every use, mostly in an irrelevant way.
        None
    }

    fn snapshot(&self, now: Timestamp) -> SessionReplica {
        self.session_replica(now)
    }

    fn merge(&self, remote: &SessionReplica, now: Timestamp) -> Result<(), AccessError> {
        self.merge_sessions(remote, now)
    }

    fn report_invalid(&self, key: &str, fields: &str) {
        tracing::warn!(key, fields, "invalid session fields in Redis skipped");
    }
}

#[cfg(test)]
#[path = "session_sync_tests.rs"]
mod tests;
