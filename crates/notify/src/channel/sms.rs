//! SMS over a gateway with the Twilio API
//! ([Messages](https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource)): a form with `To`,
//! `From` and `Body`, and basic authentication.
//!
//! One number per channel: if one of two numbers failed, a retry would notify the other one twice. `Idempotency-Key` is
//! the message's id; Twilio ignores it, so a message that is resent after a crash may arrive twice.

mod segments;

use super::{Context, TextTemplate};
use crate::http::{self, Endpoint, NEW_CONNECTIONS, PlaintextHosts, Request, Responses, post};
use crate::secrets::{SecretSource, Secrets};
use crate::settings::check_line;
use crate::template::Escape;
use crate::{Channel, Message, SendError, SendFuture, SettingsError, text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use url::form_urlencoded;
use watchglass_model::Timestamp;

/// Settings of an SMS channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsSettings {
    /// URL of the gateway, such as `https://api.twilio.com/2010-04-01/Accounts/AC…/Messages.json`.
    pub url: String,
    /// Account: the user name of the authentication.
    pub account: String,
    /// Environment variable with the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_env: Option<String>,
    /// File with the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// Sender number or name.
    pub from: String,
    /// Recipient number, such as `+491701234567`.
    pub to: String,
    /// Template of the text; truncated to two segments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl SmsSettings {
    fn token(&self) -> SecretSource<'_> {
        let (env, file) = (self.token_env.as_deref(), self.token_file.as_deref());
        SecretSource { env_field: "token_env", env, file_field: "token_file", file }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        http::check_url("url", &self.url, PlaintextHosts::LocalhostOnly)?;
        check_line("account", &self.account, 100)?;
        if self.account.contains(':') {
            return Err(SettingsError::new(
                "account",
                "contains a colon",
                "the password is a separate field",
            ));
        }
        self.token().check(true)?;
        check_line("from", &self.from, 50)?;
        // E.164.
        let digits = self.to.strip_prefix('+').unwrap_or_default();
        if !(5..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SettingsError::new("to", "is not a phone number", "give one such as +491701234567"));
        }
        TextTemplate::new(self.template.as_deref(), Escape::None).map(drop)
    }
}

/// SMS channel.
#[derive(Debug)]
pub(crate) struct Sms {
    endpoint: Endpoint,
    from: String,
    to: String,
    /// Value of the `Authorization` header.
    authorization: watchglass_remote::Secret,
    secrets: Secrets,
    template: TextTemplate,
}

impl Sms {
    pub(crate) fn open(settings: &SmsSettings, context: Context<'_>) -> Result<Self, SettingsError> {
        let environment = context.environment;
        let token = settings.token().read(environment)?;
        let token = token.reveal().unwrap_or_default();
        let encoded = STANDARD.encode(format!("{}:{token}", settings.account));
        Ok(Self {
            endpoint: Endpoint::new(
                "url",
                &settings.url,
                PlaintextHosts::LocalhostOnly,
                NEW_CONNECTIONS,
                environment,
            )?,
            from: settings.from.clone(),
            to: settings.to.clone(),
            secrets: Secrets::of([token, encoded.as_str()]),
            authorization: watchglass_remote::Secret::new(Some(&format!("Basic {encoded}"))),
            template: TextTemplate::new(settings.template.as_deref(), Escape::None)?,
        })
    }

    fn body(&self, message: &Message) -> String {
        let text = self.template.render(message).unwrap_or_else(|| default_text(message));
        form_urlencoded::Serializer::new(String::new())
            .append_pair("To", &self.to)
            .append_pair("From", &self.from)
            .append_pair("Body", &segments::truncate(text.trim()))
            .finish()
    }

    async fn deliver(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        let body = self.body(message);
        let headers = [
            ("authorization", self.authorization.reveal().unwrap_or_default()),
            ("idempotency-key", message.id.as_str()),
        ];
        let content_type = "application/x-www-form-urlencoded";
        let (body, responses) = (body.into_bytes(), Responses::default());
        let request = Request { content_type, headers: &headers, body, responses };
        post(&self.endpoint, request, &self.secrets, now).await
    }
}

impl Channel for Sms {
    fn to(&self) -> String {
        self.to.clone()
    }

    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> SendFuture<'a> {
        Box::pin(self.deliver(message, now))
    }
}

/// Headline, then as many fields as fit, and the first link if it fits whole.
fn default_text(message: &Message) -> String {
    let mut body = text::headline(message);
    let link = message.links.first().map(|link| format!("\n{}", link.url));
    let with_link = |body: &str| format!("{body}{}", link.as_deref().unwrap_or_default());
    let has_link = segments::fits(&with_link(&body));
    for line in &message.lines {
        let longer = format!("{body}\n{}: {}", line.label, line.text);
        let fits = if has_link { segments::fits(&with_link(&longer)) } else { segments::fits(&longer) };
        if !fits {
            break;
        }
        body = longer;
    }
    if has_link { with_link(&body) } else { body }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use crate::message::tests::sample;

    fn settings() -> SmsSettings {
        SmsSettings {
            url: "https://api.twilio.example/2010-04-01/Accounts/AC1/Messages.json".to_owned(),
            account: "AC1".to_owned(),
            token_env: Some("TOKEN".to_owned()),
            from: "+15005550006".to_owned(),
            to: "+491701234567".to_owned(),
            ..SmsSettings::default()
        }
    }

    #[test]
    fn form_matches_the_golden_file() {
        settings().check().unwrap();
        let environment = |name: &str| (name == "TOKEN").then(|| "s3cret".to_owned());
        let sms = Sms::open(&settings(), Context::new("phone", &environment)).unwrap();
        golden::check("sms.txt", sms.body(&sample()).as_bytes());
        assert!(!format!("{sms:?}").contains("s3cret"));
        // As curl -u AC1:s3cret sends it.
        assert_eq!(sms.authorization.reveal(), Some("Basic QUMxOnMzY3JldA=="));
        assert_eq!(sms.secrets.redact("QUMxOnMzY3JldA== is s3cret"), "… is …");
    }

    #[test]
    fn text_is_as_long_as_fits() {
        let mut message = sample();
        assert!(default_text(&message).ends_with("\nhttps://watch.example/trends?at=1700000000000&range=1h"));
        message.links[0].url = format!("https://host/{}", "x".repeat(400));
        assert!(
            default_text(&message).contains("Since: 2 min") && !default_text(&message).contains("https://")
        );
        message.title = "x".repeat(200);
        message.lines[0].text = "y".repeat(300);
        assert_eq!(default_text(&message), format!("[critical] {}", message.title));
    }

    #[test]
    fn invalid_settings_are_rejected() {
        type Case = (&'static str, fn(&mut SmsSettings));
        let cases: [Case; 6] = [
            ("url would send a secret", |settings| settings.url = "http://host/".to_owned()),
            ("account contains a colon", |settings| settings.account = "AC1:s3cret".to_owned()),
            ("token_env is missing", |settings| settings.token_env = None),
            ("from is empty", |settings| settings.from.clear()),
            ("to is not a phone number", |settings| settings.to = "0170/1234".to_owned()),
            ("template is invalid in line 1", |settings| {
                settings.template = Some("{{ nothing }}".to_owned())
            }),
        ];
        for (expected, spoil) in cases {
            let mut settings = settings();
            spoil(&mut settings);
            let error = settings.check().unwrap_err().to_string();
            assert!(error.starts_with(expected) && !error.contains("s3cret"), "{error}");
        }
    }
}
