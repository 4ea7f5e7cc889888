//! Charts and signed action links of notifications.

use crate::notifications::Receiver;
use crate::support::{Server, Socket, data, exchange, get, post_form, request, request_text};
use serde_json::{Value, json};
use std::net::SocketAddr;

const PUBLIC: &str = "https://watch.example";

/// Path of the link with that label.
fn link(message: &Value, label: &str) -> String {
    let mut links = message["links"].as_array().unwrap().iter();
    let found = links.find(|link| link["label"] == label).unwrap_or_else(|| panic!("{label}: {message}"));
    found["url"].as_str().unwrap().strip_prefix(PUBLIC).unwrap().to_owned()
}

async fn alert(address: SocketAddr) -> Value {
    let found = data(address, "/api/admin/system/alerts/").await;
    let mut alerts = found["alerts"].as_array().unwrap().iter();
    alerts.find(|alert| alert["rule"] == "some-memory").unwrap().clone()
}

#[tokio::test]
async fn messages_have_a_chart_and_working_action_links() {
    let receiver = Receiver::new().await;
    let config = receiver.config();
    let folder = tempfile::tempdir().unwrap();
    let mut flags = config.flags_with_data(&folder);
    flags.extend(["--public-url", PUBLIC]);
    let server = Server::start_with(&flags, &[]).await;
    let message = receiver.request().await.accept().await;
    let chart = message["chart_svg"].as_str().unwrap();
    assert!(chart.starts_with("<svg") && chart.contains("threshold 0.01\u{a0}%"), "{chart}");
    assert_eq!(link(&message, "Open"), "/alerts?view=active&rule=some-memory");
    let address = server.address;

    // Opening the link changes nothing: mail scanners open links too.
    let acknowledge = link(&message, "Acknowledge");
    for _ in 0..2 {
        let page = get(address, &acknowledge).await;
        assert_eq!(page.status, 200, "{}", page.text());
        for part in ["Some memory: ", "<form method=\"post\">", "Not acknowledged yet"] {
            assert!(page.text().contains(part), "{part}: {}", page.text());
        }
        for (name, value) in [
            ("referrer-policy", "strict-origin"),
            ("cache-control", "no-store"),
            ("content-type", "text/html; charset=utf-8"),
            ("x-robots-tag", "noindex"),
        ] {
            assert_eq!(page.header(name), Some(value));
        }
    }
    let head = request(address, "HEAD", &acknowledge, &[]).await;
    assert_eq!(head.status, 200);
    assert_eq!(alert(address).await["acknowledged_by"], Value::Null);

    // A rejected form shows the reason and keeps the input.
    let bad = post_form(address, &acknowledge, "who=+&why=%3Cb%3E+it").await;
    assert_eq!(bad.status, 400);
    assert!(
        bad.text().contains("Error: who") && bad.text().contains("value=\"&lt;b&gt; it\""),
        "{}",
        bad.text()
    );

    let done = post_form(address, &acknowledge, "who=Ada+%C3%96&why=I+look").await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(
        done.text().contains("<h1>Acknowledged</h1>") && done.text().contains("Ada Ö"),
        "{}",
        done.text()
    );
    assert_eq!(alert(address).await["acknowledged_by"], "Ada Ö");

    // The second user sees who acknowledged first.
    let second = post_form(address, &acknowledge, "who=Bob").await;
    assert_eq!(second.status, 409);
    assert!(second.text().contains("No change") && second.text().contains("Ada Ö"), "{}", second.text());
    let page = get(address, &acknowledge).await;
    assert!(page.text().contains("Ada Ö") && !page.text().contains("<form"), "{}", page.text());
    assert_eq!(alert(address).await["acknowledged_by"], "Ada Ö");

    let silence = link(&message, "Silence for 2 hours");
    assert_eq!(post_form(address, &silence, "who=Ada").await.status, 400, "a silence has a reason");
    assert_eq!(data(address, "/api/admin/silences").await, json!([]));
    let done = post_form(address, &silence, "who=Ada&why=works").await;
    assert!(done.status == 200 && done.text().contains("<h1>Silenced</h1>"), "{}", done.text());
    assert_eq!(post_form(address, &silence, "who=Bob&why=me+too").await.status, 409);
    let silences = data(address, "/api/admin/silences").await;
    assert_eq!(silences.as_array().unwrap().len(), 1, "{silences}");
    assert_eq!((&silences[0]["author"], &silences[0]["reason"]), (&json!("Ada"), &json!("works")));
    Socket::json(address).await.in_a_row(2).await;
    assert_eq!(alert(address).await["silenced_by"], silences[0]["id"]);
    let finished = server.stop().await;

    // The key survives a restart, and tokens are neither in the log nor in metrics.
    let server = Server::start_with(&flags, &[]).await;
    let page = get(server.address, &acknowledge).await;
    assert!(page.status == 200 && page.text().contains("Ada Ö"), "{}", page.text());
    let metrics = get(server.address, "/metrics").await;
    let token = acknowledge.strip_prefix("/action/").unwrap();
    for text in [metrics.text(), &finished.stderr, &finished.stdout, &server.log()] {
        assert!(!text.contains(&token[..20]), "{text}");
    }
    server.stop().await;

    // A resolved alert has no actions.
    let server =
        Server::start_with(&["--data-dir", folder.path().to_str().unwrap(), "--public-url", PUBLIC], &[])
            .await;
    Socket::json(server.address).await.in_a_row(2).await;
    let over = get(server.address, &acknowledge).await;
    assert!(over.status == 200 && over.text().contains("Resolved at"), "{}", over.text());
    assert_eq!(post_form(server.address, &acknowledge, "who=Bob").await.status, 409);
    server.stop().await;
}

#[tokio::test]
async fn invalid_changed_or_foreign_links_are_rejected() {
    let receiver = Receiver::new().await;
    let config = receiver.config();
    let mut flags = config.flags().to_vec();
    flags.extend(["--public-url", PUBLIC]);
    let server = Server::start_with(&flags, &[]).await;
    let message = receiver.request().await.accept().await;
    let path = link(&message, "Acknowledge");
    let last = if path.ends_with('A') { "B" } else { "A" };
    let changed = format!("{}{last}", &path[..path.len() - 1]);
    // Signed with another server's key, expired in 2023.
    let other = "/action/AQAAAAAAAYvVj9gAwoh6tHWx2dlK9YZPqvB7D0GZbD9Ww2O3iWq3qL2m6Q9Rk5d7W0rA3pXkYpN1b2Zz";
    for path in [&changed, other, "/action/x", "/action/%ff%00", &format!("/action/{}", "A".repeat(5000))] {
        for answer in [get(server.address, path).await, post_form(server.address, path, "who=Eve").await] {
            assert_eq!(answer.status, 403, "{path}");
            assert!(answer.text().contains("Invalid link"), "{}", answer.text());
        }
    }
    let length = ("Content-Length", "7");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    for (headers, body, status) in [
        (vec![form, length, ("Origin", "https://evil.example")], "who=Eve", 403),
        (vec![form, length, ("Origin", "null")], "who=Eve", 403),
        (vec![("Content-Type", "application/json"), length], "who=Eve", 415),
        (vec![form, ("Content-Length", "10000")], "", 413),
        (vec![form, length, ("Host", "evil.example")], "who=Eve", 421),
    ] {
        let text = request_text(server.address, "POST", &path, &headers) + body;
        let answer = exchange(server.address, text.as_bytes()).await.unwrap();
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.text());
    }
    assert_eq!(request(server.address, "DELETE", &path, &[]).await.status, 405);
    assert_eq!(alert(server.address).await["acknowledged_by"], Value::Null);
    // Behind a proxy the Host header has the public name.
    let named = [("Host", "watch.example"), ("Origin", PUBLIC)];
    assert_eq!(request(server.address, "GET", &path, &named).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn expired_links_are_rejected() {
    let receiver = Receiver::new().await;
    let config = receiver.config();
    let folder = tempfile::tempdir().unwrap();
    // The key that signed the link below.
    std::fs::write(folder.path().join("link.key"), "0123456789abcdef".repeat(4)).unwrap();
    let mut flags = config.flags_with_data(&folder);
    flags.extend(["--public-url", PUBLIC]);
    let server = Server::start_with(&flags, &[]).await;
    let golden = include_str!("../../../crates/notify/golden/deeds.txt");
    for token in golden.lines() {
        // Messages of earlier versions have the second path.
        for path in [format!("/action/{token}"), format!("/do/{token}")] {
            for answer in
                [get(server.address, &path).await, post_form(server.address, &path, "who=Ada").await]
            {
                assert_eq!(answer.status, 410, "{}", answer.text());
                assert!(answer.text().contains("Link expired"), "{}", answer.text());
                assert!(answer.text().contains("2023-11-15 22:13:20 UTC"), "{}", answer.text());
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn messages_have_no_links_without_a_public_url() {
    let receiver = Receiver::new().await;
    let config = receiver.config();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(&config.flags_with_data(&folder), &[]).await;
    let message = receiver.request().await.accept().await;
    assert_eq!(message["links"], json!([]), "{message}");
    assert!(message["chart_svg"].as_str().unwrap().starts_with("<svg"), "{message}");
    assert_eq!(get(server.address, "/action/x").await.status, 403);
    assert!(!folder.path().join("link.key").exists());
    server.stop().await;
}
