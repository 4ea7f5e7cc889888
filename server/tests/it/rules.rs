//! Changes of rules at runtime: validation, effect on alerts and notifications, and persistence.

use crate::notifications::Receiver;
use crate::support::{ConfigFile, Response, Server, Socket, data, post, request, send};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tempfile::TempDir;

const RULES: &str = "/api/admin/rules";

/// A rule that always fires on this machine.
fn always(id: &str) -> Value {
    json!({ "id": id, "name": "Some memory", "metric": "host_memory_used_ratio", "component": "memory", "critical": 0.0001 })
}

async fn put(address: SocketAddr, id: &str, rule: &Value) -> Response {
    send(address, "PUT", &format!("{RULES}/{id}"), &rule.to_string()).await
}

async fn enable(address: SocketAddr, id: &str, enabled: bool) -> Response {
    let body = json!({ "enabled": enabled }).to_string();
    send(address, "PUT", &format!("{RULES}/{id}/enabled"), &body).await
}

async fn remove(address: SocketAddr, id: &str) -> Response {
    request(address, "DELETE", &format!("{RULES}/{id}"), &[]).await
}

/// The data of a response that must be successful.
fn ok_data(answer: &Response) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].take()
}

async fn rule(address: SocketAddr, id: &str) -> Value {
    data(address, &format!("{RULES}/{id}")).await
}

fn flags(folder: &TempDir) -> [&str; 2] {
    ["--data-dir", folder.path().to_str().unwrap()]
}

/// The active alerts of this rule.
async fn firing(address: SocketAddr, id: &str) -> Vec<Value> {
    let mut found = data(address, "/api/admin/system/alerts/").await;
    let alerts = found["alerts"].as_array_mut().unwrap().drain(..);
    alerts.filter(|alert| alert["rule"] == id).collect()
}

#[tokio::test]
async fn rules_are_edited_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(&flags(&folder), &[]).await;
    let address = server.address;
    Socket::json(address).await.in_a_row(1).await;

    let made = ok_data(&post(address, RULES, &always("mine").to_string()).await);
    assert_eq!(
        (&made["source"], &made["locked"], &made["firing"]),
        (&json!("custom"), &json!(false), &json!(0))
    );
    // The id may be omitted in the body where the URL has it.
    let mut nameless = always("other");
    nameless.as_object_mut().unwrap().remove("id");
    assert_eq!(ok_data(&put(address, "other", &nameless).await)["id"], "other");
    assert_eq!(ok_data(&enable(address, "other", false).await)["enabled"], false);

    // In an override of a built-in rule missing fields keep their default, and null removes a field.
    let disk = ok_data(&put(address, "disk", &json!({ "warning": 0.5, "recovery": null })).await);
    assert_eq!(
        (&disk["origin"], &disk["warning"], &disk["recovery"], &disk["subject_label"]),
        (&json!("changed"), &json!(0.5), &Value::Null, &json!("mountpoint"))
    );
    // Renamed fields are accepted under both names; answers have the former one.
    let steps = [json!({ "next_steps": "Run df." }), json!({ "action": "Run df." })];
    let mut rows = Vec::new();
    for steps in steps {
        rows.push(ok_data(&put(address, "disk", &steps).await));
    }
    assert_eq!((&rows[0]["action"], &rows[0]["next_steps"]), (&json!("Run df."), &Value::Null));
    assert_eq!(rows[0], rows[1]);
    ok_data(&put(address, "disk", &json!({ "warning": 0.5, "recovery": null })).await);
    ok_data(&enable(address, "cpu", false).await);

    let all = data(address, RULES).await;
    Socket::json(address).await.in_a_row(2).await;
    assert_eq!(firing(address, "mine").await.len(), 1);
    assert_eq!(firing(address, "other").await.len(), 0);
    server.stop().await;

    let server = Server::start_with(&flags(&folder), &[]).await;
    let address = server.address;
    let again = data(address, RULES).await;
    let strip = |mut rules: Value| {
        let rows = rules.as_array_mut().unwrap();
        rows.iter_mut().for_each(|row| drop(row.as_object_mut().unwrap().remove("firing")));
        rules
    };
    assert_eq!(strip(again), strip(all));
    assert_eq!(rule(address, "mine").await["firing"], 1);

    // Reset to default.
    assert_eq!(ok_data(&remove(address, "disk").await), json!({ "done": true }));
    assert_eq!(rule(address, "disk").await["origin"], "stock");
    ok_data(&enable(address, "cpu", true).await);
    assert_eq!(rule(address, "cpu").await["origin"], "stock");
    ok_data(&remove(address, "mine").await);
    remove(address, "mine").await.error("no_rule");
    Socket::json(address).await.in_a_row(2).await;
    assert_eq!(firing(address, "mine").await.len(), 0);
    let finished = server.stop().await;
    assert!(finished.stderr.contains("rule was changed or removed"), "{}", finished.stderr);
}

#[tokio::test]
async fn disabling_a_rule_resolves_its_alert_until_it_is_enabled() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(&flags(&folder), &[]).await;
    let mut socket = Socket::json(server.address).await;
    socket.in_a_row(1).await;
    ok_data(&post(server.address, RULES, &always("mine").to_string()).await);
    let of_rule =
        |change: &'static str| move |alert: &Value| alert["rule"] == "mine" && alert["change"] == change;
    socket.alert_where("it fires", of_rule("fired")).await;
    ok_data(&enable(server.address, "mine", false).await);
    let over = socket.alert_where("it is over", of_rule("resolved")).await;
    assert!(over["message"].as_str().unwrap().contains("rule was changed or removed"), "{over}");
    socket.in_a_row(2).await;
    assert_eq!(firing(server.address, "mine").await.len(), 0);
    ok_data(&enable(server.address, "mine", true).await);
    let again = |alert: &Value| of_rule("fired")(alert) && alert["time"].as_i64() > over["time"].as_i64();
    socket.alert_where("it fires again", again).await;
    // A threshold that is not exceeded.
    let mut higher = always("mine");
    higher["critical"] = json!(0.9999);
    ok_data(&put(server.address, "mine", &higher).await);
    let later = over["time"].as_i64();
    let ends = |alert: &Value| of_rule("resolved")(alert) && alert["time"].as_i64() > later;
    socket.alert_where("it is over again", ends).await;
    server.stop().await;
}

#[tokio::test]
async fn invalid_changes_are_rejected_and_change_nothing() {
    let config = ConfigFile::with("[[rules]]\nid = 'memory'\nwarning = 0.99\nrecovery = 0.98\n");
    let server = Server::start_with(&config.flags(), &[]).await;
    let address = server.address;
    Socket::json(address).await.in_a_row(1).await;
    let before = data(address, RULES).await;
    let changed = |field: &str, value: Value| {
        let mut rule = always("mine");
        rule[field] = value;
        rule
    };

    let locked = put(address, "memory", &json!({ "warning": 0.5 })).await;
    assert_eq!(locked.status, 409);
    assert!(locked.error("locked").contains("[[rules]] with id = \"memory\""));
    enable(address, "memory", false).await.error("locked");
    remove(address, "memory").await.error("locked");
    let defaults = remove(address, "disk").await;
    assert_eq!(defaults.status, 409);
    assert!(defaults.error("stock").contains("enabled = false"));
    let taken = post(address, RULES, &always("disk").to_string()).await;
    assert_eq!(taken.status, 409);
    assert!(taken.error("taken").contains("\"disk\""));
    for answer in [enable(address, "none", true).await, remove(address, "none").await] {
        assert_eq!(answer.status, 404);
        assert!(answer.error("no_rule").contains("\"none\""));
    }
    assert_eq!(request(address, "GET", "/api/admin/rules/none", &[]).await.status, 404);

    for (rule, code, expected) in [
        (changed("metric", json!("nothing_such")), "bad_rule", "unknown metric \"nothing_such\""),
        (changed("critical", json!(null)), "bad_rule", "a threshold or no_data_seconds"),
        (changed("name", json!("")), "bad_rule", "name: must not be empty"),
        (changed("id", json!("another")), "bad_parameter", "id: must be \"mine\""),
        (changed("id", json!(3)), "bad_parameter", "id: must be \"mine\""),
        (
            json!({ "action": "a", "next_steps": "b" }),
            "bad_parameter",
            "`next_steps` and its former name `action` are both set",
        ),
        (changed("unheard_of", json!(3)), "bad_parameter", "unknown field unheard_of: known are id"),
        (changed("critical", json!("high")), "bad_parameter", "critical is \"high\": must be a number"),
        (changed("aggregation", json!("increase")), "bad_rule", "window_seconds"),
        (json!({ "critical": 1 }), "bad_parameter", "name is missing"),
        (json!([1]), "bad_parameter", "Invalid rule"),
    ] {
        let answer = put(address, "mine", &rule).await;
        assert_eq!(answer.status, 400, "{rule}");
        let message = answer.error(code);
        assert!(message.contains(expected), "{rule}: {message}");
    }
    let growth = json!({ "aggregation": "increase", "window_seconds": 60 });
    let increase = put(address, "disk", &growth).await.error("bad_rule");
    assert!(increase.contains("increase needs a counter"), "{increase}");
    // A built-in rule whose metric does not exist here can be changed as well.
    ok_data(&put(address, "cache-hit-rate", &json!({ "warning": 0.7 })).await);
    ok_data(&remove(address, "cache-hit-rate").await);

    post(address, RULES, &json!({ "name": "x" }).to_string()).await.error("bad_parameter");
    put(address, "Upper", &always("Upper")).await.error("bad_rule");
    let long = changed("summary", json!("x".repeat(70_000)));
    assert_eq!(put(address, "mine", &long).await.status, 413);
    let kind = [("Content-Type", "text/plain"), ("Content-Length", "2")];
    assert_eq!(request(address, "PUT", "/api/admin/rules/mine", &kind).await.status, 415);
    let enabled = send(address, "PUT", "/api/admin/rules/disk/enabled", "{}").await;
    assert!(enabled.error("bad_parameter").contains("enabled is missing"));
    assert_eq!(request(address, "PATCH", "/api/admin/rules/disk", &[]).await.status, 405);
    assert_eq!(data(address, RULES).await, before);
    server.stop().await;
}

#[tokio::test]
async fn changes_that_cannot_be_saved_are_not_applied() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(&flags(&folder), &[]).await;
    Socket::json(server.address).await.in_a_row(1).await;
    let before = data(server.address, RULES).await;
    // A directory in place of the temporary file makes the write fail.
    std::fs::create_dir(folder.path().join("rules.json.new")).unwrap();
    let answer = put(server.address, "mine", &always("mine")).await;
    assert_eq!(answer.status, 507);
    assert!(answer.error("not_kept").contains("cannot save the rules in the data directory"));
    assert_eq!(data(server.address, RULES).await, before);
    std::fs::remove_dir(folder.path().join("rules.json.new")).unwrap();
    ok_data(&put(server.address, "mine", &always("mine")).await);
    server.stop().await;
}

#[tokio::test]
async fn unparsable_rules_are_named_and_others_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.json");
    let bad = json!({ "id": "bad", "name": "x" });
    let kept = json!({ "version": 1, "rules": [bad, always("mine")], "changed": [{ "id": "gone" }] });
    std::fs::write(&path, kept.to_string()).unwrap();
    let server = Server::start_with(&flags(&folder), &[]).await;
    assert_eq!(rule(server.address, "mine").await["origin"], "own");
    assert_eq!(request(server.address, "GET", "/api/admin/rules/bad", &[]).await.status, 404);
    ok_data(&enable(server.address, "mine", false).await);
    let finished = server.stop().await;
    for part in ["invalid rule skipped", "rule=\"bad\"", "missing field", "rule=\"gone\""] {
        assert!(finished.stderr.contains(part), "{part}: {}", finished.stderr);
    }
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"bad\"") && text.contains("\"gone\""), "{text}");

    std::fs::write(&path, "rubbish").unwrap();
    let server = Server::start_with(&flags(&folder), &[]).await;
    assert_eq!(request(server.address, "GET", "/api/admin/rules/mine", &[]).await.status, 404);
    assert_eq!(std::fs::read_to_string(folder.path().join("rules.json.damaged")).unwrap(), "rubbish");
    assert!(server.stop().await.stderr.contains("rules.json.damaged"));
}

#[tokio::test]
async fn removing_a_rule_sends_resolved_notifications() {
    let receiver = Receiver::new().await;
    let config = ConfigFile::with(&format!(
        "[notifications]\ngroup_wait_seconds = 0\n\
         [[notifications.routes]]\nname = 'memory'\nchannels = ['hook']\n\
         matchers = [{{ label = 'rule', operator = '=', value = 'mine' }}]\n\
         [[notifications.routes]]\nname = 'nobody'\nchannels = []\n\
         [channels.hook]\nkind = 'webhook'\nurl = '{}'\n",
        receiver.url()
    ));
    let server = Server::start_with(&config.flags(), &[]).await;
    let mut socket = Socket::json(server.address).await;
    socket.in_a_row(1).await;
    let mut rule = always("mine");
    rule["summary"] = json!("As it was first.");
    // The texts of a rule are known before it fires.
    ok_data(&post(server.address, RULES, &rule.to_string()).await);
    let fired = receiver.request().await.accept().await;
    assert!(fired["lines"].to_string().contains("As it was first."), "{fired}");

    // A change of texts keeps the alert and sends no notification.
    (rule["summary"], rule["name"]) = (json!("As it is now."), json!("Much memory"));
    ok_data(&put(server.address, "mine", &rule).await);
    socket.in_a_row(2).await;
    assert!(
        firing(server.address, "mine").await[0]["message"].as_str().unwrap().starts_with("Much memory: ")
    );
    ok_data(&remove(server.address, "mine").await);
    let over = receiver.request().await.accept().await;
    let title = over["title"].as_str().unwrap();
    assert!(title.starts_with("[RESOLVED] ") && title.contains("rule was changed or removed"), "{over}");

    ok_data(&post(server.address, RULES, &rule.to_string()).await);
    let again = receiver.request().await.accept().await;
    assert!(again["lines"].to_string().contains("As it is now."), "{again}");
    server.stop().await;
}

#[tokio::test]
async fn overrides_of_built_in_rules_can_be_previewed() {
    let server = Server::start().await;
    Socket::json(server.address).await.in_a_row(3).await;
    let body = json!({ "id": "memory", "warning": 0.0001, "recovery": null, "for_seconds": 0 });
    let found = ok_data(&post(server.address, "/api/admin/rules/preview", &body.to_string()).await);
    assert_eq!(found["count"], 1, "{found}");
    server.stop().await;
}
