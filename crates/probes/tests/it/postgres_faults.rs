//! A PostgreSQL that hangs, dies and comes back.

use crate::support::{CONTINUE, EVERY, PostgresServer, STOP, round, rounds_until, until};
use watchglass_probes::Postgres;

#[test]
fn a_server_that_hangs_dies_and_comes_back_is_down_for_as_long() {
    let Some(mut server) = PostgresServer::start() else {
        return;
    };
    let name = format!("127.0.0.1:{}/app", server.port);
    let mut probe = Postgres::new(&server.url(), EVERY).unwrap();
    round(&mut probe).unwrap();

    let backend = Some(server.backend());
    server.signal(STOP, backend);
    for _ in 0..2 {
        assert_eq!(round(&mut probe), Err(format!("no answer from {name} within 2.5 s")));
        assert_eq!(probe.details().get().version, None);
    }
    server.signal(CONTINUE, backend);
    rounds_until(&mut probe, "an answer", |outcome| outcome.is_ok().then_some(()));

    // A session that was ended between two rounds is opened anew at once.
    let gone = server.backend();
    server.ask("app", &format!("SELECT pg_terminate_backend({gone})"));
    let is_there = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {gone}");
    until("the session's end", || (server.ask("app", &is_there) == "0").then_some(()));
    round(&mut probe).unwrap();
    assert_ne!(server.backend(), gone);

    server.end();
    let refused = format!("cannot connect to {name}: Connection refused (os error 111)");
    assert_eq!(round(&mut probe), Err(refused));
    server.restart();
    rounds_until(&mut probe, "an answer", |outcome| outcome.is_ok().then_some(()));
}

#[test]
fn who_is_not_let_in_hears_why_and_no_secret() {
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
        let mut probe = Postgres::new(&url, EVERY).unwrap();
        let error = round(&mut probe).unwrap_err();
        assert!(error.ends_with(&format!(" refuses: {reason}")) && !error.contains("sesame"), "{error}");
    }
    server.ask("app", "ALTER ROLE watch CONNECTION LIMIT 0");
    let error = round(&mut Postgres::new(&server.url(), EVERY).unwrap()).unwrap_err();
    assert!(error.contains("too many connections"), "{error}");
}

#[test]
fn there_is_one_session_which_limits_itself_and_ends_with_the_probe() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    server.ask("app", "GRANT pg_monitor TO watch; CREATE EXTENSION pg_stat_statements");
    let mut probe = Postgres::new(&server.url(), EVERY).unwrap();
    let holder = server.session("BEGIN; LOCK TABLE pg_stat_statements IN ACCESS EXCLUSIVE MODE;");
    let locks = "SELECT count(*) FROM pg_locks WHERE relation = 'pg_stat_statements'::regclass AND granted";
    until("the lock", || (server.ask("app", locks) == "1").then_some(()));
    // In some round the statements are asked for, which it gives up. It has the rest of that round.
    let details = probe.details();
    let note = "statements: left out: canceling statement due to statement timeout";
    let values = rounds_until(&mut probe, "a note", |outcome| {
        outcome.clone().ok().filter(|_| details.get().notes.iter().any(|found| found == note))
    });
    assert_eq!(values["postgresql_locks AccessExclusive"], 1.0);
    assert_eq!(details.get().statements, None);
    drop(holder);

    let sessions =
        server.ask("app", "SELECT count(*), max(state) FROM pg_stat_activity WHERE usename = 'watch'");
    assert_eq!(sessions, "1|idle", "one connection, and no transaction left open");
    drop(probe);
    until("the session's end", || {
        let count = server.ask("app", "SELECT count(*) FROM pg_stat_activity WHERE usename = 'watch'");
        (count == "0").then_some(())
    });
}
