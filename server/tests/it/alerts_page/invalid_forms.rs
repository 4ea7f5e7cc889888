//! Requests that are no form of the page.

use super::{alert, firing, send};
use crate::support::{exchange, get, request_text};
use serde_json::Value;
use url::form_urlencoded;

#[tokio::test]
async fn invalid_forms_change_nothing() {
    let (_config, server, labels) = firing().await;
    let body = "x".repeat(70_000);
    let length = body.len().to_string();
    for (headers, body, status, code) in [
        (
            vec![("Content-Type", "application/json"), ("Content-Length", "2")],
            "{}",
            415,
            "wrong_content_type",
        ),
        (
            vec![("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", length.as_str())],
            body.as_str(),
            413,
            "too_long",
        ),
        (
            vec![
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Content-Length", "3"),
                ("Origin", "http://evil.example"),
            ],
            "a=b",
            403,
            "bad_origin",
        ),
    ] {
        let text = request_text(server.address, "POST", "/alerts", &headers) + body;
        let answer = exchange(server.address, text.as_bytes()).await.unwrap();
        assert_eq!(answer.status, status);
        answer.error(code);
    }
    let many: Vec<(&str, &str)> = (0..201).map(|_| ("a", "b")).collect();
    assert_eq!(send(&server, &many, true).await.status, 400);
    // GET does not perform the action.
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("do", "acknowledge"), ("rule", "some-memory"), ("labels", &labels), ("who", "eve")])
        .finish();
    assert_eq!(get(server.address, &format!("/api/fragment/alerts?{query}")).await.status, 200);
    get(server.address, &format!("/alerts?{query}")).await;
    assert_eq!(alert(&server).await["acknowledged_by"], Value::Null);
    server.stop().await;
}
