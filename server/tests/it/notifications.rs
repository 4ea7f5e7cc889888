//! Notifications to a real webhook, delivered once, even if the server is killed while sending.

use crate::support::{ConfigFile, Server, Socket, data, post, request, within};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use watchglass_test_servers::wait_until;

/// Webhook receiver.
pub(crate) struct Receiver(pub(crate) TcpListener);

/// A webhook request that is not answered yet.
pub(crate) struct WebhookRequest {
    key: String,
    body: Value,
    stream: TcpStream,
}

impl Receiver {
    pub(crate) async fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    /// URL of the receiver.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.0.local_addr().unwrap())
    }

    /// Configuration with a rule that always fires on this machine, and a channel to this receiver.
    pub(crate) fn config(&self) -> ConfigFile {
        self.config_with("")
    }

    /// The same with further settings of the channel.
    pub(crate) fn config_with(&self, settings: &str) -> ConfigFile {
        ConfigFile::with(&format!(
            "[[rules]]\nid = 'some-memory'\nname = 'Some memory'\nmetric = 'host_memory_used_ratio'\n\
             component = 'memory'\ncritical = 0.0001\nsummary = 'It is used.'\naction = 'Be glad.'\n\
             [notifications]\ngroup_wait_seconds = 0\n\
             [[notifications.routes]]\nname = 'memory'\nchannels = ['hook']\n\
             matchers = [{{ label = 'rule', operator = '=', value = 'some-memory' }}]\n\
             [[notifications.routes]]\nname = 'nobody'\nchannels = []\n\
             [channels.hook]\nkind = 'webhook'\nurl = '{}'\n{settings}",
            self.url()
        ))
    }

    pub(crate) async fn request(&self) -> WebhookRequest {
        within("a message", async {
            let (mut stream, _) = self.0.accept().await.unwrap();
            let mut bytes = Vec::new();
            loop {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let header = |name: &str| {
                        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
                        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
                        found.map(|(_, value)| value.trim().to_owned())
                    };
                    let length: usize = header("content-length").unwrap().parse().unwrap();
                    if body.len() >= length {
                        let key = header("idempotency-key").unwrap();
                        return WebhookRequest { key, body: serde_json::from_str(body).unwrap(), stream };
                    }
                }
                let mut piece = [0; 4096];
                let count = stream.read(&mut piece).await.unwrap();
                assert!(count > 0, "the request broke off: {text}");
                bytes.extend_from_slice(&piece[..count]);
            }
        })
        .await
    }
}

impl WebhookRequest {
    pub(crate) async fn accept(mut self) -> Value {
        self.stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        self.body
    }
}

async fn delivered(server: &Server, count: u64) {
    let mut socket = Socket::json(server.address).await;
    within("the delivery", async {
        while data(server.address, "/api/admin/deliveries").await["counts"]["delivered"] != json!(count) {
            socket.in_a_row(1).await;
        }
    })
    .await;
}

#[tokio::test]
async fn webhooks_get_alerts_with_summary_and_action() {
    let receiver = Receiver::new().await;
    let config = receiver.config();
    let server = Server::start_with(&config.flags(), &[]).await;
    let body = receiver.request().await.accept().await;
    assert!(body["title"].as_str().unwrap().starts_with("Some memory: "), "{body}");
    assert_eq!(body["severity"], "critical");
    let lines = body["lines"].to_string();
    for part in ["It is used.", "Be glad.", "Since"] {
        assert!(lines.contains(part), "{part}: {lines}");
    }
    let [alert] = body["alerts"].as_array().unwrap().as_slice() else { panic!("{body}") };
    assert_eq!((&body["status"], &alert["status"]), (&json!("firing"), &json!("firing")));
    assert_eq!((&alert["rule"], &alert["name"]), (&json!("some-memory"), &json!("Some memory")));
    assert_eq!((&alert["threshold"], &alert["labels"]["component"]), (&json!(0.0001), &json!("memory")));
    assert!(alert["value"].as_f64().unwrap() > 0.0001 && alert["ends_at"].is_null(), "{alert}");
    assert!(alert["starts_at"].as_str().unwrap().ends_with('Z'), "{alert}");
    assert_eq!(alert["fingerprint"].as_str().unwrap().len(), 32);
    delivered(&server, 1).await;
    let channels = data(server.address, "/api/admin/channels").await;
    assert_eq!(channels[0]["name"], "hook", "{channels}");

    let (tested, request) =
        tokio::join!(post(server.address, "/api/admin/channels/hook/test", "{}"), async {
            receiver.request().await.accept().await
        });
    assert_eq!(tested.status, 200, "{}", tested.text());
    assert!(request["title"].is_string(), "{request}");
    post(server.address, "/api/admin/channels/nobody/test", "{}").await.error("no_channel");
    server.stop().await;
}

#[tokio::test]
async fn messages_arrive_once_despite_a_kill_while_sending() {
    arrive_once_despite_a_kill(true).await;
}

#[tokio::test]
async fn messages_arrive_once_despite_a_kill_before_the_alert_is_saved() {
    arrive_once_despite_a_kill(false).await;
}

/// `is_saved`: whether the alert state was on disk when the server was killed. Often it is, but nothing waits for it.
async fn arrive_once_despite_a_kill(is_saved: bool) {
    let receiver = Receiver::new().await;
    let config = receiver.config();
    let folder = tempfile::tempdir().unwrap();
    let flags = config.flags_with_data(&folder);
    let server = Server::start_with(&flags, &[]).await;
    let unanswered = receiver.request().await;
    server.kill().await;
    let alerts = folder.path().join("alerts.json");
    if !is_saved {
        if alerts.exists() {
            std::fs::remove_file(alerts).unwrap();
        }
        // Within the same second, the alert would fire anew with the same time, as if it had been saved.
        let second = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let killed = second();
        wait_until("the next second", || (second() > killed).then_some(()));
    }

    let server = Server::start_with(&flags, &[]).await;
    let again = receiver.request().await;
    assert_eq!(again.key, unanswered.key, "who gets it twice can tell");
    again.accept().await;
    delivered(&server, 1).await;
    server.stop().await;

    // The alert still fires, and no further notification is due.
    let server = Server::start_with(&flags, &[]).await;
    Socket::json(server.address).await.in_a_row(3).await;
    let deliveries = data(server.address, "/api/admin/deliveries").await;
    assert_eq!(
        (&deliveries["counts"]["delivered"], &deliveries["counts"]["waiting"]),
        (&json!(1), &json!(0))
    );
    server.stop().await;
}

#[tokio::test]
async fn silences_and_acknowledgements_are_listed_and_survive_a_restart() {
    let receiver = Receiver::new().await;
    let config = receiver.config();
    let folder = tempfile::tempdir().unwrap();
    let flags = config.flags_with_data(&folder);
    let server = Server::start_with(&flags, &[]).await;
    receiver.request().await.accept().await;
    let alert = async |address| {
        let found = data(address, "/api/admin/system/alerts/").await;
        found["alerts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|alert| alert["rule"] == "some-memory")
            .unwrap()
            .clone()
    };
    let before = alert(server.address).await;
    assert_eq!((&before["incident_level"], &before["acknowledged_by"]), (&json!(1), &Value::Null));

    let note =
        json!({ "rule": "some-memory", "labels": before["labels"], "author": "ada", "comment": "known" });
    let noted = post(server.address, "/api/admin/alerts/acknowledge", &note.to_string()).await;
    assert_eq!(noted.status, 200, "{}", noted.text());
    let silence = json!({
        "id": "works", "author": "ada", "reason": "new memory",
        "matchers": [{ "label": "component", "operator": "=", "value": "memory" }],
    });
    let added = post(server.address, "/api/admin/silences", &silence.to_string()).await;
    assert_eq!(added.status, 200, "{}", added.text());
    Socket::json(server.address).await.in_a_row(2).await;
    server.stop().await;

    let server = Server::start_with(&flags, &[]).await;
    Socket::json(server.address).await.in_a_row(2).await;
    let after = alert(server.address).await;
    assert_eq!(
        (&after["acknowledged_by"], &after["silenced_by"]),
        (&json!("ada"), &json!("works")),
        "{after}"
    );
    let key = json!({ "rule": "some-memory", "labels": before["labels"] }).to_string();
    let withdraw = async || post(server.address, "/api/admin/alerts/acknowledge/withdraw", &key).await;
    let withdrawn = withdraw().await;
    assert_eq!(withdrawn.status, 200, "{}", withdrawn.text());
    assert_eq!(alert(server.address).await["acknowledged_by"], Value::Null);
    let twice = withdraw().await;
    assert_eq!(twice.status, 404);
    twice.error("not_acknowledged");
    let silences = data(server.address, "/api/admin/silences").await;
    assert_eq!((&silences[0]["reason"], &silences[0]["end"].is_string()), (&json!("new memory"), &true));
    let ended = request(server.address, "DELETE", "/api/admin/silences/works", &[]).await;
    assert_eq!(ended.status, 200, "{}", ended.text());
    assert_eq!(request(server.address, "DELETE", "/api/admin/silences/works", &[]).await.status, 404);
    assert_eq!(alert(server.address).await["silenced_by"], Value::Null);

    for (path, body, status, reason) in [
        ("/api/admin/silences", r#"{"author":"a","reason":"b","matchers":[]}"#.to_owned(), 400, "matchers"),
        ("/api/admin/silences", r#"{"author":"a"}"#.to_owned(), 400, "matchers is missing"),
        (
            "/api/admin/alerts/acknowledge",
            r#"{"rule":"x","labels":{},"who":"a"}"#.to_owned(),
            404,
            "is not firing",
        ),
        (
            "/api/admin/alerts/acknowledge",
            r#"{"rule":"x","labels":{},"who":"a","author":"a"}"#.to_owned(),
            400,
            "set only `author`",
        ),
        (
            "/api/admin/alerts/acknowledge/withdraw",
            r#"{"rule":"x","labels":{}}"#.to_owned(),
            404,
            "is not firing",
        ),
        ("/api/admin/alerts/acknowledge/withdraw", r#"{"rule":"x"}"#.to_owned(), 400, "labels is missing"),
        (
            "/api/admin/deliveries/resend",
            r#"{"id":"x","channel":"hook","who":"a"}"#.to_owned(),
            404,
            "unknown message",
        ),
        (
            "/api/admin/deliveries/resend",
            r#"{"id":"x","channel":"hook"}"#.to_owned(),
            400,
            "Missing field `author`",
        ),
    ] {
        let answer = post(server.address, path, &body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
        assert!(answer.text().contains(reason), "{path} {body}: {}", answer.text());
    }
    server.stop().await;
}
