//! A server below a base path, as behind a reverse proxy.

use crate::access::{PASSWORD, cookie_of, send, sign_in};
use crate::notifications::Receiver;
use crate::support::{Dom, JSON, Response, Server, Socket, get, request, run};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const BASE: &str = "/ops/watch";
/// More than all pages and views of a server without targets.
const MAX_PAGES: usize = 400;

/// A server below [`BASE`] whose administrator has a known password, and the cookie of a session.
async fn signed_in() -> (Server, String) {
    let variables = [("WATCHGLASS_BASE_PATH", BASE), ("WATCHGLASS_ADMIN_PASSWORD", PASSWORD)];
    let server = Server::unseeded(&variables).await;
    let answer = send(
        server.address,
        &format!("{BASE}/api/login"),
        "application/json",
        "",
        &serde_json::json!({ "username": "admin", "password": PASSWORD }).to_string(),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    (server, cookie_of(&answer))
}

async fn seen(server: &Server, cookie: &str, path: &str) -> Response {
    request(
        server.address,
        "GET",
        path,
        &[("Authorization", ""), ("Cookie", cookie), ("Accept", "text/html")],
    )
    .await
}

/// All URLs of a page: of links, forms, images, scripts and style sheets.
fn urls(dom: &Dom) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["href", "action", "formaction", "src"] {
        found.extend(dom.attrs(&format!("[{name}]"), name).into_iter().map(str::to_owned));
    }
    // The script of a page imports the program and passes it the base path.
    for script in dom.texts("script[type=module]") {
        let quoted = script.split('\'').skip(1).step_by(2).map(str::to_owned);
        found.extend(quoted.filter(|text| text.starts_with('/') && text != BASE));
    }
    found
}

/// A path without its query, except for the view that it selects.
fn view(url: &str) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let view = query.split('&').find(|pair| pair.starts_with("view=")).unwrap_or_default();
    format!("{path}?{view}")
}

#[tokio::test]
async fn every_url_of_every_page_is_below_the_base_path() {
    let (server, cookie) = signed_in().await;
    // Some panels have data.
    let mut socket = Socket::open_below(BASE, ("cookie", &cookie), server.address, Some(JSON)).await;
    assert_eq!(socket.text().await["type"], "hello");
    socket.in_a_row(3).await;

    let mut waiting: VecDeque<String> = ["/", "/trends", "/login", "/search", "/layout", "/nowhere"]
        .iter()
        .map(|path| format!("{BASE}{path}"))
        .collect();
    let (mut known, mut outside) = (BTreeSet::new(), BTreeMap::new());
    while let Some(path) = waiting.pop_front() {
        if !known.insert(view(&path)) {
            continue;
        }
        assert!(known.len() < MAX_PAGES, "{known:?}");
        let answer = seen(&server, &cookie, &path).await;
        let expected = if path.ends_with("/nowhere") { 404 } else { 200 };
        assert_eq!(answer.status, expected, "{path}: {}", answer.text());
        if !answer.header("content-type").unwrap().starts_with("text/html") {
            continue;
        }
        let dom = answer.dom();
        for url in urls(&dom) {
            // Of this page.
            if url.is_empty() || url.starts_with(['#', '?']) {
                continue;
            }
            if !url.starts_with(&format!("{BASE}/")) && url != BASE {
                outside.insert(url, path.clone());
                continue;
            }
            // Files are missing in a build without a front end, and sessions end at neither of the others.
            let path = url.split(['?', '#']).next().unwrap();
            let is_file = path.rsplit('/').next().unwrap().contains('.') || path.ends_with("/csv");
            if !is_file && !path.contains("/api/log") {
                waiting.extend(url.split('#').next().map(str::to_owned));
            }
        }
    }
    assert_eq!(outside, BTreeMap::new(), "URL and page");
    for page in
        ["/alerts?view=rules", "/alerts?view=rule", "/settings?view=users", "/panels/cpu?", "/api/docs?"]
    {
        assert!(known.contains(&format!("{BASE}{page}")), "{page}: {known:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn signing_in_and_out_stays_below_the_base_path() {
    let (server, cookie) = signed_in().await;
    let address = server.address;
    // The page to return to is that of the server; both forms of it are understood.
    let page = seen(&server, "", &format!("{BASE}/alerts?view=rules")).await;
    assert_eq!(page.status, 303);
    assert_eq!(page.header("location"), Some("/ops/watch/login?next=%2Falerts%3Fview%3Drules"));
    let page = seen(&server, "", page.header("location").unwrap()).await;
    assert_eq!(page.dom().attr("form", "action"), Some("/ops/watch/api/login"));
    let kind = "application/x-www-form-urlencoded";
    for next in ["%2Falerts%3Fview%3Drules", "%2Fops%2Fwatch%2Falerts%3Fview%3Drules"] {
        let body = format!("username=admin&password={}&next={next}", PASSWORD.replace(' ', "+"));
        let answer = send(address, &format!("{BASE}/api/login"), kind, "", &body).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert_eq!(answer.header("location"), Some("/ops/watch/alerts?view=rules"));
        let set = answer.session_cookie().unwrap();
        assert!(set.starts_with("watchglass=") && set.contains("; Path=/ops/watch/;"), "{set}");
    }
    // Form actions redirect below it as well.
    let layout = send(address, &format!("{BASE}/layout"), kind, &cookie, "do=reset").await;
    assert_eq!((layout.status, layout.header("location")), (303, Some("/ops/watch/layout")));
    let range = format!("{BASE}/trends?from=2023-11-14T22:13:20Z&to=2023-11-14T22:14:20Z");
    let past = seen(&server, &cookie, &range).await;
    assert_eq!(past.header("location"), Some("/ops/watch/trends?from=1700000000000&to=1700000060000"));
    let out = send(address, &format!("{BASE}/api/logout"), kind, &cookie, "").await;
    assert_eq!((out.status, out.header("location")), (303, Some("/ops/watch/login")));
    let end = out.session_cookie().unwrap();
    assert!(end.contains("; Path=/ops/watch/; Max-Age=0"), "{end}");
    assert_eq!(sign_in(address, "admin", PASSWORD).await.status, 200, "without the base path");
    server.stop().await;
}

#[tokio::test]
async fn cookies_of_encrypted_connections_allow_the_path() {
    let variables = [
        ("WATCHGLASS_BASE_PATH", BASE),
        ("WATCHGLASS_ADMIN_PASSWORD", PASSWORD),
        ("WATCHGLASS_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let server = Server::unseeded(&variables).await;
    let body = serde_json::json!({ "username": "admin", "password": PASSWORD }).to_string();
    let length = body.len().to_string();
    let headers = [
        ("Authorization", ""),
        ("Content-Type", "application/json"),
        ("Content-Length", length.as_str()),
        ("X-Forwarded-Proto", "https"),
    ];
    let text =
        crate::support::request_text(server.address, "POST", &format!("{BASE}/api/login"), &headers) + &body;
    let answer = crate::support::exchange(server.address, text.as_bytes()).await.unwrap();
    let set = answer.session_cookie().unwrap();
    assert!(set.starts_with("__Secure-watchglass=") && set.contains("; Path=/ops/watch/;"), "{set}");
    assert!(set.ends_with("; Secure"), "{set}");
    assert_eq!(seen(&server, &cookie_of(&answer), &format!("{BASE}/")).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn pages_are_redirected_to_the_base_path_and_programs_are_answered_without_it() {
    let server = Server::start_with(&["--base-path", "/ops/watch/"], &[]).await;
    let address = server.address;
    for (path, expected) in [
        ("/", "/ops/watch/"),
        ("/ops/watch", "/ops/watch/"),
        ("/alerts?view=rules", "/ops/watch/alerts?view=rules"),
        ("/favicon.svg", "/ops/watch/favicon.svg"),
    ] {
        let answer = get(address, path).await;
        assert_eq!((answer.status, answer.header("location")), (307, Some(expected)), "{path}");
        assert!(answer.header("content-security-policy").is_some(), "{path}");
    }
    for path in
        ["/api/live", "/metrics", "/api/admin/system/health/", "/api/openapi.json", "/api/fragment/alerts"]
    {
        for prefix in ["", BASE] {
            let answer = get(address, &format!("{prefix}{path}")).await;
            assert_eq!(answer.status, 200, "{prefix}{path}");
        }
    }
    // Two programs, with and without it.
    let report = r#"{"version":1,"app":"shop","routes":[]}"#;
    for prefix in ["", BASE] {
        let answer = crate::support::post(address, &format!("{prefix}/api/ingest"), report).await;
        assert!(matches!(answer.status, 200 | 202 | 204), "{prefix}: {}", answer.text());
        let mut socket = Socket::open_below(
            prefix,
            ("authorization", &crate::support::TestToken::Admin.bearer()),
            address,
            Some(JSON),
        )
        .await;
        assert_eq!(socket.text().await["type"], "hello");
    }
    let document = get(address, &format!("{BASE}/api/openapi.json")).await.json();
    assert_eq!(document["servers"][0]["url"], BASE);
    let unknown = get(address, &format!("{BASE}/api/nothing")).await;
    assert_eq!(unknown.status, 404);
    server.stop().await;
}

#[tokio::test]
async fn a_proxy_may_take_the_base_path_off() {
    let server = Server::start_with(&["--base-path", BASE], &[]).await;
    let forwarded =
        |path: &'static str| request(server.address, "GET", path, &[("X-Forwarded-Prefix", BASE)]);
    let page = forwarded("/").await;
    assert_eq!(page.status, 200);
    let dom = page.dom();
    assert_eq!(dom.attrs("nav[aria-label=Pages] [aria-current=page]", "href"), ["/ops/watch/"]);
    assert_eq!(dom.attrs("nav[aria-label=Pages] a:nth-child(3)", "href"), ["/ops/watch/alerts"]);
    assert_eq!(forwarded("/alerts").await.dom().text("title"), "Alerts · Watchglass");
    server.stop().await;
}

#[tokio::test]
async fn links_of_messages_are_below_the_path_of_the_public_url() {
    let receiver = Receiver::new().await;
    let config = receiver.config();
    let folder = tempfile::tempdir().unwrap();
    let mut flags = config.flags_with_data(&folder);
    flags.extend(["--public-url", "https://ops.example/ops/watch/"]);
    let server = Server::start_with(&flags, &[]).await;
    let message = receiver.request().await.accept().await;
    let links: Vec<&str> =
        message["links"].as_array().unwrap().iter().map(|link| link["url"].as_str().unwrap()).collect();
    assert_eq!(links[0], "https://ops.example/ops/watch/alerts?view=active&rule=some-memory");
    for link in links {
        let path = link.strip_prefix("https://ops.example").unwrap();
        let page = request(server.address, "GET", path, &[("Accept", "text/html")]).await;
        assert_eq!(page.status, 200, "{link}");
        for url in urls(&page.dom()) {
            let is_relative = url.is_empty() || url.starts_with(['#', '?']);
            assert!(is_relative || url.starts_with("/ops/watch/"), "{url} on {link}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn invalid_and_contradicting_base_paths_end_the_start() {
    for (arguments, expected) in [
        (vec!["--base-path", "watch"], "--base-path: \"watch\" does not begin with /"),
        (vec!["--base-path", "/a/../b"], "has the segment .."),
        (vec!["--base-path", "/api"], "/api is a path of Watchglass itself"),
        (
            vec!["--base-path", "/a", "--public-url", "https://ops.example/b"],
            "--base-path: \"/a\" is not the path of public_url, which is \"/b\"",
        ),
    ] {
        let finished = run(&[&["serve"], arguments.as_slice()].concat(), &[]).await;
        assert_ne!(finished.code, Some(0), "{arguments:?}");
        assert!(finished.stderr.contains(expected), "{arguments:?}: {}", finished.stderr);
    }
}
