//! Comparison of the Redis probe with `INFO`.

use crate::support::{INTERVAL, RedisServer, round, rounds_until};
use watchglass_probes::Redis;

/// Metrics and the fields of `INFO` they must agree with.
const FIELDS: [(&str, &str); 16] = [
    ("redis_memory_used_bytes", "used_memory"),
    ("redis_memory_resident_bytes", "used_memory_rss"),
    ("redis_memory_peak_bytes", "used_memory_peak"),
    ("redis_memory_fragmentation_ratio", "mem_fragmentation_ratio"),
    ("redis_memory_max_bytes", "maxmemory"),
    ("redis_clients_max", "maxclients"),
    ("redis_commands_total", "total_commands_processed"),
    ("redis_connections_total", "total_connections_received"),
    ("redis_network_received_bytes_total", "total_net_input_bytes"),
    ("redis_network_sent_bytes_total", "total_net_output_bytes"),
    ("redis_keyspace_hits_total", "keyspace_hits"),
    ("redis_keyspace_misses_total", "keyspace_misses"),
    ("redis_expired_keys_total", "expired_keys"),
    ("redis_evicted_keys_total", "evicted_keys"),
    ("redis_rdb_changes_since_save", "rdb_changes_since_last_save"),
    ("redis_uptime_seconds", "uptime_in_seconds"),
];

#[test]
fn values_match_info() {
    let Some(server) = RedisServer::start(&["--maxmemory", "64mb", "--slowlog-log-slower-than", "0"]) else {
        return;
    };
    for words in [
        &["SET", "a", "sesame"][..],
        &["SET", "b", "1", "EX", "1000"],
        &["-n", "3", "SET", "c", "1"],
        &["GET", "a"],
        &["GET", "a"],
        &["GET", "a"],
        &["GET", "nothing"],
    ] {
        server.run(words);
    }
    let mut probe = Redis::new(&server.url(), INTERVAL).unwrap();
    round(&mut probe).unwrap();
    server.run(&["GET", "a"]);
    server.run(&["GET", "nothing"]);
    let before = server.info();
    let values = round(&mut probe).unwrap();
    let after = server.info();
    for (metric, field) in FIELDS {
        let number = |info: &std::collections::BTreeMap<String, String>| info[field].parse::<f64>().unwrap();
        let (low, high) = (number(&before).min(number(&after)), number(&before).max(number(&after)));
        // Memory changes in both directions: tolerance of a tenth, plus client buffers.
        let room = match metric {
            _ if metric.ends_with("_bytes") => low * 0.1 + 200_000.0,
            _ if metric.ends_with("_ratio") => low * 0.5,
            _ => 0.0,
        };
        let value = values[metric];
        assert!((low - room..=high + room).contains(&value), "{metric}: {value}, {field}: {low} to {high}");
    }
    for (metric, expected) in [
        ("redis_keys db0", 2.0),
        ("redis_keys db3", 1.0),
        ("redis_keys_expiring db0", 1.0),
        ("redis_hit_ratio", 0.5),
        ("redis_memory_used_ratio", values["redis_memory_used_bytes"] / 67_108_864.0),
        ("redis_clients", 1.0),
        ("redis_aof_enabled", 0.0),
        ("redis_replicas", 0.0),
    ] {
        assert_eq!(values.get(metric), Some(&expected), "{metric} in {values:#?}");
    }
    assert!(values["redis_ping_seconds"] > 0.0 && values["redis_slow_log_entries"] > 0.0);

    let details = probe.details().get();
    assert_eq!((details.role.as_deref(), details.notes.len()), (Some("master"), 0));
    assert_eq!(details.version.as_deref(), Some(after["redis_version"].as_str()));
    let commands: Vec<_> =
        details.slow_log.as_ref().unwrap().iter().map(|entry| entry.command.as_str()).collect();
    assert!(commands.contains(&"GET a") && commands.contains(&"INFO"), "{commands:?}");
    assert!(!format!("{details:?}").contains("sesame"));
}

#[test]
fn documented_acl_is_sufficient() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let user = ["ACL", "SETUSER", "watch", "on", ">open-sesame", "-@all", "+ping", "+info"];
    server.run(&[&user[..], &["+slowlog|get", "+slowlog|len"]].concat());
    let url = format!("redis://watch:open-sesame@127.0.0.1:{}", server.port);
    let mut probe = Redis::new(&url, INTERVAL).unwrap();
    assert!(round(&mut probe).unwrap().contains_key("redis_slow_log_entries"));
    assert_eq!(probe.details().get().notes.len(), 0);

    server.run(&["ACL", "SETUSER", "watch", "-slowlog|get", "-slowlog|len"]);
    let values = round(&mut probe).unwrap();
    assert!(values.contains_key("redis_clients") && !values.contains_key("redis_slow_log_entries"));
    let details = probe.details().get();
    assert!(details.notes[0].starts_with("slow log: not available: NOPERM"), "{details:?}");
    assert_eq!(details.slow_log, None);

    server.run(&["ACL", "SETUSER", "watch", "-info"]);
    let error = round(&mut probe).unwrap_err();
    assert!(error.contains("rejected the request: NOPERM") && !error.contains("sesame"), "{error}");

    let mut stranger = Redis::new(&url.replace("open-sesame", "wrong-sesame"), INTERVAL).unwrap();
    let error = round(&mut stranger).unwrap_err();
    let expected =
        format!("127.0.0.1:{} rejected the request: invalid user name or password (WRONGPASS)", server.port);
    assert_eq!(error, expected);
}

#[test]
fn replica_and_master_report_replication() {
    let Some(master) = RedisServer::start(&["--repl-diskless-sync-delay", "0"]) else {
        return;
    };
    let Some(replica) = RedisServer::start(&["--replicaof", "127.0.0.1", &master.port.to_string()]) else {
        return;
    };
    let mut of_replica = Redis::new(&replica.url(), INTERVAL).unwrap();
    rounds_until(&mut of_replica, "the link", |outcome| {
        (outcome.as_ref().ok()?.get("redis_replication_link_up") == Some(&1.0)).then_some(())
    });
    assert_eq!(of_replica.details().get().role.as_deref(), Some("slave"));
    let mut of_master = Redis::new(&master.url(), INTERVAL).unwrap();
    let lag = format!("redis_replication_lag_bytes 127.0.0.1:{}", replica.port);
    master.run(&["SET", "a", "b"]);
    rounds_until(&mut of_master, "a replica that has all", |outcome| {
        let values = outcome.as_ref().unwrap();
        (values["redis_replicas"] == 1.0 && values.get(&lag) == Some(&0.0)).then_some(())
    });
    drop(master);
    rounds_until(&mut of_replica, "the link's end", |outcome| {
        let values = outcome.as_ref().ok()?;
        let lost = values["redis_replication_link_up"] == 0.0;
        (lost && values.contains_key("redis_replication_link_down_seconds")).then_some(())
    });
}
