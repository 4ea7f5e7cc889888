use super::*;
use app::api::HostInfo;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;
use watchglass_model::{Catalogue, Declaration, Kind, Unit};
use watchglass_rules::Rule;
use watchglass_test_servers::RedisServer;
use watchglass_tsdb::MemoryHistory;

use crate::evaluation::RuleEvaluator;
use crate::notifications::Notifications;

static GAUGE: Declaration = Declaration {
    name: "m",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "",
    labels: &[],
    panel: None,
    legend: "",
};

/// Server without probes.
struct Server {
    core: AppState,
    store: RedisRuleStore,
    folder: TempDir,
}

fn core(id: &str, folder: &TempDir) -> AppState {
    let mut catalogue = Catalogue::default();
    catalogue.declare(&GAUGE).unwrap();
    let history = Arc::new(MemoryHistory::new(Duration::from_secs(60), 100));
    let core = AppState::new(
        HostInfo::default(),
        catalogue,
        BTreeMap::new(),
        String::new(),
        history,
        Arc::default(),
        Arc::default(),
    );
    let core =
        core.with_alerting(RuleEvaluator::open(Vec::new(), folder.path()).unwrap(), Notifications::default());
    core.start_rule_replication(id);
    core
}

impl Server {
    fn new(redis: &RedisServer, id: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = RedisRuleStore::new(Target::parse(&redis.url()).unwrap(), "test", id);
        Self { core: core(id, &folder), store, folder }
    }

    fn round(&mut self) {
        self.store.sync(&self.core, crate::ticker::now()).unwrap();
    }

    /// Restarts the server.
    fn restart(&mut self, redis: &RedisServer, id: &str) {
        self.core = core(id, &self.folder);
        self.store = RedisRuleStore::new(Target::parse(&redis.url()).unwrap(), "test", id);
    }

    fn rule(&self, id: &str) -> Option<Rule> {
        self.core.rules().into_iter().map(|(rule, _)| rule).find(|rule| rule.id == id)
    }
}

fn own(id: &str, level: f64) -> Rule {
    Rule { warning: Some(level), ..Rule::new(id, "Own", "m", "cpu") }
}

#[test]
fn rules_are_synced_and_read_only_when_changed() {
    let redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (Server::new(&redis, "a"), Server::new(&redis, "b"));
    one.round();
    two.round();
    assert_eq!(redis.run(&["EXISTS", "{test}:alerts:rules"]), "0", "no changed rules");
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
    // Lost Redis data is restored by the servers.
    redis.run(&["FLUSHALL"]);
    two.core.put_rule(own("other", 2.0)).unwrap();
    one.round();
    two.round();
    one.round();
    assert_eq!(one.core.rules(), two.core.rules());
    assert!(!one.rule("disk").unwrap().enabled && one.rule("other").is_some());
}

#[test]
fn invalid_rules_are_skipped_and_other_versions_rejected() {
    let redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (Server::new(&redis, "a"), Server::new(&redis, "b"));
    let key = "{test}:alerts:rules";
    let long = "x".repeat(65);
    redis.run(&["HSET", key, "mine", "garbage", "cpu", r#"{"stamp":3}"#, &long, "{}"]);
    let increase = Rule {
        aggregation: watchglass_rules::Aggregation::Increase,
        window_seconds: 60,
        ..own("increase", 1.0)
    };
    let version = watchglass_rules::rule_replica::Version::after(None, "c", Timestamp::from_millis(1));
    redis.run(&["HSET", key, "increase", &RuleVersion::new(Some(&increase), version).to_json()]);
    let before = one.core.rules();
    one.round();
    assert_eq!(one.core.rules(), before);
    // A local edit overrides an invalid field.
    one.core.put_rule(own("mine", 1.0)).unwrap();
    one.round();
    two.round();
    assert_eq!(two.rule("mine"), Some(own("mine", 1.0)));
    assert_eq!(redis.run(&["HGET", key, "cpu"]), r#"{"stamp":3}"#);
    for (mark, expected) in [
        ("2 x 1 1", "unsupported version 2 (supported: 1)"),
        ("garbage", "invalid data: the revision has no version"),
    ] {
        redis.run(&["HSET", key, "", mark]);
        let error = one.store.sync(&one.core, Timestamp::default()).unwrap_err().to_string();
        assert!(error.contains(&format!("{{test}}:alerts:rules: {expected}")), "{error}");
    }
}

/// Operation on one of two servers.
#[derive(Clone, Debug)]
enum Operation {
    Put(usize, usize, u8),
    Delete(usize, usize),
    Switch(usize, bool),
    Round(usize),
    Restart(usize),
    Lose,
}

fn operation() -> impl Strategy<Value = Operation> {
    let which = 0..2_usize;
    prop_oneof![
        4 => (which.clone(), 0..3_usize, 1..9_u8).prop_map(|(which, rule, level)| Operation::Put(which, rule, level)),
        2 => (which.clone(), 0..3_usize).prop_map(|(which, rule)| Operation::Delete(which, rule)),
        2 => (which.clone(), any::<bool>()).prop_map(|(which, enabled)| Operation::Switch(which, enabled)),
        4 => which.clone().prop_map(Operation::Round),
        1 => which.prop_map(Operation::Restart),
        1 => Just(Operation::Lose),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn servers_converge_and_the_last_edit_wins(
        operations in prop::collection::vec(operation(), 1..40),
        last in 0..2_usize,
    ) {
        let redis = RedisServer::start(&[]).unwrap();
        let ids = ["a", "b"];
        let mut servers = ids.map(|id| Server::new(&redis, id));
        for operation in operations {
            match operation {
                Operation::Put(which, rule, level) => {
                    servers[which].core.put_rule(own(&format!("r{rule}"), f64::from(level))).unwrap();
                }
                Operation::Delete(which, rule) => drop(servers[which].core.delete_rule(&format!("r{rule}"))),
                Operation::Switch(which, enabled) => servers[which].core.enable_rule("disk", enabled).unwrap(),
                Operation::Round(which) => servers[which].round(),
                Operation::Restart(which) => servers[which].restart(&redis, ids[which]),
                Operation::Lose => drop(redis.run(&["FLUSHALL"])),
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
