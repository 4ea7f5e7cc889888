//! Chart annotations: posted in one request, sent to open pages, kept across a restart.

use crate::support::{Server, Socket, TestToken, data, exchange, get, post, request, request_text, within};
use serde_json::{Value, json};
use std::net::SocketAddr;

const PATH: &str = "/api/annotations";
const LIST: &str = "/api/admin/annotations";

/// Posts a form like `curl`, with one of the tokens.
async fn post_form_as(address: SocketAddr, who: TestToken, body: &str) -> Value {
    let (length, bearer) = (body.len().to_string(), who.bearer());
    let kind = "application/x-www-form-urlencoded";
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind), ("Content-Length", &length)];
    let answer =
        exchange(address, (request_text(address, "POST", PATH, &headers) + body).as_bytes()).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].clone()
}

/// The annotations among the chart marks.
async fn marks(address: SocketAddr) -> Vec<Value> {
    let alerts = get(address, "/api/fn/alerts?window_seconds=300").await.json();
    let marks = alerts["marks"].as_array().unwrap().iter();
    marks.filter(|mark| mark["sign"] != "").cloned().collect()
}

#[tokio::test]
async fn posted_deploys_mark_every_chart_at_once() {
    let server = Server::start().await;
    let mut socket = Socket::json(server.address).await;
    let time = socket.in_a_row(2).await["time"].as_i64().unwrap();
    let added =
        post_form_as(server.address, TestToken::Ingest, "text=deploy+1.4.2&kind=deploy&tag.version=1.4.2")
            .await;
    assert_eq!(
        (&added["text"], &added["kind"], &added["tags"], &added["end"]),
        (&json!("deploy 1.4.2"), &json!("deploy"), &json!({ "version": "1.4.2" }), &Value::Null)
    );
    assert!(
        added["time"].as_i64().unwrap() >= time && !added["author"].as_str().unwrap().is_empty(),
        "{added}"
    );
    let event = within("a message", async {
        loop {
            let message = socket.text().await;
            if message["type"] == "annotation" {
                return message;
            }
        }
    })
    .await;
    assert_eq!((&event["change"], &event["annotation"]["id"]), (&json!("added"), &added["id"]));

    let [mark] = &marks(server.address).await[..] else { panic!("one mark") };
    assert_eq!(
        (&mark["panel"], &mark["sign"], &mark["text"], &mark["start"], &mark["end"]),
        (&json!(""), &json!("Deploy"), &json!("deploy 1.4.2"), &added["time"], &added["time"])
    );
    let page = get(server.address, "/").await.html();
    assert!(page.contains(">D<title>Deploy ") && page.contains("<strong>Deploy</strong> "), "{page}");

    let gone = request(server.address, "DELETE", &format!("{LIST}/{}", added["id"]), &[]).await;
    assert_eq!(gone.status, 200);
    assert!(marks(server.address).await.is_empty());
    server.stop().await;
}

#[tokio::test]
async fn annotations_are_listed_by_range_and_kind() {
    let server = Server::start().await;
    let now = Socket::json(server.address).await.metrics().await["time"].as_i64().unwrap();
    for (text, kind, before, length) in [
        ("first", "deploy", 300_000, 60_000),
        ("second", "note", 200_000, 0),
        ("third", "deploy", 100_000, 0),
    ] {
        let (time, end) = (now - before, now - before + length);
        let body = json!({ "text": text, "kind": kind, "time": time, "end": end });
        assert_eq!(post(server.address, PATH, &body.to_string()).await.status, 200);
    }
    let seconds = |before: i64| (now - before) as f64 / 1e3;
    for (question, expected) in [
        (String::new(), &["third", "second", "first"][..]),
        ("?kind=deploy".to_owned(), &["third", "first"]),
        (format!("?start={}&end={}", seconds(240_000), seconds(150_000)), &["second", "first"]),
        (format!("?start={}", seconds(239_000)), &["third", "second"]),
    ] {
        let rows = data(server.address, &format!("{LIST}{question}")).await;
        let texts: Vec<&str> =
            rows.as_array().unwrap().iter().map(|row| row["text"].as_str().unwrap()).collect();
        assert_eq!(texts, expected, "{question}");
    }
    for wrong in ["?kind=x", "?start=yesterday", "?what=1"] {
        get(server.address, &format!("{LIST}{wrong}")).await.error("bad_parameter");
    }
    for (body, word) in [
        (json!({ "text": "" }), "text"),
        (json!({ "text": "a", "kind": "x" }), "deploy, restart or note"),
        (json!({ "text": "a", "time": 1 }), "time"),
        (json!({ "text": "a", "end": 1 }), "end"),
        (json!({ "text": "a", "wrong": 1 }), "wrong"),
    ] {
        let message = post(server.address, PATH, &body.to_string()).await.error("bad_parameter");
        assert!(message.contains(word), "{message}");
    }
    server.stop().await;
}

#[tokio::test]
async fn annotations_survive_a_restart_which_adds_one() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--data-dir", folder.path().to_str().unwrap()];
    let first = Server::start_with(&flags, &[]).await;
    Socket::json(first.address).await.in_a_row(2).await;
    assert!(marks(first.address).await.is_empty(), "the first start is not a restart");
    assert_eq!(post(first.address, PATH, r#"{"text":"before"}"#).await.status, 200);
    first.stop().await;

    let second = Server::start_with(&flags, &[]).await;
    let found = within("both marks", async {
        let mut socket = Socket::json(second.address).await;
        loop {
            let found = marks(second.address).await;
            if found.len() > 1 {
                return found;
            }
            socket.in_a_row(1).await;
        }
    })
    .await;
    let texts: Vec<&str> = found.iter().map(|mark| mark["text"].as_str().unwrap()).collect();
    assert!(texts[0].starts_with("Watchglass ") && texts[0].contains(" restarted"), "{texts:?}");
    assert_eq!(
        (texts[1], &found[0]["sign"], &found[1]["sign"]),
        ("before", &json!("Restart"), &json!("Note"))
    );
    second.stop().await;
}
