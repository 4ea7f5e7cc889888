//! Audit log: every change with its actor and the values before and after, without secrets.

use crate::support::{Response, Server, TestToken, exchange, get, request, request_text, run, send};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use url::form_urlencoded;

const PASSWORD: &str = "correct horse battery";

/// The entries that match a query, newest first.
async fn entries(server: &Server, query: &str) -> Vec<Value> {
    let answer = get(server.address, &format!("/api/admin/audit{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].as_array().unwrap().clone()
}

/// The newest entry of an action. It exists as soon as the request is answered.
async fn entry(server: &Server, what: &str, action: &str, subject: &str) -> Value {
    let found = entries(server, &format!("?what={what}")).await;
    let is_it =
        |entry: &&Value| entry["action"] == action && entry["deed"] == action && entry["subject"] == subject;
    found.iter().find(is_it).unwrap_or_else(|| panic!("{subject} {action}: {found:?}")).clone()
}

async fn call(server: &Server, method: &str, path: &str, body: Value) -> Response {
    let answer = send(server.address, method, path, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
    answer
}

async fn form(server: &Server, path: &str, fields: &[(&str, &str)]) -> Response {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let length = body.len().to_string();
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Length", length.as_str()),
        ("x-fragment", "1"),
    ];
    let text = request_text(server.address, "POST", path, &headers) + &body;
    let answer = exchange(server.address, text.as_bytes()).await.unwrap();
    assert_eq!(answer.status, 200, "{fields:?}: {}", answer.text());
    answer
}

#[tokio::test]
async fn changes_are_logged_with_actor_and_values() {
    let server = Server::start().await;
    call(&server, "PUT", "/api/admin/rules/cpu/enabled", json!({ "enabled": false })).await;
    let found = entry(&server, "rule", "changed", "cpu").await;
    assert_eq!((&found["from"], &found["to"]), (&json!({ "enabled": true }), &json!({ "enabled": false })));
    assert_eq!(
        (&found["by"], &found["actor"], &found["address"]),
        (&json!("token"), &json!("Admin"), &json!("127.0.0.1"))
    );
    form(&server, "/alerts", &[("do", "rule-enable"), ("id", "cpu")]).await;
    assert_eq!(entry(&server, "rule", "changed", "cpu").await["to"], json!({ "enabled": true }));
    let rule = json!({ "id": "own", "name": "Own", "metric": "host_memory_used_ratio", "component": "memory", "warning": 0.99 });
    call(&server, "POST", "/api/admin/rules", rule).await;
    assert_eq!(entry(&server, "rule", "added", "own").await["to"]["warning"], 0.99);
    call(&server, "DELETE", "/api/admin/rules/own", Value::Null).await;
    let found = entry(&server, "rule", "removed", "own").await;
    assert!(found["to"].is_null() && found["from"]["warning"] == 0.99, "{found}");

    let silence = json!({ "id": "quiet", "matchers": [{ "label": "rule", "operator": "=", "value": "cpu" }],
        "author": "ada", "reason": "new disks" });
    call(&server, "POST", "/api/admin/silences", silence).await;
    assert_eq!(entry(&server, "silence", "added", "quiet").await["to"]["reason"], "new disks");
    form(&server, "/alerts", &[("do", "end-silence"), ("id", "quiet")]).await;
    let ended = entries(&server, "?what=silence").await[0].clone();
    assert_ne!(ended["deed"], "added");
    assert_eq!(ended["subject"], "quiet", "{ended}");

    let user = json!({ "name": "Ada", "role": "admin", "password": PASSWORD });
    call(&server, "POST", "/api/admin/users", user).await;
    let found = entry(&server, "user", "added", "ada").await;
    assert_eq!(found["to"], json!({ "role": "admin", "disabled": false, "second_factor": false }));
    form(&server, "/settings", &[("do", "user-viewer"), ("name", "ada")]).await;
    let found = entry(&server, "user", "changed", "ada").await;
    assert_eq!((&found["from"], &found["to"]), (&json!({ "role": "admin" }), &json!({ "role": "viewer" })));
    call(&server, "PATCH", "/api/admin/users/ada", json!({ "password": PASSWORD })).await;
    let found = entry(&server, "user", "changed", "ada").await;
    assert_eq!(found["to"], json!({ "password": "changed" }));
    let made =
        call(&server, "POST", "/api/admin/tokens", json!({ "name": "ci", "role": "viewer" })).await.json();
    let (id, token) = (made["data"]["id"].as_str().unwrap(), made["data"]["token"].as_str().unwrap());
    assert_eq!(entry(&server, "token", "added", "ci").await["to"]["id"], id);
    form(&server, "/settings", &[("do", "token-revoke"), ("id", id)]).await;
    assert_eq!(entry(&server, "token", "revoked", "ci").await["from"], json!({ "id": id }));

    let sign_in = json!({ "username": "ada", "password": PASSWORD });
    let signed = call(&server, "POST", "/api/login", sign_in).await;
    assert_eq!(entry(&server, "session", "signed in", "ada").await["by"], "user");
    let cookie = signed.session_cookie().unwrap().split(';').next().unwrap().to_owned();
    let as_ada = [("Authorization", ""), ("Cookie", cookie.as_str()), ("Content-Length", "0")];
    assert_eq!(request(server.address, "POST", "/api/logout", &as_ada).await.status, 200);
    assert_eq!(entry(&server, "session", "signed out", "ada").await["who"], "ada");
    for name in ["ada", "a password in the wrong field"] {
        let wrong = json!({ "username": name, "password": "not this one" }).to_string();
        assert_eq!(send(server.address, "POST", "/api/login", &wrong).await.status, 401);
    }
    entry(&server, "session", "sign-in failed", "ada").await;
    entry(&server, "session", "sign-in failed", "unknown user").await;

    let data = server.home().join(".local/share/watchglass");
    let mode = std::fs::metadata(data.join("audit.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let log = std::fs::read_to_string(data.join("audit.jsonl")).unwrap();
    for secret in [PASSWORD, token, "wrong field", "not this one", &cookie, "argon2"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
    server.stop().await;
}

#[tokio::test]
async fn administrators_read_search_and_export_the_log() {
    let server = Server::start().await;
    let data = server.home().join(".local/share/watchglass");
    let flags = ["--data-dir", data.to_str().unwrap()];
    let finished =
        run(&[&["user", "add", "--name", "bob", "--role", "viewer"][..], &flags].concat(), &[]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    // Entries of commands are visible at once.
    let found = entries(&server, "?what=user").await;
    assert_eq!((found.len(), &found[0]["by"], &found[0]["subject"]), (1, &json!("command"), &json!("bob")));
    assert!(found[0]["who"].as_str().unwrap().starts_with("uid "), "{found:?}");
    assert_eq!(entries(&server, "?who=UID").await.len(), 1);
    assert_eq!(entries(&server, "?who=nobody").await.len(), 0);
    assert_eq!(entries(&server, "?skip=1").await.len(), 0);
    let page = get(server.address, "/settings?view=audit&who=uid").await.html();
    for part in ["data-view=\"audit\"", "<b>bob</b> added", "value=\"uid\"", "<option value=\"user\""] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let csv = get(server.address, "/api/admin/audit?format=csv").await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!((csv.text().lines().count(), csv.text().contains("\"bob\"")), (2, true));
    let lines = get(server.address, "/api/admin/audit?format=jsonl").await;
    assert_eq!(lines.text(), std::fs::read_to_string(data.join("audit.jsonl")).unwrap());
    for query in ["limit=0", "limit=10001", "what=weather", "format=xml", "colour=red", "skip=-1"] {
        let answer = get(server.address, &format!("/api/admin/audit?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        answer.error("bad_parameter");
    }
    let bearer = TestToken::Viewer.bearer();
    for path in ["/api/admin/audit", "/api/fragment/settings?view=audit"] {
        let answer = request(server.address, "GET", path, &[("Authorization", &bearer)]).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    server.stop().await;
}
