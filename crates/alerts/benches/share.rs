//! A round of sharing, which another server's board and the ledger are read for and both are written after, beside the step that
//! every tick takes anyway. The round is a thread's own, once a second; what counts is that it is small beside the second.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark stops at the first surprise")]

use divan::{Bencher, black_box};
use watchglass_alerts::sheet::{Saying, Sheet, Stamp};
use watchglass_alerts::telling::{Board, Desk, Ledger, Offer, Place, Seen, TellingSettings};
use watchglass_alerts::{Alert, AlertKey, Change, Phase, Rule};
use watchglass_model::{Labels, Severity, Timestamp, Unit};

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
        message: format!("The response time of PostgreSQL of db{number}:5432 is 1.5 s, above 1.0 s"),
        since: at(0),
        fired: Some(at(0)),
        resolved: None,
        flapping: false,
        labels: Labels::default(),
    }
}

/// A server that finds `count` alerts, some seconds later.
struct Server {
    desk: Desk,
    active: Vec<Alert>,
    second: i64,
}

impl Server {
    fn new(id: &str, host: &str, count: u32) -> Self {
        let mut desk = Desk::new(TellingSettings::default()).unwrap();
        desk.share(id, Place { host: host.to_owned(), machine: host.to_owned() }, true, at(0));
        let active: Vec<Alert> = (0..count).map(|number| alert(number, host)).collect();
        let fired: Vec<Change> = active.iter().cloned().map(Change::Fired).collect();
        desk.step(at(0), &fired, &active);
        Self { desk, active, second: 0 }
    }

    fn step(&mut self) -> usize {
        self.second += 1;
        self.desk.step(at(self.second), &[], &self.active).len()
    }

    fn offer(&mut self, seen: &Seen) -> Offer {
        let mut offer = self.desk.offer(seen, at(self.second)).unwrap();
        offer.board.alerts.clone_from(&self.active);
        self.desk.agree(&offer.ledger, at(self.second));
        offer
    }
}

/// Two servers that have found the same, and what Redis has then.
fn pair(count: u32) -> (Server, String, String) {
    let mut servers = [Server::new("a", "one", count), Server::new("b", "two", count)];
    let mut seen = Seen::default();
    for _ in 0..30 {
        for which in 0..2 {
            let server = servers.get_mut(which).unwrap();
            server.step();
            let offer = server.offer(&seen);
            seen = Seen { ledger: offer.ledger, boards: vec![offer.board] };
        }
    }
    let [first, _] = servers;
    (first, seen.ledger.to_json(), seen.boards.first().unwrap().to_json())
}

/// All but the network: what was read is understood, and what is new is written.
#[divan::bench(args = [0, 100, 500], sample_count = 50)]
fn a_round(bencher: Bencher<'_, '_>, alerts: u32) {
    let (mut server, ledger, board) = pair(alerts);
    bencher.bench_local(|| {
        let ledger = Ledger::from_json(ledger.as_bytes()).unwrap();
        let boards = vec![Board::from_json(board.as_bytes()).unwrap()];
        let seen = Seen { ledger, boards };
        let offer = server.offer(&seen);
        let is_new = offer.ledger != seen.ledger;
        black_box((is_new.then(|| offer.ledger.to_json()), offer.board.to_json()))
    });
}

/// What the desk does at each tick, shared or not.
#[divan::bench(args = [0, 100, 500], sample_count = 50)]
fn a_step_of_the_tick(bencher: Bencher<'_, '_>, alerts: u32) {
    let (mut server, ..) = pair(alerts);
    bencher.bench_local(|| black_box(server.step()));
}

/// Only in rounds in which a rule has changed somewhere: all of them are read, and compared with one's own.
#[divan::bench(args = [20, 400], sample_count = 50)]
fn all_rules_are_compared(bencher: Bencher<'_, '_>, rules: u32) {
    let saying = |number: u32| {
        let id = format!("own-{number}");
        let rule = Rule { warning: Some(0.5), ..Rule::new(&id, "Use", "host_cpu_usage_ratio", "cpu") };
        let stamp = Stamp::after(None, "a", at(i64::from(number)));
        (id, Saying::new(Some(&rule), stamp))
    };
    let mut mine = Sheet::default();
    let texts: Vec<(String, String)> = (0..rules)
        .map(|number| {
            let (id, saying) = saying(number);
            let text = saying.to_json();
            mine.hear(&id, saying);
            (id, text)
        })
        .collect();
    bencher.bench_local(|| {
        let mut read = Sheet::default();
        for (id, text) in &texts {
            read.hear(id, Saying::from_json(text.as_bytes()).unwrap());
        }
        let usable = read.sayings().filter(|(id, saying)| saying.rule(id).is_ok()).count();
        black_box((usable, mine.news_for(&read, at(0)).count()))
    });
}
