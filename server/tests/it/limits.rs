//! Rate limits per client.

use crate::access::{PASSWORD, send as send_as};
use crate::support::{Response, Server, Socket, TestToken, get, post, request};
use std::net::SocketAddr;

async fn limited(limits: &[(&str, &str)]) -> Server {
    let server = Server::announced(&[], limits).await;
    assert_eq!(get(server.address, "/api/live").await.status, 200);
    server
}

async fn get_as(address: SocketAddr, path: &str, who: Option<TestToken>) -> Response {
    let bearer = who.map(TestToken::bearer).unwrap_or_default();
    request(address, "GET", path, &[("Authorization", &bearer)]).await
}

/// The three rate limit headers.
fn limit_headers(answer: &Response) -> [Option<&str>; 3] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| answer.header(name))
}

#[tokio::test]
async fn rest_limit_applies_per_client_and_to_the_rest_api_only() {
    let server = limited(&[("WATCHGLASS_LIMITS_REST_ANONYMOUS", "2"), ("WATCHGLASS_LIMITS_REST", "3")]).await;
    let address = server.address;
    for (who, count, status, name) in [
        (None, 2_u32, 401, "limits.rest_anonymous"),
        (Some(TestToken::Viewer), 3, 200, "limits.rest"),
        (Some(TestToken::Admin), 3, 200, "limits.rest"),
        // A client without permission is counted as well.
        (Some(TestToken::Ingest), 3, 403, "limits.rest"),
    ] {
        let paths = ["/api/admin/rules", "/api/admin/channels/", "/api/admin/rules/cpu"];
        for (left, path) in (0..count).rev().zip(paths) {
            let answer = get_as(address, path, who).await;
            assert_eq!(answer.status, status, "{who:?} {path}: {}", answer.text());
            let [limit, remaining, reset] = limit_headers(&answer);
            assert_eq!((limit, remaining), (Some(&*count.to_string()), Some(&*left.to_string())), "{who:?}");
            assert!((1..=3600).contains(&reset.unwrap().parse::<u32>().unwrap()), "{reset:?}");
        }
        let answer = get_as(address, "/api/admin/silences", who).await;
        assert_eq!(answer.status, 429, "{who:?}");
        let message = answer.error("rate_limited");
        assert!(
            message.contains(name) && message.contains(&format!("{count} requests per hour")),
            "{message}"
        );
        let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=3600 / count).contains(&wait), "{wait}");
        assert_eq!(limit_headers(&answer)[1], Some("0"));
    }
    // An invalid token counts as unauthenticated, separately from authenticated clients of the same address.
    assert_eq!(get_as(address, "/api/admin/rules", Some(TestToken::Revoked)).await.status, 429);
    // Requests of pages are not affected.
    for path in
        ["/", "/alerts", "/api/fragment/alerts", "/api/fn/services", "/metrics", "/api/docs", "/api/live"]
    {
        assert_eq!(get_as(address, path, Some(TestToken::Viewer)).await.status, 200, "{path}");
    }
    Socket::json(address).await.metrics().await;
    server.stop().await;
}

#[tokio::test]
async fn failed_sign_ins_are_counted_per_name_and_address() {
    let server = limited(&[("WATCHGLASS_LIMITS_SIGN_IN", "2"), ("WATCHGLASS_LIMITS_REST", "1")]).await;
    let attempt = async |name: &str| {
        let body = format!(r#"{{"username":"{name}","password":"wrong"}}"#);
        post(server.address, "/api/login", &body).await
    };
    for _ in 0..2 {
        attempt("ada").await.error("bad_credentials");
    }
    let refused = attempt("Ada").await;
    assert_eq!(refused.status, 429);
    assert!(refused.error("rate_limited").contains("limits.sign_in"));
    assert!(refused.header("retry-after").is_some());
    // A client that guesses one password does not lock out the others behind its address.
    attempt("bob").await.error("bad_credentials");
    // Authenticated clients are not affected.
    assert_eq!(get(server.address, "/api/admin/rules").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn hundred_wrong_passwords_do_not_lock_out_a_known_browser() {
    let variables = [("WATCHGLASS_ADMIN_PASSWORD", PASSWORD), ("WATCHGLASS_LIMITS_SIGN_IN", "100")];
    let server = Server::unseeded(&variables).await;
    let address = server.address;
    let sign_in = async |password: &str, cookie: &str| {
        let body = serde_json::json!({ "username": "admin", "password": password }).to_string();
        send_as(address, "/api/login", "application/json", cookie, &body).await
    };
    let first = sign_in(PASSWORD, "").await;
    assert_eq!(first.status, 200);
    let browser = first.browser_cookie().unwrap().to_owned();
    for _ in 0..100 {
        assert!([401, 429].contains(&sign_in("wrong horse", "").await.status));
    }
    assert_eq!(sign_in(PASSWORD, "").await.status, 429);
    assert_eq!(sign_in(PASSWORD, &browser).await.status, 200);
    server.stop().await;
}

/// Status of a sign-in as `name`.
async fn sign_in(address: SocketAddr, name: &str, password: &str, cookie: &str) -> u16 {
    let body = serde_json::json!({ "username": name, "password": password }).to_string();
    send_as(address, "/api/login", "application/json", cookie, &body).await.status
}

/// Signs the administrator in, and returns the cookie of the browser, which is known from now on.
async fn known_browser(address: SocketAddr) -> String {
    let body = serde_json::json!({ "username": "admin", "password": PASSWORD }).to_string();
    let first = send_as(address, "/api/login", "application/json", "", &body).await;
    assert_eq!(first.status, 200);
    first.browser_cookie().unwrap().to_owned()
}

#[tokio::test]
async fn flood_of_sign_ins_does_not_keep_out_a_known_browser() {
    let server = Server::unseeded(&[("WATCHGLASS_ADMIN_PASSWORD", PASSWORD)]).await;
    let address = server.address;
    let browser = known_browser(address).await;
    // Names that nobody has, so that none of them is delayed.
    let flood: Vec<_> = (0..100)
        .map(|client| {
            tokio::spawn(async move {
                let mut found = Vec::new();
                for attempt in 0..5 {
                    found.push(sign_in(address, &format!("user{client}-{attempt}"), "wrong", "").await);
                }
                found
            })
        })
        .collect();
    let mut own = Vec::new();
    while !flood.iter().all(tokio::task::JoinHandle::is_finished) {
        own.push(sign_in(address, "admin", PASSWORD, &browser).await);
    }
    let mut refused = 0;
    for client in flood {
        refused += client.await.unwrap().iter().filter(|status| **status == 503).count();
    }
    assert!(refused > 0, "the flood has filled its share");
    assert!(!own.is_empty() && own.iter().all(|status| *status == 200), "{own:?}");
    server.stop().await;
}

#[tokio::test]
async fn requests_of_others_at_the_address_do_not_keep_out_a_known_browser() {
    let variables = [("WATCHGLASS_ADMIN_PASSWORD", PASSWORD), ("WATCHGLASS_LIMITS_PAGES", "3")];
    let server = Server::unseeded(&variables).await;
    let address = server.address;
    let browser = known_browser(address).await;
    let page = async |path: &str, cookie: &str| {
        request(address, "GET", path, &[("Authorization", ""), ("Cookie", cookie)]).await.status
    };
    while page("/login", "").await != 429 {}
    assert_eq!(page("/login", &browser).await, 200);
    assert_eq!(sign_in(address, "admin", PASSWORD, &browser).await, 200);
    // The check of a load balancer is always answered.
    assert_eq!(page("/api/live", "").await, 200);
    server.stop().await;
}

#[tokio::test]
async fn ingest_metrics_and_live_have_their_own_limits() {
    let server = limited(&[
        ("WATCHGLASS_LIMITS_INGEST", "1"),
        ("WATCHGLASS_LIMITS_METRICS", "1"),
        ("WATCHGLASS_LIMITS_LIVE", "1"),
    ])
    .await;
    let address = server.address;
    for (method, path, who, status, name) in [
        ("POST", "/api/ingest", TestToken::Ingest, 415, "limits.ingest"),
        ("GET", "/metrics", TestToken::Viewer, 200, "limits.metrics"),
        ("GET", "/ws/live", TestToken::Viewer, 426, "limits.live"),
    ] {
        let headers = [("Authorization", &*who.bearer())];
        assert_eq!(request(address, method, path, &headers).await.status, status, "{path}");
        let refused = request(address, method, path, &headers).await;
        assert_eq!(refused.status, 429, "{path}");
        assert!(refused.error("rate_limited").contains(name), "{path}");
    }
    server.stop().await;
}
