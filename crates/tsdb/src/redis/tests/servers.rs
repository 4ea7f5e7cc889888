//! Tests with a Redis password, a database number, TLS, and a cluster.

use super::*;
use watchglass_test_servers::wait_until;

/// Writes through one store and reads through another.
fn round_trip(url: &str, prefix: &str) {
    let world = World::new();
    let history = Temporary::new(url, &options(prefix, "one"), 100);
    for second in 0..130 {
        world.append(&history, second * 1000, &[(0, second as f64)]);
    }
    assert!(history.history.flush(), "{:?}", history.status().problems);
    let reader = Temporary::new(url, &options(prefix, "two"), 100);
    assert_eq!(everything(&reader), everything(&history));
    assert_eq!(everything(&reader).len(), 130);
}

#[test]
fn password_and_database_are_used() {
    let redis = RedisServer::start(&["--save", "", "--requirepass", "s@same"]).unwrap();
    round_trip(&format!("redis://:s%40same@127.0.0.1:{}/3", redis.port), "p");
    let cli = |words: &[&str]| redis.run(&[&["-a", "s@same", "--no-auth-warning"], words].concat());
    assert_eq!(cli(&["-n", "0", "DBSIZE"]), "0");
    assert_ne!(cli(&["-n", "3", "DBSIZE"]), "0");
    let history =
        Temporary::new(&format!("redis://:wrong@127.0.0.1:{}", redis.port), &options("p", "one"), 9);
    World::new().append(&history, 1000, &[(0, 1.0)]);
    assert!(!history.history.flush());
    let problems = history.status().problems.join(" ");
    assert!(problems.contains("rejected the request") && !problems.contains("wrong@"), "{problems}");
}

#[test]
fn all_keys_have_the_prefix_and_a_ttl() {
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

/// A cluster of two nodes, of which the second one has all slots.
fn cluster() -> (RedisServer, RedisServer) {
    let cluster = ["--save", "", "--cluster-enabled", "yes"];
    let (one, other) = (RedisServer::start(&cluster).unwrap(), RedisServer::start(&cluster).unwrap());
    other.run(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    one.run(&["CLUSTER", "MEET", "127.0.0.1", &other.port.to_string()]);
    for server in [&one, &other] {
        wait_until("the cluster", || {
            server.run(&["CLUSTER", "INFO"]).contains("cluster_state:ok").then_some(())
        });
    }
    (one, other)
}

#[test]
fn next_address_is_used_if_the_first_one_is_down() {
    let (one, other) = cluster();
    let down = watchglass_test_servers::free_port();
    round_trip(&format!("redis://127.0.0.1:{down},127.0.0.1:{}", one.port), "p");
    assert_ne!(other.run(&["--raw", "DBSIZE"]), "0");
}

#[test]
fn known_node_is_used_if_the_node_of_the_url_goes_down() {
    let (one, mut other) = cluster();
    let id = other.run(&["CLUSTER", "MYID"]);
    one.run(&["CLUSTER", "REPLICATE", id.trim()]);
    wait_until("the replica", || {
        one.run(&["INFO", "replication"]).contains("master_link_status:up").then_some(())
    });
    wait_until("the list of nodes", || {
        other.run(&["CLUSTER", "SLOTS"]).contains(&one.port.to_string()).then_some(())
    });
    let (url, world) = (other.url(), World::new());
    let history = Temporary::new(&url, &options("p", "one"), 100);
    for second in 0..70 {
        world.append(&history, second * 1000, &[(0, second as f64)]);
    }
    assert!(history.history.flush(), "{:?}", history.status().problems);
    other.kill();
    one.run(&["CLUSTER", "FAILOVER", "TAKEOVER"]);
    wait_until("the failover", || one.run(&["CLUSTER", "INFO"]).contains("cluster_state:ok").then_some(()));
    for second in 70..140 {
        world.append(&history, second * 1000, &[(0, second as f64)]);
    }
    assert!(history.history.flush(), "{:?}", history.status().problems);
    let reader = Temporary::new(&one.url(), &options("p", "two"), 100);
    assert_eq!(everything(&reader), everything(&history));
}

#[test]
fn cluster_redirects_are_followed() {
    let (one, other) = cluster();
    round_trip(&one.url(), "p");
    assert_eq!(one.run(&["--raw", "DBSIZE"]), "0");
    assert_ne!(other.run(&["--raw", "DBSIZE"]), "0");
}
