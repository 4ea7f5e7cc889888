//! Sync with a Redis server.

use super::test_server::{KEY, MAX_FIELDS, Server, TTL, calls, reads, replica};
use crate::test_value::{put, removed};
use std::process::Command;
use watchglass_test_servers::RedisServer;

#[test]
fn entries_are_synced_and_read_only_when_changed() {
    let redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (Server::new(&redis, "a"), Server::new(&redis, "b"));
    one.round(0);
    two.round(0);
    assert_eq!(redis.run(&["HGETALL", KEY]), "\n1 a 0 1", "no entries");
    one.put("x", put(1, 7));
    one.round(1);
    two.round(1);
    assert_eq!(two.get("x"), Some(put(1, 7)));
    assert_eq!(redis.run(&["HGETALL", KEY]), "\n1 a 1 2\nx\n1 false 1 7");
    let (before, snapshots) = (reads(&redis), one.local.snapshots.get());
    for now in 2..5 {
        one.round(now);
        two.round(now);
    }
    // The second server read it once; the first does not read its own write.
    assert_eq!((reads(&redis), one.local.snapshots.get()), (before, snapshots));
    two.put("x", removed(5));
    two.round(5);
    one.round(5);
    assert_eq!(one.get("x"), None);
    assert_eq!(redis.run(&["HGET", KEY, "x"]), "1 true 5 0");
    // The tombstone expires without any other change.
    for server in [&mut one, &mut two] {
        server.round(15);
    }
    assert_eq!(redis.run(&["HGETALL", KEY]), "\n1 a 15 3");
}

#[test]
fn looks_at_an_empty_map_are_hits() {
    let redis = RedisServer::start(&[]).unwrap();
    let mut one = Server::new(&redis, "a");
    let counted = |name: &str| {
        let stats = redis.run(&["INFO", "stats"]);
        let line = stats.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.trim().parse::<u64>().unwrap()
    };
    for time in [0, 10] {
        // Again after the data of Redis was lost.
        redis.run(&["FLUSHALL"]);
        one.round(time);
        let (hits, misses) = (counted("keyspace_hits"), counted("keyspace_misses"));
        for later in 1..=3 {
            one.round(time + later);
        }
        assert_eq!(counted("keyspace_misses"), misses);
        assert!(counted("keyspace_hits") > hits);
    }
}

#[test]
fn maps_without_a_version_are_compared() {
    let redis = RedisServer::start(&[]).unwrap();
    let mut one = Server { local: Default::default(), replica: replica(&redis, "a", None) };
    one.put("x", put(1, 7));
    one.round(1);
    assert_eq!(redis.run(&["HGET", KEY, ""]), "a 1 1", "the revision has no version either");
    let (before, snapshots) = (reads(&redis), one.local.snapshots.get());
    one.round(2);
    assert_eq!((reads(&redis), one.local.snapshots.get()), (before, snapshots + 1));
    one.put("x", put(2, 7));
    one.round(3);
    assert_eq!(redis.run(&["HGET", KEY, "x"]), "1 false 2 7");
}

#[test]
fn lost_redis_data_is_restored() {
    let redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (Server::new(&redis, "a"), Server::new(&redis, "b"));
    one.put("x", put(1, 1));
    one.round(1);
    redis.run(&["FLUSHALL"]);
    two.put("y", put(2, 2));
    one.round(2);
    two.round(2);
    one.round(3);
    assert_eq!(one.map(), two.map());
    assert!(one.get("x").is_some() && one.get("y").is_some());
}

#[test]
fn lifetime_of_the_key_is_renewed_hourly() {
    let redis = RedisServer::start(&[]).unwrap();
    let mut one = Server::new(&redis, "a");
    let left = || redis.run(&["TTL", KEY]).parse::<i64>().unwrap();
    one.put("x", put(1, 1));
    one.round(1);
    assert!(left() > TTL - 60, "{}", left());
    redis.run(&["EXPIRE", KEY, "1000"]);
    let before = calls(&redis, "expire");
    one.round(3_600_000);
    assert_eq!(calls(&redis, "expire"), before, "idle rounds write nothing");
    one.round(3_600_001);
    assert!(left() > TTL - 60, "{}", left());
}

#[test]
fn invalid_fields_are_reported_once_and_other_versions_kept() {
    let redis = RedisServer::start(&[]).unwrap();
    let mut one = Server::new(&redis, "a");
    one.put("mine", put(1, 1));
    one.put("foreign", put(1, 1));
    let long = "x".repeat(65);
    redis.run(&["HSET", KEY, "mine", "garbage", "foreign", "2 more", &long, "y"]);
    one.round(2);
    let get = |field: &str| redis.run(&["HGET", KEY, field]);
    assert_eq!(
        (get("mine"), get("foreign"), get(&long)),
        ("1 false 1 1".into(), "2 more".into(), "y".into())
    );
    let before = reads(&redis);
    one.round(3);
    one.round(4);
    assert_eq!(reads(&redis), before, "invalid fields are not read again and again");
    redis.run(&["HSET", KEY, "mine", "garbage", "", "1 other 1 1"]);
    one.round(5);
    one.round(6);
    let reports = one.local.reports.take();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].starts_with("{test}:values: 3 fields, such as "), "{reports:?}");
    assert_eq!(get("mine"), "1 false 1 1");
    redis.run(&["HDEL", KEY, "foreign", ""]);
    one.round(7);
    let reports = one.local.reports.take();
    assert!(reports[0].starts_with("{test}:values: 1 fields, such as x"), "{reports:?}");
}

#[test]
fn other_format_version_and_unsaved_values_are_errors() {
    let redis = RedisServer::start(&[]).unwrap();
    let mut one = Server::new(&redis, "a");
    for (revision, expected) in [
        ("2 x 1 1", "{test}:values: unsupported version 2 (supported: 1): run the same version"),
        ("garbage", "{test}:values: invalid data: the revision has no version"),
    ] {
        redis.run(&["HSET", KEY, "", revision]);
        let error = one.sync(1).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(redis.run(&["HGET", KEY, ""]), revision, "nothing is written");
    }
    redis.run(&["HSET", KEY, "", "1 x 1 1", "x", "1 false 1 1"]);
    *one.local.failure.borrow_mut() = Some("disk full".to_owned());
    for now in [2, 3] {
        assert_eq!(one.sync(now).unwrap_err().to_string(), "disk full");
    }
    one.local.failure.take();
    one.round(4);
    assert_eq!(one.get("x"), Some(put(1, 1)));
}

#[test]
fn too_many_fields_are_not_read() {
    let redis = RedisServer::start(&[]).unwrap();
    let mut one = Server::new(&redis, "a");
    one.put("mine", put(9, 1));
    let script =
        format!("for i = 1, {} do redis.call('HSET', KEYS[1], i, '1 false 1 1') end", MAX_FIELDS + 1);
    redis.run(&["EVAL", &script, "1", KEY]);
    let error = one.sync(1).unwrap_err().to_string();
    assert_eq!(
        error,
        "{test}:values in Redis has 9 fields, the maximum is 8: `DEL` it; the servers will write their entries again"
    );
    assert_eq!((reads(&redis), one.map().len()), (0, 1));
    // As many as may be read are reduced to as many as are kept, with the greatest values.
    redis.run(&["HDEL", KEY, "1"]);
    one.round(2);
    assert_eq!(redis.run(&["HKEYS", KEY]).lines().filter(|field| !field.is_empty()).count(), 4);
    assert_eq!((redis.run(&["HGET", KEY, "mine"]), one.get("mine")), ("1 false 9 1".into(), Some(put(9, 1))));
}

#[test]
fn values_written_by_another_server_in_between_are_kept() {
    let redis = RedisServer::start(&[]).unwrap();
    let mut one = Server::new(&redis, "a");
    one.put("mine", put(1, 1));
    // Between reading and writing another server adds an entry, three times.
    let (port, mut left) = (redis.port.to_string(), 3);
    *one.local.on_merge.borrow_mut() = Some(Box::new(move || {
        if left > 0 {
            let (field, revision) = (format!("other{left}"), format!("1 b 1 {left}"));
            let hset = ["-p", &port, "HSET", KEY, &field, "1 false 2 2", "", &revision];
            assert!(Command::new("redis-cli").args(hset).output().unwrap().status.success());
            left -= 1;
        }
    }));
    one.round(2);
    for field in ["other1", "other2", "other3"] {
        assert_eq!(redis.run(&["HGET", KEY, field]), "1 false 2 2");
        assert_eq!(one.get(field), Some(put(2, 2)));
    }
    assert_eq!(redis.run(&["HGET", KEY, "mine"]), "1 false 1 1");
}
