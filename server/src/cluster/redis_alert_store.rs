//! Redis store of the alert state: an expiring heartbeat per server, and the shared notification log with optimistic locking
//! (`WATCH`, `MULTI`, `EXEC`).
//!
//! All keys start with the prefix in braces and `:alerts:`, so that a Redis cluster keeps them in one slot.

use super::identity::is_id;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchglass_dispatch::{NotificationLog, PastAlerts, PeerSnapshot, PeerStatus, Proposal, SharedDataError};
use watchglass_model::Timestamp;
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Pipeline, RedisClient, Target, Value, as_bytes, as_integer, as_list};

/// Timeout of a Redis request; a round has two or three.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);
/// Maximum bytes of a reply.
const MAX_REPLY_BYTES: usize = 64 << 20;
/// Lifetime of a heartbeat in seconds. Longer than the sync timeout of the dispatcher.
const PEER_TTL: u64 = 15;
/// Lifetime of the keys after the last write, in seconds.
const KEY_TTL: u64 = 30 * 86_400;
/// Maximum servers read, the most recent ones.
const MAX_SERVERS: i64 = 50;
/// A server is removed from the list after this time without a heartbeat, in milliseconds. Its next heartbeat adds it
/// again.
const PEER_EXPIRY_MS: i64 = 7 * 86_400_000;
/// Maximum servers whose past alerts are read in one round.
const PAST_BATCH: usize = 4;

/// Store with its connection and cache.
#[derive(Debug)]
pub(super) struct RedisAlertStore {
    link: RedisClient,
    prefix: String,
    me: String,
    /// Servers to remove from the list, and listed servers without a heartbeat.
    gone: Vec<String>,
    dead: Vec<String>,
    /// Past alerts of other servers, with their revision.
    past: BTreeMap<String, (u64, Arc<PastAlerts>)>,
    /// Revision of this server's past alerts in Redis.
    written: Option<u64>,
}

impl RedisAlertStore {
    pub(super) fn new(target: Target, prefix: &str, me: &str) -> Self {
        let link = RedisClient::new(target, REQUEST_TIMEOUT, MAX_REPLY_BYTES);
        Self {
            link,
            prefix: prefix.to_owned(),
            me: me.to_owned(),
            gone: Vec::new(),
            dead: Vec::new(),
            past: BTreeMap::new(),
            written: None,
        }
    }

    /// Key of the notification log (string).
    fn notification_log(&self) -> String {
        format!("{{{}}}:alerts:ledger", self.prefix)
    }

    /// Key of the server ids by last heartbeat in milliseconds (sorted set).
    fn servers(&self) -> String {
        format!("{{{}}}:alerts:servers", self.prefix)
    }

    /// Key of a server's heartbeat (string).
    fn peer_status(&self, server: &str) -> String {
        format!("{{{}}}:alerts:board:{server}", self.prefix)
    }

    /// Key of a server's past alerts (string).
    fn past(&self, server: &str) -> String {
        format!("{{{}}}:alerts:past:{server}", self.prefix)
    }

    /// Reads everything and watches the notification log until the next write.
    ///
    /// # Errors
    /// Redis is unreachable or has invalid data.
    pub(super) fn read(&mut self) -> Result<PeerSnapshot, RemoteError> {
        let mut commands = Pipeline::default();
        let notification_log = self.notification_log();
        commands.add("WATCH", &[&notification_log]);
        commands.add("GET", &[&notification_log]);
        commands.add("ZRANGE", &[&self.servers(), &-MAX_SERVERS, &-1, &"WITHSCORES"]);
        let replies = self.link.execute(&commands)?;
        let mut seen = PeerSnapshot::default();
        if let Some(text) = replies.get(1).and_then(as_bytes) {
            seen.log = NotificationLog::from_json(text)
                .map_err(|error| self.unexpected(&notification_log, &error))?;
        }
        let servers = replies.get(2).map(as_list).unwrap_or_default();
        let servers: Vec<(String, i64)> = servers.chunks(2).filter_map(server_and_time).collect();
        let newest = servers.iter().map(|(_, time)| *time).max().unwrap_or(0);
        let others: Vec<&(String, i64)> = servers.iter().filter(|(server, _)| *server != self.me).collect();
        if others.is_empty() {
            return Ok(seen);
        }
        let keys: Vec<String> = others.iter().map(|(server, _)| self.peer_status(server)).collect();
        let mut commands = Pipeline::default();
        commands.add("MGET", &[&keys]);
        let replies = self.link.execute_on_same_connection(&commands)?;
        let peer_statuses = replies.first().map(as_list).unwrap_or_default();
        let (mut gone, mut dead) = (Vec::new(), Vec::new());
        for (((server, time), key), peer_status) in others.into_iter().zip(&keys).zip(peer_statuses) {
            match as_bytes(peer_status) {
                Some(text) => {
                    seen.peers
                        .push(PeerStatus::from_json(text).map_err(|error| self.unexpected(key, &error))?);
                }
                None if time.saturating_add(PEER_EXPIRY_MS) < newest => gone.push(server.clone()),
                None => dead.push(server.clone()),
            }
        }
        (self.gone, self.dead) = (gone, dead);
        Ok(seen)
    }

    /// Writes a proposal based on `seen`. False if the notification log changed since: then nothing was written.
    ///
    /// # Errors
    /// Redis is unreachable. Whether it was written is unknown then.
    pub(super) fn write(
        &mut self,
        seen: &PeerSnapshot,
        offer: &Proposal,
        past: impl FnOnce() -> PastAlerts,
        now: Timestamp,
    ) -> Result<bool, RemoteError> {
        let mut commands = Pipeline::default();
        commands.add("MULTI", &[]);
        let peer_status = self.peer_status(&self.me);
        commands.add("SET", &[&peer_status, &offer.status.to_json(), &"EX", &PEER_TTL]);
        commands.add("ZADD", &[&self.servers(), &now.millis(), &self.me]);
        for server in &self.gone {
            commands.add("ZREM", &[&self.servers(), server]);
        }
        if offer.log != seen.log {
            commands.add("SET", &[&self.notification_log(), &offer.log.to_json()]);
        }
        let state = offer.status.past_revision;
        let past = (self.written != Some(state)).then(|| past().to_json());
        if let Some(text) = &past {
            commands.add("SET", &[&self.past(&self.me), text]);
        }
        for key in [self.servers(), self.notification_log(), self.past(&self.me)] {
            commands.add("EXPIRE", &[&key, &KEY_TTL]);
        }
        commands.add("EXEC", &[]);
        self.written = None;
        let replies = self.link.execute_on_same_connection(&commands)?;
        let is_written = replies.last().is_some_and(|exec| !as_list(exec).is_empty());
        self.written = Some(state).filter(|_| is_written);
        Ok(is_written)
    }

    /// Past alerts of other servers, including dead ones. Changed ones are read, a few servers per round.
    ///
    /// # Errors
    /// Redis is unreachable.
    pub(super) fn read_past(
        &mut self,
        peer_statuses: &[PeerStatus],
    ) -> Result<Vec<Arc<PastAlerts>>, RemoteError> {
        let live = peer_statuses
            .iter()
            .map(|peer_status| (peer_status.server.clone(), Some(peer_status.past_revision)));
        let all: Vec<_> = live.chain(self.dead.iter().map(|server| (server.clone(), None))).collect();
        self.past.retain(|known, _| all.iter().any(|(server, _)| server == known));
        let is_changed = |(server, state): &&(String, Option<u64>)| {
            let known = self.past.get(server);
            known.is_none_or(|(known, _)| state.is_some_and(|state| state != *known))
        };
        let wanted: Vec<(String, Option<u64>)> =
            all.iter().filter(is_changed).take(PAST_BATCH).cloned().collect();
        for (server, state) in wanted {
            let mut commands = Pipeline::default();
            commands.add("GET", &[&self.past(&server)]);
            let replies = self.link.execute(&commands)?;
            // Invalid data is skipped: nothing depends on it.
            let past = replies.first().and_then(as_bytes).and_then(|text| PastAlerts::from_json(text).ok());
            let past = past.unwrap_or_else(|| PastAlerts::new(Vec::new()));
            self.past.insert(server, (state.unwrap_or_default(), Arc::new(past)));
        }
        Ok(self.past.values().map(|(_, past)| Arc::clone(past)).collect())
    }

    /// Removes this server's heartbeat, so that others take over its alerts at once.
    ///
    /// # Errors
    /// Redis is unreachable.
    pub(super) fn leave(&mut self) -> Result<(), RemoteError> {
        let mut commands = Pipeline::default();
        commands.add("DEL", &[&self.peer_status(&self.me)]);
        self.link.execute(&commands).map(drop)
    }

    fn unexpected(&self, key: &str, error: &SharedDataError) -> RemoteError {
        RemoteError::UnexpectedResponse {
            instance: self.link.instance().to_owned(),
            reason: format!("{key}: {error}"),
        }
    }
}

fn server_and_time(pair: &[Value]) -> Option<(String, i64)> {
    let [server, time] = pair else { return None };
    let server = std::str::from_utf8(as_bytes(server)?).ok().filter(|server| is_id(server))?;
    Some((server.to_owned(), as_integer(time)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_dispatch::{Dispatcher, HostIdentity};
    use watchglass_test_servers::RedisServer;

    const IDS: [&str; 2] = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"];

    fn store(redis: &RedisServer, which: usize) -> (RedisAlertStore, Dispatcher) {
        let mut dispatcher = Dispatcher::default();
        dispatcher.join_cluster(IDS[which], HostIdentity::default(), true, Timestamp::default());
        (RedisAlertStore::new(Target::parse(&redis.url()).unwrap(), "test", IDS[which]), dispatcher)
    }

    fn past() -> PastAlerts {
        PastAlerts::new(Vec::new())
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    #[test]
    fn concurrent_log_writes_are_rejected() {
        let redis = RedisServer::start(&[]).unwrap();
        let ((mut one, mut first), (mut two, mut second)) = (store(&redis, 0), store(&redis, 1));
        let seen = one.read().unwrap();
        assert_eq!(seen, PeerSnapshot::default());
        let silence = serde_json::json!({
            "id": "s", "author": "a", "reason": "r", "start": 0, "end": 9_000_000,
            "matchers": [{ "label": "rule", "operator": "=", "value": "x" }],
        });
        first.put_silence(serde_json::from_value(silence).unwrap(), at(1)).unwrap();
        let offer = first.prepare(&seen, at(1)).unwrap();

        let seen_too = two.read().unwrap();
        let mut other = second.prepare(&seen_too, at(1)).unwrap();
        assert!(one.write(&seen, &offer, past, at(1)).unwrap());
        assert!(!two.write(&seen_too, &other, past, at(1)).unwrap(), "the log has changed");
        let seen_too = two.read().unwrap();
        assert_eq!((seen_too.peers.len(), &seen_too.log), (1, &offer.log));
        other = second.prepare(&seen_too, at(1)).unwrap();
        assert!(two.write(&seen_too, &other, past, at(1)).unwrap());
        assert!(second.commit(&other.log, at(1)));
        assert_eq!(second.silences().count(), 1);

        let alert = serde_json::json!({
            "key": { "rule": "x", "labels": {} }, "phase": "resolved", "severity": "info", "component": "c",
            "subject": "", "value": 1.0, "threshold": 1.0, "unit": "count", "message": "m", "since": 1, "fired": 1,
            "resolved": 2, "flapping": false, "labels": {},
        });
        let was = PastAlerts::new(vec![serde_json::from_value(alert).unwrap()]);
        for (state, expected) in [(0, past()), (1, was.clone())] {
            let seen = one.read().unwrap();
            let mut offer = first.prepare(&seen, at(2)).unwrap();
            offer.status.past_revision = state;
            assert!(one.write(&seen, &offer, || was.clone(), at(2)).unwrap());
            let peer_statuses = two.read().unwrap().peers;
            assert_eq!(two.read_past(&peer_statuses).unwrap(), [Arc::new(expected)]);
        }
        one.leave().unwrap();
        let peer_statuses = two.read().unwrap().peers;
        assert_eq!(two.read_past(&peer_statuses).unwrap(), [Arc::new(was)], "past alerts are kept");
        assert_eq!(two.read().unwrap().peers, []);
    }

    #[test]
    fn keys_expire_and_long_gone_servers_are_removed() {
        let redis = RedisServer::start(&[]).unwrap();
        let (mut store, mut dispatcher) = store(&redis, 0);
        redis.run(&["ZADD", "{test}:alerts:servers", "1000", IDS[1], "1000", "garbage"]);
        for second in [1_000_000, 1_000_001] {
            let seen = store.read().unwrap();
            let offer = dispatcher.prepare(&seen, at(second)).unwrap();
            assert!(store.write(&seen, &offer, past, at(second)).unwrap());
        }
        let servers = redis.run(&["ZRANGE", "{test}:alerts:servers", "0", "-1"]);
        assert_eq!(servers, format!("garbage\n{}", IDS[0]));
        let left: i64 = redis.run(&["TTL", &store.peer_status(IDS[0])]).parse().unwrap();
        assert!((1..=15).contains(&left), "{left}");
    }

    #[test]
    fn invalid_key_is_named() {
        let redis = RedisServer::start(&[]).unwrap();
        let (mut store, _) = store(&redis, 0);
        redis.run(&["SET", "{test}:alerts:ledger", r#"{"version":9}"#]);
        let error = store.read().unwrap_err().to_string();
        assert!(error.contains("{test}:alerts:ledger: unsupported version 9"), "{error}");
    }
}
