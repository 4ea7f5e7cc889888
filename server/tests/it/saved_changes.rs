//! Acknowledged changes: on disk before the response, or the response says that they are not.

use crate::notifications::Receiver;
use crate::support::{Response, Server, data, post, request, send};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The list at a path, by the field that names its entries.
async fn names(address: SocketAddr, path: &str, field: &str) -> Vec<String> {
    let list = data(address, path).await;
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| row[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// The alert that always fires.
async fn alert(address: SocketAddr) -> Value {
    let found = data(address, "/api/admin/system/alerts/").await;
    let alerts = found["alerts"].as_array().unwrap();
    alerts.iter().find(|alert| alert["rule"] == "some-memory").unwrap().clone()
}

fn silence(reason: &str) -> String {
    let matchers = json!([{ "label": "rule", "operator": "=", "value": "other" }]);
    json!({ "matchers": matchers, "author": "ada", "reason": reason }).to_string()
}

/// A change, and how to see it in a list: path, field and expected entry, if it was not removed.
struct Change {
    request: (&'static str, String, String),
    seen: (&'static str, &'static str, &'static str, bool),
}

#[tokio::test]
async fn acknowledged_changes_survive_a_kill() {
    let receiver = Receiver::new().await;
    let config = receiver.config();
    let folder = tempfile::tempdir().unwrap();
    let flags = config.flags_with_data(&folder);
    let mut server = Server::start_with(&flags, &[]).await;
    receiver.request().await.accept().await;
    let labels = alert(server.address).await["labels"].take();
    let key = json!({ "rule": "some-memory", "labels": labels });
    let mut note = key.clone();
    note["author"] = "ada".into();
    let named = silence("planned").replacen('{', "{\"id\":\"s1\",", 1);
    let rule = json!({ "id": "mine", "name": "Mine", "metric": "host_memory_used_ratio", "component": "memory", "critical": 2.0 });
    let user = json!({ "name": "bob", "role": "viewer", "password": "correct horse battery" });
    let token = json!({ "name": "laptop", "role": "viewer" });
    let lists = ("/api/admin/silences", "/api/admin/annotations", "/api/admin/rules");
    let acknowledge = "/api/admin/alerts/acknowledge";
    let audit = |what| ("/api/admin/audit", "what", what, true);
    let change = |method, path: &str, body: &dyn std::fmt::Display, seen| Change {
        request: (method, path.to_owned(), body.to_string()),
        seen,
    };
    let annotation = json!({ "text": "deploy 7" });
    for Change { request: (method, path, body), seen: (list, field, name, is_there) } in [
        change("POST", "/api/annotations", &annotation, (lists.1, "text", "deploy 7", true)),
        change("DELETE", "/api/admin/annotations/1", &"", (lists.1, "text", "deploy 7", false)),
        change("POST", lists.0, &named, (lists.0, "id", "s1", true)),
        change("DELETE", "/api/admin/silences/s1", &"", audit("silence")),
        change("POST", acknowledge, &note, audit("acknowledgement")),
        change("DELETE", acknowledge, &key, audit("acknowledgement")),
        change("POST", lists.2, &rule, (lists.2, "id", "mine", true)),
        change("DELETE", "/api/admin/rules/mine", &"", (lists.2, "id", "mine", false)),
        change("POST", "/api/admin/users", &user, ("/api/admin/users", "name", "bob", true)),
        change("POST", "/api/admin/tokens", &token, ("/api/admin/tokens", "name", "laptop", true)),
    ] {
        let answer = match body.as_str() {
            "" => request(server.address, method, &path, &[]).await,
            body => send(server.address, method, &path, body).await,
        };
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        server.kill().await;
        server = Server::start_with(&flags, &[]).await;
        let found = names(server.address, list, field).await;
        assert_eq!(found.iter().any(|found| found == name), is_there, "{method} {path}: {found:?}");
        match (method, path.as_str()) {
            ("POST", path) if path == acknowledge => {
                assert_eq!(alert(server.address).await["acknowledged_by"], "ada");
            }
            ("DELETE", path) if path == acknowledge => {
                assert_eq!(alert(server.address).await["acknowledged_by"], Value::Null);
            }
            ("DELETE", "/api/admin/silences/s1") => {
                let again = request(server.address, method, &path, &[]).await;
                again.error("not_found");
            }
            _ => {}
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn full_disk_is_the_reason_of_a_507_and_the_change_is_in_effect() {
    let Some(server) = Server::on_small_disk(16).await else { return };
    let address = server.address;
    let fill = server.fill_disk();
    let says_why = |answer: &Response, code: &str| {
        let message = answer.error(code);
        assert_eq!(answer.status, 507, "{message}");
        assert!(message.contains("No space left on device"), "{message}");
    };
    let body = json!({ "text": "deploy 7" }).to_string();
    let answer = post(address, "/api/annotations", &body).await;
    says_why(&answer, "not_saved");
    assert!(answer.error("not_saved").contains("in effect, but saved in memory only"));
    assert_eq!(names(address, "/api/admin/annotations", "text").await, ["deploy 7"]);
    let mut count = 0;
    // The first ones may fit in the last block of the file.
    let refused = loop {
        let answer = post(address, "/api/admin/silences", &silence(&"x".repeat(400))).await;
        count += 1;
        if answer.status != 200 {
            break answer;
        }
        assert!(count < 40, "the disk is full");
    };
    says_why(&refused, "not_saved");
    assert_eq!(names(address, "/api/admin/silences", "author").await, vec!["ada"; count]);
    let rule = json!({ "id": "mine", "name": "Mine", "metric": "host_memory_used_ratio", "component": "memory", "critical": 2.0 });
    says_why(&post(address, "/api/admin/rules", &rule.to_string()).await, "not_kept");
    request(address, "GET", "/api/admin/rules/mine", &[]).await.error("no_rule");
    let token = json!({ "name": "laptop", "role": "viewer" }).to_string();
    says_why(&post(address, "/api/admin/tokens", &token).await, "not_saved");

    std::fs::remove_file(&fill).unwrap();
    assert_eq!(post(address, "/api/admin/silences", &silence("room again")).await.status, 200);
    assert_eq!(post(address, "/api/annotations", &body).await.status, 200);
    let saved = std::fs::read_to_string(server.on_disk("annotations.json")).unwrap();
    assert_eq!(saved.matches("deploy 7").count(), 2, "{saved}");
    let outbox = std::fs::read(server.on_disk("outbox/outbox.1")).unwrap();
    assert!(String::from_utf8_lossy(&outbox).contains("room again"));
    server.stop().await;
}
