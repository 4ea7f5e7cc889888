//! Chat, push and pager channels against an HTTP receiver: the documented form of each request, and the reaction to the
//! documented error responses.

use super::receiver::{Received, Receiver, Reply};
use super::{NOW, permanent, run, temporary};
use crate::alert_group::tests::{sample_resolved, sample_with_alerts};
use crate::{Channel, ChannelSettings, Context, SendError};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const SECRET: &str = "s3cret-0123456789";

/// A channel whose settings have `{url}` where the URL of the receiver is. Variables with a URL have a secret path.
fn open(settings: &str, receiver: &Receiver) -> Arc<dyn Channel> {
    let settings = settings.replace("{url}", &receiver.url(""));
    let settings: ChannelSettings = toml::from_str(&settings).unwrap();
    let secret_url = receiver.url(&format!("/api/webhooks/1234/{SECRET}?token={SECRET}-query"));
    let environment = |name: &str| match name {
        "URL" => Some(secret_url.clone()),
        "TOKEN" => Some(SECRET.to_owned()),
        "USER" => Some(format!("{SECRET}-user")),
        _ => None,
    };
    let channel = settings.open(Context::new("chat", &environment)).unwrap();
    assert!(!channel.to().contains("s3cret"), "{}", channel.to());
    channel
}

/// Sends the message over a channel and returns the only request.
fn request(settings: &str) -> Received {
    let receiver = Receiver::start([], None);
    run(open(settings, &receiver).send(&sample_with_alerts(), NOW)).unwrap();
    let received = receiver.next();
    assert!(receiver.so_far().is_empty());
    received
}

fn json(received: &Received) -> Value {
    assert_eq!(received.header("content-type"), Some("application/json"));
    serde_json::from_slice(&received.body).unwrap()
}

/// Result of a send that the receiver answers with this response.
fn response(settings: &str, reply: Reply) -> Result<(), SendError> {
    let receiver = Receiver::start([reply], None);
    run(open(settings, &receiver).send(&sample_with_alerts(), NOW))
}

fn retry_after(result: Result<(), SendError>) -> Option<u64> {
    match result {
        Err(SendError::Temporary { retry_after, .. }) => retry_after.map(|delay| delay.as_secs()),
        other => panic!("{other:?}"),
    }
}

const DISCORD: &str = "kind = 'discord'\nurl_env = 'URL'";
const TEAMS: &str = "kind = 'teams'\nurl_env = 'URL'";
const GOOGLE_CHAT: &str = "kind = 'googlechat'\nurl_env = 'URL'";
const MATTERMOST: &str = "kind = 'mattermost'\nurl_env = 'URL'";
const ROCKET_CHAT: &str = "kind = 'rocketchat'\nurl_env = 'URL'";
const TELEGRAM: &str = "kind = 'telegram'\ntoken_env = 'TOKEN'\nchat_id = '-5'\nurl = '{url}'";
const PAGERDUTY: &str = "kind = 'pagerduty'\nrouting_key_env = 'TOKEN'\nurl = '{url}/v2/enqueue'";
const NTFY: &str = "kind = 'ntfy'\ntopic_env = 'USER'\ntoken_env = 'TOKEN'\nurl = '{url}'";
const PUSHOVER: &str =
    "kind = 'pushover'\ntoken_env = 'TOKEN'\nuser_env = 'USER'\nurl = '{url}/1/messages.json'";
const ALL: [&str; 9] =
    [DISCORD, TEAMS, GOOGLE_CHAT, MATTERMOST, ROCKET_CHAT, TELEGRAM, PAGERDUTY, NTFY, PUSHOVER];

#[test]
fn chats_get_their_documented_form() {
    for (settings, field) in [
        (DISCORD, "/embeds/0/title"),
        (TEAMS, "/attachments/0/content/body/0/text"),
        (GOOGLE_CHAT, "/cardsV2/0/card/header/title"),
        (MATTERMOST, "/attachments/0/title"),
        (ROCKET_CHAT, "/attachments/0/title"),
    ] {
        let received = request(settings);
        let path = format!("POST /api/webhooks/1234/{SECRET}?token={SECRET}-query HTTP/1.1");
        assert_eq!(received.line, path, "{settings}");
        let body = json(&received);
        assert!(body.pointer(field).is_some_and(|text| text.as_str().unwrap().contains("CPU of")), "{body}");
    }
    assert_eq!(json(&request(TEAMS))["attachments"][0]["content"]["version"], "1.4");
}

#[test]
fn telegram_gets_token_in_the_path_and_html() {
    let received = request(TELEGRAM);
    assert_eq!(received.line, format!("POST /bot{SECRET}/sendMessage HTTP/1.1"));
    let body = json(&received);
    assert_eq!((&body["chat_id"], &body["parse_mode"]), (&"-5".into(), &"HTML".into()));
    assert!(body["text"].as_str().unwrap().starts_with("<b>[critical] CPU of &lt;web-1&gt;"), "{body}");
}

#[test]
fn pagerduty_gets_an_event_per_alert() {
    let receiver = Receiver::start((0..9).map(|_| Reply::Status(202, "", "{\"status\":\"success\"}")), None);
    let pagerduty = open(PAGERDUTY, &receiver);
    run(pagerduty.send(&sample_with_alerts(), NOW)).unwrap();
    run(pagerduty.send(&sample_resolved(), NOW)).unwrap();
    let events: Vec<Value> = receiver.so_far().iter().map(json).collect();
    let of = |name: &str| events.iter().map(|event| event[name].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(of("event_action"), ["trigger", "trigger", "acknowledge", "resolve", "resolve"]);
    assert!(of("routing_key").iter().all(|key| *key == SECRET));
    let keys = of("dedup_key");
    assert_eq!((keys[0], keys[1], keys[2]), (keys[3], keys[4], keys[4]));
    assert_eq!(events[0]["payload"]["severity"], "critical");
    // The second event fails: all are sent again, which PagerDuty deduplicates.
    let receiver = Receiver::start([Reply::Status(202, "", ""), Reply::Status(429, "", "slow")], None);
    let pagerduty = open(PAGERDUTY, &receiver);
    assert!(temporary(run(pagerduty.send(&sample_with_alerts(), NOW))).contains("status 429"));
    assert_eq!(receiver.so_far().len(), 2);
}

#[test]
fn ntfy_and_pushover_get_their_documented_form() {
    let received = request(NTFY);
    assert_eq!(received.line, "POST / HTTP/1.1");
    assert_eq!(received.header("authorization"), Some(format!("Bearer {SECRET}").as_str()));
    let body = json(&received);
    assert_eq!((&body["topic"], &body["priority"]), (&format!("{SECRET}-user").into(), &5.into()));
    let received = request(PUSHOVER);
    assert_eq!(received.line, "POST /1/messages.json HTTP/1.1");
    assert_eq!(received.header("content-type"), Some("application/x-www-form-urlencoded"));
    let start = format!("token={SECRET}&user={SECRET}-user&title=%5Bcritical%5D+CPU");
    assert!(received.body.starts_with(start.as_bytes()));
}

#[test]
fn documented_errors_are_permanent_or_retried() {
    let teapot = |status, body| Reply::Status(status, "", body);
    for (settings, reply, expected) in [
        (
            DISCORD,
            teapot(429, r#"{"message":"You are being rate limited.","retry_after":64.57,"global":false}"#),
            65,
        ),
        (DISCORD, Reply::Status(429, "retry-after: 3\r\n", r#"{"retry_after":64.57}"#), 3),
        (
            TELEGRAM,
            teapot(
                429,
                r#"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":14}}"#,
            ),
            14,
        ),
        (TEAMS, Reply::Status(429, "retry-after: 7\r\n", ""), 7),
        (GOOGLE_CHAT, Reply::Status(429, "retry-after: 9\r\n", "{}"), 9),
    ] {
        assert_eq!(retry_after(response(settings, reply)), Some(expected), "{settings}");
    }
    for (settings, reply, expected) in [
        (DISCORD, teapot(404, r#"{"message": "Unknown Webhook", "code": 10015}"#), "Unknown Webhook"),
        (
            TELEGRAM,
            teapot(400, r#"{"ok":false,"description":"Bad Request: chat not found"}"#),
            "chat not found",
        ),
        (TELEGRAM, teapot(403, r#"{"ok":false,"description":"bot was kicked"}"#), "kicked"),
        (TELEGRAM, teapot(401, r#"{"ok":false,"description":"Unauthorized"}"#), "Unauthorized"),
        (PAGERDUTY, teapot(400, r#"{"status":"invalid event"}"#), "invalid event"),
        (GOOGLE_CHAT, teapot(403, "PERMISSION_DENIED"), "PERMISSION_DENIED"),
        (NTFY, teapot(403, r#"{"code":40301,"error":"forbidden"}"#), "forbidden"),
        (PUSHOVER, teapot(400, r#"{"user":"invalid","status":0}"#), "invalid"),
        (MATTERMOST, teapot(400, "Invalid webhook"), "Invalid webhook"),
        (TEAMS, teapot(401, "DirectApiAuthorizationRequired"), "Required"),
    ] {
        let reason = permanent(response(settings, reply));
        assert!(reason.contains(expected), "{reason}");
    }
    let connector =
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429";
    assert!(temporary(response(TEAMS, teapot(200, connector))).contains("reports a failure"));
    for settings in ALL {
        assert!(temporary(response(settings, teapot(503, ""))).contains("status 503"));
        assert!(temporary(response(settings, Reply::Cut)).starts_with("no response from"));
    }
}

#[test]
fn echoed_secrets_are_never_shown() {
    let webhook = "kind = 'webhook'\nurl = '{url}/hook/Zx81kLq09a?key=s3cret'";
    for settings in ALL.into_iter().chain([webhook]) {
        for status in [400, 500] {
            let receiver = Receiver::start([Reply::Echo(status)], None);
            let channel = open(settings, &receiver);
            let error = run(channel.send(&sample_with_alerts(), NOW)).unwrap_err().to_string();
            assert!(error.contains("POST /"), "{error}");
            assert!(!error.contains("s3cret") && !error.contains("Zx81"), "{settings}: {error}");
        }
    }
}

#[test]
fn hanging_receiver_is_not_waited_for() {
    // Cancelled, as by the deadline of the delivery.
    let receiver = Receiver::start([Reply::Hang], None);
    let channel = open(DISCORD, &receiver);
    let send = async {
        tokio::time::timeout(Duration::from_millis(200), channel.send(&sample_with_alerts(), NOW)).await
    };
    assert!(run(send).is_err());
}
