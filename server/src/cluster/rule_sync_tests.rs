use super::*;
use std::sync::Arc;
use tempfile::TempDir;
use watchglass_model::{Catalogue, Declaration, Kind, Unit};
use watchglass_rules::Rule;
use watchglass_test_servers::RedisServer;
use watchglass_tsdb::MemoryHistory;

use crate::audit::{Actor, AuditLog};
use crate::evaluation::RuleEvaluator;
use crate::metric_store::{Collected, MetricStore};

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
    actor: Actor,
    changes: RuleService,
    replica: RedisReplica<String, RuleVersion>,
    _folder: TempDir,
}

fn changes(id: &str, folder: &TempDir) -> RuleService {
    let mut catalogue = Catalogue::default();
    catalogue.declare(&GAUGE).unwrap();
    let history = Arc::new(MemoryHistory::new(Duration::from_secs(60), 100));
    let collected = Collected { catalogue, ..Collected::default() };
    let changes = RuleService {
        metrics: Arc::new(MetricStore::new(collected, history.clone(), history)),
        rules: Arc::new(RuleEvaluator::open(Vec::new(), folder.path()).unwrap()),
    };
    changes.rules.set_server_id(id);
    changes
}

impl Server {
    fn new(redis: &RedisServer, id: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let replica = redis_replica(Target::parse(&redis.url()).unwrap(), "test", id);
        let actor = Actor::command(Arc::new(AuditLog::for_command(folder.path())), "uid 0".to_owned());
        Self { actor, changes: changes(id, &folder), replica, _folder: folder }
    }

    fn round(&mut self) {
        self.replica.sync(&self.changes, crate::clock::now()).unwrap();
    }

    fn rule(&self, id: &str) -> Option<Rule> {
        self.changes.rules.rule(id).map(|(rule, _)| rule)
    }
}

fn own(id: &str, level: f64) -> Rule {
    Rule { warning: Some(level), ..Rule::new(id, "Own", "m", "cpu") }
}

#[test]
fn rules_are_synced() {
    let redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (Server::new(&redis, "a"), Server::new(&redis, "b"));
    let key = "{test}:alerts:rules";
    one.round();
    two.round();
    assert_eq!(redis.run(&["HLEN", key]), "1", "only the revision");
    one.changes.put(&one.actor, own("mine", 1.0)).unwrap();
    one.changes.enable(&one.actor, "disk", false).unwrap();
    one.round();
    two.round();
    assert_eq!(two.rule("mine"), Some(own("mine", 1.0)));
    assert!(!two.rule("disk").unwrap().enabled);
    let disk = redis.run(&["HGET", key, "disk"]);
    assert!(disk.ends_with(r#","server":"a"},"changed":{"id":"disk","set":{"enabled":false}}}"#), "{disk}");
    let revision = redis.run(&["HGET", key, ""]);
    assert!(revision.starts_with("1 a ") && revision.ends_with(" 2"), "{revision}");
    let left: i64 = redis.run(&["TTL", key]).parse().unwrap();
    assert!(left > 29 * 86_400, "{left}");
    two.changes.delete(&two.actor, "mine").unwrap();
    two.round();
    one.round();
    assert_eq!(one.rule("mine"), None);
    // Lost Redis data is restored by the servers.
    redis.run(&["FLUSHALL"]);
    two.changes.put(&two.actor, own("other", 2.0)).unwrap();
    one.round();
    two.round();
    one.round();
    assert_eq!(one.changes.rules.rules(), two.changes.rules.rules());
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
    let before = one.changes.rules.rules();
    one.round();
    assert_eq!(one.changes.rules.rules(), before);
    // A local edit overrides an invalid field.
    one.changes.put(&one.actor, own("mine", 1.0)).unwrap();
    one.round();
    two.round();
    assert_eq!(two.rule("mine"), Some(own("mine", 1.0)));
    assert_eq!(redis.run(&["HGET", key, "cpu"]), r#"{"stamp":3}"#);
    for (mark, expected) in [
        ("2 x 1 1", "unsupported version 2 (supported: 1)"),
        ("garbage", "invalid data: the revision has no version"),
    ] {
        redis.run(&["HSET", key, "", mark]);
        let error = one.replica.sync(&one.changes, Timestamp::default()).unwrap_err().to_string();
        assert!(error.contains(&format!("{{test}}:alerts:rules: {expected}")), "{error}");
    }
}
