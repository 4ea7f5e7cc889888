//! Search, as a page and as the list of the command palette.

use crate::access::{PASSWORD, cookie_of, server, sign_in};
use crate::support::{Dom, JSON, Server, Socket, TestToken, exchange, request, request_text, until};

async fn seen(server: &Server, by: (&str, &str), path: &str) -> Dom {
    let headers = match by {
        ("Cookie", _) => vec![("Authorization", ""), by],
        _ => vec![by],
    };
    let answer = request(server.address, "GET", path, &headers).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.dom()
}

/// Targets of the links of a list, in order.
fn links(list: &Dom) -> Vec<&str> {
    list.attrs("ul a", "href")
}

#[tokio::test]
async fn pages_charts_and_actions_are_found_with_and_without_scripts() {
    let server = server().await;
    let cookie = cookie_of(&sign_in(server.address, "admin", PASSWORD).await);
    let by = ("Cookie", cookie.as_str());
    // At least one panel must have data.
    let mut socket = Socket::open_as(("cookie", &cookie), server.address, Some(JSON)).await;
    assert_eq!(socket.text().await["type"], "hello");
    socket.in_a_row(2).await;

    let page = seen(&server, by, "/search?q=Memory").await;
    let found = page.attrs(".found ul a", "href");
    assert_eq!(found.first(), Some(&"/#panel-memory"), "{found:?}");
    assert_eq!(page.attr("form[role=search] [name=q]", "value"), Some("Memory"));
    // Also by metric; panels of sections with a page of their own link to that page.
    let list = seen(&server, by, "/api/fragment/search?q=host_memory_used").await;
    list.assert_says("p.count", "found");
    assert!(links(&list).contains(&"/#panel-memory"), "{:?}", links(&list));
    let list = seen(&server, by, "/api/fragment/search?q=perf").await;
    assert_eq!(links(&list).first(), Some(&"/performance"));

    // Actions that need scripts are not on the page without scripts.
    let (page, list) = (seen(&server, by, "/search").await, seen(&server, by, "/api/fragment/search").await);
    list.assert_has("[data-press='.theme-switch']");
    assert!(!page.has("[data-press]"));
    for found in [&page, &list] {
        let links = links(found);
        for path in ["/", "/trends", "/settings", "/layout", "/?kiosk", "/settings?view=tokens"] {
            assert!(links.contains(&path), "{path}: {links:?}");
        }
        found.assert_has("form[action='/api/logout']");
        assert!(!found.has("a[href*='#panel-']"));
    }

    // Panels that are not on the overview are found on the Trends page.
    let form = "panel=memory&do=hide";
    let kind = "application/x-www-form-urlencoded";
    let answer = crate::access::send(server.address, "/layout", kind, &cookie, form).await;
    assert_eq!(answer.status, 303);
    let list = seen(&server, by, "/api/fragment/search?q=memory").await;
    assert!(links(&list).contains(&"/trends#panel-memory") && !links(&list).contains(&"/#panel-memory"));
    server.stop().await;
}

#[tokio::test]
async fn viewers_do_not_find_admin_actions() {
    let server = Server::start().await;
    let (viewer, admin) = (TestToken::Viewer.bearer(), TestToken::Admin.bearer());
    for asked in ["rule", "token", "silence", "audit", ""] {
        let path = format!("/api/fragment/search?q={asked}");
        let [seen_by_viewer, seen_by_admin] = [
            seen(&server, ("Authorization", &viewer), &path).await,
            seen(&server, ("Authorization", &admin), &path).await,
        ];
        let (few, many) = (links(&seen_by_viewer), links(&seen_by_admin));
        assert!(
            few.iter().all(|link| many.contains(link)) && few.len() < many.len(),
            "{asked}: {few:?}, {many:?}"
        );
        for link in ["/alerts?view=rule&new", "/settings?view=tokens", "/settings?view=audit"] {
            assert!(!few.contains(&link), "{asked}: {few:?}");
        }
        // A client with a token has no session to end.
        assert!(!seen_by_admin.has("[action='/api/logout']"));
    }
    server.stop().await;
}

#[tokio::test]
async fn applications_are_found_by_name() {
    let server = Server::start().await;
    let body = r#"{"version":1,"app":"shop"}"#;
    let (length, bearer) = (body.len().to_string(), TestToken::Ingest.bearer());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Content-Length", length.as_str()),
    ];
    let text = request_text(server.address, "POST", "/api/ingest", &headers) + body;
    assert_eq!(exchange(server.address, text.as_bytes()).await.unwrap().status, 200);
    let admin = TestToken::Admin.bearer();
    until("the application is found", &server, async || {
        let list = seen(&server, ("Authorization", &admin), "/api/fragment/search?q=shop").await;
        links(&list).contains(&"/performance?filter=shop") && list.says("a", "Application")
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn search_queries_are_limited_in_length() {
    let server = Server::start().await;
    for path in ["/search", "/api/fragment/search"] {
        let ask = |length| format!("{path}?q={}", "é".repeat(length).replace('é', "%C3%A9"));
        let answer = request(server.address, "GET", &ask(100), &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = request(server.address, "GET", &ask(101), &[]).await;
        assert_eq!(answer.status, 400);
        assert!(
            answer.text().contains("q is 101 characters long: at most 100 are allowed"),
            "{}",
            answer.text()
        );
        let answer = request(server.address, "GET", &format!("{path}?q={}", "x".repeat(5000)), &[]).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
    server.stop().await;
}
