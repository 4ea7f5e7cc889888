//! Two servers with the same Redis: rules created, changed, disabled and removed on one are replicated to the other.

use crate::support::{ConfigFile, Server, data, post, request, send, until};
use serde_json::{Value, json};
use std::net::SocketAddr;
use watchglass_test_servers::RedisServer;

const RULES: &str = "/api/admin/rules";
const KEY: &str = "{watchglass}:alerts:rules";

/// A rule that always fires on this machine.
fn always(id: &str, level: f64) -> Value {
    json!({ "id": id, "name": "Some memory", "metric": "host_memory_used_ratio", "component": "memory", "critical": level })
}

async fn start(redis: &RedisServer, host: &str, config: Option<&ConfigFile>) -> Server {
    let url = redis.url();
    let mut flags = vec!["--redis-url", &url, "--host-name", host];
    flags.extend(config.iter().flat_map(|config| config.flags()));
    Server::start_with(&flags, &[]).await
}

async fn put(address: SocketAddr, path: &str, body: &Value) {
    let answer = send(address, "PUT", &format!("{RULES}/{path}"), &body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn remove(address: SocketAddr, id: &str) {
    let answer = request(address, "DELETE", &format!("{RULES}/{id}"), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// The rule as a server lists it; `null` if it has none.
async fn rule(server: &Server, id: &str) -> Value {
    let all = data(server.address, RULES).await;
    all.as_array().unwrap().iter().find(|rule| rule["id"] == id).cloned().unwrap_or_default()
}

async fn fires(server: &Server, id: &str, host: &str) -> bool {
    let active = data(server.address, "/api/admin/system/alerts/").await;
    let mut alerts = active["alerts"].as_array().unwrap().iter();
    alerts.any(|alert| alert["rule"] == id && alert["labels"]["host"] == host)
}

#[tokio::test]
async fn changes_are_replicated_except_for_configured_rules() {
    let redis = RedisServer::start(&[]).unwrap();
    let config = ConfigFile::with("[[rules]]\nid = 'memory'\nwarning = 0.99\nrecovery = 0.98\n");
    let one = start(&redis, "one", None).await;
    let mut two = start(&redis, "two", Some(&config)).await;
    let made = post(one.address, RULES, &always("mine", 0.0001).to_string()).await;
    assert_eq!(made.status, 200, "{}", made.text());
    until("the rule on the other", &two, async || rule(&two, "mine").await["origin"] == "own").await;
    for host in ["one", "two"] {
        until("it fires on both", &two, async || fires(&two, "mine", host).await).await;
    }

    put(two.address, "mine", &always("mine", 0.9999)).await;
    until("the change", &one, async || rule(&one, "mine").await["critical"] == 0.9999).await;
    put(one.address, "cpu/enabled", &json!({ "enabled": false })).await;
    until("the switch", &two, async || rule(&two, "cpu").await["enabled"] == false).await;
    put(one.address, "memory", &json!({ "warning": 0.5, "recovery": null })).await;
    put(one.address, "disk", &json!({ "warning": 0.5, "recovery": null })).await;
    until("what came later", &two, async || rule(&two, "disk").await["origin"] == "changed").await;
    let memory = rule(&two, "memory").await;
    assert_eq!((&memory["origin"], &memory["warning"]), (&json!("file"), &json!(0.99)));
    remove(two.address, "mine").await;
    until("its end", &one, async || rule(&one, "mine").await == Value::Null).await;
    remove(one.address, "disk").await;
    until("as it came", &two, async || rule(&two, "disk").await["origin"] == "stock").await;

    // An invalid rule is logged and ignored.
    redis.run(&["HSET", KEY, "bad", r#"{"stamp":{"time":1,"server":"x"},"rule":{"id":"bad"}}"#]);
    put(one.address, "cpu/enabled", &json!({ "enabled": true })).await;
    two.logged("invalid rule of peer skipped").await;
    until("the switch", &two, async || rule(&two, "cpu").await["origin"] == "stock").await;
    assert_eq!(rule(&two, "bad").await, Value::Null);
    one.stop().await;
    let finished = two.stop().await;
    assert_eq!(finished.stderr.matches("invalid rule of peer skipped").count(), 1, "{}", finished.stderr);
    assert!(finished.stderr.contains("rule=\"bad\""), "{}", finished.stderr);
}

#[tokio::test]
async fn changes_without_redis_are_replicated_when_it_is_back_empty() {
    let mut redis = RedisServer::start(&[]).unwrap();
    let mut one = start(&redis, "one", None).await;
    let mut two = start(&redis, "two", None).await;
    for id in ["stays", "goes"] {
        post(one.address, RULES, &always(id, 0.9999).to_string()).await;
        until("the rule on the other", &two, async || rule(&two, id).await["origin"] == "own").await;
    }
    redis.kill();
    for server in [&mut one, &mut two] {
        server.logged("alert sync failed").await;
    }
    remove(two.address, "goes").await;
    put(one.address, "stays", &always("stays", 0.9998)).await;
    post(two.address, RULES, &always("new", 0.9999).to_string()).await;
    redis.restart();
    for server in [&one, &two] {
        until("all that was changed", server, async || {
            rule(server, "goes").await == Value::Null
                && rule(server, "stays").await["critical"] == 0.9998
                && rule(server, "new").await["origin"] == "own"
        })
        .await;
    }
    one.stop().await;
    two.stop().await;
}
