//! Alerts of configured and built-in rules, also across a restart.

use crate::support::{BINARY, ConfigFile, ProcFolder, Server, Socket, data, get, post, within};
use serde_json::{Value, json};
use watchglass_model::time_text::parse_rfc3339;

/// A rule that always fires on this machine.
const ALWAYS: &str = "[[rules]]\nid = 'some-memory'\nname = 'Some memory'\nmetric = 'host_memory_used_ratio'\n\
                      component = 'memory'\ncritical = 0.0001\n";

async fn alerts(server: &Server, query: &str) -> Vec<Value> {
    let mut answer = data(server.address, &format!("/api/admin/system/alerts/{query}")).await;
    answer["alerts"].as_array_mut().unwrap().drain(..).collect()
}

#[tokio::test]
async fn failing_probes_fire_an_alert_until_they_recover() {
    let proc = ProcFolder::without("meminfo");
    let config = ConfigFile::without_delay(&["probe"]);
    let mut flags = vec!["--host-proc", proc.path()];
    flags.extend(config.flags());
    let server = Server::start_with(&flags, &[]).await;
    let mut socket = Socket::json(server.address).await;
    let up = |values: &Value, value: f64| {
        values.as_object().unwrap().iter().any(|(key, found)| {
            key.starts_with("up{") && key.contains("\"memory\"") && found == &json!(value)
        })
    };
    socket.metrics_where("memory down", |values| up(values, 0.0)).await;
    socket.in_a_row(1).await;
    let active = alerts(&server, "").await;
    let alert =
        active.iter().find(|alert| alert["subject"] == "memory").unwrap_or_else(|| panic!("{active:?}"));
    assert_eq!((&alert["severity"], &alert["resolved_at"]), (&json!("warning"), &Value::Null), "{alert}");
    assert!(alert["message"].as_str().unwrap().contains("meminfo"), "{alert}");
    proc.restore("meminfo");
    socket.metrics_where("memory up", |values| up(values, 1.0)).await;
    socket.in_a_row(1).await;
    let past = alerts(&server, "?history=true&limit=1000").await;
    assert!(
        past.iter().any(|alert| alert["subject"] == "memory" && alert["resolved_at"].is_string()),
        "{past:?}"
    );
    assert!(!alerts(&server, "").await.iter().any(|alert| alert["subject"] == "memory"));
    server.stop().await;
}

#[tokio::test]
async fn live_connections_get_firing_and_resolved_alerts() {
    let proc = ProcFolder::whole();
    let config = ConfigFile::without_delay(&["probe"]);
    let mut flags = vec!["--host-proc", proc.path(), "--host-name", "test-host"];
    flags.extend(config.flags());
    let server = Server::start_with(&flags, &[]).await;
    let mut socket = Socket::json(server.address).await;
    let mut compact = Socket::open(server.address, Some(BINARY)).await;
    compact.binary_metrics().await;
    let of_memory = |alert: &Value| alert["subject"] == "memory";
    proc.write("meminfo", b"rubbish");
    let fired = socket.alert_where("memory fires", of_memory).await;
    let time = fired["time"].as_i64().unwrap();
    let expected = json!({
        "type": "alert",
        "change": "fired",
        "time": time,
        "rule": "probe",
        "labels": { "host": "test-host", "probe": "memory" },
        "severity": "warning",
        "component": "probes",
        "subject": "memory",
        "value": 0.0,
        "threshold": 1.0,
        "unit": "count",
        "message": fired["message"],
        "since": time,
        "fired": time,
        "resolved": null,
        "no_data": false,
        "suppressed": false,
    });
    assert_eq!(fired, expected);
    assert!(fired["message"].as_str().unwrap().contains("meminfo: MemTotal is missing"), "{fired}");

    proc.restore("meminfo");
    let resolved = socket.alert_where("memory is over", of_memory).await;
    let over = resolved["time"].as_i64().unwrap();
    assert!(over > time, "{resolved}");
    assert_eq!(
        (&resolved["change"], &resolved["since"], &resolved["fired"], &resolved["resolved"]),
        (&json!("resolved"), &json!(time), &json!(time), &json!(over)),
    );
    // No other messages were sent, and the page gets the same.
    socket.in_a_row(2).await;
    let received: Vec<_> = socket.alerts.iter().filter(|alert| of_memory(alert)).collect();
    assert_eq!(received, [&fired, &resolved]);
    while compact.binary_metrics().await.batch.time.millis() <= over {}
    assert_eq!(compact.alerts.iter().filter(|alert| of_memory(alert)).collect::<Vec<_>>(), received);
    // A later connection does not get past alerts.
    let mut late = Socket::json(server.address).await;
    late.in_a_row(2).await;
    assert!(!late.alerts.iter().any(of_memory), "{:?}", late.alerts);
    server.stop().await;
}

#[tokio::test]
async fn alerts_survive_a_restart_and_do_not_fire_again() {
    let folder = tempfile::tempdir().unwrap();
    let config = ConfigFile::with(ALWAYS);
    let flags = config.flags_with_data(&folder);
    let mut server = Server::start_with(&flags, &[]).await;
    server.logged("alert fired").await;
    let before = alerts(&server, "").await;
    let of_rule = |alert: &&Value| alert["message"].as_str().unwrap().starts_with("Some memory: ");
    let before = before.iter().find(of_rule).unwrap()["timestamp"].clone();
    server.stop().await;

    let server = Server::start_with(&flags, &[]).await;
    Socket::json(server.address).await.in_a_row(2).await;
    let after = alerts(&server, "").await;
    assert_eq!(after.iter().find(of_rule).unwrap()["timestamp"], before);
    let finished = server.stop().await;
    assert!(!finished.stderr.contains("alert fired"), "{}", finished.stderr);

    // Without its rule the alert is resolved and in the history.
    let server = Server::start_with(&flags[..2], &[]).await;
    Socket::json(server.address).await.in_a_row(2).await;
    assert_eq!(alerts(&server, "").await.iter().find(of_rule), None);
    let past = alerts(&server, "?history=true").await;
    assert_eq!(past.iter().find(of_rule).unwrap()["timestamp"], before);
    server.stop().await;

    let server = Server::start_with(&flags[..2], &[]).await;
    let past = alerts(&server, "?history=true").await;
    assert_eq!(past.iter().find(of_rule).unwrap()["timestamp"], before, "the past is remembered too");
    server.stop().await;
}

#[tokio::test]
async fn damaged_alert_files_are_quarantined() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("alerts.json"), "rubbish").unwrap();
    std::fs::write(folder.path().join("alerts-past.jsonl"), "{\n\u{0}\n").unwrap();
    let server = Server::start_with(&["--data-dir", folder.path().to_str().unwrap()], &[]).await;
    assert_eq!(std::fs::read_to_string(folder.path().join("alerts.json.damaged")).unwrap(), "rubbish");
    assert_eq!(alerts(&server, "?history=true").await, Vec::<Value>::new());
    let finished = server.stop().await;
    assert!(finished.stderr.contains("alerts.json.damaged"), "{}", finished.stderr);
    assert!(finished.stderr.contains("invalid alert history lines skipped"), "{}", finished.stderr);
}

#[tokio::test]
async fn rules_are_listed_with_their_origin() {
    let config =
        ConfigFile::with(&format!("{ALWAYS}[[rules]]\nid = 'disk'\nwarning = 0.5\nrecovery = 0.4\n"));
    let server = Server::start_with(&config.flags(), &[]).await;
    Socket::json(server.address).await.in_a_row(2).await;
    let rules = data(server.address, "/api/admin/rules").await;
    let rule = |id: &str| rules.as_array().unwrap().iter().find(|rule| rule["id"] == id).unwrap().clone();
    assert_eq!((&rule("disk")["warning"], &rule("disk")["origin"]), (&json!(0.5), &json!("file")));
    assert_eq!((&rule("cpu")["warning"], &rule("cpu")["locked"]), (&json!(0.8), &json!(false)));
    let own = rule("some-memory");
    assert_eq!((&own["origin"], &own["locked"], &own["firing"]), (&json!("file"), &json!(true), &json!(1)));
    for rule in rules.as_array().unwrap().iter().filter(|rule| rule["origin"] == "stock") {
        assert!(rule["summary"].is_string() && rule["action"].is_string(), "{rule}");
    }
    server.stop().await;
}

#[tokio::test]
async fn rules_are_previewed_over_past_data() {
    let server = Server::start().await;
    Socket::json(server.address).await.in_a_row(3).await;
    let preview = async |body: &str| post(server.address, "/api/admin/rules/preview", body).await;
    let rule = |level: f64| json!({ "id": "x", "name": "Memory", "metric": "host_memory_used_ratio", "component": "memory", "warning": level });
    let found = preview(&rule(0.0001).to_string()).await;
    assert_eq!(found.status, 200, "{}", found.text());
    let found = found.json()["data"].take();
    assert_eq!((&found["count"], &found["step_seconds"]), (&json!(1), &json!(60)), "{found}");
    assert!(found["firings"][0]["message"].as_str().unwrap().starts_with("Memory: "), "{found}");
    assert_eq!(found["firings"][0]["end"], Value::Null, "{found}");
    let none = preview(&rule(0.9999).to_string()).await.json()["data"].take();
    assert_eq!((&none["count"], &none["messages"]), (&json!(0), &json!(0)), "{none}");

    for (body, expected) in [
        ("", "Invalid rule: the JSON is empty"),
        ("{}", "id is missing"),
        (r#"{"id":"x","name":"n","metric":"m","component":"c"}"#, "rule \"x\""),
        (
            r#"{"id":"x","name":"n","metric":"nothing_such","component":"c","warning":1}"#,
            "Unknown metric \"nothing_such\"",
        ),
    ] {
        let answer = preview(body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.text().contains(&expected.replace('"', "\\\"")), "{body}: {}", answer.text());
    }
    server.stop().await;
}

#[tokio::test]
async fn alerts_mark_only_the_charts_of_their_series() {
    let config = ConfigFile::with(ALWAYS);
    let server = Server::start_with(&config.flags(), &[]).await;
    let mut socket = Socket::json(server.address).await;
    for path in ["/api/fn/alerts?window_seconds=300", "/api/fn/snapshot?window_seconds=300&rows=2"] {
        let (firing, marks) = within("a mark", async {
            loop {
                let answer = get(server.address, path).await.json();
                let alerts = answer.get("alerts").unwrap_or(&answer);
                let is_of_memory =
                    |mark: &&Value| mark["text"].as_str().unwrap().starts_with("Some memory: ");
                let marks = alerts["marks"].as_array().unwrap().iter().filter(is_of_memory);
                let marks: Vec<Value> = marks.cloned().collect();
                if !marks.is_empty() {
                    return (alerts["firing"].clone(), marks);
                }
                socket.in_a_row(1).await;
            }
        })
        .await;
        assert!(firing.as_u64().unwrap() >= 1, "{path}: {firing}");
        let [mark] = &marks[..] else { panic!("{path}: {marks:?}") };
        assert_eq!(
            (&mark["panel"], &mark["severity"], &mark["end"]),
            (&json!("memory"), &json!("critical"), &Value::Null)
        );
        assert_eq!(mark["start"].as_i64().unwrap() % 1000, 0, "{mark}");
    }
    server.stop().await;
}

#[tokio::test]
async fn pending_alerts_are_listed_with_their_firing_time() {
    let config = ConfigFile::with(&format!("{ALWAYS}for_seconds = 3600\n"));
    let server = Server::start_with(&config.flags(), &[]).await;
    Socket::json(server.address).await.in_a_row(2).await;
    let pending = data(server.address, "/api/admin/system/alerts/?pending=true").await;
    assert_eq!(pending["type"], "pending");
    let mut rows = pending["alerts"].as_array().unwrap().iter();
    let row = rows.find(|alert| alert["rule"] == "some-memory").unwrap();
    assert_eq!(
        (&row["state"], &row["severity"], &row["acknowledged_by"]),
        (&json!("pending"), &json!("critical"), &Value::Null)
    );
    let moment = |field: &str| {
        let text = row[field].as_str().unwrap();
        parse_rfc3339(text).unwrap().millis()
    };
    assert_eq!(moment("fires_at") - moment("timestamp"), 3_600_000, "{row}");
    assert!(!alerts(&server, "").await.iter().any(|alert| alert["rule"] == "some-memory"));
    let page = get(server.address, "/alerts").await.html();
    assert!(page.contains(">Pending</h2>") && page.contains("Some memory"), "{page}");
    let other = get(server.address, "/alerts?rule=cpu").await.html();
    assert!(!other.contains(">Pending</h2>"), "{other}");
    let both = get(server.address, "/api/admin/system/alerts/?pending=true&history=true").await;
    assert!(both.error("bad_parameter").contains("only one of them"));
    server.stop().await;
}

#[tokio::test]
async fn health_and_charts_follow_rule_thresholds() {
    let config = ConfigFile::with("[[rules]]\nid = 'memory'\nwarning = 0.0001\nrecovery = 0.0001\n");
    let server = Server::start_with(&config.flags(), &[]).await;
    Socket::json(server.address).await.in_a_row(2).await;
    let health = data(server.address, "/api/admin/system/health/?detailed=true").await;
    assert_eq!(health["components"]["memory"], "critical", "{health}");
    let threshold = health["metrics"]["memory"]["threshold"].as_f64().unwrap();
    assert!((threshold - 0.01).abs() < 1e-9, "{threshold}");
    let received = get(server.address, "/api/fn/alerts?window_seconds=300").await.json();
    let levels: Vec<&Value> =
        received["marks"].as_array().unwrap().iter().filter(|mark| !mark["value"].is_null()).collect();
    assert!(!levels.is_empty(), "{received}");
    for level in levels {
        assert!(
            level["text"].as_str().unwrap().contains("above")
                || level["text"].as_str().unwrap().contains("below")
        );
        assert_eq!((&level["start"], &level["end"]), (&json!(0), &Value::Null));
    }
    server.stop().await;
}
