//! Access matrix: every route with the roles that may use it.

use crate::support::{Server, TestToken, data, exchange, request, request_text};
use std::collections::BTreeSet;

/// The permission that a route requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// A viewer; browsers without a session are redirected to the sign-in page.
    ViewerPage,
    Viewer,
    Ingest,
    Admin,
    /// The same for a form of a page.
    AdminForm,
}

use Needs::{Admin, AdminForm, Ingest, Nothing, Viewer, ViewerPage};

/// Method, URL, path in the OpenAPI description if it differs, required permission, and status of an allowed request without
/// a body.
const ROUTES: &[(&str, &str, &str, Needs, u16)] = &[
    ("GET", "/api/live", "", Nothing, 200),
    ("GET", "/login", "", Nothing, 200),
    ("POST", "/api/login", "", Nothing, 415),
    ("POST", "/api/logout", "", Nothing, 200),
    // Without the token of an action link; the role does not matter here.
    ("GET", "/action/x", "", Nothing, 403),
    ("POST", "/action/x", "", Nothing, 415),
    ("GET", "/do/x", "", Nothing, 403),
    ("POST", "/do/x", "", Nothing, 415),
    ("GET", "/", "", ViewerPage, 200),
    ("GET", "/alerts", "", ViewerPage, 200),
    ("GET", "/database", "", ViewerPage, 200),
    ("GET", "/cache", "", ViewerPage, 200),
    ("GET", "/trends", "", ViewerPage, 200),
    ("GET", "/performance", "", ViewerPage, 200),
    ("GET", "/processes", "", ViewerPage, 200),
    ("GET", "/settings", "", ViewerPage, 200),
    ("GET", "/layout", "", ViewerPage, 200),
    ("POST", "/layout", "", ViewerPage, 415),
    ("GET", "/arrange", "", ViewerPage, 200),
    ("POST", "/arrange", "", ViewerPage, 415),
    ("GET", "/api/layout.css", "", Viewer, 200),
    ("GET", "/search?q=memory", "/search", ViewerPage, 200),
    ("GET", "/find?q=memory", "/find", ViewerPage, 200),
    ("GET", "/api/fragment/search?q=memory", "/api/fragment/{page}", Viewer, 200),
    ("GET", "/api/fragment/find?q=memory", "/api/fragment/{page}", Viewer, 200),
    ("GET", "/panels/cpu", "", ViewerPage, 200),
    ("GET", "/panels/cpu/csv", "", ViewerPage, 200),
    ("GET", "/no-such-page", "", ViewerPage, 404),
    ("GET", "/api/docs", "", ViewerPage, 200),
    ("GET", "/ws/live", "", Viewer, 426),
    ("GET", "/metrics", "", Viewer, 200),
    ("GET", "/api/openapi.json", "", Viewer, 200),
    ("GET", "/api/no-such-thing", "", Viewer, 404),
    ("GET", "/api/fragment/alerts", "", Viewer, 200),
    ("GET", "/api/processes", "", Viewer, 200),
    ("GET", "/api/processes/history?pid=1", "/api/processes/history", Viewer, 200),
    ("GET", "/api/fn/snapshot?window_seconds=300&rows=2", "", Viewer, 200),
    ("GET", "/api/fn/history?window_seconds=300&rows=2", "", Viewer, 200),
    ("GET", "/api/fn/alerts?window_seconds=300", "", Viewer, 200),
    ("GET", "/api/fn/services", "", Viewer, 200),
    ("GET", "/api/fn/no-such-function", "", Viewer, 404),
    ("GET", "/api/admin/system/metrics/", "/api/admin/system/metrics", Admin, 200),
    ("GET", "/api/admin/system/health/", "/api/admin/system/health", Admin, 200),
    ("GET", "/api/admin/system/alerts/", "/api/admin/system/alerts", Admin, 200),
    ("GET", "/api/admin/system/history/", "/api/admin/system/history", Admin, 200),
    ("GET", "/api/core/admin/system/metrics/", "/api/core/admin/system/metrics", Admin, 200),
    ("GET", "/api/core/admin/system/health", "", Admin, 200),
    ("GET", "/api/core/admin/system/alerts/", "/api/core/admin/system/alerts", Admin, 200),
    ("GET", "/api/core/admin/system/history/", "/api/core/admin/system/history", Admin, 200),
    ("GET", "/api/admin/rules", "", Viewer, 200),
    ("POST", "/api/admin/rules", "", Admin, 415),
    ("POST", "/api/admin/rules/preview", "", Viewer, 415),
    ("GET", "/api/admin/rules/cpu", "/api/admin/rules/{id}", Viewer, 200),
    ("PUT", "/api/admin/rules/cpu", "/api/admin/rules/{id}", Admin, 415),
    ("DELETE", "/api/admin/rules/none", "/api/admin/rules/{id}", Admin, 404),
    ("PUT", "/api/admin/rules/cpu/enabled", "/api/admin/rules/{id}/enabled", Admin, 415),
    ("GET", "/api/admin/silences/", "/api/admin/silences", Viewer, 200),
    ("POST", "/api/admin/silences", "", Admin, 415),
    ("DELETE", "/api/admin/silences/none", "/api/admin/silences/{id}", Admin, 404),
    ("POST", "/api/admin/alerts/acknowledge", "", Admin, 415),
    ("DELETE", "/api/admin/alerts/acknowledge", "", Admin, 415),
    ("POST", "/api/admin/alerts/acknowledge/withdraw", "", Admin, 415),
    ("POST", "/api/admin/alerts/resolve", "", Admin, 415),
    ("GET", "/api/admin/channels", "", Viewer, 200),
    ("POST", "/api/admin/channels/none/test", "/api/admin/channels/{name}/test", Admin, 404),
    ("GET", "/api/admin/deliveries", "", Viewer, 200),
    ("POST", "/api/admin/deliveries/resend", "", Admin, 415),
    ("POST", "/alerts", "", AdminForm, 415),
    ("POST", "/alerts/preview", "", ViewerPage, 415),
    ("POST", "/settings", "", ViewerPage, 415),
    ("GET", "/api/admin/users", "", Admin, 200),
    ("POST", "/api/admin/users", "", Admin, 415),
    ("PATCH", "/api/admin/users/none", "/api/admin/users/{name}", Admin, 415),
    ("GET", "/api/admin/tokens", "", Admin, 200),
    ("POST", "/api/admin/tokens", "", Admin, 415),
    ("DELETE", "/api/admin/tokens/none", "/api/admin/tokens/{id}", Admin, 404),
    ("GET", "/api/admin/sessions/", "/api/admin/sessions", Admin, 200),
    ("DELETE", "/api/admin/sessions/none", "/api/admin/sessions/{id}", Admin, 404),
    ("GET", "/api/admin/audit", "", Admin, 200),
    ("POST", "/api/ingest", "", Ingest, 415),
    ("GET", "/api/snapshot.html?page=/cache&window=15m", "/api/snapshot.html", Viewer, 200),
    ("POST", "/api/heartbeat/none", "/api/heartbeat/{name}", Ingest, 404),
    ("GET", "/api/heartbeat/none", "/api/heartbeat/{name}", Ingest, 404),
    ("POST", "/api/heartbeat/none/fail", "/api/heartbeat/{name}/fail", Ingest, 404),
    ("GET", "/api/heartbeat/none/fail", "/api/heartbeat/{name}/fail", Ingest, 404),
    ("GET", "/api/admin/heartbeats", "", Viewer, 200),
    ("POST", "/api/admin/heartbeats", "", Admin, 415),
    ("DELETE", "/api/admin/heartbeats/none", "/api/admin/heartbeats/{name}", Admin, 404),
    ("POST", "/api/annotations", "", Ingest, 415),
    ("GET", "/api/admin/annotations", "", Viewer, 200),
    ("POST", "/api/admin/annotations", "", Admin, 415),
    ("DELETE", "/api/admin/annotations/0", "/api/admin/annotations/{id}", Admin, 404),
];

/// Unauthenticated, or with one of the tokens.
const CALLERS: [Option<TestToken>; 6] = [
    None,
    Some(TestToken::Viewer),
    Some(TestToken::Ingest),
    Some(TestToken::Admin),
    Some(TestToken::Expired),
    Some(TestToken::Revoked),
];

fn expected(needs: Needs, who: Option<TestToken>, passed: u16) -> u16 {
    match (needs, who) {
        (Nothing, _) | (_, Some(TestToken::Admin)) => passed,
        (ViewerPage | AdminForm, None) => 303,
        (_, None | Some(TestToken::Expired | TestToken::Revoked)) => 401,
        (Viewer | ViewerPage, Some(TestToken::Viewer)) | (Ingest, Some(TestToken::Ingest)) => passed,
        _ => 403,
    }
}

#[tokio::test]
async fn routes_allow_only_their_roles() {
    let server = Server::start().await;
    let mut mistakes = Vec::new();
    for &(method, path, _, needs, passed) in ROUTES {
        for who in CALLERS {
            let bearer = who.map(TestToken::bearer).unwrap_or_default();
            let answer = request(server.address, method, path, &[("Authorization", &bearer)]).await;
            let expected = expected(needs, who, passed);
            if answer.status != expected {
                mistakes.push(format!("{method} {path} by {who:?}: {}, not {expected}", answer.status));
                continue;
            }
            match expected {
                401 => {
                    answer.error("unauthorized");
                    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
                }
                403 if needs != Nothing => assert!(answer.error("forbidden").contains("needs the role")),
                303 => assert!(answer.header("location").unwrap().starts_with("/login")),
                _ => {}
            }
        }
        // Requests from pages of other sites are always rejected.
        let origin = [("Origin", "http://other.example")];
        let text = request_text(server.address, method, path, &origin);
        let answer = exchange(server.address, text.as_bytes()).await.unwrap();
        if answer.status != 403 {
            mistakes.push(format!("{method} {path} from another site: {}", answer.status));
        } else {
            answer.error("bad_origin");
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    server.stop().await;
}

#[tokio::test]
async fn described_operations_are_in_the_matrix() {
    let server = Server::start().await;
    let document = request(server.address, "GET", "/api/openapi.json", &[]).await.json();
    let operations = document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone()))
    });
    let described: BTreeSet<(String, String)> = operations.collect();
    let known: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|(method, path, template, ..)| {
            let path = if template.is_empty() { path } else { template };
            ((*method).to_owned(), (*path).to_owned())
        })
        .collect();
    assert_eq!(described.difference(&known).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
    // The list of rules has the standard response form.
    assert!(data(server.address, "/api/admin/rules").await.is_array());
    server.stop().await;
}
