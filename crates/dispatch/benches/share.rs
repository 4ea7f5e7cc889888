//! Benchmark: one cluster sync (reading the peer status and the log, writing both) and one dispatcher step. The sync
//! runs in its own thread once a second; it should be small compared to that.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark stops at the first surprise")]

use divan::{Bencher, black_box};
use watchglass_dispatch::{
    DispatchSettings, Dispatcher, HostIdentity, NotificationLog, PeerSnapshot, PeerStatus, Proposal,
};
use watchglass_model::{Labels, Severity, Timestamp, Unit};
use watchglass_rules::rule_replica::{RuleReplica, RuleVersion, Version};
use watchglass_rules::{Alert, AlertKey, Change, Phase, Rule};

fn main() {
    divan::main();
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

/// An alert about a database, which another server may find as well.
fn alert(number: u32, host: &str) -> Alert {
    let labels = [("host", host.to_owned()), ("instance", format!("db{number}:5432"))].into_iter().collect();
    Alert {
        key: AlertKey { rule: "database-latency".to_owned(), labels },
        phase: Phase::Firing,
        severity: Severity::Warning,
        component: "database".to_owned(),
        subject: format!("db{number}:5432"),
        value: Some(1.5),
        threshold: 1.0,
        unit: Unit::Seconds,
        message: format!("High PostgreSQL response time on db{number}:5432: 1.5 s (limit 1.0 s)"),
        since: at(0),
        fired: Some(at(0)),
        resolved: None,
        flapping: false,
        labels: Labels::default(),
    }
}

/// A server with `count` alerts.
struct Server {
    dispatcher: Dispatcher,
    active: Vec<Alert>,
    second: i64,
}

impl Server {
    fn new(id: &str, host: &str, count: u32) -> Self {
        let mut dispatcher = Dispatcher::new(DispatchSettings::default()).unwrap();
        dispatcher.join_cluster(
            id,
            HostIdentity { host: host.to_owned(), machine: host.to_owned() },
            true,
            at(0),
        );
        let active: Vec<Alert> = (0..count).map(|number| alert(number, host)).collect();
        let fired: Vec<Change> = active.iter().cloned().map(Change::Fired).collect();
        dispatcher.step(at(0), &fired, &active);
        Self { dispatcher, active, second: 0 }
    }

    fn step(&mut self) -> usize {
        self.second += 1;
        self.dispatcher.step(at(self.second), &[], &self.active).len()
    }

    fn offer(&mut self, seen: &PeerSnapshot) -> Proposal {
        let mut offer = self.dispatcher.prepare(seen, at(self.second)).unwrap();
        offer.status.alerts.clone_from(&self.active);
        self.dispatcher.commit(&offer.log, at(self.second));
        offer
    }
}

/// Two servers with the same alerts, and the resulting data in Redis.
fn pair(count: u32) -> (Server, String, String) {
    let mut servers = [Server::new("a", "one", count), Server::new("b", "two", count)];
    let mut seen = PeerSnapshot::default();
    for _ in 0..30 {
        for which in 0..2 {
            let server = servers.get_mut(which).unwrap();
            server.step();
            let offer = server.offer(&seen);
            seen = PeerSnapshot { log: offer.log, peers: vec![offer.status] };
        }
    }
    let [first, _] = servers;
    (first, seen.log.to_json(), seen.peers.first().unwrap().to_json())
}

/// A sync without the network: parse, reconcile, serialise.
#[divan::bench(args = [0, 100, 500], sample_count = 50)]
fn cluster_sync(bencher: Bencher<'_, '_>, alerts: u32) {
    let (mut server, log_text, peer_text) = pair(alerts);
    bencher.bench_local(|| {
        let log = NotificationLog::from_json(log_text.as_bytes()).unwrap();
        let peers = vec![PeerStatus::from_json(peer_text.as_bytes()).unwrap()];
        let seen = PeerSnapshot { log, peers };
        let offer = server.offer(&seen);
        let is_new = offer.log != seen.log;
        black_box((is_new.then(|| offer.log.to_json()), offer.status.to_json()))
    });
}

/// Dispatcher step of a tick, with or without a cluster.
#[divan::bench(args = [0, 100, 500], sample_count = 50)]
fn dispatcher_step(bencher: Bencher<'_, '_>, alerts: u32) {
    let (mut server, ..) = pair(alerts);
    bencher.bench_local(|| black_box(server.step()));
}

/// Rule sync after a change: all rules are read and compared with the local ones.
#[divan::bench(args = [20, 400], sample_count = 50)]
fn rule_sync(bencher: Bencher<'_, '_>, rules: u32) {
    let rule_version = |number: u32| {
        let id = format!("own-{number}");
        let rule = Rule { warning: Some(0.5), ..Rule::new(&id, "Use", "host_cpu_usage_ratio", "cpu") };
        let version = Version::after(None, "a", at(i64::from(number)));
        (id, RuleVersion::new(Some(&rule), version))
    };
    let mut mine = RuleReplica::default();
    let texts: Vec<(String, String)> = (0..rules)
        .map(|number| {
            let (id, rule_version) = rule_version(number);
            let text = rule_version.to_json();
            mine.apply(id.clone(), rule_version);
            (id, text)
        })
        .collect();
    bencher.bench_local(|| {
        let mut read = RuleReplica::default();
        for (id, text) in &texts {
            read.apply(id.clone(), RuleVersion::from_json(text.as_bytes()).unwrap());
        }
        let usable = read.iter().filter(|(id, rule_version)| rule_version.rule(id).is_ok()).count();
        black_box((usable, mine.delta_for(&read, at(0)).len()))
    });
}
