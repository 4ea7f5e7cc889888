//! Redis that is away, hangs, forgets, or holds rubbish.

use super::*;
use std::collections::BTreeMap;
use watchglass_test_servers::{CONTINUE, STOP};

/// Appends a sample a second to two series, from one second to another.
fn fill(world: &World, history: &dyn History, seconds: std::ops::Range<i64>) -> BTreeMap<(u32, i64), f64> {
    let mut map = BTreeMap::new();
    for second in seconds {
        let values = [(0, (second % 7) as f64), (1, second as f64 * 2.0)];
        world.append(history, second * 1000, &values);
        map.extend(values.into_iter().map(|(id, value)| ((id, second * 1000), value)));
    }
    map
}

/// What a server that has nothing but Redis sees.
fn seen(redis: &RedisServer, prefix: &str) -> BTreeMap<(u32, i64), f64> {
    let reader = Temporary::new(&redis.url(), &options(prefix, "reader"), 100);
    let seen = everything(&reader);
    assert_eq!(reader.status().problems, Vec::<String>::new());
    seen
}

#[test]
fn redis_that_was_away_for_minutes_is_filled_in_without_a_hole() {
    let (mut redis, world, prefix) = (redis(), World::new(), prefix());
    let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let mut map = fill(&world, &history, 0..150);
    assert!(history.history.settle());
    redis.kill();
    map.extend(fill(&world, &history, 150..500));
    assert!(!history.history.settle());
    let problems = history.status().problems;
    assert!(
        problems.len() == 1
            && problems[0].contains("cannot connect")
            && problems[0].contains("minutes wait here"),
        "{problems:?}"
    );
    // Its own questions are answered meanwhile.
    assert_eq!(everything(&history), map);
    world.compare(&history, &map, (0, 600_000), 60_000);
    // Redis has nothing left of what it was given: it does not write to a disk here.
    redis.restart();
    assert!(history.history.settle());
    assert_eq!(history.status().problems, Vec::<String>::new());
    assert_eq!(seen(&redis, &prefix), map);
}

#[test]
fn redis_that_hangs_delays_nobody_but_the_sending_thread() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let mut map = fill(&world, &history, 0..100);
    assert!(history.history.settle());
    redis.signal(STOP);
    map.extend(fill(&world, &history, 100..400));
    assert_eq!(everything(&history), map);
    assert!(!history.history.settle());
    redis.signal(CONTINUE);
    watchglass_test_servers::until("Redis goes on", || history.history.settle().then_some(()));
    assert_eq!(seen(&redis, &prefix), map);
}

#[test]
fn redis_that_forgot_everything_is_filled_in_again() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let mut map = fill(&world, &history, 0..8000);
    assert!(history.history.settle());
    redis.run(&["FLUSHALL"]);
    map.extend(fill(&world, &history, 8000..8100));
    assert!(history.history.settle());
    assert_eq!(seen(&redis, &prefix), map);
    let reader = Temporary::new(&redis.url(), &options(&prefix, "reader"), 100);
    world.compare(&reader, &map, (0, 9_000_000), 60_000);
}

#[test]
fn a_restart_goes_on_where_redis_is() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let folder = tempfile::tempdir().unwrap();
    let options = options(&prefix, "one");
    let first = open(folder.path(), &redis.url(), &options, 100);
    let mut map = fill(&world, &first, 0..200);
    assert!(first.settle());
    map.extend(fill(&world, &first, 200..400));
    // As after a crash: nothing more is sent.
    first.shared.local.close();
    std::mem::forget(first);
    let second = open(folder.path(), &redis.url(), &options, 100);
    assert!(second.settle());
    assert_eq!(seen(&redis, &prefix), map);
    map.extend(fill(&world, &second, 400..450));
    second.close();
    assert_eq!(seen(&redis, &prefix), map);
}

#[test]
fn a_sample_of_an_earlier_minute_is_sent_again() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let mut map = fill(&world, &history, 0..7300);
    assert!(history.history.settle());
    // The clock was set back by two hours, for one batch.
    world.append(&history, 30_500, &[(0, 99.0), (1, 61.0)]);
    map.extend([((0, 30_500), 99.0), ((1, 30_500), 61.0)]);
    map.extend(fill(&world, &history, 7300..7310));
    assert!(history.history.settle());
    assert_eq!(seen(&redis, &prefix), map);
    let reader = Temporary::new(&redis.url(), &options(&prefix, "reader"), 100);
    for step in [1000, 60_000, 900_000] {
        world.compare(&reader, &map, (0, 7_400_000), step);
    }
}

#[test]
fn a_damaged_bucket_is_named_and_the_rest_is_there() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let mut map = fill(&world, &history, 0..300);
    assert!(history.history.settle());
    let key = format!("{{{prefix}}}:one:m:2");
    redis.run(&["SETRANGE", &key, "9", "rubbish"]);
    let reader = Temporary::new(&redis.url(), &options(&prefix, "reader"), 100);
    map.retain(|&(_, time), _| time / 60_000 != 2);
    assert_eq!(everything(&reader), map);
    let problems = reader.status().problems;
    assert!(problems.len() == 1 && problems[0].starts_with(&key), "{problems:?}");
}

#[test]
fn keys_of_a_newer_program_are_left_alone() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let state = format!("{{{prefix}}}:one:state");
    redis.run(&["HSET", &state, "format", "2", "sent", "5"]);
    let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let map = fill(&world, &history, 0..100);
    assert!(!history.history.settle());
    let problems = history.status().problems;
    assert!(problems.len() == 1 && problems[0].contains("has version 2"), "{problems:?}");
    assert_eq!(everything(&history), map);
    assert_eq!(redis.run(&["DBSIZE"]).trim().trim_start_matches("(integer) "), "1");
}

/// Whatever happens to Redis and to this server, in whatever order: once Redis is there again it has everything.
#[test]
fn any_sequence_of_faults_ends_with_everything() {
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
                    history.settle();
                }
                2 => {
                    history.shared.local.close();
                    std::mem::forget(history);
                    history = open(folder.path(), &redis.url(), &options, 100);
                }
                3 => drop(history.settle()),
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
        watchglass_test_servers::until("everything is sent", || history.settle().then_some(()));
        // What was forgotten since the last minute was sent is noticed with the next one.
        map.extend(fill(&world, &history, second..second + 1));
        assert!(history.settle());
        assert_eq!(seen(&redis, &prefix), map);
    }
}
