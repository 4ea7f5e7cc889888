use super::*;
use app::api::HostInfo;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;
use watchglass_alerts::Rule;
use watchglass_history::MemoryHistory;
use watchglass_model::{Catalogue, Declaration, Kind, Unit};
use watchglass_test_servers::RedisServer;

use crate::judging::Judging;
use crate::telling::Telling;

static GAUGE: Declaration = Declaration {
    name: "m",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "",
    labels: &[],
    panel: None,
    legend: "",
};

/// A server that measures nothing.
struct Server {
    core: Core,
    shelf: Shelf,
    folder: TempDir,
}

fn core(id: &str, folder: &TempDir) -> Core {
    let mut catalogue = Catalogue::default();
    catalogue.declare(&GAUGE).unwrap();
    let history = Arc::new(MemoryHistory::new(Duration::from_secs(60), 100));
    let core = Core::new(
        HostInfo::default(),
        catalogue,
        BTreeMap::new(),
        String::new(),
        history,
        Arc::default(),
        Arc::default(),
    );
    let core = core.with_judging(Judging::open(Vec::new(), folder.path()).unwrap(), Telling::default());
    core.share_rules(id);
    core
}

impl Server {
    fn new(redis: &RedisServer, id: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(Target::parse(&redis.url()).unwrap(), "test", id);
        Self { core: core(id, &folder), shelf, folder }
    }

    fn round(&mut self) {
        self.shelf.round(&self.core, crate::ticker::now()).unwrap();
    }

    /// Ends, and starts again.
    fn restart(&mut self, redis: &RedisServer, id: &str) {
        self.core = core(id, &self.folder);
        self.shelf = Shelf::new(Target::parse(&redis.url()).unwrap(), "test", id);
    }

    fn rule(&self, id: &str) -> Option<Rule> {
        self.core.rules().into_iter().map(|(rule, _)| rule).find(|rule| rule.id == id)
    }
}

fn own(id: &str, level: f64) -> Rule {
    Rule { warning: Some(level), ..Rule::new(id, "Own", "m", "cpu") }
}

#[test]
fn rules_go_from_one_server_to_the_other_and_the_whole_is_read_only_when_it_is_new() {
    let redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (Server::new(&redis, "a"), Server::new(&redis, "b"));
    one.round();
    two.round();
    assert_eq!(redis.run(&["EXISTS", "{test}:alerts:rules"]), "0", "nobody has said anything");
    one.core.put_rule(own("mine", 1.0)).unwrap();
    one.core.enable_rule("disk", false).unwrap();
    one.round();
    two.round();
    assert_eq!(two.rule("mine"), Some(own("mine", 1.0)));
    assert!(!two.rule("disk").unwrap().enabled);
    let calls = || redis.run(&["INFO", "commandstats"]).matches("hgetall:calls=").count();
    let read = || {
        let stats = redis.run(&["INFO", "commandstats"]);
        let line = stats.lines().find(|line| line.starts_with("cmdstat_hgetall:")).unwrap();
        line.split([',', '=']).nth(1).unwrap().parse::<u32>().unwrap()
    };
    assert_eq!(calls(), 1);
    one.round();
    let before = read();
    for _ in 0..3 {
        one.round();
        two.round();
    }
    assert_eq!(read(), before);
    let left: i64 = redis.run(&["TTL", "{test}:alerts:rules"]).parse().unwrap();
    assert!(left > 29 * 86_400, "{left}");
    two.core.delete_rule("mine").unwrap();
    two.round();
    one.round();
    assert_eq!(one.rule("mine"), None);
    // All is lost: nothing is.
    redis.run(&["FLUSHALL"]);
    two.core.put_rule(own("other", 2.0)).unwrap();
    one.round();
    two.round();
    one.round();
    assert_eq!(one.core.rules(), two.core.rules());
    assert!(!one.rule("disk").unwrap().enabled && one.rule("other").is_some());
}

#[test]
fn what_is_no_rule_is_left_out_and_another_version_is_named() {
    let redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (Server::new(&redis, "a"), Server::new(&redis, "b"));
    let key = "{test}:alerts:rules";
    let long = "x".repeat(65);
    redis.run(&["HSET", key, "mine", "rubbish", "cpu", r#"{"stamp":3}"#, &long, "{}"]);
    let increase = Rule {
        aggregation: watchglass_alerts::Aggregation::Increase,
        window_seconds: 60,
        ..own("increase", 1.0)
    };
    let stamp = watchglass_alerts::sheet::Stamp::after(None, "c", Timestamp::from_millis(1));
    redis.run(&["HSET", key, "increase", &Saying::new(Some(&increase), stamp).to_json()]);
    let before = one.core.rules();
    one.round();
    assert_eq!(one.core.rules(), before);
    // What people say counts more than what nobody understands.
    one.core.put_rule(own("mine", 1.0)).unwrap();
    one.round();
    two.round();
    assert_eq!(two.rule("mine"), Some(own("mine", 1.0)));
    assert_eq!(redis.run(&["HGET", key, "cpu"]), r#"{"stamp":3}"#);
    for (mark, expected) in [
        ("2 x 1 1", "version 2 is not known, 1 is"),
        ("rubbish", "it cannot be read: its mark has no version"),
    ] {
        redis.run(&["HSET", key, "", mark]);
        let error = one.shelf.round(&one.core, Timestamp::default()).unwrap_err().to_string();
        assert!(error.contains(&format!("{{test}}:alerts:rules: {expected}")), "{error}");
    }
}

/// What happens to one of two servers.
#[derive(Clone, Debug)]
enum Act {
    Put(usize, usize, u8),
    Delete(usize, usize),
    Switch(usize, bool),
    Round(usize),
    Restart(usize),
    Lose,
}

fn act() -> impl Strategy<Value = Act> {
    let which = 0..2_usize;
    prop_oneof![
        4 => (which.clone(), 0..3_usize, 1..9_u8).prop_map(|(which, rule, level)| Act::Put(which, rule, level)),
        2 => (which.clone(), 0..3_usize).prop_map(|(which, rule)| Act::Delete(which, rule)),
        2 => (which.clone(), any::<bool>()).prop_map(|(which, enabled)| Act::Switch(which, enabled)),
        4 => which.clone().prop_map(Act::Round),
        1 => which.prop_map(Act::Restart),
        1 => Just(Act::Lose),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_happens_both_have_the_same_in_the_end_and_the_last_word_counts(
        acts in prop::collection::vec(act(), 1..40),
        last in 0..2_usize,
    ) {
        let redis = RedisServer::start(&[]).unwrap();
        let ids = ["a", "b"];
        let mut servers = ids.map(|id| Server::new(&redis, id));
        for act in acts {
            match act {
                Act::Put(which, rule, level) => {
                    servers[which].core.put_rule(own(&format!("r{rule}"), f64::from(level))).unwrap();
                }
                Act::Delete(which, rule) => drop(servers[which].core.delete_rule(&format!("r{rule}"))),
                Act::Switch(which, enabled) => servers[which].core.enable_rule("disk", enabled).unwrap(),
                Act::Round(which) => servers[which].round(),
                Act::Restart(which) => servers[which].restart(&redis, ids[which]),
                Act::Lose => drop(redis.run(&["FLUSHALL"])),
            }
        }
        for _ in 0..2 {
            servers.iter_mut().for_each(Server::round);
        }
        prop_assert_eq!(servers[0].core.rules(), servers[1].core.rules());
        servers[last].core.put_rule(own("r0", 0.5)).unwrap();
        servers[last].round();
        servers[1 - last].round();
        prop_assert_eq!(servers[1 - last].rule("r0"), Some(own("r0", 0.5)));
    }
}
