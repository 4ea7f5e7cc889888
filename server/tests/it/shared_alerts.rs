//! Two servers that monitor the same Redis and share their alerts through another one: only one of them notifies.

use crate::notifications::Receiver;
use crate::support::{ConfigFile, Server, Socket, data, get, post, request, until};
use serde_json::{Value, json};
use watchglass_test_servers::RedisServer;

/// The shared Redis, the monitored Redis, and the receiver of notifications.
struct World {
    shared: RedisServer,
    watched: RedisServer,
    receiver: Receiver,
    config: ConfigFile,
}

impl World {
    async fn new() -> Self {
        let receiver = Receiver::new().await;
        let address = receiver.0.local_addr().unwrap();
        let config = ConfigFile::with(&format!(
            "[[rules]]\nid = 'redis-down'\nfor_seconds = 0\n[notifications]\ngroup_wait_seconds = 0\ninhibit_settle_seconds = 0\n\
             [[notifications.routes]]\nname = 'redis'\nchannels = ['hook']\n\
             matchers = [{{ label = 'rule', operator = '=', value = 'redis-down' }}]\n\
             [[notifications.routes]]\nname = 'nobody'\nchannels = []\n\
             [channels.hook]\nkind = 'webhook'\nurl = 'http://{address}/hook'\n"
        ));
        Self {
            shared: RedisServer::start(&[]).unwrap(),
            watched: RedisServer::start(&[]).unwrap(),
            receiver,
            config,
        }
    }

    async fn server(&self, host: &str) -> Server {
        let (shared, watched) = (self.shared.url(), self.watched.url());
        let mut flags = vec!["--redis-url", &shared, "--redis-targets", &watched, "--host-name", host];
        flags.extend(self.config.flags());
        Server::start_with(&flags, &[]).await
    }

    /// Two servers that have both seen the monitored Redis up, and know of each other.
    async fn pair(&self) -> [Server; 2] {
        let pair = [self.server("one").await, self.server("two").await];
        for server in &pair {
            let is_up = |values: &Value| {
                let mut values = values.as_object().unwrap().iter();
                values.any(|(key, value)| {
                    key.starts_with("up{") && key.contains("redis:") && *value == json!(1.0)
                })
            };
            Socket::json(server.address).await.metrics_where("Redis is up", is_up).await;
        }
        until("both speak", &pair[0], async || {
            self.shared.run(&["ZCARD", "{watchglass}:alerts:servers"]) == "2"
        })
        .await;
        pair
    }

    /// The title of the next notification.
    async fn title(&self) -> String {
        self.receiver.request().await.accept().await["title"].as_str().unwrap().to_owned()
    }
}

/// The alerts of the monitored Redis that a server lists, sorted by host.
async fn alerts(server: &Server) -> Vec<Value> {
    let mut found = data(server.address, "/api/admin/system/alerts/").await["alerts"].take();
    let mut found = std::mem::take(found.as_array_mut().unwrap());
    found.retain(|alert| alert["rule"] == "redis-down");
    found.sort_by_key(|alert| alert["labels"]["host"].as_str().unwrap().to_owned());
    found
}

async fn lists(server: &Server, hosts: &[&str]) {
    until("the alerts of both", server, async || {
        let found = alerts(server).await;
        found.iter().map(|alert| alert["labels"]["host"].as_str().unwrap()).collect::<Vec<_>>() == hosts
    })
    .await;
}

async fn delivered(server: &Server) -> u64 {
    data(server.address, "/api/admin/deliveries").await["counts"]["delivered"].as_u64().unwrap()
}

#[tokio::test]
async fn alerts_of_both_are_notified_once_and_resolved_by_the_survivor() {
    let mut world = World::new().await;
    let [one, two] = world.pair().await;
    world.watched.kill();
    let title = world.title().await;
    assert!(title.contains("is down") && !title.starts_with("Over"), "{title}");
    for server in [&one, &two] {
        lists(server, &["one", "two"]).await;
    }
    // Acknowledging the alert of the other server acknowledges it on both.
    let note = json!({ "rule": "redis-down", "labels": alerts(&one).await[1]["labels"], "who": "ada", "why": "known" });
    let noted = post(one.address, "/api/admin/alerts/acknowledge", &note.to_string()).await;
    assert_eq!(noted.status, 200, "{}", noted.text());
    for server in [&one, &two] {
        until("acknowledged", server, async || {
            alerts(server).await.iter().all(|alert| alert["acknowledged_by"] == "ada")
        })
        .await;
    }

    // The notification is recorded in the shared log, so that the other server does not repeat it.
    until("delivered", &one, async || delivered(&one).await + delivered(&two).await == 1).await;
    until("recorded", &one, async || {
        world.shared.run(&["GET", "{watchglass}:alerts:ledger"]).contains(r#""told":{"severity":"critical""#)
    })
    .await;
    let (notifier, other) = if delivered(&one).await == 1 { (one, two) } else { (two, one) };
    notifier.kill().await;
    world.watched.restart();
    let title = world.title().await;
    assert!(
        title.starts_with("[RESOLVED] "),
        "it was told once that it began, and now that it is over: {title}"
    );
    lists(&other, &[]).await;
    // The alert history of stopped servers is available, too.
    until("the past in Redis", &other, async || {
        let keys = world.shared.run(&["KEYS", "{watchglass}:alerts:past:*"]);
        keys.lines().any(|key| world.shared.run(&["GET", key]).contains("redis-down"))
    })
    .await;
    other.stop().await;
    let third = world.server("three").await;
    until("the past", &third, async || {
        let found = data(third.address, "/api/admin/system/alerts/?history=true&limit=1000").await;
        found["alerts"]
            .as_array()
            .unwrap()
            .iter()
            .any(|alert| alert["rule"] == "redis-down" && alert["labels"]["host"] != "three")
    })
    .await;
    third.stop().await;
}

#[tokio::test]
async fn silences_are_replicated_both_ways() {
    let mut world = World::new().await;
    let [one, two] = world.pair().await;
    let silence = json!({
        "id": "works", "author": "ada", "reason": "moving",
        "matchers": [{ "label": "rule", "operator": "=", "value": "redis-down" }],
    });
    let added = post(one.address, "/api/admin/silences", &silence.to_string()).await;
    assert_eq!(added.status, 200, "{}", added.text());
    until("the silence on the other", &two, async || {
        data(two.address, "/api/admin/silences").await[0]["id"] == "works"
    })
    .await;
    world.watched.kill();
    for server in [&one, &two] {
        lists(server, &["one", "two"]).await;
        assert!(alerts(server).await.iter().all(|alert| alert["silenced_by"] == "works"));
    }
    assert_eq!((delivered(&one).await, delivered(&two).await), (0, 0));
    let ended = request(two.address, "DELETE", "/api/admin/silences/works", &[]).await;
    assert_eq!(ended.status, 200, "{}", ended.text());
    let title = world.title().await;
    assert!(title.contains("is down"), "{title}");
    until("the end of the silence on the other", &one, async || {
        alerts(&one).await.iter().all(|alert| alert["silenced_by"].is_null())
    })
    .await;
    world.watched.restart();
    let title = world.title().await;
    assert!(title.starts_with("[RESOLVED] "), "{title}");
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn without_redis_both_notify_and_changes_sync_afterwards() {
    let mut world = World::new().await;
    let [mut one, mut two] = world.pair().await;
    world.shared.kill();
    for server in [&mut one, &mut two] {
        server.logged("alert sync failed").await;
    }
    world.watched.kill();
    for _ in 0..2 {
        let title = world.title().await;
        assert!(title.contains("is down") && !title.starts_with("Over"), "{title}");
    }
    lists(&one, &["one"]).await;
    let silence = json!({
        "id": "works", "author": "ada", "reason": "moving",
        "matchers": [{ "label": "component", "operator": "=", "value": "nothing" }],
    });
    let added = post(one.address, "/api/admin/silences", &silence.to_string()).await;
    assert_eq!(added.status, 200, "{}", added.text());
    // Redis restarts empty.
    world.shared.restart();
    one.logged("alert sync restored").await;
    until("the silence on the other", &two, async || {
        data(two.address, "/api/admin/silences").await[0]["id"] == "works"
    })
    .await;
    lists(&one, &["one", "two"]).await;
    world.watched.restart();
    let title = world.title().await;
    assert!(title.starts_with("[RESOLVED] "), "{title}");
    one.stop().await;
    let finished = two.stop().await;
    assert_eq!(finished.stderr.matches("alert sync failed").count(), 1, "{}", finished.stderr);
}

#[tokio::test]
async fn alerts_of_one_server_are_shown_by_the_other() {
    let world = World::new().await;
    let [one, two] = world.pair().await;
    let mut socket = Socket::json(two.address).await;
    // Both have the rule, but only one has a matching series.
    let rule = json!({
        "id": "mine", "name": "Some memory", "metric": "host_memory_used_ratio", "component": "memory",
        "critical": 0.0001, "matchers": [{ "label": "host", "operator": "=", "value": "one" }],
    });
    let before = shown(&two).await.0;
    let made = post(one.address, "/api/admin/rules", &rule.to_string()).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let of_rule =
        |change: &'static str| move |alert: &Value| alert["rule"] == "mine" && alert["change"] == change;
    let fired = socket.alert_where("it fires on the other", of_rule("fired")).await;
    assert_eq!(fired["labels"]["host"], "one");
    let message = fired["message"].as_str().unwrap();
    assert!(message.starts_with("one: Some memory: "), "{message}");
    // The alert is listed as soon as it is announced, and marked as soon as the rule is replicated.
    assert_eq!(shown(&two).await.0, before + 1);
    until("the mark", &two, async || {
        shown(&two).await.1.iter().any(|text| text.starts_with("one: Some memory: "))
    })
    .await;
    assert_eq!(shown(&one).await.1.len(), 1);
    let page = get(two.address, "/alerts").await.html();
    assert!(page.contains("Some memory: "), "{page}");

    let note = json!({ "rule": "mine", "labels": fired["labels"], "who": "ada", "why": "known" });
    let noted = post(two.address, "/api/admin/alerts/acknowledge", &note.to_string()).await;
    assert_eq!(noted.status, 200, "{}", noted.text());
    for server in [&one, &two] {
        until("acknowledged", server, async || {
            let found = data(server.address, "/api/admin/system/alerts/").await;
            let mut alerts = found["alerts"].as_array().unwrap().iter();
            alerts.any(|alert| alert["rule"] == "mine" && alert["acknowledged_by"] == "ada")
        })
        .await;
    }
    let removed = request(two.address, "DELETE", "/api/admin/rules/mine", &[]).await;
    assert_eq!(removed.status, 200, "{}", removed.text());
    socket.alert_where("it is over on the other", of_rule("resolved")).await;
    assert_eq!(shown(&two).await.0, before);
    one.stop().await;
    two.stop().await;
}

/// The alert count on the pages of a server, and the texts of the memory marks on its charts.
async fn shown(server: &Server) -> (u64, Vec<String>) {
    let received = get(server.address, "/api/fn/alerts?window_seconds=300").await.json();
    let marks = received["marks"].as_array().unwrap().iter().filter(|mark| mark["value"].is_null());
    let texts = marks.map(|mark| mark["text"].as_str().unwrap().to_owned());
    (received["firing"].as_u64().unwrap(), texts.filter(|text| text.contains("Some memory")).collect())
}
