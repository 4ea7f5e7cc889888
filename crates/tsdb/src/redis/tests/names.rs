//! Tests of two servers with the same name.

use super::*;
use crate::Instance;
use watchglass_model::TimeRange;

fn named(url: &str, prefix: &str, second: i64) -> Temporary {
    let instance = Instance {
        id: format!("run-{second}"),
        started: Timestamp::from_millis(second * 1000),
        place: format!("machine {second}"),
    };
    Temporary::new(url, &RedisOptions { instance: Some(instance), ..options(prefix, "web") }, 100)
}

#[test]
fn second_server_with_a_name_uploads_when_the_first_one_has_stopped() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let first = named(&redis.url(), &prefix, 100);
    let second = named(&redis.url(), &prefix, 200);
    world.append(&first, 1000, &[(0, 1.0)]);
    world.append(&second, 1000, &[(0, 2.0)]);
    world.append(&second, 2000, &[(0, 2.0)]);
    assert!(first.history.flush());
    assert!(!second.history.flush(), "the first one may be running");
    assert!(first.history.flush());
    assert!(!second.history.flush() && first.history.flush());
    for (history, other) in [(&first, "machine 200"), (&second, "machine 100")] {
        let status = history.status();
        assert_eq!(status.conflicts, 1);
        assert!(status.problems.len() == 1 && status.problems[0].contains(other), "{:?}", status.problems);
    }
    let reader = Temporary::new(&redis.url(), &options(&prefix, "reader"), 100);
    assert_eq!(world.samples(&reader, (0, i64::MAX)), [((0, 1000), 1.0)].into());

    first.close();
    assert!(second.history.flush());
    assert_eq!((second.status().conflicts, second.status().problems), (0, Vec::new()));
    assert_eq!(world.samples(&reader, (0, i64::MAX)), [((0, 1000), 2.0), ((0, 2000), 2.0)].into());
}

#[test]
fn stopping_server_sends_all_if_the_name_is_free_and_knows_what_is_not_sent() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let third = named(&redis.url(), &prefix, 300);
    // What it knows of Redis is changed by the first one.
    assert!(third.history.flush());
    let first = named(&redis.url(), &prefix, 100);
    let second = named(&redis.url(), &prefix, 200);
    world.append(&first, 1000, &[(0, 1.0)]);
    assert!(first.history.flush());
    assert_eq!(first.status().unshared, None);
    for history in [&second, &third] {
        world.append(history, 61_000, &[(0, 2.0)]);
        world.append(history, 122_000, &[(0, 3.0)]);
        assert!(!history.history.flush(), "the first one uploads");
    }
    // The name is taken: the samples stay in the data directory of this server.
    second.close();
    let unsent = TimeRange { start: Timestamp::from_millis(60_000), end: Timestamp::from_millis(122_001) };
    assert_eq!(second.status().unshared, Some(unsent));
    // The name is free: all are sent, also those of the current minute.
    first.close();
    third.close();
    assert_eq!(third.status().unshared, None);
    let reader = Temporary::new(&redis.url(), &options(&prefix, "reader"), 100);
    let expected = [((0, 1000), 1.0), ((0, 61_000), 2.0), ((0, 122_000), 3.0)].into();
    assert_eq!(world.samples(&reader, (0, i64::MAX)), expected);
}
