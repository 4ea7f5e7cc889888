//! Tests of Redis failures and recovery.

use crate::support::{CONTINUE, INTERVAL, RedisServer, STOP, round, rounds_until, wait_until};
use std::time::Duration;
use watchglass_model::{Problem, Timestamp};
use watchglass_probes::{Collector, Redis, redis};

#[test]
fn hanging_and_killed_servers_are_down_until_recovery() {
    let Some(mut server) = RedisServer::start(&[]) else {
        return;
    };
    let name = format!("127.0.0.1:{}", server.port);
    let mut probe = Redis::new(&server.url(), INTERVAL).unwrap();
    round(&mut probe).unwrap();

    server.signal(STOP);
    for _ in 0..2 {
        assert_eq!(round(&mut probe), Err(format!("no response from {name} within 2.5 s")));
        assert_eq!(probe.details().get().slow_log, None);
    }
    server.signal(CONTINUE);
    rounds_until(&mut probe, "an answer", |outcome| outcome.is_ok().then_some(()));

    // A restart between rounds only shows in the counters.
    server.restart();
    let values = round(&mut probe).unwrap();
    assert!(!values.contains_key("redis_hit_ratio"));

    server.kill();
    let refused = format!("cannot connect to {name}: Connection refused (os error 111)");
    assert_eq!(round(&mut probe), Err(refused));
    server.restart();
    rounds_until(&mut probe, "an answer", |outcome| outcome.is_ok().then_some(()));
}

#[test]
fn hanging_servers_do_not_delay_others() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let Some(other) = RedisServer::start(&[]) else {
        return;
    };
    let every = Duration::from_millis(50);
    let probes = [&server, &other].map(|server| redis(&server.url(), every).unwrap());
    let [name, other_name] = probes.each_ref().map(|watched| format!("redis:{}", watched.instance));
    let probes = probes.into_iter().map(|watched| watched.probe).collect();
    let mut collector = Collector::new(probes, &[("host", "h")], 1000).unwrap();

    let mut now = 0;
    let mut tick_until = |collector: &mut Collector, metric: &str, probe: &str, value: f64| -> Vec<Problem> {
        wait_until(&format!("{metric} of {probe} to be {value}"), || {
            now += 1000;
            let tick = collector.tick(Timestamp::from_millis(now));
            let series = collector.table().series();
            let found = tick.batch.samples.iter().any(|sample| {
                let series = &series[sample.series.0 as usize];
                let is_it = series.labels.get("probe") == Some(probe)
                    || series.labels.get("instance").is_some_and(|instance| probe.ends_with(instance));
                series.metric == metric && is_it && sample.value == value
            });
            found.then(|| tick.problems.to_vec())
        })
    };
    for probe in [&name, &other_name] {
        assert_eq!(tick_until(&mut collector, "redis_replicas", probe, 0.0), []);
    }
    server.signal(STOP);
    let down = tick_until(&mut collector, "up", &name, 0.0);
    assert_eq!(down.len(), 1);
    assert_eq!(down[0].probe, name);
    assert!(down[0].reason.starts_with("no response"), "{down:?}");
    // The other server is still measured, and the start of the failure does not change.
    let later = tick_until(&mut collector, "redis_replicas", &other_name, 0.0);
    assert_eq!((&later[0].probe, later[0].since), (&name, down[0].since));
    server.signal(CONTINUE);
    tick_until(&mut collector, "redis_replicas", &name, 0.0);
    assert_eq!(tick_until(&mut collector, "up", &name, 1.0), []);
}

#[test]
fn servers_that_reject_ping_are_up_with_the_values_of_info() {
    // Saving fails in a folder that does not exist any more.
    let folder = std::env::temp_dir().join(format!("watchglass-gone-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let started = RedisServer::start(&["--save", "3600 1", "--dir", folder.to_str().unwrap()]);
    std::fs::remove_dir(&folder).unwrap();
    let Some(server) = started else {
        return;
    };
    server.run(&["SET", "a", "1"]);
    server.run(&["BGSAVE"]);
    wait_until("a failed snapshot", || server.run(&["PING"]).starts_with("MISCONF").then_some(()));
    let mut probe = Redis::new(&server.url(), INTERVAL).unwrap();
    let values = round(&mut probe).unwrap();
    assert_eq!((values["redis_rdb_last_save_ok"], values["redis_keys db0"]), (0.0, 1.0));
    assert!(!values.contains_key("redis_ping_seconds"));

    server.run(&["CONFIG", "SET", "stop-writes-on-bgsave-error", "no"]);
    server.run(&["CONFIG", "SET", "replica-serve-stale-data", "no"]);
    server.run(&["REPLICAOF", "127.0.0.1", "1"]);
    wait_until("a replica without its master", || {
        server.run(&["PING"]).starts_with("MASTERDOWN").then_some(())
    });
    let values = round(&mut probe).unwrap();
    assert_eq!(values["redis_replication_link_up"], 0.0);
    assert!(
        !values.contains_key("redis_replication_link_down_seconds")
            || values["redis_replication_link_down_seconds"] < 600.0
    );
}
