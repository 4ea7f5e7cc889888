//! Heartbeats that the server sends, and those that it expects from jobs.

use crate::support::{
    ConfigFile, Response, Server, TestToken, data, get, post, post_form, request, send, within,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Server of a monitoring service: counts heartbeats and answers them with the newest status.
struct Monitor {
    url: String,
    status: watch::Sender<&'static str>,
    requests: watch::Receiver<u64>,
}

impl Monitor {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ping/s3cret", listener.local_addr().unwrap());
        let (status, newest) = watch::channel("200 OK");
        let (count, requests) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                assert!(head.starts_with(b"GET /ping/s3cret HTTP/1.1\r\n"));
                let response = format!("HTTP/1.1 {}\r\ncontent-length: 0\r\n\r\n", *newest.borrow());
                stream.write_all(response.as_bytes()).await.unwrap();
                count.send_modify(|count| *count += 1);
            }
        });
        Self { url, status, requests }
    }

    /// Waits for this many further requests.
    async fn next(&mut self, count: u64) {
        let goal = *self.requests.borrow() + count;
        within("heartbeats", self.requests.wait_for(|requests| *requests >= goal)).await.unwrap();
    }
}

/// Waits for a line of `/metrics`.
async fn until_measured(server: &Server, line: &str) {
    within(line, async {
        while !get(server.address, "/metrics").await.text().lines().any(|found| found.starts_with(line)) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn heartbeats_are_sent_and_failures_are_logged_once() {
    let mut monitor = Monitor::start().await;
    let config = ConfigFile::with(&format!(
        "[heartbeat]\nurl = '{}'\ninterval = '1s'\n[host]\nname = 'h'\n",
        monitor.url
    ));
    let mut server = Server::start_with(&config.flags(), &[]).await;
    monitor.next(2).await;
    until_measured(&server, "watchglass_heartbeat_sent_up{host=\"h\"} 1").await;
    monitor.status.send("500 Internal Server Error").unwrap();
    monitor.next(3).await;
    server.logged("heartbeat failed").await;
    until_measured(&server, "watchglass_heartbeat_sent_up{host=\"h\"} 0").await;
    monitor.status.send("200 OK").unwrap();
    until_measured(&server, "watchglass_heartbeat_sent_up{host=\"h\"} 1").await;
    let finished = server.stop().await;
    let warnings = finished.stderr.lines().filter(|line| line.contains("heartbeat failed"));
    assert_eq!(warnings.count(), 1, "{}", finished.stderr);
    assert!(
        finished.stderr.contains("status 500") && !finished.stderr.contains("s3cret"),
        "{}",
        finished.stderr
    );
}

/// A signal with the ingest token.
async fn signal(server: &Server, method: &str, path: &str) -> Response {
    let bearer = TestToken::Ingest.bearer();
    request(server.address, method, path, &[("Authorization", &bearer)]).await
}

/// Waits until the list of active alerts has, or has not, an alert about `backup`.
async fn until_alert(server: &Server, is_expected: bool) {
    within("the alert of a heartbeat", async {
        while get(server.address, "/api/admin/system/alerts/").await.text().contains("backup is late")
            != is_expected
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn listed(server: &Server) -> Value {
    data(server.address, "/api/admin/heartbeats").await[0].take()
}

#[tokio::test]
async fn received_heartbeats_survive_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let config = ConfigFile::with("[[heartbeats]]\nname = 'backup'\nperiod = '1d'\n[host]\nname = 'h'\n");
    let flags = config.flags_with_data(&folder);
    let server = Server::start_with(&flags, &[]).await;
    let before = listed(&server).await;
    assert_eq!((&before["status"], &before["last_received"]), (&json!("waiting"), &Value::Null));
    let (since, next) = (before["since"].as_i64().unwrap(), before["next_expected"].as_i64().unwrap());
    assert_eq!(next - since, 86_400_000);
    for method in ["POST", "GET", "HEAD"] {
        let answer = signal(&server, method, "/api/heartbeat/backup").await;
        assert_eq!(answer.status, 200, "{method}: {}", answer.text());
    }
    // Right after the response.
    server.kill().await;
    let server = Server::start_with(&flags, &[]).await;
    let after = listed(&server).await;
    assert_eq!(
        (&after["status"], &after["received"], &after["since"]),
        (&json!("ok"), &json!(3), &json!(since))
    );
    assert!(after["last_received"].as_i64().unwrap() >= since, "{after}");
    until_measured(&server, "watchglass_heartbeat_up{heartbeat=\"backup\",host=\"h\"} 1").await;
    let page = get(server.address, "/alerts?view=heartbeats").await.html();
    assert!(page.contains("backup") && page.contains(">OK<"), "{page}");
    server.stop().await;
}

#[tokio::test]
async fn late_heartbeats_and_failures_alert_until_the_next_one() {
    let config =
        ConfigFile::with("[[heartbeats]]\nname = 'backup'\nperiod = 1\ngrace = 0\n[host]\nname = 'h'\n");
    let server = Server::start_with(&config.flags(), &[]).await;
    // Never received.
    until_alert(&server, true).await;
    let late = listed(&server).await;
    assert_eq!((&late["status"], &late["last_received"]), (&json!("late"), &Value::Null));
    let page = get(server.address, "/alerts?view=heartbeats").await.html();
    assert!(page.contains("Never received") && page.contains(">Late<"), "{page}");
    until_measured(&server, "watchglass_heartbeat_up{heartbeat=\"backup\",host=\"h\"} 0").await;
    server.stop().await;

    let config = ConfigFile::with("[[heartbeats]]\nname = 'backup'\nperiod = '1h'\n");
    let server = Server::start_with(&config.flags(), &[]).await;
    assert_eq!(signal(&server, "POST", "/api/heartbeat/backup/fail").await.status, 200);
    assert_eq!(listed(&server).await["status"], "failed");
    until_alert(&server, true).await;
    assert_eq!(signal(&server, "GET", "/api/heartbeat/backup").await.json()["data"]["status"], "ok");
    until_alert(&server, false).await;
    server.stop().await;
}

#[tokio::test]
async fn unknown_and_invalid_names_are_refused() {
    let server = Server::start().await;
    for (method, path, status, code) in [
        ("POST", "/api/heartbeat/backup", 404, "not_found"),
        ("GET", "/api/heartbeat/backup/fail", 404, "not_found"),
        ("POST", "/api/heartbeat/Backup", 400, "bad_parameter"),
        ("POST", "/api/heartbeat/b%2Fc", 400, "bad_parameter"),
    ] {
        let answer = signal(&server, method, path).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        answer.error(code);
    }
    server.stop().await;
}

#[tokio::test]
async fn administrators_add_and_remove_heartbeats() {
    let config = ConfigFile::with("[[heartbeats]]\nname = 'cron'\nperiod = '1d'\n");
    let server = Server::start_with(&config.flags(), &[]).await;
    let list = "/api/admin/heartbeats";
    let added = post(server.address, list, r#"{"name":"backup","period":"1d","grace":60}"#).await.json();
    assert_eq!(
        (&added["data"]["period_seconds"], &added["data"]["grace_seconds"]),
        (&json!(86_400), &json!(60))
    );
    assert_eq!(signal(&server, "POST", "/api/heartbeat/backup").await.status, 200);
    for (body, status, code) in [
        (r#"{"name":"backup","period":"1d"}"#, 409, "exists"),
        (r#"{"name":"Backup","period":"1d"}"#, 400, "bad_parameter"),
        (r#"{"name":"other","period":"1d","graze":1}"#, 400, "bad_parameter"),
    ] {
        let answer = post(server.address, list, body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        answer.error(code);
    }
    for (name, status) in [("backup", 200), ("backup", 404), ("cron", 409)] {
        let answer = send(server.address, "DELETE", &format!("{list}/{name}"), "").await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
    }
    // The same with the forms of the page.
    let form = "view=heartbeats&do=heartbeat-add&name=mail&period=";
    let refused = post_form(server.address, "/alerts", &format!("{form}soon")).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.html().contains("Expected every: ") && refused.html().contains("value=\"mail\""),
        "{}",
        refused.html()
    );
    assert_eq!(post_form(server.address, "/alerts", &format!("{form}2h")).await.status, 303);
    let page = get(server.address, "/alerts?view=heartbeats").await.html();
    assert!(page.contains("every 2h, 5m grace") && page.contains("from the configuration file"), "{page}");
    let remove = "view=heartbeats&do=heartbeat-remove&name=mail";
    assert_eq!(post_form(server.address, "/alerts", remove).await.status, 303);
    let audit = data(server.address, "/api/admin/audit?what=heartbeat").await.to_string();
    for part in ["\"backup\"", "\"mail\"", "\"added\"", "\"removed\"", "period_seconds"] {
        assert!(audit.contains(part), "{part}: {audit}");
    }
    server.stop().await;
}
