//! Headers of every response, methods, and the Host and Origin check.

use crate::support::{Connection, Response, Server, TestToken, exchange, get, request, request_text};

#[tokio::test]
async fn liveness_check_of_old_load_balancers_is_answered() {
    let server = Server::start().await;
    for (request, expected) in [
        ("GET /api/live HTTP/1.0\r\n\r\n", 200),
        ("GET /api/live HTTP/1.1\r\n\r\n", 400),
        ("GET /login HTTP/1.0\r\n\r\n", 400),
    ] {
        let answer = exchange(server.address, request.as_bytes()).await.unwrap();
        assert_eq!(answer.status, expected, "{request:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn liveness_endpoint_answers() {
    let server = Server::start().await;
    let answer = get(server.address, "/api/live").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.json(), serde_json::json!({ "success": true, "data": { "live": true } }));
    server.stop().await;
}

#[tokio::test]
async fn responses_have_cache_sniffing_and_referrer_headers() {
    let server = Server::start().await;
    for path in ["/", "/no-such-page", "/api/live", "/api/no-such-thing", "/ws/live"] {
        assert_usual_headers(&get(server.address, path).await);
    }
    server.stop().await;
}

fn assert_usual_headers(answer: &Response) {
    // Browsers read these on documents only.
    let is_page = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let of_pages = |value: &'static str| if is_page { value } else { "" };
    let permissions = answer.header("permissions-policy").unwrap_or_default();
    assert_eq!(permissions.contains("camera=()"), is_page, "{answer:?}");
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe-inline"), "{policy}");
    for part in ["base-uri 'none'", "form-action ", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", of_pages("DENY")),
        ("cross-origin-opener-policy", of_pages("same-origin")),
        // Only set where this server terminates TLS itself.
        ("strict-transport-security", ""),
    ] {
        let value = Some(value).filter(|value| !value.is_empty());
        assert_eq!(answer.header(name), value, "{answer:?}");
    }
}

#[tokio::test]
async fn inline_scripts_have_the_nonce_of_their_response() {
    let server = Server::start().await;
    let mut nonces = std::collections::BTreeSet::new();
    for path in ["/", "/alerts", "/database", "/cache", "/trends", "/settings", "/no-such-page", "/"] {
        let answer = get(server.address, path).await;
        let policy = answer.header("content-security-policy").unwrap();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let scripts: Vec<&str> = answer.text().split("<script").skip(1).collect();
        for script in &scripts {
            let tag = script.split('>').next().unwrap();
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{tag}>");
        }
        for part in [" style=\"", "<style", " onclick=", "javascript:"] {
            assert!(!answer.text().contains(part), "{path} has {part}");
        }
        assert!(nonces.insert(nonce), "{path} has the nonce of another answer");
    }
    // Pages without scripts allow none.
    for path in ["/api/docs", "/login"] {
        let answer = get(server.address, path).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("style-src 'self'") && !policy.contains("script-src"), "{path}: {policy}");
        assert!(!answer.text().contains("<script"), "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn error_responses_have_the_same_headers() {
    let server = Server::start().await;
    for headers in [[("Host", "other.example")], [("Origin", "http://other.example")], [("Host", "")]] {
        let answer = request(server.address, "GET", "/", &headers).await;
        assert!([400, 403, 421].contains(&answer.status));
        assert_usual_headers(&answer);
    }
    server.stop().await;
}

#[tokio::test]
async fn unknown_api_paths_are_not_found() {
    let server = Server::start().await;
    for path in
        ["/api", "/api/", "/api/no-such-thing", "/api/live/", "/api/fn/", "/ws", "/ws/other", "/pkg/no.js"]
    {
        // A browser gets the same error.
        for accept in ["*/*", "text/html"] {
            let answer = request(server.address, "GET", path, &[("Accept", accept)]).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.error("not_found").contains(path), "{path}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn wrong_methods_are_rejected_with_the_allowed_ones() {
    let server = Server::start().await;
    for path in ["/", "/api/live", "/api/fn/snapshot"] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            let answer = request(server.address, method, path, &[]).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            let mut allowed: Vec<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
            allowed.sort_unstable();
            assert_eq!(allowed, ["GET", "HEAD"], "{method} {path}");
            assert!(answer.error("method_not_allowed").contains("Allow"));
        }
    }
    server.stop().await;
}

/// RFC 9110, section 15.5.6.
#[tokio::test]
async fn every_route_names_its_methods_in_allow() {
    let server = Server::start().await;
    let document = get(server.address, "/api/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 30);
    for (path, item) in paths {
        let mut expected: Vec<String> =
            item.as_object().unwrap().keys().map(|name| name.to_uppercase()).collect();
        // A HEAD request cannot open a live connection.
        if path != "/ws/live" && expected.iter().any(|method| method == "GET") {
            expected.push("HEAD".to_owned());
        }
        expected.sort_unstable();
        let answer = request(server.address, "BREW", &path.replace(['{', '}'], ""), &[]).await;
        assert_eq!(answer.status, 405, "{path}");
        let mut allowed: Vec<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed, expected, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn unknown_api_paths_are_not_found_by_any_method() {
    let server = Server::start().await;
    for path in ["/api/no-such-thing", "/ws/other", "/pkg/no.js"] {
        for method in ["POST", "PUT", "DELETE"] {
            let answer = request(server.address, method, path, &[]).await;
            assert_eq!(answer.status, 404, "{method} {path}");
            assert!(answer.error("not_found").contains(path));
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn head_is_answered_like_get_without_the_body() {
    let server = Server::start().await;
    for path in ["/", "/no-such-page", "/api/live", "/api/no-such-thing"] {
        let mut connection = Connection::open(server.address).await;
        connection.send(request_text(server.address, "HEAD", path, &[]).as_bytes()).await;
        let head = connection.head().await.unwrap();
        // If there were a body, the next response on the connection would start with it.
        connection.send(request_text(server.address, "GET", path, &[]).as_bytes()).await;
        let get = connection.response().await.unwrap();
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        assert!(!get.body.is_empty(), "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn requests_for_other_hosts_are_rejected() {
    let server = Server::start_with(&["--allowed-hosts", "watch.example.org,second.example"], &[]).await;
    let port = server.address.port();
    for (lines, status, code) in [
        (format!("Host: 127.0.0.1:{port}"), 200, ""),
        (format!("Host: localhost:{port}"), 200, ""),
        (format!("Host: [::1]:{port}"), 200, ""),
        ("Host: LocalHost".to_owned(), 200, ""),
        ("Host: Watch.Example.org".to_owned(), 200, ""),
        ("Host: second.example:443".to_owned(), 200, ""),
        ("Host: other.example".to_owned(), 421, "unknown_host"),
        (format!("Host: other.example:{port}"), 421, "unknown_host"),
        ("Host: localhost.other.example".to_owned(), 421, "unknown_host"),
        ("Host: sub.watch.example.org".to_owned(), 421, "unknown_host"),
        ("Host: 192.0.2.7".to_owned(), 200, ""),
        ("Host: monitoring:7070".to_owned(), 200, ""),
        ("Host:".to_owned(), 400, "bad_host"),
        ("Host: [::1".to_owned(), 400, "bad_host"),
        ("Host: localhost\r\nHost: localhost".to_owned(), 400, "bad_host"),
        ("Host: localhost\r\nHost: other.example".to_owned(), 400, "bad_host"),
        ("Accept: */*".to_owned(), 400, "bad_host"),
    ] {
        for path in ["/api/live", "/", "/api/fn/snapshot?window_seconds=300&rows=75"] {
            // The check applies to all routes, but load balancers use any name for the liveness check.
            let status = if path == "/api/live" && code == "unknown_host" { 200 } else { status };
            let bearer = TestToken::Admin.bearer();
            let text = format!("GET {path} HTTP/1.1\r\n{lines}\r\nAuthorization: {bearer}\r\n\r\n");
            let answer = exchange(server.address, text.as_bytes()).await.unwrap();
            assert_eq!(answer.status, status, "{path}, {lines:?}: {answer:?}");
            if status != 200 {
                answer.error(code);
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn host_of_an_absolute_url_is_checked() {
    let server = Server::start().await;
    let own = server.address;
    for (text, status) in [
        (format!("GET http://{own}/api/live HTTP/1.1\r\nHost: {own}\r\n\r\n"), 200),
        (format!("GET http://other.example/ HTTP/1.1\r\nHost: {own}\r\n\r\n"), 421),
        ("GET / HTTP/1.0\r\n\r\n".to_owned(), 400),
        // Health checks of load balancers send no Host.
        ("GET /api/live HTTP/1.0\r\n\r\n".to_owned(), 200),
        (format!("GET /api/live HTTP/1.0\r\nHost: {own}\r\n\r\n"), 200),
    ] {
        let answer = exchange(server.address, text.as_bytes()).await.unwrap();
        assert_eq!(answer.status, status, "{text}");
    }
    server.stop().await;
}

#[tokio::test]
async fn requests_from_other_origins_are_rejected() {
    let server = Server::start().await;
    let own = format!("http://{}", server.address);
    let another_port = "http://127.0.0.1:1";
    for (origin, status) in
        [(own.as_str(), 200), (another_port, 403), ("http://other.example", 403), ("null", 403), ("", 403)]
    {
        for path in ["/api/live", "/", "/api/fn/snapshot?window_seconds=300&rows=75"] {
            let answer = request(server.address, "GET", path, &[("Origin", origin)]).await;
            assert_eq!(answer.status, status, "{path}, {origin:?}");
            if status != 200 {
                answer.error("bad_origin");
            }
        }
    }
    let twice = [("Origin", own.as_str()), ("Origin", "http://other.example")];
    assert_eq!(request(server.address, "GET", "/", &twice).await.status, 403);
    server.stop().await;
}

#[tokio::test]
async fn connections_carry_many_requests() {
    let server = Server::start().await;
    let mut connection = Connection::open(server.address).await;
    let paths = ["/api/live", "/", "/no-such-page", "/api/no-such-thing", "/api/live"];
    // Pipelined: the responses must come in the order of the requests.
    let texts: Vec<String> =
        paths.iter().map(|path| request_text(server.address, "GET", path, &[])).collect();
    connection.send(texts.concat().as_bytes()).await;
    for (path, status) in paths.iter().zip([200, 200, 404, 404, 200]) {
        assert_eq!(connection.response().await.unwrap().status, status, "{path}");
    }
    server.stop().await;
}
