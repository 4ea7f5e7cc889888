//! Text messages over a gateway that speaks as Twilio does
//! ([Messages](https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource)): a form with `To`,
//! `From` and `Body`, and basic authentication.
//!
//! One number for each channel: of two numbers one could take a message and the other not, and trying again would tell
//! the first one twice. `Idempotency-Key` is the message's id; Twilio itself does not look at it, so that a message whose
//! sending a crash cuts off may come twice.

mod parts;

use super::Words;
use crate::http::{self, Clear, Limits, Request, Target, post};
use crate::secrets::{Secrets, Source};
use crate::settings::check_line;
use crate::template::Escape;
use crate::{Channel, Environment, Message, SendError, Sending, SettingsError, text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use url::form_urlencoded;
use watchglass_model::Timestamp;

/// The settings of a number that is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsSettings {
    /// Where the gateway takes messages, such as `https://api.twilio.com/2010-04-01/Accounts/AC…/Messages.json`.
    pub url: String,
    /// Who sends: the user of the authentication.
    pub account: String,
    /// The variable that has the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_env: Option<String>,
    /// The file that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// The number or name that it comes from.
    pub from: String,
    /// The number that it goes to, such as `+491701234567`.
    pub to: String,
    /// Makes another text of the message; what is longer than two parts is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl SmsSettings {
    fn token(&self) -> Source<'_> {
        let (env, file) = (self.token_env.as_deref(), self.token_file.as_deref());
        Source { env_field: "token_env", env, file_field: "token_file", file }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        http::check("url", &self.url, Clear::Loopback)?;
        check_line("account", &self.account, 100)?;
        if self.account.contains(':') {
            return Err(SettingsError::new(
                "account",
                "has a colon in it",
                "the password has a field of its own",
            ));
        }
        self.token().check(true)?;
        check_line("from", &self.from, 50)?;
        // E.164.
        let digits = self.to.strip_prefix('+').unwrap_or_default();
        if !(5..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SettingsError::new("to", "is not a number", "give one such as +491701234567"));
        }
        Words::new(self.template.as_deref(), Escape::None).map(drop)
    }
}

/// A number that is told.
#[derive(Debug)]
pub(crate) struct Sms {
    target: Target,
    from: String,
    to: String,
    /// What the header of authentication says.
    authorization: watchglass_remote::Secret,
    secrets: Secrets,
    words: Words,
}

impl Sms {
    pub(crate) fn open(settings: &SmsSettings, environment: Environment<'_>) -> Result<Self, SettingsError> {
        let token = settings.token().read(environment)?;
        let token = token.reveal().unwrap_or_default();
        let encoded = STANDARD.encode(format!("{}:{token}", settings.account));
        Ok(Self {
            target: Target::new("url", &settings.url, Clear::Loopback)?,
            from: settings.from.clone(),
            to: settings.to.clone(),
            secrets: Secrets::of([token, encoded.as_str()]),
            authorization: watchglass_remote::Secret::new(Some(&format!("Basic {encoded}"))),
            words: Words::new(settings.template.as_deref(), Escape::None)?,
        })
    }

    fn body(&self, message: &Message) -> String {
        let words = self.words.render(message).unwrap_or_else(|| built_in(message));
        form_urlencoded::Serializer::new(String::new())
            .append_pair("To", &self.to)
            .append_pair("From", &self.from)
            .append_pair("Body", &parts::fit(words.trim()))
            .finish()
    }

    async fn deliver(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        let body = self.body(message);
        let headers = [
            ("authorization", self.authorization.reveal().unwrap_or_default()),
            ("idempotency-key", message.id.as_str()),
        ];
        let content_type = "application/x-www-form-urlencoded";
        let request = Request { content_type, headers: &headers, body: body.as_bytes() };
        post(&self.target, request, &self.secrets, Limits::default(), now).await
    }
}

impl Channel for Sms {
    fn to(&self) -> String {
        self.to.clone()
    }

    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> Sending<'a> {
        Box::pin(self.deliver(message, now))
    }
}

/// The headline, then as many facts as there is room for, and the first link if there is room for it whole.
fn built_in(message: &Message) -> String {
    let mut words = text::headline(message);
    let link = message.links.first().map(|link| format!("\n{}", link.url));
    let with_link = |words: &str| format!("{words}{}", link.as_deref().unwrap_or_default());
    let has_link = parts::fits(&with_link(&words));
    for line in &message.lines {
        let longer = format!("{words}\n{}: {}", line.label, line.text);
        let fits = if has_link { parts::fits(&with_link(&longer)) } else { parts::fits(&longer) };
        if !fits {
            break;
        }
        words = longer;
    }
    if has_link { with_link(&words) } else { words }
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
    fn the_form_is_as_it_was() {
        settings().check().unwrap();
        let sms = Sms::open(&settings(), &|_| Some("s3cret".to_owned())).unwrap();
        golden::check("sms.txt", sms.body(&sample()).as_bytes());
        assert!(!format!("{sms:?}").contains("s3cret"));
        // As curl -u AC1:s3cret sends it.
        assert_eq!(sms.authorization.reveal(), Some("Basic QUMxOnMzY3JldA=="));
        assert_eq!(sms.secrets.scrub("QUMxOnMzY3JldA== is s3cret"), "… is …");
    }

    #[test]
    fn as_much_is_said_as_there_is_room_for() {
        let mut message = sample();
        assert!(built_in(&message).ends_with("\nhttps://watch.example/trends?at=1700000000000&range=1h"));
        message.links[0].url = format!("https://host/{}", "x".repeat(400));
        assert!(built_in(&message).contains("Since: 2 min") && !built_in(&message).contains("https://"));
        message.title = "x".repeat(200);
        message.lines[0].text = "y".repeat(300);
        assert_eq!(built_in(&message), format!("[critical] {}", message.title));
    }

    #[test]
    fn settings_that_cannot_be_right_are_refused() {
        type Case = (&'static str, fn(&mut SmsSettings));
        let cases: [Case; 6] = [
            ("url would carry a secret", |settings| settings.url = "http://host/".to_owned()),
            ("account has a colon", |settings| settings.account = "AC1:s3cret".to_owned()),
            ("token_env is missing", |settings| settings.token_env = None),
            ("from is empty", |settings| settings.from.clear()),
            ("to is not a number", |settings| settings.to = "0170/1234".to_owned()),
            ("template is wrong in line 1", |settings| settings.template = Some("{{ nothing }}".to_owned())),
        ];
        for (expected, spoil) in cases {
            let mut settings = settings();
            spoil(&mut settings);
            let error = settings.check().unwrap_err().to_string();
            assert!(error.starts_with(expected) && !error.contains("s3cret"), "{error}");
        }
    }
}
