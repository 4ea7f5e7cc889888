//! What stands in Redis of alerts: a board for each server, which expires, and the ledger, which is written by nobody who
//! has not read it just before (`WATCH`, `MULTI`, `EXEC`).
//!
//! All keys begin with the prefix in braces and `:alerts:`, so that in a cluster all are in one slot.

use super::identity::is_id;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use watchglass_alerts::telling::{Board, Ledger, LedgerError, Offer, Past, Seen};
use watchglass_model::Timestamp;
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Commands, Link, Target, Value, bytes, list, number};

/// How long Redis may take for one of the two or three questions of a round.
const WITHIN: Duration = Duration::from_secs(1);
/// The most bytes of one answer.
const MOST_BYTES: usize = 64 << 20;
/// Seconds that a server counts as living after its last word. Longer than [`watchglass_alerts::telling::PATIENCE`].
const LIVES: u64 = 15;
/// Seconds that Redis keeps what no server writes any more.
const KEPT: u64 = 30 * 86_400;
/// The most servers that are looked at, those that spoke last.
const MOST_SERVERS: i64 = 50;
/// A server that has said nothing for so long is dropped from the list, in milliseconds. It is on it again as soon as it
/// speaks.
const GONE_AFTER: i64 = 7 * 86_400_000;
/// Of how many servers the past is read in one round.
const PAST_AT_A_TIME: usize = 4;

/// The keys, and a connection to where they are.
#[derive(Debug)]
pub(super) struct Books {
    link: Link,
    prefix: String,
    me: String,
    /// Servers that are to be dropped from the list, and those on it that do not live.
    gone: Vec<String>,
    dead: Vec<String>,
    /// What was wrong on the others, and which state of that it is.
    past: BTreeMap<String, (u64, Arc<Past>)>,
    /// Which state of this server's past Redis has.
    written: Option<u64>,
}

impl Books {
    pub(super) fn new(target: Target, prefix: &str, me: &str) -> Self {
        let link = Link::new(target, WITHIN, MOST_BYTES);
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

    /// String: what all agree on.
    fn ledger(&self) -> String {
        format!("{{{}}}:alerts:ledger", self.prefix)
    }

    /// Sorted set: ids of servers, by when they last spoke, in milliseconds.
    fn servers(&self) -> String {
        format!("{{{}}}:alerts:servers", self.prefix)
    }

    /// String: what a server says of itself.
    fn board(&self, server: &str) -> String {
        format!("{{{}}}:alerts:board:{server}", self.prefix)
    }

    /// String: what was wrong on a server.
    fn past(&self, server: &str) -> String {
        format!("{{{}}}:alerts:past:{server}", self.prefix)
    }

    /// Reads everything; until it is written, Redis watches that the ledger stays as it is.
    ///
    /// # Errors
    /// Redis is away, or has something that cannot be understood.
    pub(super) fn read(&mut self) -> Result<Seen, RemoteError> {
        let mut look = Commands::default();
        let ledger = self.ledger();
        look.add("WATCH", &[&ledger]);
        look.add("GET", &[&ledger]);
        look.add("ZRANGE", &[&self.servers(), &-MOST_SERVERS, &-1, &"WITHSCORES"]);
        let answers = self.link.ask(&look)?;
        let mut seen = Seen::default();
        if let Some(text) = answers.get(1).and_then(bytes) {
            seen.ledger = Ledger::from_json(text).map_err(|error| self.unexpected(&ledger, &error))?;
        }
        let servers = answers.get(2).map(list).unwrap_or_default();
        let servers: Vec<(String, i64)> = servers.chunks(2).filter_map(server_and_time).collect();
        let newest = servers.iter().map(|(_, time)| *time).max().unwrap_or(0);
        let others: Vec<&(String, i64)> = servers.iter().filter(|(server, _)| *server != self.me).collect();
        if others.is_empty() {
            return Ok(seen);
        }
        let keys: Vec<String> = others.iter().map(|(server, _)| self.board(server)).collect();
        let mut look = Commands::default();
        look.add("MGET", &[&keys]);
        let answers = self.link.ask_on(&look)?;
        let boards = answers.first().map(list).unwrap_or_default();
        let (mut gone, mut dead) = (Vec::new(), Vec::new());
        for (((server, time), key), board) in others.into_iter().zip(&keys).zip(boards) {
            match bytes(board) {
                Some(text) => {
                    seen.boards.push(Board::from_json(text).map_err(|error| self.unexpected(key, &error))?);
                }
                None if time.saturating_add(GONE_AFTER) < newest => gone.push(server.clone()),
                None => dead.push(server.clone()),
            }
        }
        (self.gone, self.dead) = (gone, dead);
        Ok(seen)
    }

    /// Writes an offer that was made for `seen`. False when somebody has written the ledger since: then nothing was.
    ///
    /// # Errors
    /// Redis is away. Whether it was written is not known then.
    pub(super) fn write(
        &mut self,
        seen: &Seen,
        offer: &Offer,
        past: impl FnOnce() -> Past,
        now: Timestamp,
    ) -> Result<bool, RemoteError> {
        let mut commands = Commands::default();
        commands.add("MULTI", &[]);
        let board = self.board(&self.me);
        commands.add("SET", &[&board, &offer.board.to_json(), &"EX", &LIVES]);
        commands.add("ZADD", &[&self.servers(), &now.millis(), &self.me]);
        for server in &self.gone {
            commands.add("ZREM", &[&self.servers(), server]);
        }
        if offer.ledger != seen.ledger {
            commands.add("SET", &[&self.ledger(), &offer.ledger.to_json()]);
        }
        let state = offer.board.past;
        let past = (self.written != Some(state)).then(|| past().to_json());
        if let Some(text) = &past {
            commands.add("SET", &[&self.past(&self.me), text]);
        }
        for key in [self.servers(), self.ledger(), self.past(&self.me)] {
            commands.add("EXPIRE", &[&key, &KEPT]);
        }
        commands.add("EXEC", &[]);
        self.written = None;
        let answers = self.link.ask_on(&commands)?;
        let is_written = answers.last().is_some_and(|exec| !list(exec).is_empty());
        self.written = Some(state).filter(|_| is_written);
        Ok(is_written)
    }

    /// What was wrong on other servers, those that live no more included. What is not known yet is read, of a few servers
    /// at a time.
    ///
    /// # Errors
    /// Redis is away.
    pub(super) fn read_past(&mut self, boards: &[Board]) -> Result<Vec<Arc<Past>>, RemoteError> {
        let living = boards.iter().map(|board| (board.server.clone(), Some(board.past)));
        let all: Vec<_> = living.chain(self.dead.iter().map(|server| (server.clone(), None))).collect();
        self.past.retain(|known, _| all.iter().any(|(server, _)| server == known));
        let is_new = |(server, state): &&(String, Option<u64>)| {
            let known = self.past.get(server);
            known.is_none_or(|(known, _)| state.is_some_and(|state| state != *known))
        };
        let wanted: Vec<(String, Option<u64>)> =
            all.iter().filter(is_new).take(PAST_AT_A_TIME).cloned().collect();
        for (server, state) in wanted {
            let mut look = Commands::default();
            look.add("GET", &[&self.past(&server)]);
            let answers = self.link.ask(&look)?;
            // One that cannot be understood is left out: nothing depends on it.
            let past = answers.first().and_then(bytes).and_then(|text| Past::from_json(text).ok());
            let past = past.unwrap_or_else(|| Past::new(Vec::new()));
            self.past.insert(server, (state.unwrap_or_default(), Arc::new(past)));
        }
        Ok(self.past.values().map(|(_, past)| Arc::clone(past)).collect())
    }

    /// Says that this server ends: what it told of is taken over at once.
    ///
    /// # Errors
    /// Redis is away.
    pub(super) fn leave(&mut self) -> Result<(), RemoteError> {
        let mut commands = Commands::default();
        commands.add("DEL", &[&self.board(&self.me)]);
        self.link.ask(&commands).map(drop)
    }

    fn unexpected(&self, key: &str, error: &LedgerError) -> RemoteError {
        RemoteError::Unexpected {
            instance: self.link.instance().to_owned(),
            reason: format!("{key}: {error}"),
        }
    }
}

fn server_and_time(pair: &[Value]) -> Option<(String, i64)> {
    let [server, time] = pair else { return None };
    let server = std::str::from_utf8(bytes(server)?).ok().filter(|server| is_id(server))?;
    Some((server.to_owned(), number(time)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_alerts::telling::{Desk, Place};
    use watchglass_test_servers::RedisServer;

    const IDS: [&str; 2] = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"];

    fn books(redis: &RedisServer, which: usize) -> (Books, Desk) {
        let mut desk = Desk::default();
        desk.share(IDS[which], Place::default(), true, Timestamp::default());
        (Books::new(Target::parse(&redis.url()).unwrap(), "test", IDS[which]), desk)
    }

    fn past() -> Past {
        Past::new(Vec::new())
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    #[test]
    fn nobody_writes_the_ledger_who_has_not_read_it_just_before() {
        let redis = RedisServer::start(&[]).unwrap();
        let ((mut one, mut first), (mut two, mut second)) = (books(&redis, 0), books(&redis, 1));
        let seen = one.read().unwrap();
        assert_eq!(seen, Seen::default());
        let silence = serde_json::json!({
            "id": "s", "author": "a", "reason": "r", "start": 0, "end": 9_000_000,
            "matchers": [{ "label": "rule", "operator": "=", "value": "x" }],
        });
        first.put_silence(serde_json::from_value(silence).unwrap(), at(1)).unwrap();
        let offer = first.offer(&seen, at(1)).unwrap();

        let seen_too = two.read().unwrap();
        let mut other = second.offer(&seen_too, at(1)).unwrap();
        assert!(one.write(&seen, &offer, past, at(1)).unwrap());
        assert!(!two.write(&seen_too, &other, past, at(1)).unwrap(), "the ledger is not what it was");
        let seen_too = two.read().unwrap();
        assert_eq!((seen_too.boards.len(), &seen_too.ledger), (1, &offer.ledger));
        other = second.offer(&seen_too, at(1)).unwrap();
        assert!(two.write(&seen_too, &other, past, at(1)).unwrap());
        assert!(second.agree(&other.ledger, at(1)));
        assert_eq!(second.silences().count(), 1);

        let alert = serde_json::json!({
            "key": { "rule": "x", "labels": {} }, "phase": "resolved", "severity": "info", "component": "c",
            "subject": "", "value": 1.0, "threshold": 1.0, "unit": "count", "message": "m", "since": 1, "fired": 1,
            "resolved": 2, "flapping": false, "labels": {},
        });
        let was = Past::new(vec![serde_json::from_value(alert).unwrap()]);
        for (state, expected) in [(0, past()), (1, was.clone())] {
            let seen = one.read().unwrap();
            let mut offer = first.offer(&seen, at(2)).unwrap();
            offer.board.past = state;
            assert!(one.write(&seen, &offer, || was.clone(), at(2)).unwrap());
            let boards = two.read().unwrap().boards;
            assert_eq!(two.read_past(&boards).unwrap(), [Arc::new(expected)]);
        }
        one.leave().unwrap();
        let boards = two.read().unwrap().boards;
        assert_eq!(two.read_past(&boards).unwrap(), [Arc::new(was)], "what was stays known");
        assert_eq!(two.read().unwrap().boards, []);
    }

    #[test]
    fn keys_expire_and_who_is_gone_for_long_is_dropped() {
        let redis = RedisServer::start(&[]).unwrap();
        let (mut books, mut desk) = books(&redis, 0);
        redis.run(&["ZADD", "{test}:alerts:servers", "1000", IDS[1], "1000", "rubbish"]);
        for second in [1_000_000, 1_000_001] {
            let seen = books.read().unwrap();
            let offer = desk.offer(&seen, at(second)).unwrap();
            assert!(books.write(&seen, &offer, past, at(second)).unwrap());
        }
        let servers = redis.run(&["ZRANGE", "{test}:alerts:servers", "0", "-1"]);
        assert_eq!(servers, format!("rubbish\n{}", IDS[0]));
        let left: i64 = redis.run(&["TTL", &books.board(IDS[0])]).parse().unwrap();
        assert!((1..=15).contains(&left), "{left}");
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        let redis = RedisServer::start(&[]).unwrap();
        let (mut books, _) = books(&redis, 0);
        redis.run(&["SET", "{test}:alerts:ledger", r#"{"version":9}"#]);
        let error = books.read().unwrap_err().to_string();
        assert!(error.contains("{test}:alerts:ledger: version 9 is not known"), "{error}");
    }
}
