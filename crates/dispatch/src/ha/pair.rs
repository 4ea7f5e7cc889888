//! Simulation of two servers and a Redis, second by second.

use super::super::fixtures::{World, alert, at, route};
use super::super::{DispatchSettings, Notification, Reason, Routes};
use super::*;
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_rules::AlertKey;

/// Lifetime of a heartbeat, in seconds.
const PEER_TTL: i64 = 15;

pub(super) struct Server {
    id: &'static str,
    pub(super) world: World,
    pub(super) lives: bool,
    /// Clock skew in seconds.
    pub(super) skew: i64,
}

pub(super) struct Pair {
    pub(super) now: i64,
    pub(super) servers: [Server; 2],
    pub(super) redis_is_up: bool,
    /// JSON, as in Redis.
    pub(super) log: Option<String>,
    pub(super) peers: BTreeMap<&'static str, (String, i64)>,
    /// Time, server, notification.
    pub(super) notified: Vec<(i64, &'static str, Notification)>,
}

fn settings() -> DispatchSettings {
    let mut ops = route("ops", &["mail"]);
    (ops.repeat_seconds, ops.escalate_after_seconds) = (600, Some(120));
    ops.escalate_to = vec!["boss".to_owned()];
    DispatchSettings { routes: Routes(vec![ops]), ..DispatchSettings::default() }
}

impl Pair {
    pub(super) fn new() -> Self {
        let server = |id| Server { id, world: World::new(settings()), lives: true, skew: 0 };
        let mut pair = Self {
            now: 0,
            servers: [server("a"), server("b")],
            redis_is_up: true,
            log: None,
            peers: BTreeMap::new(),
            notified: Vec::new(),
        };
        (0..2).for_each(|which| pair.join_cluster(which));
        pair
    }

    pub(super) fn join_cluster(&mut self, which: usize) {
        let server = &mut self.servers[which];
        let place = HostIdentity { host: server.id.to_owned(), machine: server.id.to_owned() };
        server.world.dispatcher.join_cluster(server.id, place, true, at(self.now + server.skew));
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
        self.join_cluster(which);
    }

    /// Simulates one second; `first` goes first.
    pub(super) fn second(&mut self, first: usize) {
        for which in [first, 1 - first] {
            if self.servers[which].lives {
                self.servers[which].world.now = self.now + self.servers[which].skew;
                let notifications = self.servers[which].world.step();
                let (now, id) = (self.now, self.servers[which].id);
                self.notified.extend(notifications.into_iter().map(|notification| (now, id, notification)));
            }
        }
        for which in [1 - first, first] {
            if self.servers[which].lives {
                self.sync(which);
            }
        }
        self.now += 1;
    }

    fn sync(&mut self, which: usize) {
        let Server { id, world, skew, .. } = &mut self.servers[which];
        let now = at(self.now + *skew) + Duration::from_millis(300);
        if !self.redis_is_up {
            world.dispatcher.abort();
            return;
        }
        let notification_log =
            self.log.as_ref().map(|text| NotificationLog::from_json(text.as_bytes()).unwrap());
        self.peers.retain(|_, (_, until)| *until > self.now);
        let others = self.peers.iter().filter(|(other, _)| *other != id);
        let peer_statuses =
            others.map(|(_, (text, _))| PeerStatus::from_json(text.as_bytes()).unwrap()).collect();
        let proposal = world
            .dispatcher
            .prepare(&PeerSnapshot { log: notification_log.unwrap_or_default(), peers: peer_statuses }, now)
            .unwrap();
        self.peers.insert(id, (proposal.status.to_json(), self.now + PEER_TTL));
        self.log = Some(proposal.log.to_json());
        world.dispatcher.commit(&proposal.log, now);
    }

    pub(super) fn until(&mut self, second: i64) {
        while self.now < second {
            self.second(0);
        }
    }

    /// Notifications since `second`: `12 a Fired`.
    pub(super) fn since(&self, second: i64) -> Vec<String> {
        let recent = self.notified.iter().filter(|(when, ..)| *when >= second);
        recent.map(|(when, who, notification)| format!("{when} {who} {:?}", notification.reason)).collect()
    }

    pub(super) fn count(&self, since: i64, reason: Reason) -> usize {
        self.notified
            .iter()
            .filter(|(when, _, notification)| *when >= since && notification.reason == reason)
            .count()
    }

    pub(super) fn key(&self, which: usize) -> AlertKey {
        alert("down", &[("instance", "db1"), ("host", self.servers[which].id)]).key
    }
}
