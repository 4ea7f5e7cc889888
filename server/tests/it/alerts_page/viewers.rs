//! What viewers see of the Alerts page, and what they may send.

use super::*;

/// Sends a form as a viewer.
async fn send_as_viewer(server: &Server, path: &str, fields: &[(&str, &str)]) -> Response {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let (bearer, length) = (TestToken::Viewer.bearer(), body.len().to_string());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Length", length.as_str()),
        ("x-fragment", "1"),
    ];
    let text = request_text(server.address, "POST", path, &headers) + &body;
    exchange(server.address, text.as_bytes()).await.unwrap()
}

#[tokio::test]
async fn viewers_preview_rules_but_cannot_save_them() {
    let (_config, server, _) = firing().await;
    let rules = data(server.address, "/api/admin/rules").await;
    // Whatever the button: this path only previews.
    for what in ["rule-preview", "rule-save", "rule-delete", "nonsense"] {
        let form = rule_form(what, &[("warning", "0.01 %"), ("for_seconds", "")]);
        let dom = fragment(&send_as_viewer(&server, "/alerts/preview", &form).await, 200);
        dom.assert_says(".flash.good", "Preview only");
        dom.assert_says("main, section", "Last 7 days");
        assert_eq!(dom.attr("[name=warning]", "value"), Some("0.01 %"), "{what}");
        assert!(dom.has("form[action='/alerts/preview']") && !dom.has("[value=rule-save]"), "{what}");
    }
    let locked = [("do", "rule-preview"), ("id", "some-memory"), ("known", "yes")];
    let dom = fragment(&send_as_viewer(&server, "/alerts/preview", &locked).await, 200);
    dom.assert_says("section", "total, ≥ ");
    let wrong =
        send_as_viewer(&server, "/alerts/preview", &rule_form("rule-preview", &[("metric", "x")])).await;
    fragment(&wrong, 400).assert_says(".flash.bad", "Unknown metric");
    send_as_viewer(&server, "/alerts", &rule_form("rule-preview", &[])).await.error("forbidden");
    assert_eq!(data(server.address, "/api/admin/rules").await, rules);
    server.stop().await;
}

#[tokio::test]
async fn viewers_see_everything_but_no_buttons() {
    let (_config, server, _) = firing().await;
    let bearer = TestToken::Viewer.bearer();
    let as_viewer = [("Authorization", bearer.as_str())];
    for query in [
        "",
        "?view=history",
        "?view=rules",
        "?view=rule&id=cpu",
        "?view=silences",
        "?view=channels",
        "?view=deliveries",
    ] {
        // In the initial page, and in the fragment that the front end loads.
        for path in ["/alerts", "/api/fragment/alerts"] {
            let seen = request(server.address, "GET", &format!("{path}{query}"), &as_viewer).await;
            assert_eq!(seen.status, 200, "{path}{query}");
            let dom = seen.dom();
            dom.assert_has("[data-part=alerts]");
            // A rule can be previewed.
            let forms =
                ["form[method=post]:not([action='/alerts/preview'])", "[name=do]:not([value=rule-preview])"];
            for part in forms.into_iter().chain(["a[href*='rule&new']"]) {
                assert!(!dom.has(part), "{path}{query}: {part}: {}", seen.text());
            }
        }
        let has_forms = view(&server, query).await.has("form[method=post]");
        // Deliveries can be resent once there are any.
        assert!(has_forms || ["?view=history", "?view=deliveries"].contains(&query), "{query}");
    }
    server.stop().await;
}
