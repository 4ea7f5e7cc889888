//! Comparison of the PostgreSQL probe with the statistics views.

use crate::support::{INTERVAL, PostgresServer, Values, round, rounds_until, wait_until};
use watchglass_probes::Postgres;

/// Metrics and the queries they must agree with. `d` is the row of the database.
const QUERIES: [(&str, &str); 24] = [
    ("postgresql_connections_max", "SELECT setting FROM pg_settings WHERE name = 'max_connections'"),
    ("postgresql_standby", "SELECT 0"),
    ("postgresql_commits_total app", "SELECT xact_commit FROM d"),
    ("postgresql_rollbacks_total app", "SELECT xact_rollback FROM d"),
    ("postgresql_deadlocks_total app", "SELECT deadlocks FROM d"),
    ("postgresql_blocks_hit_total app", "SELECT blks_hit FROM d"),
    ("postgresql_blocks_read_total app", "SELECT blks_read FROM d"),
    ("postgresql_rows_total app returned", "SELECT tup_returned FROM d"),
    ("postgresql_rows_total app fetched", "SELECT tup_fetched FROM d"),
    ("postgresql_rows_total app inserted", "SELECT tup_inserted FROM d"),
    ("postgresql_rows_total app updated", "SELECT tup_updated FROM d"),
    ("postgresql_rows_total app deleted", "SELECT tup_deleted FROM d"),
    ("postgresql_temporary_files_total app", "SELECT temp_files FROM d"),
    ("postgresql_temporary_bytes_total app", "SELECT temp_bytes FROM d"),
    ("postgresql_wal_bytes_total", "SELECT pg_current_wal_lsn() - '0/0'"),
    ("postgresql_checkpoints_total timed", "SELECT checkpoints_timed FROM pg_stat_bgwriter"),
    ("postgresql_checkpoints_total requested", "SELECT checkpoints_req FROM pg_stat_bgwriter"),
    (
        "postgresql_checkpoint_seconds_total write",
        "SELECT checkpoint_write_time / 1000 FROM pg_stat_bgwriter",
    ),
    ("postgresql_checkpoint_seconds_total sync", "SELECT checkpoint_sync_time / 1000 FROM pg_stat_bgwriter"),
    ("postgresql_buffers_written_total checkpoints", "SELECT buffers_checkpoint FROM pg_stat_bgwriter"),
    ("postgresql_buffers_written_total cleaner", "SELECT buffers_clean FROM pg_stat_bgwriter"),
    ("postgresql_buffers_written_total backends", "SELECT buffers_backend FROM pg_stat_bgwriter"),
    ("postgresql_database_size_bytes app", "SELECT pg_database_size('app')"),
    ("postgresql_transaction_id_age app", "SELECT age(datfrozenxid) FROM pg_database WHERE datname = 'app'"),
];

/// The server's results of all queries.
fn query_results(server: &PostgresServer) -> Vec<f64> {
    let version: u32 = server.query("app", "SHOW server_version_num").parse().unwrap();
    let question = |question: &str| {
        if version >= 170_000 && question.contains("pg_stat_bgwriter") {
            return "SELECT 'nan'".to_owned();
        }
        format!("WITH d AS (SELECT * FROM pg_stat_database WHERE datname = 'app') {question}")
    };
    let all: Vec<String> = QUERIES.iter().map(|(_, sql)| question(sql)).collect();
    let text = server.query("app", &all.join("; "));
    text.lines().map(|line| line.parse().unwrap()).collect()
}

fn with_monitor() -> Option<PostgresServer> {
    let server = PostgresServer::start()?;
    server.query("app", "GRANT pg_monitor TO watch");
    Some(server)
}

#[test]
fn values_match_the_statistics_views() {
    let Some(server) = with_monitor() else {
        return;
    };
    server.query("app", "CREATE EXTENSION pg_stat_statements");
    server.query(
        "app",
        "CREATE TABLE t AS SELECT i AS id, 'sesame'::text AS word FROM generate_series(1, 20000) i",
    );
    server.query("app", "UPDATE t SET word = 'open' WHERE id <= 100; DELETE FROM t WHERE id > 19000");
    server.query(
        "app",
        "SET work_mem = '64kB'; SELECT count(*) FROM (SELECT * FROM t ORDER BY word, id) AS sorted",
    );
    server.query("app", "BEGIN; SELECT 1; ROLLBACK; CHECKPOINT; ALTER ROLE watch CONNECTION LIMIT 5");
    let mut probe = Postgres::new(&server.url(), INTERVAL).unwrap();
    let mut all = Values::new();
    // The slow parts alternate: three rounds cover all of them. Each round is compared at once.
    for number in 0..3 {
        let before = query_results(&server);
        let values = round(&mut probe).unwrap();
        let after = query_results(&server);
        for (place, (metric, _)) in QUERIES.iter().enumerate() {
            let slow = metric.contains("size") || metric.contains("age");
            if (slow && number != 0) || before[place].is_nan() {
                continue;
            }
            let value = values.get(*metric).unwrap_or_else(|| panic!("{metric} in {values:#?}"));
            let (low, high) = (before[place].min(after[place]), before[place].max(after[place]));
            assert!((low - 1e-9..=high + 1e-9).contains(value), "{metric}: {value}, {low} to {high}");
        }
        all.extend(values);
    }
    for metric in ["commits", "rows", "temporary_files", "temporary_bytes", "wal_bytes"] {
        let grew = |(name, value): (&String, &f64)| {
            name.starts_with(&format!("postgresql_{metric}")) && *value > 0.0
        };
        assert!(all.iter().any(grew), "{metric} in {all:#?}");
    }
    let ratio = all["postgresql_cache_hit_ratio"];
    assert!((0.0..=1.0).contains(&ratio), "{ratio}");
    assert!(all["postgresql_response_seconds"] > 0.0);
    // The sessions of the reference queries need a moment to end.
    let alone = rounds_until(&mut probe, "no session but the probe's", |outcome| {
        let values = outcome.as_ref().unwrap();
        (values["postgresql_connections_used_ratio"] == 1.0 / 20.0).then(|| values.clone())
    });
    assert_eq!(alone["postgresql_connections active"], 1.0);
    assert_eq!(alone["postgresql_connections idle"], 0.0);
    assert_eq!(alone["postgresql_longest_transaction_seconds"], 0.0);
    let rows = server.query("app", "SELECT n_dead_tup, n_live_tup FROM pg_stat_user_tables");
    assert_eq!(rows, format!("{}|{}", all["postgresql_dead_rows app"], all["postgresql_live_rows app"]));

    let details = probe.details().get();
    assert_eq!(details.notes, [""; 0]);
    assert_eq!(details.blocked, Some(Vec::new()));
    let statements = details.statements.as_ref().unwrap();
    let update = statements.iter().find(|statement| statement.query.starts_with("UPDATE t")).unwrap();
    assert_eq!((update.calls, update.rows), (1, 100), "{statements:#?}");
    assert!(update.query.contains("$1") && update.total_seconds > 0.0, "{update:?}");
    assert!(!format!("{details:?}").contains("sesame"), "{details:#?}");
}

#[test]
fn blocking_sessions_are_listed_without_literals() {
    let Some(server) = with_monitor() else {
        return;
    };
    server.query("app", "CREATE TABLE t AS SELECT 1 AS id, 'open' AS word");
    let mut probe = Postgres::new(&server.url(), INTERVAL).unwrap();
    let holder = server.open_session("BEGIN; UPDATE t SET word = 'first' WHERE id = 1;");
    wait_until("a lock", || {
        (server.query("app", "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'")
            == "1")
            .then_some(())
    });
    let waiter = server.open_session("UPDATE t SET word = 'sesame' WHERE id = 1;");
    let values = rounds_until(&mut probe, "someone who waits", |outcome| {
        let values = outcome.as_ref().unwrap();
        (values["postgresql_locks_waiting"] == 1.0).then(|| values.clone())
    });
    assert!(values["postgresql_locks RowExclusive"] >= 2.0, "{values:#?}");
    assert_eq!(values["postgresql_connections idle in transaction"], 1.0);
    assert!(values["postgresql_longest_transaction_seconds"] > 0.0);
    assert!(values["postgresql_longest_idle_in_transaction_seconds"] > 0.0);

    let details = probe.details().get();
    let blocked = details.blocked.as_ref().unwrap();
    let pid = |state: &str| {
        let sql = format!(
            "SELECT pid FROM pg_stat_activity WHERE datname = 'app' AND usename = 'postgres' AND {state}"
        );
        server.query("postgres", &sql).parse::<i32>().unwrap()
    };
    assert_eq!(blocked.len(), 1);
    assert_eq!(blocked[0].blocked_pid, pid("wait_event_type = 'Lock'"));
    assert_eq!(blocked[0].blocking_pids, [pid("state = 'idle in transaction'")]);
    assert_eq!(blocked[0].query, "UPDATE t SET word = ? WHERE id = ?;");
    assert_eq!((blocked[0].database.as_str(), blocked[0].wait_seconds >= 0.0), ("app", true));
    drop(holder);
    drop(waiter);
    rounds_until(&mut probe, "nobody who waits", |outcome| {
        (outcome.as_ref().unwrap()["postgresql_locks_waiting"] == 0.0).then_some(())
    });
    assert_eq!(probe.details().get().blocked, Some(Vec::new()));
}

#[test]
fn unprivileged_roles_get_public_metrics_and_notes() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    server.query("app", "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_current_wal_lsn() FROM PUBLIC");
    server.query("app", "CREATE DATABASE closed");
    server.query("app", "REVOKE CONNECT ON DATABASE closed FROM PUBLIC");
    let mut probe = Postgres::new(&server.url(), INTERVAL).unwrap();
    let mut all = Values::new();
    for _ in 0..3 {
        all.extend(round(&mut probe).unwrap());
    }
    for metric in [
        "postgresql_response_seconds",
        "postgresql_commits_total closed",
        "postgresql_database_size_bytes app",
        "postgresql_transaction_id_age closed",
        "postgresql_locks_waiting",
        "postgresql_connections_max",
        "postgresql_checkpoints_total timed",
    ] {
        assert!(all.contains_key(metric), "{metric} in {all:#?}");
    }
    for metric in [
        "postgresql_connections active",
        "postgresql_connections_used_ratio",
        "postgresql_longest_transaction_seconds",
        "postgresql_database_size_bytes closed",
        "postgresql_wal_bytes_total",
    ] {
        assert!(!all.contains_key(metric), "{metric} in {all:#?}");
    }
    let notes = probe.details().get().notes.join("\n");
    for note in [
        "sessions: the role cannot see",
        "WAL: not available: permission denied",
        "top queries: not available",
    ] {
        assert!(notes.contains(note), "{note} in {notes}");
    }
    // After the grant everything is available from the next connection.
    server.query(
        "app",
        "GRANT pg_monitor TO watch; GRANT EXECUTE ON FUNCTION pg_catalog.pg_current_wal_lsn() TO watch",
    );
    let mut probe = Postgres::new(&server.url(), INTERVAL).unwrap();
    let values = round(&mut probe).unwrap();
    assert!(
        values.contains_key("postgresql_connections active")
            && values.contains_key("postgresql_wal_bytes_total")
    );
    assert!(values.contains_key("postgresql_database_size_bytes closed"));
}

#[test]
fn standby_and_primary_report_replication() {
    let Some(primary) = with_monitor() else {
        return;
    };
    primary.query("app", "SELECT pg_create_physical_replication_slot('kept', true)");
    let standby = primary.start_standby();
    let mut of_standby = Postgres::new(&standby.url(), INTERVAL).unwrap();
    let mut of_primary = Postgres::new(&primary.url(), INTERVAL).unwrap();
    primary.query("app", "CREATE TABLE t AS SELECT generate_series(1, 1000)");
    rounds_until(&mut of_standby, "a standby that has all", |outcome| {
        let values = outcome.as_ref().unwrap();
        assert_eq!(values["postgresql_standby"], 1.0);
        let streams = values.get("postgresql_standby_streaming") == Some(&1.0);
        (streams && values.get("postgresql_replication_lag_bytes self") == Some(&0.0)).then_some(())
    });
    let replica = "walreceiver@127.0.0.1";
    rounds_until(&mut of_primary, "a replica that has all", |outcome| {
        let values = outcome.as_ref().unwrap();
        assert!(values.contains_key("postgresql_replication_slot_retained_bytes kept"), "{values:#?}");
        let lag = values.get(&format!("postgresql_replication_lag_bytes {replica}"));
        (lag == Some(&0.0))
            .then(|| assert_eq!(values[&format!("postgresql_replication_lag_seconds {replica}")], 0.0))
    });
    // A standby with paused replay falls behind.
    standby.query("app", "SELECT pg_wal_replay_pause()");
    primary.query("app", "INSERT INTO t SELECT generate_series(1, 1000)");
    for (probe, name) in [(&mut of_standby, "self"), (&mut of_primary, replica)] {
        rounds_until(probe, "a lag", |outcome| {
            let lag =
                outcome.as_ref().unwrap().get(&format!("postgresql_replication_lag_bytes {name}")).copied();
            lag.filter(|lag| *lag > 0.0)
        });
    }
    drop(primary);
    rounds_until(&mut of_standby, "the connection's end", |outcome| {
        (outcome.as_ref().unwrap().get("postgresql_standby_streaming") == Some(&0.0)).then_some(())
    });
}
