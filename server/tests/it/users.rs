//! Users, tokens and sessions, changed in the browser and through the API.

use crate::support::{
    Dom, JSON, Response, Server, Socket, TestToken, data, exchange, get, request, request_text, send,
};
use serde_json::{Value, json};
use std::net::SocketAddr;
use url::form_urlencoded;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// Sends a form with a cookie, like the front end.
pub(crate) async fn form(server: &Server, cookie: &str, fields: &[(&str, &str)]) -> Response {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let length = body.len().to_string();
    let headers = [
        ("Authorization", ""),
        ("Cookie", cookie),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Length", length.as_str()),
        ("x-fragment", "1"),
    ];
    let text = request_text(server.address, "POST", "/settings", &headers) + &body;
    exchange(server.address, text.as_bytes()).await.unwrap()
}

/// Sends a form and checks status and message.
pub(crate) async fn submit(
    server: &Server,
    cookie: &str,
    fields: &[(&str, &str)],
    status: u16,
    says: &str,
) -> Dom {
    let answer = form(server, cookie, fields).await;
    assert_eq!(answer.status, status, "{fields:?}: {}", answer.text());
    let dom = answer.dom();
    dom.assert_says(if status == 200 { ".flash.good" } else { ".flash.bad" }, says);
    dom.assert_has("[data-part=settings]");
    assert!(!answer.text().contains(PASSWORD), "{}", answer.text());
    dom
}

async fn sign_in(address: SocketAddr, name: &str, password: &str) -> Response {
    let body = json!({ "username": name, "password": password }).to_string();
    send(address, "POST", "/api/login", &body).await
}

/// Signs in and returns the cookie.
pub(crate) async fn cookie(address: SocketAddr, name: &str, password: &str) -> String {
    let answer = sign_in(address, name, password).await;
    assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    answer.session_cookie().unwrap().split(';').next().unwrap().to_owned()
}

pub(crate) async fn get_page(server: &Server, cookie: &str, path: &str) -> Response {
    request(server.address, "GET", path, &[("Authorization", ""), ("Cookie", cookie)]).await
}

/// A server with two users: ada, an administrator, and bob, a viewer.
pub(crate) async fn start_with_users() -> Server {
    let server = Server::start().await;
    for (name, role) in [("ada", "admin"), ("bob", "viewer")] {
        let body = json!({ "name": name, "role": role, "password": PASSWORD }).to_string();
        let answer = send(server.address, "POST", "/api/admin/users", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["data"]["role"], role);
    }
    server
}

#[tokio::test]
async fn administrators_create_change_and_disable_users_in_the_browser() {
    let server = start_with_users().await;
    let ada = cookie(server.address, "ada", PASSWORD).await;
    let people = get_page(&server, &ada, "/settings?view=users").await.dom();
    people.assert_says("[data-view=users] #user-row-ada .mark", "You");
    people.assert_has("#user-row-bob");
    people.assert_has("button[value=user-add]");
    let add = |name: &'static str, password: &'static str| {
        [("do", "user-add"), ("name", name), ("role", "viewer"), ("password", password)]
    };
    let html = submit(&server, &ada, &add("Eve", "short"), 400, "8 to 256 bytes").await;
    assert_eq!(html.attr("#user [name=name]", "value"), Some("Eve"));
    assert_eq!(html.attr("#user [name=password]", "value"), None);
    submit(&server, &ada, &add("eve x", PASSWORD), 400, "invalid user name").await;
    submit(&server, &ada, &add("Eve", " with spaces "), 200, "User created").await;
    submit(&server, &ada, &add("eve", PASSWORD), 409, "user eve already exists").await;
    // Every byte of a password counts.
    assert_eq!(sign_in(server.address, "eve", "with spaces").await.status, 401);
    let eve = cookie(server.address, "eve", " with spaces ").await;

    let mut socket = Socket::open_as(("cookie", &eve), server.address, Some(JSON)).await;
    assert_eq!(socket.text().await["type"], "hello");
    let about = |what: &'static str| [("do", what), ("name", "eve"), ("password", PASSWORD)];
    submit(&server, &ada, &about("user-admin"), 200, "is now an admin").await;
    assert_eq!(socket.closed().await.0, 4401);
    assert_eq!(get_page(&server, &eve, "/").await.status, 303);
    let eve = cookie(server.address, "eve", " with spaces ").await;
    assert_eq!(get_page(&server, &eve, "/api/admin/users").await.status, 200);
    submit(&server, &ada, &about("user-viewer"), 200, "is now a viewer").await;
    submit(&server, &ada, &about("user-password"), 200, "Password set").await;
    let eve = cookie(server.address, "eve", PASSWORD).await;
    let mut socket = Socket::open_as(("cookie", &eve), server.address, Some(JSON)).await;
    submit(&server, &ada, &about("user-disable"), 200, "User disabled").await;
    assert_eq!(socket.closed().await.0, 4401);
    assert_eq!(sign_in(server.address, "eve", PASSWORD).await.status, 401);
    submit(&server, &ada, &about("user-enable"), 200, "User enabled").await;
    cookie(server.address, "eve", PASSWORD).await;

    // The initial administrator is disabled; then ada is the last administrator.
    let of = |what: &'static str, name: &'static str| [("do", what), ("name", name)];
    submit(&server, &ada, &of("user-disable", "admin"), 200, "User disabled").await;
    submit(&server, &ada, &of("user-disable", "ada"), 409, "only administrator").await;
    submit(&server, &ada, &of("user-viewer", "ada"), 409, "only administrator").await;
    submit(&server, &ada, &of("user-viewer", "nobody"), 404, "unknown user nobody").await;
    submit(&server, &ada, &[("do", "nonsense"), ("view", "tokens")], 400, "unknown action").await;
    let finished = server.stop().await;
    assert!(!finished.stderr.contains(PASSWORD), "{}", finished.stderr);
}

#[tokio::test]
async fn tokens_are_shown_once_and_revoked() {
    let server = start_with_users().await;
    let ada = cookie(server.address, "ada", PASSWORD).await;
    let add =
        |days: &'static str| [("do", "token-add"), ("name", "ci <b>"), ("role", "viewer"), ("days", days)];
    submit(&server, &ada, &add("0"), 400, "1 to 3650").await;
    let answer = form(&server, &ada, &add("30")).await;
    // The URL is that of the list: the browser history does not contain the token.
    assert_eq!(answer.header("content-location"), Some("/settings?view=tokens"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let dom = answer.dom();
    let token = dom.text("#token-made code");
    assert!(token.starts_with("wg_"), "{token}");
    dom.assert_has("[data-part=settings][data-keep]");
    dom.assert_says("[data-part=list] .title", "ci <b>");
    let bearer = format!("Bearer {token}");
    let as_ci = [("Authorization", bearer.as_str())];
    assert_eq!(request(server.address, "GET", "/api/admin/rules", &as_ci).await.status, 200);
    let list = get_page(&server, &ada, "/settings?view=tokens").await;
    list.dom().assert_says("[data-part=list] .title", "ci <b>");
    assert!(!list.text().contains(&token), "{}", list.text());
    let tokens = data(server.address, "/api/admin/tokens").await;
    let found = tokens.as_array().unwrap().iter().find(|token| token["name"] == "ci <b>").unwrap();
    assert!(found["expires"].is_string() && found["state"] == "good", "{found}");
    assert_eq!(found["status"], "active", "{found}");
    let id = found["id"].as_str().unwrap();
    let mut socket = Socket::open_as(("authorization", &bearer), server.address, Some(JSON)).await;
    assert_eq!(socket.text().await["type"], "hello");
    submit(&server, &ada, &[("do", "token-revoke"), ("id", id)], 200, "Token revoked").await;
    assert_eq!(socket.closed().await.0, 4401);
    assert_eq!(request(server.address, "GET", "/api/admin/rules", &as_ci).await.status, 401);
    submit(&server, &ada, &[("do", "token-revoke"), ("id", id)], 404, "no active token").await;
    let finished = server.stop().await;
    assert!(!finished.stderr.contains(&token), "{}", finished.stderr);
}

#[tokio::test]
async fn viewers_have_an_account_and_no_access_to_others() {
    let server = start_with_users().await;
    let [here, there] =
        [cookie(server.address, "bob", PASSWORD).await, cookie(server.address, "bob", PASSWORD).await];
    let ada = cookie(server.address, "ada", PASSWORD).await;
    let account = get_page(&server, &here, "/settings?view=account").await.dom();
    account.assert_says(".lead", "Signed in as bob");
    account.assert_says(".row", "This browser");
    account.assert_has("form[action='/api/logout']");
    account.assert_has("[name=old]");
    assert_eq!(account.count("button[value=session-end]"), 2);
    for view in ["users", "people", "tokens", "sessions"] {
        let answer = get_page(&server, &here, &format!("/api/fragment/settings?view={view}")).await;
        assert_eq!(answer.status, 403, "{view}");
        assert!(answer.error("forbidden").contains("admin role"));
        assert!(!account.has(&format!("a[href='/settings?view={view}']")), "{view}");
    }
    for what in ["user-add", "user-admin", "user-password", "token-add", "token-revoke"] {
        submit(&server, &here, &[("do", what), ("name", "bob")], 403, "requires the admin role").await;
    }
    // Viewers can end only their own sessions.
    let of = async |cookie: &str| {
        let sessions = data(server.address, "/api/admin/sessions").await;
        let secret = watchglass_auth::Secret::parse(cookie.split_once('=').unwrap().1).unwrap();
        let id = secret.digest().to_string();
        assert!(
            sessions.as_array().unwrap().iter().any(|session| session["id"] == id.as_str()),
            "{sessions}"
        );
        id
    };
    let (of_ada, of_there) = (of(&ada).await, of(&there).await);
    submit(&server, &here, &[("do", "session-end"), ("id", &of_ada)], 404, "no active session").await;
    let mut socket = Socket::open_as(("cookie", &there), server.address, Some(JSON)).await;
    submit(&server, &here, &[("do", "session-end"), ("id", &of_there)], 200, "Session revoked").await;
    assert_eq!(socket.closed().await.0, 4401);
    let there = cookie(server.address, "bob", PASSWORD).await;

    let change = |old: &'static str, new: &'static str| [("do", "password"), ("old", old), ("new", new)];
    submit(&server, &here, &change("another one", "a new password"), 403, "password is wrong").await;
    submit(&server, &here, &change(PASSWORD, "short"), 400, "8 to 256 bytes").await;
    let mut socket = Socket::open_as(("cookie", &there), server.address, Some(JSON)).await;
    submit(&server, &here, &change(PASSWORD, "a new password"), 200, "other sessions were signed out").await;
    assert_eq!(socket.closed().await.0, 4401);
    assert_eq!(get_page(&server, &here, "/").await.status, 200);
    assert_eq!(get_page(&server, &there, "/").await.status, 303);
    assert_eq!(sign_in(server.address, "bob", PASSWORD).await.status, 401);
    cookie(server.address, "bob", "a new password").await;
    // A token has no password.
    let page = get(server.address, "/settings?view=account").await.dom();
    page.assert_says(".lead b", "Admin");
    assert!(!page.has("[name=old]"));
    server.stop().await;
}

#[tokio::test]
async fn api_changes_of_users_and_tokens_follow_the_same_rules() {
    let server = start_with_users().await;
    let address = server.address;
    let call =
        async |method: &str, path: &str, body: Value| send(address, method, path, &body.to_string()).await;
    for (method, path, body, status, code) in [
        ("POST", "users", json!({ "name": "ada", "role": "admin", "password": PASSWORD }), 409, "taken"),
        (
            "POST",
            "users",
            json!({ "name": "x", "role": "ingest", "password": PASSWORD }),
            400,
            "bad_parameter",
        ),
        ("POST", "users", json!({ "name": "x", "role": "viewer", "password": "short" }), 400, "bad_password"),
        ("POST", "users", json!({ "name": "x", "role": "viewer" }), 400, "bad_parameter"),
        ("PATCH", "users/nobody", json!({ "disabled": true }), 404, "no_user"),
        ("PATCH", "users/ada", json!({ "colour": "red" }), 400, "bad_parameter"),
        ("POST", "tokens", json!({ "name": "x", "role": "viewer", "days": 0 }), 400, "bad_parameter"),
        ("POST", "tokens", json!({ "name": "", "role": "viewer" }), 400, "bad_parameter"),
    ] {
        let answer = call(method, &format!("/api/admin/{path}"), body.clone()).await;
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.text());
        assert!(!answer.error(code).contains(PASSWORD));
    }
    let one = call("PATCH", "/api/admin/users/admin", json!({ "disabled": true })).await.json();
    assert_eq!(one["data"]["disabled"], true);
    for body in [json!({ "disabled": true }), json!({ "role": "viewer" })] {
        // Changes are atomic.
        let mut body = body;
        body["password"] = "a new password".into();
        let answer = call("PATCH", "/api/admin/users/ada", body).await;
        assert_eq!(answer.status, 409);
        assert!(answer.error("last_administrator").contains("ada is the only administrator"));
    }
    let ada = cookie(address, "ada", PASSWORD).await;
    let made = call("POST", "/api/admin/tokens", json!({ "name": "hook", "role": "ingest" })).await.json();
    let bearer = format!("Bearer {}", made["data"]["token"].as_str().unwrap());
    let as_hook = [("Authorization", bearer.as_str())];
    assert_eq!(request(address, "GET", "/api/admin/rules", &as_hook).await.status, 403);
    let path = format!("/api/admin/tokens/{}", made["data"]["id"].as_str().unwrap());
    assert_eq!(call("DELETE", &path, Value::Null).await.status, 200);
    assert_eq!(request(address, "GET", "/api/admin/rules", &as_hook).await.status, 401);
    let sessions = data(address, "/api/admin/sessions").await;
    let session = sessions.as_array().unwrap().first().unwrap();
    assert_eq!(session["user"], "ada");
    let path = format!("/api/admin/sessions/{}", session["id"].as_str().unwrap());
    assert_eq!(call("DELETE", &path, Value::Null).await.status, 200);
    assert_eq!(get_page(&server, &ada, "/").await.status, 303);
    let bearer = TestToken::Viewer.bearer();
    let as_viewer = [("Authorization", bearer.as_str())];
    assert_eq!(request(address, "GET", "/api/admin/users", &as_viewer).await.status, 403);
    server.stop().await;
}
