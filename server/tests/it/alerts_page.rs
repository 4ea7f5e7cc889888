//! Lists and forms of the Alerts page, with and without scripts.

mod invalid_forms;
mod rule_forms;
mod viewers;

use crate::support::{
    ConfigFile, Dom, Response, Server, TestToken, data, exchange, get, request, request_text,
};
use serde_json::Value;
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
async fn submit(server: &Server, fields: &[(&str, &str)], says: &str) -> Dom {
    let dom = fragment(&send(server, fields, true).await, 200);
    dom.assert_says(".flash.good", says);
    dom
}

/// Sends a form that must be rejected, and returns the view, which keeps the input.
async fn submit_rejected(server: &Server, fields: &[(&str, &str)], status: u16, says: &str) -> Dom {
    let dom = fragment(&send(server, fields, true).await, status);
    dom.assert_says(".flash.bad", says);
    dom.assert_has("[data-part=alerts][data-keep]");
    dom
}

fn fragment(answer: &Response, status: u16) -> Dom {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let dom = answer.dom();
    assert_eq!(dom.count("[data-part=alerts]"), 1, "{}", answer.text());
    dom
}

async fn view(server: &Server, query: &str) -> Dom {
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
        (
            "",
            &[
                ("[data-view=active] .card.critical h2", "Some <memory>: "),
                (".card .severity.critical", "Critical"),
                (".card .advice", "Be glad."),
                ("a[href='https://wiki.example/memory']", "Runbook"),
            ][..],
        ),
        ("?view=active&rule=cpu", &[(".empty", "No active alerts for this rule.")]),
        ("?view=history", &[("[data-view=history] .pager", "page 1 of 1")]),
        (
            "?view=rules",
            &[
                ("[data-view=rules] #rule-some-memory .title", "Some <memory>"),
                ("#rule-cpu code", "host_cpu_usage_ratio"),
                ("#rule-some-memory", "Locked"),
            ],
        ),
        ("?view=rule&id=cpu", &[(".facts", "Built-in")]),
        ("?view=rule&id=some-memory", &[(".flash", "Defined in the configuration file")]),
        ("?view=rule&new", &[("#rule-title", "New rule")]),
        ("?view=silences", &[(".empty", "No active silences.")]),
        ("?view=channels", &[("#channel-hook .title", "hook"), ("#channel-hook button", "Send test")]),
        ("?view=rules&done=rule-save", &[(".flash.good", "Rule saved")]),
    ] {
        let dom = view(&server, query).await;
        for (selector, part) in parts {
            dom.assert_says(selector, part);
        }
        // Names are escaped.
        assert!(!dom.has("memory"), "{query}");
    }
    let editor = view(&server, "?view=rule&id=cpu").await;
    assert_eq!(editor.attr("[name=warning]", "value"), Some("80 %"));
    assert_eq!(editor.attr("[name=window_seconds]", "value"), Some("1m"));
    view(&server, "?view=rule&id=some-memory").await.assert_has("fieldset[disabled]");
    view(&server, "?view=rule&new").await.assert_has("option[value=host_memory_used_ratio]");
    view(&server, "?view=deliveries").await.assert_has("[data-view=deliveries]");
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

    let html = submit_rejected(
        &server,
        &with(&[("do", "acknowledge"), ("why", "typed <by> me")]),
        400,
        "Your name: ",
    )
    .await;
    html.assert_has("[name=why][value='typed <by> me']");
    html.assert_has("[name=who][aria-invalid=true]");
    let html =
        submit(&server, &with(&[("do", "acknowledge"), ("who", "ada"), ("why", "known")]), "Acknowledged.")
            .await;
    html.assert_says(".card button", "Take over");
    html.assert_says(".card .states", "ada");
    assert_eq!(alert(&server).await["acknowledged_by"], "ada");
    let gone = [("do", "acknowledge"), ("rule", "cpu"), ("labels", "{}"), ("who", "ada")];
    submit_rejected(&server, &gone, 404, "is not firing").await;
    submit_rejected(
        &server,
        &[("do", "acknowledge"), ("labels", "x"), ("who", "ada")],
        400,
        "labels: not valid JSON at line 1, column 1",
    )
    .await;

    submit(&server, &with(&[("do", "withdraw")]), "Acknowledgement removed").await;
    assert_eq!(alert(&server).await["acknowledged_by"], Value::Null);
    submit_rejected(&server, &with(&[("do", "withdraw")]), 404, "is not acknowledged").await;

    submit_rejected(&server, &with(&[("do", "silence-8h")]), 400, "Your name: ").await;
    submit(&server, &with(&[("do", "silence-8h"), ("who", "bob")]), "Silenced.").await;
    let silenced = alert(&server).await["silenced_by"].as_str().unwrap().to_owned();
    let html = view(&server, "").await;
    html.assert_says(".states b", "Silenced");
    html.assert_says(".states", "bob");
    html.assert_says(".states", "(no comment)");
    submit_rejected(
        &server,
        &[("do", "end-silence"), ("id", "nothing")],
        404,
        "no active or pending silence",
    )
    .await;
    let html = submit(&server, &[("do", "end-silence"), ("id", &silenced)], "Silence expired").await;
    html.assert_has("[data-view=silences]");
    assert_eq!(alert(&server).await["silenced_by"], Value::Null);

    let silence =
        [("do", "silence"), ("view", "silences"), ("who", "eve"), ("why", "new disks"), ("for", "2h")];
    let matchers = |text: &'static str| [&silence[..], &[("matchers", text)]].concat();
    submit_rejected(&server, &matchers(""), 400, "Matchers: missing").await;
    let html = submit_rejected(&server, &matchers("component"), 400, "must be label = value").await;
    assert_eq!(html.attr("#silence [name=why]", "value"), Some("new disks"));
    assert_eq!(html.text("#silence [name=matchers]"), "component");
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
        "Time zone: ",
    )
    .await;
    submit(&server, &matchers("component = memory\nhost =~ .*"), "Silenced.").await;
    assert!(alert(&server).await["silenced_by"].is_string());
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
    assert_eq!(answer.status, 400);
    assert!(answer.text().starts_with("<!DOCTYPE html>"), "{}", answer.text());
    answer.dom().assert_has("main .flash.bad");
    let preview = send(&server, &rule_form("rule-preview", &[]), false).await;
    assert_eq!((preview.status, preview.header("location")), (200, None));
    preview.dom().assert_says("main", "Last 7 days");
    server.stop().await;
}
