//! Sync of a map with a Redis hash: a field per entry, and a revision field that changes with every write.
//!
//! The hash is read completely only if the revision or the local map changed, and written with optimistic locking
//! (`WATCH`, `MULTI`, `EXEC`).

mod hash;

#[cfg(test)]
mod convergence_tests;
#[cfg(test)]
mod hash_tests;
#[cfg(test)]
mod sync_tests;
#[cfg(test)]
mod test_server;

use crate::{ReplicatedKey, ReplicatedMap, StoredValue};
use hash::{Changes, Hash, REVISION, text};
use std::time::Duration;
use thiserror::Error;
use watchglass_model::Timestamp;
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Pipeline, RedisClient, Target, as_bytes, as_integer, as_list};

/// Timeout of a Redis request; a round has one to three.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);
/// Maximum attempts of a round after conflicts with other servers.
const MAX_ATTEMPTS: usize = 4;
/// Fields that are read at most, as a multiple of the entries that servers keep there.
const FIELDS_PER_ENTRY: usize = 2;
/// Interval at which the lifetime of the key is renewed while nothing changes, in milliseconds.
const RENEWAL_INTERVAL: u64 = 3_600_000;

/// Where and how a map is stored in Redis.
#[derive(Clone, Debug)]
pub struct HashSettings {
    /// Key of the hash.
    pub key: String,
    /// Format version at the start of the revision field. `None` if each value has a version of its own.
    pub version: Option<u32>,
    /// Lifetime of the key after the last access.
    pub ttl: Duration,
    /// Maximum bytes of a reply.
    pub max_reply_bytes: usize,
}

/// Map of this server.
pub trait LocalReplica<K, V> {
    /// Why received values cannot be applied.
    type Error;

    /// Number that changes with the map. `None` if there is no such number; then the map is compared in every round.
    fn version(&self) -> Option<u64>;

    /// The map at this time.
    fn snapshot(&self, now: Timestamp) -> ReplicatedMap<K, V>;

    /// Applies the values of other servers.
    ///
    /// # Errors
    /// They cannot be applied, for example because they cannot be saved. Nothing is written to Redis then.
    fn merge(&self, remote: &ReplicatedMap<K, V>, now: Timestamp) -> Result<(), Self::Error>;

    /// Reports that fields of the hash are invalid and skipped. Called once, until they change.
    fn report_invalid(&self, key: &str, fields: &str);
}

/// Sync error. `E` is the error of [`LocalReplica::merge`].
#[derive(Debug, Error)]
pub enum SyncError<E> {
    /// Redis is unreachable, or has data of another version.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// More fields than all servers can have written.
    #[error(
        "{key} in Redis has {fields} fields, the maximum is {max}: `DEL` it; the servers will write their entries again"
    )]
    Full {
        /// Key.
        key: String,
        /// Number of fields.
        fields: usize,
        /// Maximum number of fields.
        max: usize,
    },
    /// Received values cannot be applied.
    #[error("{0}")]
    Local(E),
}

/// Redis hash with its connection and last known content.
#[derive(Debug)]
pub struct RedisReplica<K, V> {
    client: RedisClient,
    settings: HashSettings,
    server: String,
    /// Content after the last round; `None` before the first one and after a failed one.
    known: Option<Hash<K, V>>,
    /// Version of the local map that `known` contains.
    version: Option<u64>,
    /// When the lifetime of the key was last set.
    renewed: Option<Timestamp>,
    /// Number of writes, for the revision.
    writes: u64,
    /// Last reported invalid fields.
    invalid: Option<String>,
}

impl<K: ReplicatedKey, V: StoredValue> RedisReplica<K, V> {
    /// A replica that connects with its first round. `server` is the id of this server.
    pub fn new(target: Target, server: &str, settings: HashSettings) -> Self {
        Self {
            client: RedisClient::new(target, REQUEST_TIMEOUT, settings.max_reply_bytes),
            settings,
            server: server.to_owned(),
            known: None,
            version: None,
            renewed: None,
            writes: 0,
            invalid: None,
        }
    }

    /// Applies the changes of other servers and publishes those of this one. After too many conflicts with other servers
    /// the next round continues.
    ///
    /// # Errors
    /// Redis is unreachable, has another version or too many fields, or received values cannot be applied.
    pub fn sync<L: LocalReplica<K, V>>(
        &mut self,
        local: &L,
        now: Timestamp,
    ) -> Result<(), SyncError<L::Error>> {
        for _ in 0..MAX_ATTEMPTS {
            if self.is_up_to_date(local, now)? {
                return Ok(());
            }
            self.known = None;
            let mut hash = self.read()?;
            self.report_invalid(local, &hash);
            // With expired tombstones, which this server may not know.
            local.merge(hash.map(), now).map_err(SyncError::Local)?;
            hash.remove_expired(now);
            // Before the snapshot: a change in between is then published by the next round.
            let version = local.version();
            let changes = hash.changes(&local.snapshot(now), now);
            if self.write(&mut hash, changes, now)? {
                (self.known, self.version) = (Some(hash), version);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether neither side has changed since the last round.
    fn is_up_to_date<L: LocalReplica<K, V>>(
        &mut self,
        local: &L,
        now: Timestamp,
    ) -> Result<bool, SyncError<L::Error>> {
        let is_renewal =
            self.renewed.is_none_or(|last| now.millis().abs_diff(last.millis()) >= RENEWAL_INTERVAL);
        let mut query = Pipeline::default();
        query.add("HGET", &[&self.settings.key, &REVISION]);
        query.add("HLEN", &[&self.settings.key]);
        if is_renewal {
            query.add("EXPIRE", &[&self.settings.key, &self.settings.ttl.as_secs()]);
        }
        let replies = self.client.execute(&query)?;
        if is_renewal {
            self.renewed = Some(now);
        }
        let fields = replies.get(1).and_then(as_integer).and_then(|fields| usize::try_from(fields).ok());
        self.check_size(fields.unwrap_or_default())?;
        let revision = replies.first().and_then(as_bytes).map(text);
        let Some(known) = self.known.as_ref().filter(|known| known.has_revision(revision.as_deref())) else {
            return Ok(false);
        };
        if known.map().expired(now).next().is_some() {
            return Ok(false);
        }
        let version = local.version();
        if version.is_some() && version == self.version {
            return Ok(true);
        }
        let is_unchanged = known.changes(&local.snapshot(now), now).is_empty();
        if is_unchanged {
            self.version = version;
        }
        Ok(is_unchanged)
    }

    fn check_size<E>(&self, fields: usize) -> Result<(), SyncError<E>> {
        let max = V::MAX_ENTRIES.saturating_mul(FIELDS_PER_ENTRY);
        if fields > max {
            return Err(SyncError::Full { key: self.settings.key.clone(), fields, max });
        }
        Ok(())
    }

    /// Reads the hash, and watches it until the next write.
    fn read(&mut self) -> Result<Hash<K, V>, RemoteError> {
        let mut query = Pipeline::default();
        query.add("WATCH", &[&self.settings.key]);
        query.add("HGETALL", &[&self.settings.key]);
        let replies = self.client.execute(&query)?;
        let fields = replies.get(1).map(as_list).unwrap_or_default();
        Hash::parse(fields, self.settings.version).map_err(|reason| RemoteError::UnexpectedResponse {
            instance: self.client.instance().to_owned(),
            reason: format!("{}: {reason}", self.settings.key),
        })
    }

    fn report_invalid<L: LocalReplica<K, V>>(&mut self, local: &L, hash: &Hash<K, V>) {
        let invalid = hash.invalid();
        if let Some(fields) = invalid.as_deref().filter(|_| invalid != self.invalid) {
            local.report_invalid(&self.settings.key, fields);
        }
        self.invalid = invalid;
    }

    /// Writes changes to the hash that was just read. False if it has changed since: then nothing was written.
    fn write(
        &mut self,
        hash: &mut Hash<K, V>,
        changes: Changes<K, V>,
        now: Timestamp,
    ) -> Result<bool, RemoteError> {
        let key = &self.settings.key;
        let mut commands = Pipeline::default();
        commands.add("MULTI", &[]);
        for (entry, value) in &changes.updated {
            commands.add("HSET", &[key, &entry.to_field(), &value.encode()]);
        }
        for entry in &changes.removed {
            commands.add("HDEL", &[key, &entry.to_field()]);
        }
        let mut revision = None;
        // Also that of an empty map: Redis counts each look at a missing key as a miss, and its hit ratio would fall.
        if !changes.is_empty() || hash.has_revision(None) {
            self.writes += 1;
            let unique = format!("{} {} {}", self.server, now.millis(), self.writes);
            let new = match self.settings.version {
                Some(version) => format!("{version} {unique}"),
                None => unique,
            };
            commands.add("HSET", &[key, &REVISION, &new]);
            revision = Some(new);
        }
        // Without changes this ends the WATCH.
        commands.add("EXPIRE", &[key, &self.settings.ttl.as_secs()]);
        commands.add("EXEC", &[]);
        let replies = self.client.execute_on_same_connection(&commands)?;
        let is_written = replies.last().is_some_and(|exec| !as_list(exec).is_empty());
        if is_written {
            self.renewed = Some(now);
            hash.apply(changes, revision, now);
        }
        Ok(is_written)
    }
}
