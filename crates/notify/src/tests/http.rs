//! Webhook, Slack and SMS against an HTTP receiver.

use super::receiver::{Received, Receiver, Reply};
use super::{NOW, client_config, permanent, run, sample, server_config, temporary};
use crate::channel::webhook::Webhook;
use crate::http::Endpoint;
use crate::{ChannelSettings, Context, SendError, WebhookSettings};
use ring::hmac;
use std::time::Duration;
use watchglass_http_client::{Client, Limits, Proxies};
use watchglass_test_servers::{Certificates, free_port};

pub(super) const KEY: &str = "whsec-s3cret";

/// A signed webhook with a short body timeout.
pub(super) fn webhook(url: &str, whole: Duration) -> Webhook {
    let settings = WebhookSettings {
        url: Some(url.to_owned()),
        secret_env: Some("KEY".to_owned()),
        ..WebhookSettings::default()
    };
    let mut webhook =
        Webhook::open(&settings, Context::new("hook", &|name| (name == "KEY").then(|| KEY.to_owned())))
            .unwrap();
    webhook.set_endpoint(Endpoint::for_test(url, client(whole)));
    webhook
}

fn client(total: Duration) -> Client {
    let limits = Limits { connect: total, total, body: Duration::from_millis(50), ..Limits::DEFAULT };
    Client::new(limits, Proxies::none())
}

/// Never reached.
pub(super) const LONG: Duration = Duration::from_secs(60);

fn send(webhook: &Webhook) -> Result<(), SendError> {
    run(crate::Channel::send(webhook, &sample(), NOW))
}

/// Verifies as a receiver does.
pub(super) fn verify(received: &Received) {
    let signature = received.header("watchglass-signature").unwrap();
    let (time, hex) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let signed = [time.as_bytes(), b".", &received.body].concat();
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes()), &signed, &bytes).unwrap();
}

#[test]
fn webhook_is_signed_and_complete() {
    let receiver = Receiver::start([], None);
    send(&webhook(&receiver.url("/hook?a=b"), LONG)).unwrap();
    let received = receiver.next();
    assert_eq!(received.line, "POST /hook?a=b HTTP/1.1");
    assert_eq!(received.header("host"), Some(format!("127.0.0.1:{}", receiver.port()).as_str()));
    assert_eq!(received.header("content-type"), Some("application/json"));
    assert_eq!(received.header("idempotency-key"), Some(sample().id.as_str()));
    verify(&received);
    assert!(received.header("watchglass-signature").unwrap().starts_with("t=1700000000,v1="));
    let body: serde_json::Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!((&body["version"], &body["title"]), (&1.into(), &sample().title.into()));
}

#[test]
fn failures_are_classified_for_retry() {
    let elsewhere = Receiver::start([], None);
    let script = [
        Reply::Status(429, "retry-after: 7\r\n", "slow down"),
        Reply::Status(500, "", "whsec-s3cret does not work"),
        Reply::Status(404, "", "no such hook"),
        Reply::Redirect(elsewhere.url("/")),
        Reply::Mute,
        Reply::Cut,
        Reply::Endless,
    ];
    let receiver = Receiver::start(script, None);
    let webhook = webhook(&receiver.url("/"), LONG);
    let at = format!("127.0.0.1:{}", receiver.port());
    let reason = format!("{at} responded with status 429: slow down");
    assert_eq!(
        send(&webhook),
        Err(SendError::Temporary { reason, retry_after: Some(Duration::from_secs(7)) })
    );
    assert_eq!(temporary(send(&webhook)), format!("{at} responded with status 500: … does not work"));
    assert_eq!(permanent(send(&webhook)), format!("{at} responded with status 404: no such hook"));
    assert!(permanent(send(&webhook)).contains("not followed"));
    assert_eq!(permanent(send(&webhook)), format!("{at} responded with status 401"));
    assert_eq!(temporary(send(&webhook)), format!("no response from {at}: connection closed"));
    // Only the start of an endless body is read.
    let endless = temporary(send(&webhook));
    assert!(endless.ends_with('…') && endless.len() < 300, "{endless}");
    assert!(elsewhere.so_far().is_empty());
}

#[test]
fn unresponsive_receiver_times_out() {
    let receiver = Receiver::start([Reply::Hang], None);
    let reason = temporary(send(&webhook(&receiver.url("/"), Duration::from_millis(200))));
    assert_eq!(reason, format!("no response from 127.0.0.1:{} within 0.2 s", receiver.port()));
    let refused = temporary(send(&webhook(&format!("http://127.0.0.1:{}/", free_port()), LONG)));
    assert!(refused.starts_with("cannot connect to 127.0.0.1:"), "{refused}");
    let unknown = temporary(send(&webhook("http://nobody.invalid/", LONG)));
    assert!(unknown.starts_with("cannot connect to nobody.invalid: "), "{unknown}");
}

#[test]
fn tls_receiver_must_have_a_trusted_certificate() {
    let (Some(ours), Some(others)) = (Certificates::generate(), Certificates::generate()) else { return };
    let receiver = Receiver::start([], Some(server_config(&ours)));
    let url = format!("https://127.0.0.1:{}/", receiver.port());
    let mut webhook = webhook("http://127.0.0.1/", LONG);
    webhook.set_endpoint(Endpoint::for_test(&url, client(LONG).with_tls(client_config(&ours))));
    send(&webhook).unwrap();
    verify(&receiver.next());
    webhook.set_endpoint(Endpoint::for_test(&url, client(LONG).with_tls(client_config(&others))));
    let reason = temporary(send(&webhook));
    assert!(reason.contains("certificate"), "{reason}");
    assert!(receiver.so_far().is_empty());
}

#[test]
fn webhooks_use_the_proxy_of_the_environment() {
    let proxy = Receiver::start([], None);
    let settings: ChannelSettings =
        toml::from_str("kind = \"webhook\"\nurl = \"http://hooks.example/a\"").unwrap();
    let open = |exceptions: &'static str| {
        let environment = |name: &str| match name {
            "HTTP_PROXY" => Some(proxy.url("")),
            "NO_PROXY" => Some(exceptions.to_owned()),
            _ => None,
        };
        settings.open(Context::new("hook", &environment)).unwrap()
    };
    run(open("").send(&sample(), NOW)).unwrap();
    let received = proxy.next();
    assert_eq!(received.line, "POST http://hooks.example/a HTTP/1.1");
    assert_eq!(received.header("host"), Some("hooks.example"));
    let direct = temporary(run(open("hooks.example").send(&sample(), NOW)));
    assert!(direct.starts_with("cannot connect to hooks.example: "), "{direct}");
    assert!(proxy.so_far().is_empty());
}

#[test]
fn slack_and_sms_arrive() {
    let script = [Reply::Status(200, "", "ok"), Reply::Status(403, "", "invalid_token")];
    let receiver = Receiver::start(script, None);
    let settings: ChannelSettings = toml::from_str("kind = \"slack\"\nurl_env = \"URL\"").unwrap();
    let url = receiver.url("/services/T0/B0/s3cret");
    let slack = settings.open(Context::new("chat", &|name| (name == "URL").then(|| url.clone()))).unwrap();
    run(slack.send(&sample(), NOW)).unwrap();
    let received = receiver.next();
    assert_eq!(received.line, "POST /services/T0/B0/s3cret HTTP/1.1");
    let body: serde_json::Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(body["blocks"][0]["type"], "header");
    let reason = permanent(run(slack.send(&sample(), NOW)));
    assert_eq!(reason, format!("127.0.0.1:{} responded with status 403: invalid_token", receiver.port()));
    receiver.next();

    let text = format!(
        "kind = \"sms\"\nurl = \"{}\"\naccount = \"AC1\"\ntoken_env = \"TOKEN\"\nfrom = \"Watch\"\nto = \"+491701234567\"",
        receiver.url("/Messages.json")
    );
    let settings: ChannelSettings = toml::from_str(&text).unwrap();
    let sms =
        settings.open(Context::new("phone", &|name| (name == "TOKEN").then(|| "s3cret".to_owned()))).unwrap();
    assert_eq!(sms.to(), "+491701234567");
    run(sms.send(&sample(), NOW)).unwrap();
    let received = receiver.next();
    assert_eq!(received.header("authorization"), Some("Basic QUMxOnMzY3JldA=="));
    assert_eq!(received.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert!(received.body.starts_with(b"To=%2B491701234567&From=Watch&Body=%5Bcritical%5D+CPU"));
}

#[test]
fn unknown_or_missing_settings_are_rejected() {
    for (text, expected) in [
        ("kind = \"pigeon\"", "unknown variant `pigeon`"),
        ("kind = \"webhook\"\nurl = \"https://a/\"\nsecret = \"s\"", "unknown field `secret`"),
    ] {
        let error = toml::from_str::<ChannelSettings>(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let settings: ChannelSettings = toml::from_str("kind = \"slack\"").unwrap();
    assert!(settings.check().unwrap_err().to_string().starts_with("url_env is missing"));
    let settings: ChannelSettings = toml::from_str("kind = \"webhook\"").unwrap();
    assert!(settings.check().unwrap_err().to_string().starts_with("url is missing"));
    let settings: ChannelSettings = toml::from_str("kind = \"webhook\"\nurl = \"https://a/\"").unwrap();
    settings.check().unwrap();
    assert_eq!(serde_json::to_string(&settings).unwrap(), r#"{"kind":"webhook","url":"https://a/"}"#);
}
