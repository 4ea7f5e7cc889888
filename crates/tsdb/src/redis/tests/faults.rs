//! Tests with a Redis that is down, hangs, loses data, or has corrupt values.

use super::*;
use std::collections::BTreeMap;
use watchglass_test_servers::{CONTINUE, STOP};

/// Appends one sample per second to two series.
fn fill(world: &World, history: &dyn History, seconds: std::ops::Range<i64>) -> BTreeMap<(u32, i64), f64> {
    let mut map = BTreeMap::new();
    for second in seconds {
        let values = [(0, (second % 7) as f64), (1, second as f64 * 2.0)];
        world.append(history, second * 1000, &values);
        map.extend(values.into_iter().map(|(id, value)| ((id, second * 1000), value)));
    }
    map
}

/// The samples that a server without local data sees.
fn seen(redis: &RedisServer, prefix: &str) -> BTreeMap<(u32, i64), f64> {
    let reader = Temporary::new(&redis.url(), &options(prefix, "reader"), 100);
    let seen = everything(&reader);
    assert_eq!(reader.status().problems, Vec::<String>::new());
    seen
}

#[test]
fn redis_outages_are_backfilled() {
    let (mut redis, world, prefix) = (redis(), World::new(), prefix());
    let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let mut map = fill(&world, &history, 0..150);
    assert!(history.history.flush());
    redis.kill();
    map.extend(fill(&world, &history, 150..500));
    assert!(!history.history.flush());
    let problems = history.status().problems;
    assert!(
        problems.len() == 1
            && problems[0].contains("cannot connect")
            && problems[0].contains("minutes are waiting for upload"),
        "{problems:?}"
    );
    // Local queries work meanwhile.
    assert_eq!(everything(&history), map);
    world.compare(&history, &map, (0, 600_000), 60_000);
    // Redis lost everything: it has no persistence here.
    redis.restart();
    assert!(history.history.flush());
    assert_eq!(history.status().problems, Vec::<String>::new());
    assert_eq!(seen(&redis, &prefix), map);
}

#[test]
fn hanging_redis_only_blocks_the_upload_thread() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let mut map = fill(&world, &history, 0..100);
    assert!(history.history.flush());
    redis.signal(STOP);
    map.extend(fill(&world, &history, 100..400));
    assert_eq!(everything(&history), map);
    assert!(!history.history.flush());
    redis.signal(CONTINUE);
    watchglass_test_servers::wait_until("Redis to resume", || history.history.flush().then_some(()));
    assert_eq!(seen(&redis, &prefix), map);
}

#[test]
fn lost_redis_data_is_uploaded_again() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let mut map = fill(&world, &history, 0..8000);
    assert!(history.history.flush());
    redis.run(&["FLUSHALL"]);
    map.extend(fill(&world, &history, 8000..8100));
    assert!(history.history.flush());
    assert_eq!(seen(&redis, &prefix), map);
    let reader = Temporary::new(&redis.url(), &options(&prefix, "reader"), 100);
    world.compare(&reader, &map, (0, 9_000_000), 60_000);
}

#[test]
fn restart_continues_the_upload() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let folder = tempfile::tempdir().unwrap();
    let options = options(&prefix, "one");
    let first = open(folder.path(), &redis.url(), &options, 100);
    let mut map = fill(&world, &first, 0..200);
    assert!(first.flush());
    map.extend(fill(&world, &first, 200..400));
    // Like a crash: nothing more is uploaded.
    first.shared.local.close();
    std::mem::forget(first);
    let second = open(folder.path(), &redis.url(), &options, 100);
    assert!(second.flush());
    assert_eq!(seen(&redis, &prefix), map);
    map.extend(fill(&world, &second, 400..450));
    second.close();
    assert_eq!(seen(&redis, &prefix), map);
}

#[test]
fn late_samples_are_uploaded() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let mut map = fill(&world, &history, 0..7300);
    assert!(history.history.flush());
    // One batch with the clock set back by two hours.
    world.append(&history, 30_500, &[(0, 99.0), (1, 61.0)]);
    map.extend([((0, 30_500), 99.0), ((1, 30_500), 61.0)]);
    map.extend(fill(&world, &history, 7300..7310));
    assert!(history.history.flush());
    assert_eq!(seen(&redis, &prefix), map);
    let reader = Temporary::new(&redis.url(), &options(&prefix, "reader"), 100);
    for step in [1000, 60_000, 900_000] {
        world.compare(&reader, &map, (0, 7_400_000), step);
    }
}

#[test]
fn damaged_buckets_are_reported_and_the_rest_is_read() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let mut map = fill(&world, &history, 0..300);
    assert!(history.history.flush());
    let key = format!("{{{prefix}}}:one:m:2");
    redis.run(&["SETRANGE", &key, "9", "rubbish"]);
    let reader = Temporary::new(&redis.url(), &options(&prefix, "reader"), 100);
    map.retain(|&(_, time), _| time / 60_000 != 2);
    assert_eq!(everything(&reader), map);
    let problems = reader.status().problems;
    assert!(problems.len() == 1 && problems[0].starts_with(&key), "{problems:?}");
}

#[test]
fn keys_of_newer_versions_are_not_changed() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let state = format!("{{{prefix}}}:one:state");
    redis.run(&["HSET", &state, "format", "2", "sent", "5"]);
    let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let map = fill(&world, &history, 0..100);
    assert!(!history.history.flush());
    let problems = history.status().problems;
    assert!(problems.len() == 1 && problems[0].contains("has version 2"), "{problems:?}");
    assert_eq!(everything(&history), map);
    assert_eq!(redis.run(&["DBSIZE"]).trim().trim_start_matches("(integer) "), "1");
}

/// After any sequence of Redis and server failures, Redis finally has all samples.
#[test]
fn any_failure_sequence_loses_no_samples() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % limit
    };
    let (mut redis, world) = (redis(), World::new());
    for _ in 0..6 {
        let (prefix, folder) = (prefix(), tempfile::tempdir().unwrap());
        let options = options(&prefix, "one");
        let mut history = open(folder.path(), &redis.url(), &options, 100);
        let mut map = BTreeMap::new();
        let mut second = 1_000_000 + below(5000) as i64;
        for _ in 0..14 {
            match below(6) {
                0 => drop(redis.run(&["FLUSHALL"])),
                1 => {
                    redis.restart();
                    history.flush();
                }
                2 => {
                    history.shared.local.close();
                    std::mem::forget(history);
                    history = open(folder.path(), &redis.url(), &options, 100);
                }
                3 => drop(history.flush()),
                _ => {
                    if below(4) == 0 {
                        second -= below(200) as i64;
                    }
                    let length = 30 + below(900) as i64;
                    map.extend(fill(&world, &history, second..second + length));
                    second += length + below(300) as i64;
                }
            }
        }
        watchglass_test_servers::wait_until("upload to complete", || history.flush().then_some(()));
        // Data lost since the last upload is detected with the next one.
        map.extend(fill(&world, &history, second..second + 1));
        assert!(history.flush());
        assert_eq!(seen(&redis, &prefix), map);
    }
}
