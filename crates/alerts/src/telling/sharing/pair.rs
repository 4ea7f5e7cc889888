//! Two servers and a Redis, second by second.

use super::super::samples::{World, alert, at, route};
use super::super::{Notice, Reason, Routes, TellingSettings};
use super::*;
use crate::alert::AlertKey;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a board lives, in seconds.
const LIVES: i64 = 15;

pub(super) struct Server {
    id: &'static str,
    pub(super) world: World,
    pub(super) lives: bool,
    /// By how many seconds its clock is wrong.
    pub(super) skew: i64,
}

pub(super) struct Pair {
    pub(super) now: i64,
    pub(super) servers: [Server; 2],
    pub(super) redis_is_up: bool,
    /// As JSON, as in Redis.
    pub(super) ledger: Option<String>,
    pub(super) boards: BTreeMap<&'static str, (String, i64)>,
    /// When, by which server.
    pub(super) told: Vec<(i64, &'static str, Notice)>,
}

fn settings() -> TellingSettings {
    let mut ops = route("ops", &["mail"]);
    (ops.repeat_seconds, ops.escalate_after_seconds) = (600, Some(120));
    ops.escalate_to = vec!["boss".to_owned()];
    TellingSettings { routes: Routes(vec![ops]), ..TellingSettings::default() }
}

impl Pair {
    pub(super) fn new() -> Self {
        let server = |id| Server { id, world: World::new(settings()), lives: true, skew: 0 };
        let mut pair = Self {
            now: 0,
            servers: [server("a"), server("b")],
            redis_is_up: true,
            ledger: None,
            boards: BTreeMap::new(),
            told: Vec::new(),
        };
        (0..2).for_each(|which| pair.share(which));
        pair
    }

    pub(super) fn share(&mut self, which: usize) {
        let server = &mut self.servers[which];
        let place = Place { host: server.id.to_owned(), machine: server.id.to_owned() };
        server.world.desk.share(server.id, place, true, at(self.now + server.skew));
    }

    pub(super) fn fire(&mut self, which: usize) {
        let server = &mut self.servers[which];
        server.world.now = self.now + server.skew;
        server.world.fire(&alert("down", &[("instance", "db1"), ("host", server.id)]));
    }

    pub(super) fn resolve(&mut self, which: usize) {
        let server = &mut self.servers[which];
        server.world.now = self.now + server.skew;
        server.world.resolve("down");
    }

    pub(super) fn kill(&mut self, which: usize) {
        self.servers[which].lives = false;
    }

    pub(super) fn start(&mut self, which: usize) {
        self.servers[which].lives = true;
        self.servers[which].world.restart();
        self.share(which);
    }

    /// One second, `first` going before the other.
    pub(super) fn second(&mut self, first: usize) {
        for which in [first, 1 - first] {
            if self.servers[which].lives {
                self.servers[which].world.now = self.now + self.servers[which].skew;
                let notices = self.servers[which].world.step();
                let (now, id) = (self.now, self.servers[which].id);
                self.told.extend(notices.into_iter().map(|notice| (now, id, notice)));
            }
        }
        for which in [1 - first, first] {
            if self.servers[which].lives {
                self.round(which);
            }
        }
        self.now += 1;
    }

    fn round(&mut self, which: usize) {
        let Server { id, world, skew, .. } = &mut self.servers[which];
        let now = at(self.now + *skew) + Duration::from_millis(300);
        if !self.redis_is_up {
            world.desk.miss();
            return;
        }
        let ledger = self.ledger.as_ref().map(|text| Ledger::from_json(text.as_bytes()).unwrap());
        self.boards.retain(|_, (_, until)| *until > self.now);
        let others = self.boards.iter().filter(|(other, _)| *other != id);
        let boards = others.map(|(_, (text, _))| Board::from_json(text.as_bytes()).unwrap()).collect();
        let offer = world.desk.offer(&Seen { ledger: ledger.unwrap_or_default(), boards }, now).unwrap();
        self.boards.insert(id, (offer.board.to_json(), self.now + LIVES));
        self.ledger = Some(offer.ledger.to_json());
        world.desk.agree(&offer.ledger, now);
    }

    pub(super) fn until(&mut self, second: i64) {
        while self.now < second {
            self.second(0);
        }
    }

    /// What was told since `second`: `12 a Fired`.
    pub(super) fn since(&self, second: i64) -> Vec<String> {
        let recent = self.told.iter().filter(|(when, ..)| *when >= second);
        recent.map(|(when, who, notice)| format!("{when} {who} {:?}", notice.reason)).collect()
    }

    pub(super) fn count(&self, since: i64, reason: Reason) -> usize {
        self.told.iter().filter(|(when, _, notice)| *when >= since && notice.reason == reason).count()
    }

    pub(super) fn key(&self, which: usize) -> AlertKey {
        alert("down", &[("instance", "db1"), ("host", self.servers[which].id)]).key
    }
}
