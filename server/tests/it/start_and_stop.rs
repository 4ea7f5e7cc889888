//! Start and stop of a server.

use crate::support::{Connection, Server, Socket, request, request_text, run};
use rustix::process::Signal;

#[tokio::test]
async fn announcement_has_address_and_sign_in_hint() {
    let server = Server::start_with(&["--host-name", "test-host"], &[]).await;
    let announcement = server.announcement();
    let lines: Vec<&str> = announcement.lines().collect();
    assert_eq!(lines[0], concat!("Watchglass ", env!("CARGO_PKG_VERSION"), " monitoring test-host"));
    assert_eq!(
        lines[1].split_whitespace().collect::<Vec<_>>(),
        ["open", &format!("http://{}/", server.address)]
    );
    assert!(lines[2].trim_start().starts_with("sign in "), "{announcement}");
    assert!(
        lines[3].ends_with(server.home().join(".local/share/watchglass").to_str().unwrap()),
        "{announcement}"
    );
    // Standard output has nothing else until the stop.
    assert_eq!(server.stop().await.stdout, announcement);
}

#[tokio::test]
async fn signals_stop_the_server_gracefully() {
    for signal in [Signal::INT, Signal::TERM] {
        let server = Server::start().await;
        let address = server.address;
        let mut socket = Socket::json(address).await;
        let mut idle = Connection::open(address).await;
        idle.send(request_text(address, "GET", "/api/live", &[]).as_bytes()).await;
        assert_eq!(idle.response().await.unwrap().status, 200);
        let mut silent = Connection::open(address).await;

        server.signal(signal);
        let (code, reason) = socket.closed().await;
        assert_eq!((code, reason.is_empty()), (1001, false), "{signal:?}");
        assert_eq!(idle.rest().await, b"", "{signal:?}");
        assert_eq!(silent.rest().await, b"", "{signal:?}");
        let finished = server.finished().await;
        assert_eq!(finished.code, Some(0), "{signal:?}: {}", finished.stderr);
        // No connection was cut off: all of them closed gracefully.
        assert!(!finished.stderr.contains("grace period"), "{signal:?}: {}", finished.stderr);
        assert!(
            finished.stderr.contains("stopped") && !finished.stderr.contains("panic"),
            "{}",
            finished.stderr
        );
    }
}

#[tokio::test]
async fn second_of_a_restart_is_measured_once() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--data-dir", folder.path().to_str().unwrap()];
    let mut last = 0;
    for start in 0..3 {
        let server = Server::announced(&flags, &[]).await;
        let mut socket = Socket::json(server.address).await;
        let first = socket.metrics().await["time"].as_i64().unwrap();
        assert!(first > last, "start {start}: {first} was measured before the restart");
        // Right after the tick of a second, so that the next server starts within it.
        last = socket.metrics().await["time"].as_i64().unwrap();
        server.stop().await;
    }
}

#[tokio::test]
async fn hangup_signal_does_not_stop_the_server() {
    let mut server = Server::start().await;
    server.signal(Signal::HUP);
    server.logged("SIGHUP: certificate files are checked").await;
    assert_eq!(request(server.address, "GET", "/api/live", &[]).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn signals_of_log_rotation_are_ignored_and_quit_stops() {
    let mut server = Server::start().await;
    for (signal, name) in [(Signal::USR1, "SIGUSR1"), (Signal::USR2, "SIGUSR2")] {
        server.signal(signal);
        server.logged(&format!("signal ignored signal=\"{name}\"")).await;
    }
    server.signal(Signal::QUIT);
    let finished = server.finished().await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stderr.contains("server stopped"), "{}", finished.stderr);
}

#[tokio::test]
async fn signals_right_after_the_announcement_stop_gracefully() {
    for _ in 0..20 {
        let server = Server::announced(&[], &[]).await;
        server.stop().await;
    }
}

#[tokio::test]
async fn incomplete_requests_do_not_delay_the_stop() {
    let server = Server::start().await;
    let mut half = Connection::open(server.address).await;
    half.send(b"GET /api/live HTTP/1.1\r\nHost: local").await;
    // Another request is answered first, so the incomplete one has arrived as well.
    assert_eq!(crate::support::get(server.address, "/api/live").await.status, 200);
    server.stop().await;
    half.rest().await;
}

#[tokio::test]
async fn data_directories_are_locked_by_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("made/when/missing");
    let data = data.to_str().unwrap();
    let first = Server::start_with(&["--data-dir", data], &[]).await;
    let second = run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", data], &[]).await;
    assert_eq!(second.code, Some(1), "{second:?}");
    for part in [data, "in use by another watchglass", "--data-dir"] {
        assert!(second.stderr.contains(part), "{part:?} is not in {}", second.stderr);
    }
    // The server that holds the lock goes on, and a killed server releases it.
    assert_eq!(crate::support::get(first.address, "/api/live").await.status, 200);
    first.signal(Signal::KILL);
    assert_eq!(first.finished().await.code, None);
    Server::start_with(&["--data-dir", data], &[]).await.stop().await;
}

#[tokio::test]
async fn json_logs_have_one_object_per_line() {
    // Without files the probes fail, so that there is something to log.
    let folder = tempfile::tempdir().unwrap();
    let proc = folder.path().to_str().unwrap();
    let mut server =
        Server::start_with(&["--log-format", "json", "--log-level", "trace", "--host-proc", proc], &[]).await;
    server.logged("probe failed").await;
    let log = server.stop().await.stderr;
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for line in &lines {
        for key in ["timestamp", "level", "message"] {
            assert!(line[key].is_string(), "no {key} in {line}");
        }
    }
    for message in ["server started", "probe failed", "shutdown started", "server stopped"] {
        assert!(lines.iter().any(|line| line["message"] == message), "{message:?} is not in {log}");
    }
}

#[tokio::test]
async fn text_logs_have_no_colours_without_a_terminal() {
    let finished = Server::start().await.stop().await;
    assert!(finished.stderr.contains("INFO") && finished.stderr.contains("started"), "{}", finished.stderr);
    assert!(!finished.stderr.contains('\u{1b}'), "{:?}", finished.stderr);
}
