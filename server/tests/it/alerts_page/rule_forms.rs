//! Forms of rules and channels.

use super::{firing, rule_form, submit, submit_rejected};
use crate::support::{Server, Socket, data};
use serde_json::{Value, json};

async fn rule(server: &Server, id: &str) -> Option<Value> {
    let rules = data(server.address, "/api/admin/rules").await;
    rules.as_array().unwrap().iter().find(|rule| rule["id"] == id).cloned()
}

#[tokio::test]
async fn rules_are_created_previewed_changed_disabled_and_removed() {
    let (_config, server, _) = firing().await;
    Socket::json(server.address).await.in_a_row(3).await;

    // A preview changes nothing and keeps the input.
    let html = submit(
        &server,
        &rule_form("rule-preview", &[("warning", "0.01 %"), ("for_seconds", "")]),
        "Preview only",
    )
    .await;
    html.assert_says("[data-part=form] ~ *, [data-part=preview], section", "Resolution: ");
    html.assert_has("svg path[d]");
    assert_eq!(html.attr("[name=warning]", "value"), Some("0.01 %"));
    assert_eq!(rule(&server, "queue").await, None);
    submit_rejected(
        &server,
        &rule_form("rule-preview", &[("metric", "nothing_such")]),
        400,
        "Unknown metric",
    )
    .await;
    let locked = [("do", "rule-preview"), ("id", "some-memory"), ("known", "yes")];
    submit(&server, &locked, "Preview only").await.assert_says("section", "total, ≥ ");

    for (field, value, says) in [
        ("id", "Wrong id", "Rule ID: must be"),
        ("warning", "99 %", "Critical threshold: 0.95 is out of order"),
        ("warning", "much", "Warning threshold: \"much\" must be a number (in %)"),
        ("for_seconds", "soon", "For (pending period): "),
        ("matchers", "x", "Matchers: "),
        ("labels", "x", "Extra labels: "),
        ("runbook", "wiki", "Runbook: "),
    ] {
        let html = submit_rejected(&server, &rule_form("rule-save", &[(field, value)]), 400, says).await;
        html.assert_says("#rule-title", "New rule");
    }
    let html = submit(&server, &rule_form("rule-save", &[]), "Rule saved").await;
    html.assert_says(".facts", "Custom");
    assert_eq!(html.attr("[name=warning]", "value"), Some("90 %"));
    html.assert_says("button[value=rule-delete]", "Delete");
    let saved = rule(&server, "queue").await.unwrap();
    assert_eq!(
        (&saved["warning"], &saved["critical"], &saved["window_seconds"]),
        (&json!(0.9), &json!(0.95), &json!(300))
    );
    assert_eq!((&saved["for_seconds"], &saved["labels"]["team"]), (&json!(90), &json!("ops")));
    submit_rejected(&server, &rule_form("rule-save", &[]), 409, "already exists").await;
    submit(&server, &rule_form("rule-save", &[("known", "yes"), ("warning", "80")]), "Rule saved").await;
    assert_eq!(rule(&server, "queue").await.unwrap()["warning"], json!(0.8));
    let html =
        submit(&server, &rule_form("rule-save", &[("known", "yes"), ("critical", "100 %")]), "Rule saved")
            .await;
    html.assert_says("section", "Check critical: 1 is never exceeded");
    let saved = rule(&server, "queue").await.unwrap();
    let warnings = saved["warnings"].as_array().unwrap();
    assert!(warnings.len() == 1 && warnings[0].as_str().unwrap().contains("use a smaller number"), "{saved}");
    assert_eq!(rule(&server, "disk").await.unwrap()["warnings"], json!([]));

    let html = submit(&server, &[("do", "rule-disable"), ("id", "queue")], "Rule disabled").await;
    html.assert_has("[data-view=rules]");
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
    html.assert_has("[data-view=rules]");
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
    submit_rejected(&server, &resend("x hook", ""), 400, "Your name: ").await;
    submit_rejected(&server, &resend("x", "ada"), 400, "delivery: ").await;
    let html = submit_rejected(&server, &resend("x hook", "ada"), 404, "unknown message").await;
    html.assert_has("[data-view=deliveries]");
    submit_rejected(&server, &[("do", "dance"), ("view", "channels")], 400, "unknown action").await;
    server.stop().await;
}
