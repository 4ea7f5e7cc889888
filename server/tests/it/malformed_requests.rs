//! Malicious and malformed requests: nothing leaks, and other clients are not affected.

use crate::support::{Connection, Server, exchange, get, request_text};

#[tokio::test]
async fn no_path_escapes_the_assets() {
    let server = Server::start().await;
    let long = format!("/{}", "a/".repeat(30_000));
    let too_long = format!("/{}", "a".repeat(70_000));
    let paths = [
        "/../Cargo.toml",
        "/../../../../../../etc/passwd",
        "/pkg/../../etc/passwd",
        "/pkg/..%2f..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/%252e%252e%252fetc%252fpasswd",
        "/..%5c..%5cetc%5cpasswd",
        "/\\..\\..\\etc\\passwd",
        "/.%00./etc/passwd",
        "/etc/passwd%00.css",
        "/.",
        "/..",
        "/./../.",
        "//etc/passwd",
        "///etc///passwd",
        "//",
        "/Cargo.toml",
        "/src/main.rs",
        "/index.html",
        "/.git/config",
        "/%",
        "/%ff%fe",
        "/\u{e9}",
        "/a\0b",
        "*",
        "etc/passwd",
        "file:///etc/passwd",
        &long,
        &too_long,
    ];
    for path in paths {
        let shown: String = path.chars().take(60).collect();
        let text = request_text(server.address, "GET", path, &[]);
        let answer = exchange(server.address, text.as_bytes()).await;
        // Some are not valid HTTP: then the connection may be closed without a response.
        let Some(answer) = answer else { continue };
        match answer.status {
            400..500 => {}
            // A path of dots resolves to the root, the overview.
            200 => assert!(answer.text().contains("<title>Overview"), "{shown}: {}", answer.text()),
            other => panic!("{shown}: {other}"),
        }
        for secret in ["root:x:", "[package]", "[workspace]", "fn main", "[core]"] {
            assert!(!answer.text().contains(secret), "{shown}: {}", answer.text());
        }
    }
    assert_eq!(get(server.address, "/api/live").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn invalid_http_is_rejected() {
    let server = Server::start().await;
    let own = server.address;
    let many: String = (0..200).map(|number| format!("X-{number}: 1\r\n")).collect();
    let large = format!("X-Large: {}\r\n", "x".repeat(1 << 19));
    let cases = [
        ("not HTTP", "hello\r\n\r\n".to_owned()),
        ("no version", "GET /\r\n\r\n".to_owned()),
        ("a future version", format!("GET / HTTP/9.9\r\nHost: {own}\r\n\r\n")),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
        ("TLS", "\u{16}\u{3}\u{1}\u{0}\u{5}hello\r\n\r\n".to_owned()),
        ("a header without a colon", format!("GET / HTTP/1.1\r\nHost: {own}\r\nbroken\r\n\r\n")),
        ("a header with NUL", format!("GET / HTTP/1.1\r\nHost: {own}\r\nX: a\0b\r\n\r\n")),
        ("a bad length", format!("POST / HTTP/1.1\r\nHost: {own}\r\nContent-Length: many\r\n\r\n")),
        (
            "two lengths",
            format!("POST / HTTP/1.1\r\nHost: {own}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        ),
        ("too many headers", format!("GET / HTTP/1.1\r\nHost: {own}\r\n{many}\r\n")),
        ("a header that is too large", format!("GET / HTTP/1.1\r\nHost: {own}\r\n{large}\r\n")),
    ];
    for (case, text) in &cases {
        // Closing the connection without a response is a rejection as well.
        if let Some(answer) = exchange(own, text.as_bytes()).await {
            assert!((400..500).contains(&answer.status), "{case}: {answer:?}");
        }
        assert_eq!(get(own, "/api/live").await.status, 200, "after {case}");
    }
    // These get a status that names the reason.
    for (case, status) in
        [("too many headers", 431), ("a header without a colon", 400), ("a bad length", 400)]
    {
        let (_, text) = cases.iter().find(|(known, _)| *known == case).unwrap();
        assert_eq!(exchange(own, text.as_bytes()).await.unwrap().status, status, "{case}");
    }
    server.stop().await;
}

#[tokio::test]
async fn incomplete_requests_do_not_delay_others() {
    let server = Server::start().await;
    let mut halves = Vec::new();
    for text in [
        "",
        "G",
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nHost: local",
        "POST / HTTP/1.1\r\nHost: localhost\r\n",
    ] {
        for _ in 0..20 {
            let mut connection = Connection::open(server.address).await;
            connection.send(text.as_bytes()).await;
            halves.push(connection);
        }
    }
    assert_eq!(get(server.address, "/").await.status, 200);
    // A slow but valid request is answered.
    let mut slow = Connection::open(server.address).await;
    for byte in request_text(server.address, "GET", "/api/live", &[]).as_bytes() {
        slow.send(&[*byte]).await;
    }
    assert_eq!(slow.response().await.unwrap().status, 200);
    drop(halves);
    server.stop().await;
}
