//! Signed JSON webhook.
//!
//! The body is a [`Message`] with its `version`, `status` and `alerts`, or the body of Alertmanager, or the output of a
//! template. `Idempotency-Key` is the message's id.
//! `Watchglass-Signature: t=UNIX,v1=HEX` contains the send time in seconds and the HMAC-SHA256, in lower-case
//! hexadecimal digits, of `UNIX.BODY`, as [Stripe signs](https://docs.stripe.com/webhooks#verify-manually): the receiver
//! verifies the signature and rejects messages older than some minutes.

mod alertmanager;

use super::{Context, TextTemplate, secret_endpoint};
use crate::http::{Endpoint, PlaintextHosts, Request, Responses, post};
use crate::secrets::{SecretSource, Secrets};
use crate::template::Escape;
use crate::{Channel, Message, SendError, SendFuture, SettingsError, body, http};
use ring::hmac;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use watchglass_http_client::Limits;
use watchglass_model::Timestamp;
use watchglass_remote::Secret;

/// Format of the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookFormat {
    /// The message of Watchglass.
    #[default]
    Watchglass,
    /// The body of Alertmanager's webhooks, version 4.
    Alertmanager,
}

impl WebhookFormat {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde needs")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Settings of a webhook channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// URL: `https://…`, or `http://…` in a trusted network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Environment variable with the URL, for URLs that are secrets; only the host of such a URL is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    /// File with the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// Environment variable with the signing key. Without a key the request is unsigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// File with the signing key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Format of the body.
    #[serde(default, skip_serializing_if = "WebhookFormat::is_default")]
    pub format: WebhookFormat,
    /// Template of the body. Values are written as JSON: `{"text": {{ title }}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl WebhookSettings {
    fn secret(&self) -> SecretSource<'_> {
        SecretSource {
            env_field: "secret_env",
            env: self.secret_env.as_deref(),
            file_field: "secret_file",
            file: self.secret_file.as_deref(),
        }
    }

    fn secret_url(&self) -> SecretSource<'_> {
        let (env, file) = (self.url_env.as_deref(), self.url_file.as_deref());
        SecretSource { env_field: "url_env", env, file_field: "url_file", file }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        self.secret_url().check(false)?;
        let right = "set one of url, url_env and url_file";
        match (&self.url, self.secret_url().is_set()) {
            (None, false) => return Err(SettingsError::new("url", "is missing", right)),
            (Some(_), true) => return Err(SettingsError::new("url", "is set twice", right)),
            (Some(url), false) => drop(http::check_url("url", url, PlaintextHosts::Any)?),
            (None, true) => {}
        }
        self.secret().check(false)?;
        if self.template.is_some() && !self.format.is_default() {
            let right = "use the default format with a template, or leave out the template";
            return Err(SettingsError::new("template", "is set, and format too", right));
        }
        let template = TextTemplate::new(self.template.as_deref(), Escape::Json)?;
        match template.render(&crate::message::test_message()) {
            Some(body) if serde_json::from_str::<serde::de::IgnoredAny>(&body).is_err() => {
                Err(SettingsError::new(
                    "template",
                    "does not produce JSON",
                    "values are quoted automatically: write {\"text\": {{ title }}}",
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Webhook channel.
#[derive(Debug)]
pub(crate) struct Webhook {
    endpoint: Endpoint,
    key: Secret,
    secrets: Secrets,
    template: TextTemplate,
    format: WebhookFormat,
    /// Name of the channel.
    name: String,
}

impl Webhook {
    pub(crate) fn open(settings: &WebhookSettings, context: Context<'_>) -> Result<Self, SettingsError> {
        let environment = context.environment;
        let key = settings.secret().read(environment)?;
        let (endpoint, hidden) = match &settings.url {
            Some(url) => {
                (Endpoint::new("url", url, PlaintextHosts::Any, Limits::DEFAULT, environment)?, Vec::new())
            }
            None => secret_endpoint(settings.secret_url(), Limits::DEFAULT, environment)?,
        };
        Ok(Self {
            endpoint,
            secrets: Secrets::of(hidden.iter().map(String::as_str).chain(key.reveal())),
            key,
            template: TextTemplate::new(settings.template.as_deref(), Escape::Json)?,
            format: settings.format,
            name: context.name.to_owned(),
        })
    }

    /// Overrides the endpoint.
    #[cfg(test)]
    pub(crate) fn set_endpoint(&mut self, endpoint: Endpoint) {
        self.endpoint = endpoint;
    }

    fn body(&self, message: &Message) -> Result<Vec<u8>, SendError> {
        if let Some(text) = self.template.render(message)
            && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok()
        {
            return Ok(text.into_bytes());
        }
        match self.format {
            WebhookFormat::Watchglass => body::json(message),
            WebhookFormat::Alertmanager => alertmanager::json(message, &self.name),
        }
    }

    async fn deliver(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        let body = self.body(message)?;
        let signature = self.key.reveal().map(|key| sign(key, now, &body));
        let mut headers = vec![("idempotency-key", message.id.as_str())];
        headers.extend(signature.as_deref().map(|signature| ("watchglass-signature", signature)));
        let content_type = "application/json";
        let request = Request { content_type, headers: &headers, body, responses: Responses::default() };
        post(&self.endpoint, request, &self.secrets, now).await
    }
}

impl Channel for Webhook {
    fn to(&self) -> String {
        self.endpoint.display_host().to_owned()
    }

    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> SendFuture<'a> {
        Box::pin(self.deliver(message, now))
    }
}

/// Value of the signature header.
fn sign(key: &str, now: Timestamp, body: &[u8]) -> String {
    let seconds = now.millis().div_euclid(1000).to_string();
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()));
    for part in [seconds.as_bytes(), b".", body] {
        context.update(part);
    }
    let digits: String = context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={digits}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::sample;

    fn open(template: Option<&str>) -> Result<Webhook, SettingsError> {
        let settings = WebhookSettings {
            url: Some("http://localhost/hook".to_owned()),
            template: template.map(str::to_owned),
            ..WebhookSettings::default()
        };
        settings.check()?;
        Webhook::open(&settings, Context::new("hook", &|_| None))
    }

    #[test]
    fn template_replaces_the_body() {
        let body = open(Some("{\"text\": {{ title }}}")).unwrap().body(&sample()).unwrap();
        assert_eq!(body, "{\"text\": \"CPU of <web-1> is 93 %, above 80 %\"}".as_bytes());
        // This message has no links: the built-in body is sent instead.
        let fails = open(Some("{\"text\": {{ links[0].url }}}")).unwrap();
        let body = fails.body(&Message { links: Vec::new(), ..sample() }).unwrap();
        assert!(body.starts_with(b"{\"version\":1,"), "{}", String::from_utf8_lossy(&body));
        let error = open(Some("text: {{ title }}")).unwrap_err().to_string();
        assert!(error.contains("does not produce JSON"), "{error}");
    }

    #[test]
    fn url_can_be_a_secret() {
        let settings = WebhookSettings { url_env: Some("URL".to_owned()), ..WebhookSettings::default() };
        settings.check().unwrap();
        let environment =
            |name: &str| (name == "URL").then(|| "https://chat.example/hooks/s3cret".to_owned());
        let webhook = Webhook::open(&settings, Context::new("hook", &environment)).unwrap();
        assert_eq!(webhook.to(), "chat.example");
        assert_eq!(webhook.secrets.redact("no /hooks/s3cret"), "no /…");
        let debug = format!("{webhook:?}");
        assert!(!debug.contains("s3cret"), "{debug}");
        let both = WebhookSettings {
            format: WebhookFormat::Alertmanager,
            template: Some("{}".to_owned()),
            ..settings.clone()
        };
        assert!(both.check().unwrap_err().to_string().starts_with("template is set, and format too"));
        let twice = WebhookSettings { url: Some("https://a/".to_owned()), ..settings };
        assert!(twice.check().unwrap_err().to_string().starts_with("url is set twice: set one of"));
    }

    #[test]
    fn signature_matches_openssl() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
        let signature = sign("key", Timestamp::from_millis(1_700_000_000_999), b"{\"a\":1}");
        assert_eq!(
            signature,
            "t=1700000000,v1=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03"
        );
    }
}
