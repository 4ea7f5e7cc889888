//! How a server begins and ends.

use crate::support::{Connection, Server, Socket, request_text, run};
use rustix::process::Signal;

#[tokio::test]
async fn the_announcement_says_where_it_answers_and_how_to_sign_in() {
    let server = Server::start_with(&["--host-name", "test-host"], &[]).await;
    let announcement = server.announcement();
    let lines: Vec<&str> = announcement.lines().collect();
    assert_eq!(lines[0], concat!("Watchglass ", env!("CARGO_PKG_VERSION"), " watches test-host"));
    assert_eq!(
        lines[1].split_whitespace().collect::<Vec<_>>(),
        ["open", &format!("http://{}/", server.address)]
    );
    assert!(lines[2].trim_start().starts_with("sign in "), "{announcement}");
    assert!(
        lines[3].ends_with(server.home().join(".local/share/watchglass").to_str().unwrap()),
        "{announcement}"
    );
    // Nothing else goes to standard output, up to the end.
    assert_eq!(server.stop().await.stdout, announcement);
}

#[tokio::test]
async fn a_signal_ends_it_in_good_order() {
    for signal in [Signal::INT, Signal::TERM] {
        let server = Server::start().await;
        let address = server.address;
        let mut socket = Socket::json(address).await;
        let mut idle = Connection::open(address).await;
        idle.send(request_text(address, "GET", "/api/live", &[]).as_bytes()).await;
        assert_eq!(idle.answer().await.unwrap().status, 200);
        let mut silent = Connection::open(address).await;

        server.signal(signal);
        let (code, reason) = socket.closed().await;
        assert_eq!((code, reason.is_empty()), (1001, false), "{signal:?}");
        assert_eq!(idle.rest().await, b"", "{signal:?}");
        assert_eq!(silent.rest().await, b"", "{signal:?}");
        let finished = server.finished().await;
        assert_eq!(finished.code, Some(0), "{signal:?}: {}", finished.stderr);
        // Nothing had to be cut off: every connection ended because it was told to.
        assert!(!finished.stderr.contains("are cut"), "{signal:?}: {}", finished.stderr);
        assert!(
            finished.stderr.contains("stopped") && !finished.stderr.contains("panic"),
            "{}",
            finished.stderr
        );
    }
}

#[tokio::test]
async fn a_signal_right_after_the_announcement_ends_it_in_good_order() {
    for _ in 0..20 {
        let server = Server::announced(&[], &[]).await;
        server.stop().await;
    }
}

#[tokio::test]
async fn half_a_request_does_not_keep_it_from_ending() {
    let server = Server::start().await;
    let mut half = Connection::open(server.address).await;
    half.send(b"GET /api/live HTTP/1.1\r\nHost: local").await;
    // Another request is answered meanwhile, so the half one has arrived as well.
    assert_eq!(crate::support::get(server.address, "/api/live").await.status, 200);
    server.stop().await;
    half.rest().await;
}

#[tokio::test]
async fn a_data_folder_has_one_server_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("made/when/missing");
    let data = data.to_str().unwrap();
    let first = Server::start_with(&["--data-dir", data], &[]).await;
    let second = run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", data], &[]).await;
    assert_eq!(second.code, Some(1), "{second:?}");
    for part in [data, "in use by another watchglass", "--data-dir"] {
        assert!(second.stderr.contains(part), "{part:?} is not in {}", second.stderr);
    }
    // The one that has it goes on, and one that is killed leaves it free.
    assert_eq!(crate::support::get(first.address, "/api/live").await.status, 200);
    first.signal(Signal::KILL);
    assert_eq!(first.finished().await.code, None);
    Server::start_with(&["--data-dir", data], &[]).await.stop().await;
}

#[tokio::test]
async fn json_logs_are_one_object_a_line() {
    // A folder without files makes the probes complain, so that there is something to log.
    let folder = tempfile::tempdir().unwrap();
    let proc = folder.path().to_str().unwrap();
    let mut server =
        Server::start_with(&["--log-format", "json", "--log-level", "trace", "--host-proc", proc], &[]).await;
    server.logged("a probe gives no data").await;
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
    for message in ["started", "a probe gives no data", "stopping", "stopped"] {
        assert!(lines.iter().any(|line| line["message"] == message), "{message:?} is not in {log}");
    }
}

#[tokio::test]
async fn text_logs_have_no_colours_when_nobody_sees_them() {
    let finished = Server::start().await.stop().await;
    assert!(finished.stderr.contains("INFO") && finished.stderr.contains("started"), "{}", finished.stderr);
    assert!(!finished.stderr.contains('\u{1b}'), "{:?}", finished.stderr);
}
