//! Lists and forms of the Alerts page, with and without scripts.

use crate::support::{
    ConfigFile, Response, Server, Socket, TestToken, data, exchange, get, request, request_text,
};
use serde_json::{Value, json};
use url::form_urlencoded;

/// Configuration with a rule that always fires on this machine, a channel whose URL refuses connections, and no group wait.
const CONFIG: &str = "[[rules]]\nid = 'some-memory'\nname = 'Some <memory>'\nmetric = 'host_memory_used_ratio'\n\
                      component = 'memory'\ncritical = 0.0001\nsummary = 'It is used.'\naction = 'Be glad.'\n\
                      runbook = 'https://wiki.example/memory'\n[notifications]\ngroup_wait_seconds = 0\n\
                      [channels.hook]\nkind = 'webhook'\nurl = 'http://127.0.0.1:1/hook'\n";

/// Sends a form, like the front end or like a browser without scripts.
async fn send(server: &Server, fields: &[(&str, &str)], is_program: bool) -> Response {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let length = body.len().to_string();
    let mut headers =
        vec![("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", length.as_str())];
    if is_program {
        headers.push(("x-fragment", "1"));
    }
    let text = request_text(server.address, "POST", "/alerts", &headers) + &body;
    exchange(server.address, text.as_bytes()).await.unwrap()
}

/// Sends a form that must succeed, and returns the updated view.
async fn submit(server: &Server, fields: &[(&str, &str)], says: &str) -> String {
    let answer = send(server, fields, true).await;
    let html = fragment(&answer, 200);
    assert!(html.contains("class=\"flash good\"") && html.contains(says), "{fields:?}: {html}");
    html
}

/// Sends a form that must be rejected, and returns the view, which keeps the input.
async fn submit_rejected(server: &Server, fields: &[(&str, &str)], status: u16, says: &str) -> String {
    let answer = send(server, fields, true).await;
    let html = fragment(&answer, status);
    assert!(html.contains("class=\"flash bad\"") && html.contains("data-keep"), "{fields:?}: {html}");
    assert!(html.contains(says), "{fields:?}: {says}: {html}");
    html
}

fn fragment(answer: &Response, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let html = answer.text().to_owned();
    assert!(html.starts_with("<div data-part=\"alerts\"") && html.ends_with("</div>"), "{html}");
    html
}

async fn view(server: &Server, query: &str) -> String {
    fragment(&get(server.address, &format!("/api/fragment/alerts{query}")).await, 200)
}

/// A server with a firing rule, and the labels of the alert.
async fn firing() -> (ConfigFile, Server, String) {
    let config = ConfigFile::with(CONFIG);
    let mut server = Server::start_with(&config.flags(), &[]).await;
    server.logged("alert fired").await;
    let found = data(server.address, "/api/admin/system/alerts/").await;
    let alerts = found["alerts"].as_array().unwrap();
    let alert = alerts.iter().find(|alert| alert["rule"] == "some-memory").unwrap();
    let labels = alert["labels"].to_string();
    (config, server, labels)
}

/// The alert in the REST API.
async fn alert(server: &Server) -> Value {
    let found = data(server.address, "/api/admin/system/alerts/").await;
    found["alerts"].as_array().unwrap().iter().find(|alert| alert["rule"] == "some-memory").unwrap().clone()
}

async fn rule(server: &Server, id: &str) -> Option<Value> {
    let rules = data(server.address, "/api/admin/rules").await;
    rules.as_array().unwrap().iter().find(|rule| rule["id"] == id).cloned()
}

/// The form fields of a rule.
fn rule_form<'a>(what: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("do", what), ("view", "rule")];
    fields.extend(more);
    for (name, value) in [
        ("id", "queue"),
        ("name", "The queue"),
        ("component", "host"),
        ("metric", "host_memory_used_ratio"),
        ("aggregation", "mean"),
        ("window_seconds", "5m"),
        ("comparison", "above"),
        ("critical", "95 %"),
        ("warning", "90"),
        ("for_seconds", "1m30s"),
        ("no_data_severity", "warning"),
        ("matchers", "host =~ .*"),
        ("labels", "team = ops"),
        ("enabled", "yes"),
    ] {
        if !more.iter().any(|(known, _)| *known == name) {
            fields.push((name, value));
        }
    }
    fields
}

#[tokio::test]
async fn every_view_has_its_content() {
    let (_config, server, _) = firing().await;
    for (query, parts) in [
        ("", &["data-view=\"active\"", "Some &lt;memory&gt;: ", "Critical", "Be glad.", "wiki.example"][..]),
        ("?view=active&rule=cpu", &["No active alerts for this rule."][..]),
        ("?view=history", &["data-view=\"history\"", "page 1 of 1"][..]),
        (
            "?view=rules",
            &["data-view=\"rules\"", "Some &lt;memory&gt;", "host_cpu_usage_ratio", "Locked"][..],
        ),
        ("?view=rule&id=cpu", &["Built-in", "value=\"80 %\"", "value=\"1m\""][..]),
        ("?view=rule&id=some-memory", &["Defined in the configuration file", "<fieldset disabled"][..]),
        ("?view=rule&new", &["New rule", "host_memory_used_ratio"][..]),
        ("?view=silences", &["No active silences."][..]),
        ("?view=channels", &["hook", "Send test"][..]),
        ("?view=deliveries", &["data-view=\"deliveries\""][..]),
        ("?view=rules&done=rule-save", &["class=\"flash good\"", "Rule saved"][..]),
    ] {
        let html = view(&server, query).await;
        for part in parts {
            assert!(html.contains(part), "{query}: {part}: {html}");
        }
        assert!(!html.contains("<memory>"), "{query}: {html}");
    }
    for (path, status, code) in [
        ("alerts?view=nothing", 404, "not_found"),
        ("alerts?view=rule&id=nothing", 404, "not_found"),
        ("alerts?view=history&page=0", 400, "bad_parameter"),
        ("nothing", 404, "not_found"),
    ] {
        let answer = get(server.address, &format!("/api/fragment/{path}")).await;
        assert_eq!(answer.status, status, "{path}");
        answer.error(code);
    }
    server.stop().await;
}

#[tokio::test]
async fn alerts_are_acknowledged_and_silenced() {
    let (_config, server, labels) = firing().await;
    let about = [("view", "active"), ("rule", "some-memory"), ("labels", &labels)];
    let with = |more: &[(&'static str, &'static str)]| [&about[..], more].concat();

    let html =
        submit_rejected(&server, &with(&[("do", "acknowledge"), ("why", "typed <by> me")]), 400, "(who): ")
            .await;
    assert!(
        html.contains("value=\"typed &lt;by&gt; me\"") && html.contains("aria-invalid=\"true\""),
        "{html}"
    );
    let html =
        submit(&server, &with(&[("do", "acknowledge"), ("who", "ada"), ("why", "known")]), "acknowledged")
            .await;
    assert!(html.contains("Take over") && html.contains("ada"), "{html}");
    assert_eq!(alert(&server).await["acknowledged_by"], "ada");
    let gone = [("do", "acknowledge"), ("rule", "cpu"), ("labels", "{}"), ("who", "ada")];
    submit_rejected(&server, &gone, 404, "is not firing").await;
    submit_rejected(
        &server,
        &[("do", "acknowledge"), ("labels", "x"), ("who", "ada")],
        400,
        "labels: invalid JSON",
    )
    .await;

    submit(&server, &with(&[("do", "withdraw")]), "Acknowledgement removed").await;
    assert_eq!(alert(&server).await["acknowledged_by"], Value::Null);
    submit_rejected(&server, &with(&[("do", "withdraw")]), 404, "is not acknowledged").await;

    submit_rejected(&server, &with(&[("do", "silence-8h")]), 400, "(who): ").await;
    submit(&server, &with(&[("do", "silence-8h"), ("who", "bob")]), "Silenced.").await;
    let silenced = alert(&server).await["silenced_by"].as_str().unwrap().to_owned();
    let html = view(&server, "").await;
    assert!(
        html.contains("<b>Silenced</b>") && html.contains("bob") && html.contains("(no comment)"),
        "{html}"
    );
    submit_rejected(
        &server,
        &[("do", "end-silence"), ("id", "nothing")],
        404,
        "no active or pending silence",
    )
    .await;
    let html = submit(&server, &[("do", "end-silence"), ("id", &silenced)], "Silence expired").await;
    assert!(html.contains("data-view=\"silences\""), "{html}");
    assert_eq!(alert(&server).await["silenced_by"], Value::Null);

    let silence =
        [("do", "silence"), ("view", "silences"), ("who", "eve"), ("why", "new disks"), ("for", "2h")];
    let matchers = |text: &'static str| [&silence[..], &[("matchers", text)]].concat();
    submit_rejected(&server, &matchers(""), 400, "(matchers): missing").await;
    let html = submit_rejected(&server, &matchers("component"), 400, "must be label = value").await;
    assert!(html.contains("new disks") && html.contains("component</textarea>"), "{html}");
    submit_rejected(
        &server,
        &[
            ("do", "silence"),
            ("matchers", "a = b"),
            ("who", "a"),
            ("why", "b"),
            ("zone", "Mars"),
            ("day", "monday"),
            ("from", "22:00"),
            ("to", "23:00"),
        ],
        400,
        "(zone): ",
    )
    .await;
    submit(&server, &matchers("component = memory\nhost =~ .*"), "Silenced.").await;
    assert!(alert(&server).await["silenced_by"].is_string());
    server.stop().await;
}

#[tokio::test]
async fn rules_are_created_previewed_changed_disabled_and_removed() {
    let (_config, server, _) = firing().await;
    Socket::json(server.address).await.in_a_row(3).await;

    // A preview changes nothing and keeps the input.
    let html = submit(
        &server,
        &rule_form("rule-preview", &[("warning", "0.01"), ("for_seconds", "")]),
        "Preview only",
    )
    .await;
    assert!(
        html.contains("Resolution: ") && html.contains("<svg") && html.contains("value=\"0.01\""),
        "{html}"
    );
    assert_eq!(rule(&server, "queue").await, None);
    submit_rejected(
        &server,
        &rule_form("rule-preview", &[("metric", "nothing_such")]),
        400,
        "Unknown metric",
    )
    .await;
    let locked = [("do", "rule-preview"), ("id", "some-memory"), ("known", "yes")];
    assert!(submit(&server, &locked, "Preview only").await.contains("total, ≥ "));

    for (field, value, says) in [
        ("id", "Wrong id", "(id): must be"),
        ("warning", "99 %", "(critical): 0.95 is out of order"),
        ("warning", "much", "(warning): \"much\" must be a number (in %)"),
        ("for_seconds", "soon", "(for_seconds): "),
        ("matchers", "x", "(matchers): "),
        ("labels", "x", "(labels): "),
        ("runbook", "wiki", "(runbook): "),
    ] {
        let html = submit_rejected(&server, &rule_form("rule-save", &[(field, value)]), 400, says).await;
        assert!(html.contains("New rule"), "{html}");
    }
    let html = submit(&server, &rule_form("rule-save", &[]), "Rule saved").await;
    assert!(
        html.contains("class=\"facts\">Custom") && html.contains("value=\"90 %\"") && html.contains("Delete"),
        "{html}"
    );
    let saved = rule(&server, "queue").await.unwrap();
    assert_eq!(
        (&saved["warning"], &saved["critical"], &saved["window_seconds"]),
        (&json!(0.9), &json!(0.95), &json!(300))
    );
    assert_eq!((&saved["for_seconds"], &saved["labels"]["team"]), (&json!(90), &json!("ops")));
    submit_rejected(&server, &rule_form("rule-save", &[]), 409, "already exists").await;
    submit(&server, &rule_form("rule-save", &[("known", "yes"), ("warning", "80")]), "Rule saved").await;
    assert_eq!(rule(&server, "queue").await.unwrap()["warning"], json!(0.8));

    let html = submit(&server, &[("do", "rule-disable"), ("id", "queue")], "Rule disabled").await;
    assert!(html.contains("data-view=\"rules\""), "{html}");
    assert_eq!(rule(&server, "queue").await.unwrap()["enabled"], json!(false));
    submit(&server, &[("do", "rule-enable"), ("id", "queue")], "Rule enabled").await;
    assert_ne!(rule(&server, "queue").await.unwrap()["enabled"], json!(false));
    for what in ["rule-enable", "rule-disable", "rule-delete"] {
        submit_rejected(&server, &[("do", what), ("id", "nothing")], 404, "unknown rule").await;
        submit_rejected(&server, &[("do", what), ("id", "some-memory")], 409, "is in the configuration file")
            .await;
    }
    let html =
        submit(&server, &[("do", "rule-delete"), ("id", "queue"), ("known", "yes")], "Rule deleted").await;
    assert!(html.contains("data-view=\"rules\""), "{html}");
    assert_eq!(rule(&server, "queue").await, None);
    submit_rejected(
        &server,
        &[("do", "rule-delete"), ("id", "cpu"), ("known", "yes")],
        409,
        "cannot be removed",
    )
    .await;
    server.stop().await;
}

#[tokio::test]
async fn channels_are_tested_and_messages_resent() {
    let (_config, server, _) = firing().await;
    submit_rejected(&server, &[("do", "channel-test"), ("channel", "nothing")], 404, "unknown channel").await;
    submit_rejected(&server, &[("do", "channel-test"), ("channel", "hook")], 409, "Error: ").await;
    let resend =
        |delivery: &'static str, who: &'static str| [("do", "resend"), ("delivery", delivery), ("who", who)];
    submit_rejected(&server, &resend("x hook", ""), 400, "(who): ").await;
    submit_rejected(&server, &resend("x", "ada"), 400, "delivery: ").await;
    let html = submit_rejected(&server, &resend("x hook", "ada"), 400, "no message").await;
    assert!(html.contains("data-view=\"deliveries\""), "{html}");
    submit_rejected(&server, &[("do", "dance"), ("view", "channels")], 400, "unknown action").await;
    server.stop().await;
}

#[tokio::test]
async fn forms_without_scripts_redirect_or_show_the_error() {
    let (_config, server, labels) = firing().await;
    let acknowledge =
        |who| [("do", "acknowledge"), ("rule", "some-memory"), ("labels", labels.as_str()), ("who", who)];
    let answer = send(&server, &acknowledge("ada"), false).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/alerts?done=acknowledge")));
    assert_eq!(alert(&server).await["acknowledged_by"], "ada");
    let answer = send(&server, &rule_form("rule-save", &[]), false).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("/alerts?view=rule&id=queue&done=rule-save"))
    );

    let answer = send(&server, &acknowledge(""), false).await;
    let text = answer.text();
    assert_eq!(answer.status, 400);
    assert!(text.starts_with("<!DOCTYPE html>") && text.contains("class=\"flash bad\""), "{text}");
    let preview = send(&server, &rule_form("rule-preview", &[]), false).await;
    assert_eq!((preview.status, preview.header("location")), (200, None));
    assert!(preview.text().contains("Last 7 days"), "{}", preview.text());
    server.stop().await;
}

#[tokio::test]
async fn invalid_forms_change_nothing() {
    let (_config, server, labels) = firing().await;
    let body = "x".repeat(70_000);
    let length = body.len().to_string();
    for (headers, body, status, code) in [
        (
            vec![("Content-Type", "application/json"), ("Content-Length", "2")],
            "{}",
            415,
            "wrong_content_type",
        ),
        (
            vec![("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", length.as_str())],
            body.as_str(),
            413,
            "too_long",
        ),
        (
            vec![
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Content-Length", "3"),
                ("Origin", "http://evil.example"),
            ],
            "a=b",
            403,
            "bad_origin",
        ),
    ] {
        let text = request_text(server.address, "POST", "/alerts", &headers) + body;
        let answer = exchange(server.address, text.as_bytes()).await.unwrap();
        assert_eq!(answer.status, status);
        answer.error(code);
    }
    let many: Vec<(&str, &str)> = (0..201).map(|_| ("a", "b")).collect();
    assert_eq!(send(&server, &many, true).await.status, 400);
    // GET does not perform the action.
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("do", "acknowledge"), ("rule", "some-memory"), ("labels", &labels), ("who", "eve")])
        .finish();
    assert_eq!(get(server.address, &format!("/api/fragment/alerts?{query}")).await.status, 200);
    get(server.address, &format!("/alerts?{query}")).await;
    assert_eq!(alert(&server).await["acknowledged_by"], Value::Null);
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
            let html = seen.html();
            assert!(html.contains("data-part=\"alerts\""), "{path}{query}: {html}");
            for part in ["method=\"post\"", "name=\"do\"", "rule&amp;new"] {
                assert!(!html.contains(part), "{path}{query}: {part}: {html}");
            }
        }
        let html = view(&server, query).await;
        let has_forms = html.contains("method=\"post\"");
        // Deliveries can be resent once there are any.
        assert!(has_forms || ["?view=history", "?view=deliveries"].contains(&query), "{query}: {html}");
    }
    server.stop().await;
}
