//! HTTP edge: trusted proxies and connection limits.

use crate::support::{
    Connection, JSON, Response, Server, Socket, TestToken, exchange, request, request_text, within,
};
use std::net::SocketAddr;

const PASSWORD: &str = "correct horse battery";

async fn sign_in(address: SocketAddr, password: &str, headers: &[(&str, &str)]) -> Response {
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
async fn trusted_proxies_set_client_address_and_scheme() {
    let server = server(&[("WATCHGLASS_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let (from, proto) = ("X-Forwarded-For", "X-Forwarded-Proto");
    let secure = sign_in(server.address, PASSWORD, &[(from, "203.0.113.1"), (proto, "https")]).await;
    let set = secure.session_cookie().unwrap();
    assert!(set.starts_with("__Host-watchglass=") && set.ends_with("; Secure"), "{set}");
    // Without TLS a session cookie could be read in transit.
    let open = sign_in(server.address, PASSWORD, &[(from, "203.0.113.1"), (proto, "http")]).await;
    assert_eq!((open.status, open.session_cookie()), (403, None));
    assert!(open.error("not_encrypted").contains("X-Forwarded-Proto"));
    // What the proxy reports counts more than the origin.
    let origin = format!("https://{}", server.address);
    let open =
        sign_in(server.address, PASSWORD, &[(from, "203.0.113.1"), (proto, "http"), ("Origin", &origin)])
            .await;
    open.error("not_encrypted");
    // Failed sign-ins do not throttle other clients.
    for _ in 0..3 {
        let answer = sign_in(server.address, "wrong guess", &[(from, "203.0.113.7"), (proto, "https")]).await;
        assert_eq!(answer.status, 401);
    }
    let waits = sign_in(server.address, PASSWORD, &[(from, "9.9.9.9, 203.0.113.7"), (proto, "https")]).await;
    assert_eq!(waits.status, 429);
    let other =
        sign_in(server.address, PASSWORD, &[(from, "203.0.113.7, 203.0.113.8"), (proto, "https")]).await;
    assert_eq!(other.status, 200);
    // Origins with plain HTTP are rejected where clients use TLS.
    let origin = format!("http://{}", server.address);
    let answer = request(server.address, "GET", "/api/live", &[("Origin", &origin), (proto, "https")]).await;
    answer.error("bad_origin");
    let finished = server.stop().await;
    assert!(finished.stderr.contains("user=\"admin\" address=203.0.113.8"), "{}", finished.stderr);
}

#[tokio::test]
async fn forwarding_headers_of_other_clients_are_ignored() {
    let server = server(&[]).await;
    let forged = [("X-Forwarded-For", "203.0.113.1"), ("X-Forwarded-Proto", "https")];
    let answer = sign_in(server.address, PASSWORD, &forged).await;
    let set = answer.session_cookie().unwrap();
    assert!(set.starts_with("watchglass=") && !set.contains("Secure"), "{set}");
    let finished = server.stop().await;
    assert!(finished.stderr.contains("user=\"admin\" address=127.0.0.1"), "{}", finished.stderr);
}

/// A request in a new connection; `None` if the connection is closed without a response.
async fn try_get(address: SocketAddr) -> Option<u16> {
    let text = request_text(address, "GET", "/api/live", &[]);
    exchange(address, text.as_bytes()).await.map(|answer| answer.status)
}

/// Waits until a connection is accepted again.
async fn accepts_connections(address: SocketAddr) {
    within("room for a connection", async { while try_get(address).await != Some(200) {} }).await;
}

#[tokio::test]
async fn connections_are_limited() {
    // Nothing else connects to this server.
    let mut server = Server::announced(&["--max-connections", "4"], &[]).await;
    // A WebSocket counts as a connection, before and after the upgrade.
    let socket =
        Socket::open_as(("authorization", &TestToken::Admin.bearer()), server.address, Some(JSON)).await;
    let mut kept = Vec::new();
    let refused = loop {
        let mut idle = Connection::open(server.address).await;
        idle.send(request_text(server.address, "GET", "/api/live", &[]).as_bytes()).await;
        match idle.response().await.map(|answer| answer.status) {
            Some(200) => kept.push(idle),
            other => break other,
        }
    };
    assert_eq!(kept.len(), 3);
    // The connection may be closed before the response is read.
    assert!(matches!(refused, None | Some(503)), "{refused:?}");
    assert!(server.logged("too many connections").await.contains("max_connections"));
    drop(socket);
    accepts_connections(server.address).await;
    server.stop().await;
}

/// Half of the files are for connections: the others are for the data directory, probes and messages.
#[tokio::test]
async fn few_open_files_are_shared_between_connections_and_the_rest() {
    let mut server = Server::with_open_files(256).await;
    let line = server.logged("max_connections lowered to the open-file limit").await;
    assert!(line.contains("max_connections=128"), "{line}");
    let mut kept = Vec::new();
    while kept.len() < 120 {
        let mut connection = Connection::open(server.address).await;
        connection.send(request_text(server.address, "GET", "/api/live", &[]).as_bytes()).await;
        assert_eq!(connection.response().await.map(|answer| answer.status), Some(200), "{}", kept.len());
        kept.push(connection);
    }
    // Everything else works meanwhile.
    assert_eq!(crate::support::get(server.address, "/").await.status, 200);
    drop(kept);
    let finished = server.stop().await;
    assert!(!finished.stderr.contains("Too many open files"), "{}", finished.stderr);
}

#[tokio::test]
async fn localhost_is_not_limited_per_address() {
    let server = Server::start_with(&["--max-connections-per-address", "1"], &[]).await;
    let mut connections = Vec::new();
    for _ in 0..5 {
        let mut connection = Connection::open(server.address).await;
        connection.send(request_text(server.address, "GET", "/api/live", &[]).as_bytes()).await;
        assert_eq!(connection.response().await.unwrap().status, 200);
        connections.push(connection);
    }
    server.stop().await;
}

#[tokio::test]
async fn bodies_are_not_decompressed() {
    let server = Server::start().await;
    let headers =
        [("Content-Type", "application/json"), ("Content-Encoding", "gzip"), ("Content-Length", "4")];
    let text = request_text(server.address, "POST", "/api/ingest", &headers) + "\u{1f}x12";
    let answer = exchange(server.address, text.as_bytes()).await.unwrap();
    assert_eq!(answer.status, 415);
    assert!(answer.error("wrong_content_encoding").contains("Content-Encoding"));
    server.stop().await;
}
