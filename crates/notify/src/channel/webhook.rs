//! JSON to any program, signed.
//!
//! The body is a [`Message`] with its `version`, or what a template makes of it. `Idempotency-Key` is the message's id.
//! `Watchglass-Signature: t=UNIX,v1=HEX` has the time of sending in seconds and the HMAC-SHA256, in lower-case
//! hexadecimal digits, of `UNIX.BODY`, as [Stripe signs](https://docs.stripe.com/webhooks#verify-manually): who receives
//! it compares both, and takes no message that is older than some minutes.

use super::{Words, secret_target};
use crate::http::{Clear, Limits, Request, Target, post};
use crate::secrets::{Secrets, Source};
use crate::template::Escape;
use crate::{Channel, Environment, Message, SendError, Sending, SettingsError, http};
use ring::hmac;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use watchglass_model::Timestamp;
use watchglass_remote::Secret;

/// Of what is sent.
const VERSION: u16 = 1;

/// The settings of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Where it goes: `https://…`, or `http://…` in a network that is trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The variable that has the URL, where who knows it can write there; such a one is never shown but for its host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    /// The file that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// The variable that has the key of the signature. Without a key there is no signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// The file that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Makes another body of the message. Values are written as JSON: `{"text": {{ title }}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl WebhookSettings {
    fn secret(&self) -> Source<'_> {
        Source {
            env_field: "secret_env",
            env: self.secret_env.as_deref(),
            file_field: "secret_file",
            file: self.secret_file.as_deref(),
        }
    }

    fn secret_url(&self) -> Source<'_> {
        let (env, file) = (self.url_env.as_deref(), self.url_file.as_deref());
        Source { env_field: "url_env", env, file_field: "url_file", file }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        self.secret_url().check(false)?;
        let right = "give one of url, url_env and url_file";
        match (&self.url, self.secret_url().is_given()) {
            (None, false) => return Err(SettingsError::new("url", "is missing", right)),
            (Some(_), true) => return Err(SettingsError::new("url", "is given twice", right)),
            (Some(url), false) => drop(http::check("url", url, Clear::Anywhere)?),
            (None, true) => {}
        }
        self.secret().check(false)?;
        let words = Words::new(self.template.as_deref(), Escape::Json)?;
        match words.render(&crate::message::everything()) {
            Some(body) if serde_json::from_str::<serde::de::IgnoredAny>(&body).is_err() => {
                Err(SettingsError::new(
                    "template",
                    "makes something that is not JSON",
                    "values get their quotes by themselves: write {\"text\": {{ title }}}",
                ))
            }
            _ => Ok(()),
        }
    }
}

/// A webhook.
#[derive(Debug)]
pub(crate) struct Webhook {
    target: Target,
    key: Secret,
    secrets: Secrets,
    words: Words,
    limits: Limits,
}

/// The built-in body.
#[derive(Serialize)]
struct Body<'a> {
    version: u16,
    #[serde(flatten)]
    message: &'a Message,
}

impl Webhook {
    pub(crate) fn open(
        settings: &WebhookSettings,
        environment: Environment<'_>,
    ) -> Result<Self, SettingsError> {
        let key = settings.secret().read(environment)?;
        let (target, hidden) = match &settings.url {
            Some(url) => (Target::new("url", url, Clear::Anywhere)?, Vec::new()),
            None => secret_target(settings.secret_url(), environment)?,
        };
        Ok(Self {
            target,
            secrets: Secrets::of(hidden.iter().map(String::as_str).chain(key.reveal())),
            key,
            words: Words::new(settings.template.as_deref(), Escape::Json)?,
            limits: Limits::default(),
        })
    }

    /// The same with other deadlines.
    #[cfg(test)]
    pub(crate) fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The same with another target.
    #[cfg(test)]
    pub(crate) fn aim(&mut self, target: Target) {
        self.target = target;
    }

    fn body(&self, message: &Message) -> Result<Vec<u8>, SendError> {
        if let Some(text) = self.words.render(message)
            && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok()
        {
            return Ok(text.into_bytes());
        }
        let body = Body { version: VERSION, message };
        serde_json::to_vec(&body)
            .map_err(|error| SendError::permanent(format!("no JSON can be made of it: {error}")))
    }

    async fn deliver(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        let body = self.body(message)?;
        let signature = self.key.reveal().map(|key| sign(key, now, &body));
        let mut headers = vec![("idempotency-key", message.id.as_str())];
        headers.extend(signature.as_deref().map(|signature| ("watchglass-signature", signature)));
        let request = Request { content_type: "application/json", headers: &headers, body: &body };
        post(&self.target, request, &self.secrets, self.limits, now).await
    }
}

impl Channel for Webhook {
    fn to(&self) -> String {
        self.target.shown().to_owned()
    }

    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> Sending<'a> {
        Box::pin(self.deliver(message, now))
    }
}

/// The value of the header that proves who sends.
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
    use crate::golden;
    use crate::message::tests::sample;

    fn open(template: Option<&str>) -> Result<Webhook, SettingsError> {
        let settings = WebhookSettings {
            url: Some("http://localhost/hook".to_owned()),
            template: template.map(str::to_owned),
            ..WebhookSettings::default()
        };
        settings.check()?;
        Webhook::open(&settings, &|_| None)
    }

    #[test]
    fn the_body_is_as_it_was() {
        golden::check("webhook.json", &open(None).unwrap().body(&sample()).unwrap());
        let body = open(Some("{\"text\": {{ title }}}")).unwrap().body(&sample()).unwrap();
        assert_eq!(body, "{\"text\": \"CPU of <web-1> is 93 %, above 80 %\"}".as_bytes());
        // This message has no links: the built-in body goes out instead.
        let fails = open(Some("{\"text\": {{ links[0].url }}}")).unwrap();
        let body = fails.body(&Message { links: Vec::new(), ..sample() }).unwrap();
        assert!(body.starts_with(b"{\"version\":1,"), "{}", String::from_utf8_lossy(&body));
        let error = open(Some("text: {{ title }}")).unwrap_err().to_string();
        assert!(error.contains("not JSON"), "{error}");
    }

    #[test]
    fn its_url_may_be_a_secret() {
        let settings = WebhookSettings { url_env: Some("URL".to_owned()), ..WebhookSettings::default() };
        settings.check().unwrap();
        let webhook =
            Webhook::open(&settings, &|_| Some("https://chat.example/hooks/s3cret".to_owned())).unwrap();
        assert_eq!(webhook.to(), "chat.example");
        assert_eq!(webhook.secrets.scrub("no /hooks/s3cret"), "no /…");
        let debug = format!("{webhook:?}");
        assert!(!debug.contains("s3cret"), "{debug}");
        let twice = WebhookSettings { url: Some("https://a/".to_owned()), ..settings };
        assert!(twice.check().unwrap_err().to_string().starts_with("url is given twice: give one of"));
    }

    #[test]
    fn the_signature_is_that_of_others() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
        let signature = sign("key", Timestamp::from_millis(1_700_000_000_999), b"{\"a\":1}");
        assert_eq!(
            signature,
            "t=1700000000,v1=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03"
        );
    }
}
