//! Unexpected values cost themselves only.

use super::*;
use std::collections::BTreeSet;

/// Recorded lines, and skipped readings as `field reason`.
fn measured(text: &str) -> (Vec<String>, Vec<String>) {
    let mut samples = SampleBuffer::new();
    let info = Info::parse(text, &mut samples);
    record(&info, &mut traffic::Before::default(), "i", &mut samples);
    let lines =
        rows(&samples).into_iter().map(|(metric, labels, value)| format!("{metric} {labels} {value}"));
    (lines.collect(), crate::testing::skipped(&samples))
}

#[test]
fn unexpected_values_cost_their_metric() {
    // Field, its line, the metrics that are lost without `redis_`, and the note.
    let cases: [(&str, &str, &[&str], &str); 14] = [
        ("mem_fragmentation_ratio", "nan", &["memory_fragmentation_ratio"], "not a number"),
        ("mem_fragmentation_ratio", "-nan", &["memory_fragmentation_ratio"], "not a number"),
        ("mem_fragmentation_ratio", "inf", &["memory_fragmentation_ratio"], "out of range"),
        ("rdb_changes_since_last_save", "-5", &["rdb_changes_since_save"], "out of range"),
        ("used_memory_rss", "-1", &["memory_resident_bytes"], ""),
        ("rejected_connections", "-1", &["connections_rejected_total"], ""),
        ("connected_slaves", "x", &["replicas"], "not a number"),
        ("uptime_in_seconds", "-3600", &["uptime_seconds"], "out of range"),
        ("total_commands_processed", "18446744073709551615", &["commands_total"], "out of range"),
        ("maxmemory", "18446744073709551615", &["memory_max_bytes", "memory_used_ratio"], "out of range"),
        ("used_memory", "1 000", &["memory_used_bytes", "memory_used_ratio"], "not a number"),
        ("rdb_last_bgsave_status", "unknown", &["rdb_last_save_ok"], "not supported"),
        ("used_cpu_user", "", &["cpu_seconds_total"], "not a number"),
        ("server_time_usec", "soon", &["rdb_save_age_seconds"], "not a number"),
    ];
    let (all, notes) = measured(MASTER);
    assert_eq!(notes, Vec::<String>::new());
    for (field, value, lost, reason) in cases {
        let change = |line: &str| match line.split_once(':') {
            Some((name, _)) if name == field => format!("{field}:{value}\n"),
            _ => format!("{line}\n"),
        };
        let (found, notes) = measured(&MASTER.lines().map(change).collect::<String>());
        let missing: Vec<_> = all.iter().filter(|line| !found.contains(line)).collect();
        let names =
            missing.iter().map(|line| line.split_whitespace().next().unwrap().trim_start_matches("redis_"));
        assert_eq!(names.collect::<Vec<_>>(), lost, "{field}:{value}");
        let expected = (!reason.is_empty()).then(|| format!("{field} {reason}"));
        assert_eq!(notes, Vec::from_iter(expected), "{field}:{value}");
    }
}

#[test]
fn lines_without_a_colon_are_skipped() {
    let (all, _) = measured(MASTER);
    let (found, notes) = measured(&format!("{MASTER}a line without a colon\r\nexecutable:/x:y\r\n"));
    assert_eq!((found, notes), (all, vec!["a line incomplete".to_owned()]));
}

#[test]
fn other_dialects_and_impossible_ages_of_links() {
    let base = "# Server\nuptime_in_seconds:100\n# Replication\n";
    let replica = "redis_replication_lag_bytes i 10.0.0.2:6379 7.000000";
    let cases: [(&str, &[&str], &[&str]); 9] = [
        (
            "role:slave\nmaster_link_status:down\nmaster_last_io_seconds_ago:18446744073\n",
            &["redis_replication_link_up i 0.000000"],
            &["master_last_io_seconds_ago out of range"],
        ),
        (
            "role:slave\nmaster_link_status:down\nmaster_link_down_since_seconds:1790000000\nmaster_last_io_seconds_ago:-1\n",
            &["redis_replication_link_up i 0.000000"],
            &["master_link_down_since_seconds out of range"],
        ),
        (
            "role:replica\nmaster_link_status:up\nmaster_last_io_seconds_ago:5\n",
            &["redis_replication_silent_seconds i 5.000000", "redis_replication_link_up i 1.000000"],
            &[],
        ),
        ("role:slave\nmaster_link_status:odd\n", &[], &["master_link_status not supported"]),
        (
            "role:master\nmaster_repl_offset:10\nslave0:ip=10.0.0.2,port=6379,state=online,offset=3,lag=-1\n",
            &[replica],
            &[],
        ),
        (
            "role:master\nmaster_repl_offset:10\nslave0:ip=10.0.0.2,port=6379,state=stable_sync,offset=3,lag=0\n",
            &[replica],
            &["slave0 lag not supported"],
        ),
        ("role:master\nslave0:ip=10.0.0.2,port=6379,state=wait_bgsave,offset=0,lag=0\n", &[], &[]),
        ("role:master\nslave0:ip=10.0.0.2,port=6379,state=odd\n", &[], &["slave0 state not supported"]),
        ("role:master\nslave0:garbage\n", &[], &["slave0 ip or port missing"]),
    ];
    for (text, expected, notes) in cases {
        let (found, skipped) = measured(&format!("{base}{text}"));
        let found: Vec<_> = found.iter().filter(|line| line.starts_with("redis_replication")).collect();
        assert_eq!(found, expected, "{text}");
        assert_eq!(skipped, notes, "{text}");
    }
}

#[test]
fn databases_and_replicas_beyond_the_limit_are_noted() {
    let lines: String = (0..200).map(|number| format!("db{number}:keys=1,expires=0,avg_ttl=0\n")).collect();
    let replicas: String = (0..200)
        .map(|number| {
            format!("slave{number}:ip=10.0.0.1,port={},state=online,offset=1,lag=0\n", 1000 + number)
        })
        .collect();
    let (found, notes) = measured(&format!("role:master\nmaster_repl_offset:9\n{replicas}{lines}"));
    assert_eq!(
        found.iter().filter(|line| line.starts_with("redis_keys ")).count(),
        crate::remote::MAX_DATABASES
    );
    let shown = found.iter().filter(|line| line.starts_with("redis_replication_lag_bytes ")).count();
    let expected =
        [format!("slave{shown} and all after it too long"), "db50 and all after it too long".to_owned()];
    assert_eq!(BTreeSet::from_iter(notes), BTreeSet::from(expected));
}

#[test]
fn uptime_that_falls_without_a_new_run_is_left_out() {
    let mut before = traffic::Before::default();
    for (run, uptime, expected) in [("a", 1000, 1), ("a", 400, 0), ("a", 1005, 1), ("b", 3, 1), ("b", -7, 0)]
    {
        let mut samples = SampleBuffer::new();
        let text = format!("run_id:{run}\nuptime_in_seconds:{uptime}\n");
        let info = Info::parse(&text, &mut samples);
        traffic::record(&info, &mut before, "i", &mut samples);
        assert_eq!(
            (samples.len(), samples.skipped().total()),
            (expected, 1 - expected as u64),
            "{run} {uptime}"
        );
    }
}

#[test]
fn servers_that_reject_ping_are_up() {
    for reply in [
        "MISCONF Redis is configured to save RDB snapshots",
        "MASTERDOWN Link with MASTER is down",
        "LOADING Redis is loading sesame",
        "NOPERM this user has no permissions",
    ] {
        let answer = format!("+OK\r\n-{reply}\r\n+used_memory:7\r\n:1\r\n*0\r\n");
        let mut probe = Redis::new(&server(answer.into_bytes()), INTERVAL).unwrap();
        let mut samples = SampleBuffer::new();
        probe.collect(&mut samples).unwrap();
        let names: Vec<_> = samples.raw_samples().map(|row| row.metric.name).collect();
        assert_eq!(names, ["redis_memory_used_bytes", "redis_slow_log_entries"], "{reply}");
        let [note] = samples.skipped().listed() else { panic!("{samples:?}") };
        assert_eq!((note.field.as_str(), note.reason), ("PING", SkipReason::Rejected));
        assert_eq!(note.text, reply.replace("sesame", "…"));
    }
}

#[test]
fn megabytes_of_errors_cost_their_section() {
    let errors: String = (0..150_000)
        .map(|number| format!("errorstat_ERR{number}:count=1234567,last=a-long-text\r\n"))
        .collect();
    let text = format!("{}# Errorstats\r\n{errors}# Keyspace\r\ndb7:keys=3,expires=1\r\n", MASTER);
    assert!(text.len() > 5 << 20);
    let answer = format!("+OK\r\n+PONG\r\n${}\r\n{text}\r\n:1\r\n*0\r\n", text.len());
    let mut probe = Redis::new(&server(answer.into_bytes()), INTERVAL).unwrap();
    let mut samples = SampleBuffer::new();
    probe.collect(&mut samples).unwrap();
    assert!(rows(&samples).iter().any(|(_, labels, _)| labels.ends_with("db7")), "{samples:?}");
    assert_eq!(crate::testing::skipped(&samples), ["the rest of section Errorstats too long"]);
}

proptest! {
    #[test]
    fn one_changed_line_costs_at_most_its_values(
        text in prop::sample::select(vec![MASTER, REPLICA]),
        index in any::<prop::sample::Index>(),
        change in crate::testing::line_change(),
    ) {
        crate::testing::check_changed_line(text, index, &change, |text| measured(text).0);
    }
}
