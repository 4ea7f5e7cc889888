//! Server of the tests: a local map and its replica in Redis.

use crate::redis::{HashSettings, LocalReplica, RedisReplica, SyncError};
use crate::test_value::Plain;
use crate::{Replicated, ReplicatedMap};
use std::cell::{Cell, RefCell};
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_remote::redis::Target;
use watchglass_test_servers::RedisServer;

/// Key of the hash.
pub(super) const KEY: &str = "{test}:values";
/// Lifetime of the key in seconds.
pub(super) const TTL: i64 = 86_400;

pub(super) type Map = ReplicatedMap<String, Plain>;
pub(super) type Error = SyncError<String>;

/// Map of a server.
#[derive(Default)]
pub(super) struct LocalMap {
    pub(super) map: RefCell<Map>,
    /// `None` for a server whose maps are compared.
    pub(super) version: Cell<Option<u64>>,
    /// Number of snapshots taken.
    pub(super) snapshots: Cell<u32>,
    /// Reports of invalid fields.
    pub(super) reports: RefCell<Vec<String>>,
    /// Why values cannot be applied.
    pub(super) failure: RefCell<Option<String>>,
    /// Called with each merge.
    pub(super) on_merge: RefCell<Option<Box<dyn FnMut()>>>,
}

impl LocalMap {
    pub(super) fn change(&self, change: impl FnOnce(&mut Map)) {
        let before = self.map.borrow().clone();
        change(&mut self.map.borrow_mut());
        if *self.map.borrow() != before {
            self.version.set(self.version.get().map(|version| version + 1));
        }
    }
}

impl LocalReplica<String, Plain> for LocalMap {
    type Error = String;

    fn version(&self) -> Option<u64> {
        self.version.get()
    }

    fn snapshot(&self, _: Timestamp) -> Map {
        self.snapshots.set(self.snapshots.get() + 1);
        self.map.borrow().clone()
    }

    fn merge(&self, remote: &Map, now: Timestamp) -> Result<(), String> {
        if let Some(on_merge) = self.on_merge.borrow_mut().as_mut() {
            on_merge();
        }
        if let Some(failure) = &*self.failure.borrow() {
            return Err(failure.clone());
        }
        self.change(|map| map.merge_live(remote, now));
        Ok(())
    }

    fn report_invalid(&self, key: &str, fields: &str) {
        self.reports.borrow_mut().push(format!("{key}: {fields}"));
    }
}

/// Server with a local map.
pub(super) struct Server {
    pub(super) local: LocalMap,
    pub(super) replica: RedisReplica<String, Plain>,
}

impl Server {
    /// A server whose map has a version.
    pub(super) fn new(redis: &RedisServer, id: &str) -> Self {
        let server = Self { local: LocalMap::default(), replica: replica(redis, id, Some(1)) };
        server.local.version.set(Some(0));
        server
    }

    pub(super) fn sync(&mut self, now: i64) -> Result<(), Error> {
        self.replica.sync(&self.local, Timestamp::from_millis(now))
    }

    pub(super) fn round(&mut self, now: i64) {
        self.sync(now).unwrap();
    }

    pub(super) fn put(&self, key: &str, value: Plain) {
        self.local.change(|map| map.apply(key.to_owned(), value));
    }

    /// Value that is no tombstone.
    pub(super) fn get(&self, key: &str) -> Option<Plain> {
        self.local.map.borrow().get(&key.to_owned()).copied().filter(|value| !value.removed)
    }

    pub(super) fn map(&self) -> Map {
        self.local.map.borrow().clone()
    }
}

pub(super) fn replica(redis: &RedisServer, id: &str, version: Option<u32>) -> RedisReplica<String, Plain> {
    let settings = HashSettings {
        key: KEY.to_owned(),
        version,
        ttl: Duration::from_secs(TTL as u64),
        max_reply_bytes: 1 << 20,
    };
    RedisReplica::new(Target::parse(&redis.url()).unwrap(), id, settings)
}

/// Number of complete reads of the hash.
pub(super) fn reads(redis: &RedisServer) -> u32 {
    calls(redis, "hgetall")
}

/// Number of calls of a command.
pub(super) fn calls(redis: &RedisServer, command: &str) -> u32 {
    let stats = redis.run(&["INFO", "commandstats"]);
    let line = stats.lines().find(|line| line.starts_with(&format!("cmdstat_{command}:")));
    line.map_or(0, |line| line.split([',', '=']).nth(1).unwrap().parse().unwrap())
}

/// Maximum fields of a hash that is read.
pub(super) const MAX_FIELDS: usize = 2 * Plain::MAX_ENTRIES;
