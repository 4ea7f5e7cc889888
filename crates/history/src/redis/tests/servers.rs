//! Redis behind a password, with a database's number, encrypted, and in a cluster.

use super::*;
use watchglass_test_servers::until;

/// Writes through one history and reads through another.
fn round_trip(url: &str, prefix: &str) {
    let world = World::new();
    let history = Temporary::new(url, &options(prefix, "one"), 100);
    for second in 0..130 {
        world.append(&history, second * 1000, &[(0, second as f64)]);
    }
    assert!(history.history.settle(), "{:?}", history.status().problems);
    let reader = Temporary::new(url, &options(prefix, "two"), 100);
    assert_eq!(everything(&reader), everything(&history));
    assert_eq!(everything(&reader).len(), 130);
}

#[test]
fn a_password_and_a_database_are_used() {
    let redis = RedisServer::start(&["--save", "", "--requirepass", "s@same"]).unwrap();
    round_trip(&format!("redis://:s%40same@127.0.0.1:{}/3", redis.port), "p");
    let cli = |words: &[&str]| redis.run(&[&["-a", "s@same", "--no-auth-warning"], words].concat());
    assert_eq!(cli(&["-n", "0", "DBSIZE"]), "0");
    assert_ne!(cli(&["-n", "3", "DBSIZE"]), "0");
    let history =
        Temporary::new(&format!("redis://:wrong@127.0.0.1:{}", redis.port), &options("p", "one"), 9);
    World::new().append(&history, 1000, &[(0, 1.0)]);
    assert!(!history.history.settle());
    let problems = history.status().problems.join(" ");
    assert!(problems.contains("refuses") && !problems.contains("wrong@"), "{problems}");
}

#[test]
fn all_keys_have_the_prefix_and_an_end() {
    let redis = redis();
    round_trip(&redis.url(), "p");
    let keys = redis.run(&["--raw", "KEYS", "*"]);
    assert_eq!(keys.lines().count(), 3 + 5, "{keys}");
    for key in keys.lines() {
        assert!(key.starts_with("{p}:"), "{key}");
        let left: i64 = redis.run(&["--raw", "TTL", key]).trim().parse().unwrap();
        assert!((7 * 86_400 - 600..=7 * 86_400).contains(&left), "{key}: {left}");
    }
}

#[test]
fn a_cluster_is_followed_to_where_the_keys_are() {
    let cluster = ["--save", "", "--cluster-enabled", "yes"];
    let (one, other) = (RedisServer::start(&cluster).unwrap(), RedisServer::start(&cluster).unwrap());
    other.run(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    one.run(&["CLUSTER", "MEET", "127.0.0.1", &other.port.to_string()]);
    for server in [&one, &other] {
        until("the cluster", || server.run(&["CLUSTER", "INFO"]).contains("cluster_state:ok").then_some(()));
    }
    round_trip(&one.url(), "p");
    assert_eq!(one.run(&["--raw", "DBSIZE"]), "0");
    assert_ne!(other.run(&["--raw", "DBSIZE"]), "0");
}
