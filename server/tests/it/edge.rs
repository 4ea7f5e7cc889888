//! Who may connect: proxies and whom they name, and how many connections there may be.

use crate::support::{
    Answer, Connection, JSON, Server, Socket, Who, exchange, request, request_text, within,
};
use std::net::SocketAddr;

const PASSWORD: &str = "correct horse battery";

async fn sign_in(address: SocketAddr, password: &str, headers: &[(&str, &str)]) -> Answer {
    let body = serde_json::json!({ "username": "admin", "password": password }).to_string();
    let length = body.len().to_string();
    let mut all =
        vec![("Authorization", ""), ("Content-Type", "application/json"), ("Content-Length", &length)];
    all.extend(headers);
    let text = request_text(address, "POST", "/api/login", &all) + &body;
    exchange(address, text.as_bytes()).await.unwrap()
}

async fn server(flags: &[(&'static str, &'static str)]) -> Server {
    let mut variables = vec![("WATCHGLASS_ADMIN_PASSWORD", PASSWORD)];
    variables.extend(flags);
    Server::unseeded(&variables).await
}

#[tokio::test]
async fn a_trusted_proxy_says_who_calls_and_whether_that_is_encrypted() {
    let server = server(&[("WATCHGLASS_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let (from, proto) = ("X-Forwarded-For", "X-Forwarded-Proto");
    let secure = sign_in(server.address, PASSWORD, &[(from, "203.0.113.1"), (proto, "https")]).await;
    let set = secure.header("set-cookie").unwrap();
    assert!(set.starts_with("__Host-watchglass=") && set.ends_with("; Secure"), "{set}");
    // A session would be read by whoever is on the way.
    let open = sign_in(server.address, PASSWORD, &[(from, "203.0.113.1"), (proto, "http")]).await;
    assert_eq!((open.status, open.header("set-cookie")), (403, None));
    assert!(open.error("not_encrypted").contains("X-Forwarded-Proto"));
    // Whoever guesses makes nobody else wait.
    for _ in 0..3 {
        let answer = sign_in(server.address, "wrong guess", &[(from, "203.0.113.7"), (proto, "https")]).await;
        assert_eq!(answer.status, 401);
    }
    let waits = sign_in(server.address, PASSWORD, &[(from, "9.9.9.9, 203.0.113.7"), (proto, "https")]).await;
    assert_eq!(waits.status, 429);
    let other =
        sign_in(server.address, PASSWORD, &[(from, "203.0.113.7, 203.0.113.8"), (proto, "https")]).await;
    assert_eq!(other.status, 200);
    // A page that came unencrypted may not call where the people's connections are encrypted.
    let origin = format!("http://{}", server.address);
    let answer = request(server.address, "GET", "/api/live", &[("Origin", &origin), (proto, "https")]).await;
    answer.error("bad_origin");
    let finished = server.stop().await;
    assert!(finished.stderr.contains("user=\"admin\" address=203.0.113.8"), "{}", finished.stderr);
}

#[tokio::test]
async fn nobody_else_is_believed() {
    let server = server(&[]).await;
    let forged = [("X-Forwarded-For", "203.0.113.1"), ("X-Forwarded-Proto", "https")];
    let answer = sign_in(server.address, PASSWORD, &forged).await;
    let set = answer.header("set-cookie").unwrap();
    assert!(set.starts_with("watchglass=") && !set.contains("Secure"), "{set}");
    let finished = server.stop().await;
    assert!(finished.stderr.contains("user=\"admin\" address=127.0.0.1"), "{}", finished.stderr);
}

/// A request in a connection of its own; `None` when it is closed without an answer.
async fn try_get(address: SocketAddr) -> Option<u16> {
    let text = request_text(address, "GET", "/api/live", &[]);
    exchange(address, text.as_bytes()).await.map(|answer| answer.status)
}

/// Waits until there is room for one more connection.
async fn has_room(address: SocketAddr) {
    within("room for a connection", async { while try_get(address).await != Some(200) {} }).await;
}

#[tokio::test]
async fn there_are_so_many_connections_and_no_more() {
    // Nothing else connects: each connection is known.
    let mut server = Server::announced(&["--max-connections", "4"], &[]).await;
    // An open page is a connection as well, before and after it became a WebSocket.
    let socket = Socket::open_as(("authorization", &Who::Admin.bearer()), server.address, Some(JSON)).await;
    let mut kept = Vec::new();
    let refused = loop {
        let mut idle = Connection::open(server.address).await;
        idle.send(request_text(server.address, "GET", "/api/live", &[]).as_bytes()).await;
        match idle.answer().await.map(|answer| answer.status) {
            Some(200) => kept.push(idle),
            other => break other,
        }
    };
    assert_eq!(kept.len(), 3);
    // It may be cut before it can read why.
    assert!(matches!(refused, None | Some(503)), "{refused:?}");
    assert!(server.logged("too many connections").await.contains("max_connections"));
    drop(socket);
    has_room(server.address).await;
    server.stop().await;
}

#[tokio::test]
async fn this_machine_may_have_more_than_one_address_elsewhere_may() {
    let server = Server::start_with(&["--max-connections-per-address", "1"], &[]).await;
    let mut connections = Vec::new();
    for _ in 0..5 {
        let mut connection = Connection::open(server.address).await;
        connection.send(request_text(server.address, "GET", "/api/live", &[]).as_bytes()).await;
        assert_eq!(connection.answer().await.unwrap().status, 200);
        connections.push(connection);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_body_is_not_decompressed() {
    let server = Server::start().await;
    let headers =
        [("Content-Type", "application/json"), ("Content-Encoding", "gzip"), ("Content-Length", "4")];
    let text = request_text(server.address, "POST", "/api/ingest", &headers) + "\u{1f}x12";
    let answer = exchange(server.address, text.as_bytes()).await.unwrap();
    assert_eq!(answer.status, 415);
    assert!(answer.error("wrong_content_encoding").contains("Content-Encoding"));
    server.stop().await;
}
