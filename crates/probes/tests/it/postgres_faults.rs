//! Tests of PostgreSQL failures and recovery.

use crate::support::{CONTINUE, INTERVAL, PostgresServer, STOP, round, rounds_until, wait_until};
use watchglass_probes::Postgres;

#[test]
fn hanging_and_stopped_servers_are_down_until_recovery() {
    let Some(mut server) = PostgresServer::start() else {
        return;
    };
    let name = format!("127.0.0.1:{}/app", server.port);
    let mut probe = Postgres::new(&server.url(), INTERVAL).unwrap();
    round(&mut probe).unwrap();

    let backend = Some(server.backend_pid());
    server.signal(STOP, backend);
    for _ in 0..2 {
        assert_eq!(round(&mut probe), Err(format!("no response from {name} within 2.5 s")));
        assert_eq!(probe.details().get().version, None);
    }
    server.signal(CONTINUE, backend);
    rounds_until(&mut probe, "an answer", |outcome| outcome.is_ok().then_some(()));

    // A session terminated between rounds is reopened at once.
    let gone = server.backend_pid();
    server.query("app", &format!("SELECT pg_terminate_backend({gone})"));
    let is_there = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {gone}");
    wait_until("the session's end", || (server.query("app", &is_there) == "0").then_some(()));
    round(&mut probe).unwrap();
    assert_ne!(server.backend_pid(), gone);

    server.stop();
    let refused = format!("cannot connect to {name}: Connection refused (os error 111)");
    assert_eq!(round(&mut probe), Err(refused));
    server.restart();
    rounds_until(&mut probe, "an answer", |outcome| outcome.is_ok().then_some(()));
}

#[test]
fn login_errors_have_a_reason_and_no_secrets() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    for (url, reason) in [
        (
            server.url().replace("open-sesame", "wrong-sesame"),
            "password authentication failed for user \"watch\"",
        ),
        (server.url().replace("/app", "/nowhere"), "database \"nowhere\" does not exist"),
    ] {
        let mut probe = Postgres::new(&url, INTERVAL).unwrap();
        let error = round(&mut probe).unwrap_err();
        assert!(
            error.ends_with(&format!(" rejected the request: {reason}")) && !error.contains("sesame"),
            "{error}"
        );
    }
    server.query("app", "ALTER ROLE watch CONNECTION LIMIT 0");
    let error = round(&mut Postgres::new(&server.url(), INTERVAL).unwrap()).unwrap_err();
    assert!(error.contains("too many connections"), "{error}");
}

#[test]
fn probe_has_one_limited_session() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    server.query("app", "GRANT pg_monitor TO watch; CREATE EXTENSION pg_stat_statements");
    let mut probe = Postgres::new(&server.url(), INTERVAL).unwrap();
    let holder = server.open_session("BEGIN; LOCK TABLE pg_extension IN ACCESS EXCLUSIVE MODE;");
    let locks = "SELECT count(*) FROM pg_locks WHERE relation = 'pg_extension'::regclass AND granted";
    wait_until("the lock", || (server.query("app", locks) == "1").then_some(()));
    // In some round the top queries time out; the rest of that round succeeds.
    let details = probe.details();
    let note = "top queries: not available: canceling statement due to statement timeout";
    let values = rounds_until(&mut probe, "a note", |outcome| {
        outcome.clone().ok().filter(|_| details.get().notes.iter().any(|found| found == note))
    });
    assert_eq!(values["postgresql_locks AccessExclusive"], 1.0);
    assert_eq!(details.get().statements, None);
    drop(holder);

    let sessions =
        server.query("app", "SELECT count(*), max(state) FROM pg_stat_activity WHERE usename = 'watch'");
    assert_eq!(sessions, "1|idle", "one connection, and no transaction left open");
    drop(probe);
    wait_until("the session's end", || {
        let count = server.query("app", "SELECT count(*) FROM pg_stat_activity WHERE usename = 'watch'");
        (count == "0").then_some(())
    });
}

#[test]
fn names_and_texts_in_other_encodings_cost_only_themselves() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    server.query("app", "GRANT pg_monitor TO watch");
    let single_byte = "TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'";
    for sql in [
        &format!("CREATE DATABASE old ENCODING 'LATIN1' {single_byte}"),
        &format!("CREATE DATABASE ascii ENCODING 'SQL_ASCII' {single_byte}"),
        "CREATE DATABASE first",
        "CREATE DATABASE second",
        "CREATE DATABASE \"a b\"",
        "CREATE DATABASE \"a  b\"",
    ] {
        server.query("postgres", sql);
    }
    server.query("old", "CREATE EXTENSION pg_stat_statements");
    for (name, bytes) in [("first", "636166e9"), ("second", "636166ea")] {
        let sql = format!(
            "UPDATE pg_database SET datname = convert_from('\\x{bytes}', 'SQL_ASCII') WHERE datname = '{name}'"
        );
        server.query("ascii", &sql);
    }
    // A text without an equivalent in LATIN1.
    server.query("app", "CREATE TABLE \"łódź\" (a int)");
    server.query("app", "SELECT * FROM \"łódź\"");
    for database in ["app", "old", "ascii"] {
        let url = server.url().replace("/app", &format!("/{database}"));
        let mut probe = Postgres::new(&url, INTERVAL).unwrap();
        for number in 0..4 {
            let values = round(&mut probe).unwrap_or_else(|error| panic!("{database}: {error}"));
            for name in ["app", "old", "ascii", "a b", "a  b", "caf\\xE9", "caf\\xEA"] {
                let key = format!("postgresql_commits_total {name}");
                assert!(values.contains_key(&key), "{key} in {values:#?} of {database}");
                let size = values.contains_key(&format!("postgresql_database_size_bytes {name}"));
                assert!(size || number > 0, "size of {name} in {database}");
            }
        }
        let details = probe.details().get();
        assert_eq!(details.statements.is_some(), database == "old", "{details:#?}");
    }
}
