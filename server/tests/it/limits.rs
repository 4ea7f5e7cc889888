//! How often whoever calls may call.

use crate::support::{Answer, Server, Socket, Who, get, post, request};
use std::net::SocketAddr;

async fn limited(limits: &[(&str, &str)]) -> Server {
    let server = Server::announced(&[], limits).await;
    assert_eq!(get(server.address, "/api/live").await.status, 200);
    server
}

async fn ask(address: SocketAddr, path: &str, who: Option<Who>) -> Answer {
    let bearer = who.map(Who::bearer).unwrap_or_default();
    request(address, "GET", path, &[("Authorization", &bearer)]).await
}

/// The three headers that say how a limit stands.
fn standing(answer: &Answer) -> [Option<&str>; 3] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| answer.header(name))
}

#[tokio::test]
async fn the_rest_api_is_limited_for_each_who_asks_and_nothing_else_is_by_it() {
    let server = limited(&[("WATCHGLASS_LIMITS_REST_ANONYMOUS", "2"), ("WATCHGLASS_LIMITS_REST", "3")]).await;
    let address = server.address;
    for (who, count, status, name) in [
        (None, 2_u32, 401, "limits.rest_anonymous"),
        (Some(Who::Viewer), 3, 200, "limits.rest"),
        (Some(Who::Admin), 3, 200, "limits.rest"),
        // Who has the right to nothing of it is counted as well.
        (Some(Who::Ingest), 3, 403, "limits.rest"),
    ] {
        let paths = ["/api/admin/rules", "/api/core/admin/system/health/", "/api/admin/system/metrics/"];
        for (left, path) in (0..count).rev().zip(paths) {
            let answer = ask(address, path, who).await;
            assert_eq!(answer.status, status, "{who:?} {path}: {}", answer.text());
            let [limit, remaining, reset] = standing(&answer);
            assert_eq!((limit, remaining), (Some(&*count.to_string()), Some(&*left.to_string())), "{who:?}");
            assert!((1..=3600).contains(&reset.unwrap().parse::<u32>().unwrap()), "{reset:?}");
        }
        let answer = ask(address, "/api/admin/silences", who).await;
        assert_eq!(answer.status, 429, "{who:?}");
        let message = answer.error("rate_limited");
        assert!(
            message.contains(name) && message.contains(&format!("{count} requests an hour")),
            "{message}"
        );
        let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=3600 / count).contains(&wait), "{wait}");
        assert_eq!(standing(&answer)[1], Some("0"));
    }
    // Nobody at an address is not counted with those who are known there, nor is a token that is good for nothing.
    assert_eq!(ask(address, "/api/admin/rules", Some(Who::Revoked)).await.status, 429);
    // What pages need goes on.
    for path in
        ["/", "/alerts", "/api/fragment/alerts", "/api/fn/services", "/metrics", "/api/docs", "/api/live"]
    {
        assert_eq!(ask(address, path, Some(Who::Viewer)).await.status, 200, "{path}");
    }
    Socket::json(address).await.metrics().await;
    server.stop().await;
}

#[tokio::test]
async fn attempts_to_sign_in_are_counted_by_address_when_they_fail() {
    let server = limited(&[("WATCHGLASS_LIMITS_SIGN_IN", "5"), ("WATCHGLASS_LIMITS_REST", "1")]).await;
    let attempt = async |name: &str| {
        let body = format!(r#"{{"username":"{name}","password":"wrong"}}"#);
        post(server.address, "/api/login", &body).await
    };
    for _ in 0..3 {
        attempt("ada").await.error("bad_credentials");
    }
    // What is not even tried is not counted a second time.
    let waiting = attempt("ada").await;
    if waiting.status == 429 {
        waiting.error("too_many_attempts");
        attempt("bob").await.error("bad_credentials");
    }
    attempt("eve").await.error("bad_credentials");
    let refused = attempt("mallory").await;
    assert!(refused.error("rate_limited").contains("limits.sign_in"));
    assert!(refused.header("retry-after").is_some());
    // Whoever is signed in does not notice.
    assert_eq!(get(server.address, "/api/admin/rules").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn each_door_of_programs_has_a_limit_of_its_own() {
    let server = limited(&[
        ("WATCHGLASS_LIMITS_INGEST", "1"),
        ("WATCHGLASS_LIMITS_METRICS", "1"),
        ("WATCHGLASS_LIMITS_LIVE", "1"),
    ])
    .await;
    let address = server.address;
    for (method, path, who, status, name) in [
        ("POST", "/api/ingest", Who::Ingest, 415, "limits.ingest"),
        ("GET", "/metrics", Who::Viewer, 200, "limits.metrics"),
        ("GET", "/ws/live", Who::Viewer, 400, "limits.live"),
    ] {
        let headers = [("Authorization", &*who.bearer())];
        assert_eq!(request(address, method, path, &headers).await.status, status, "{path}");
        let refused = request(address, method, path, &headers).await;
        assert_eq!(refused.status, 429, "{path}");
        assert!(refused.error("rate_limited").contains(name), "{path}");
    }
    server.stop().await;
}
