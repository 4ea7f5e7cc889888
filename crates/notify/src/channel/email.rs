//! Mail over SMTP ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321)): plain text and HTML, with the chart beside them.
//!
//! The `Message-ID` is made of the message's id, so that of two that come because a crash cut a sending off mail programs
//! show one. A message goes to all addresses or to none: when the server refuses one of them it gets no text.

mod compose;

use super::Words;
use crate::secrets::{Secrets, Source};
use crate::settings::check_line;
use crate::template::Escape;
use crate::{Channel, Environment, Message, SendError, Sending, SettingsError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::timeout;
use watchglass_model::Timestamp;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(30);
/// How long the farewell may take once the server has the mail.
const FAREWELL: Duration = Duration::from_secs(2);
/// The most addresses that a message goes to.
const MOST_TO: usize = 20;

/// How the way to the mail server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// From the command STARTTLS on; without it nothing is sent. The usual port is 587.
    #[default]
    Starttls,
    /// From the first byte on. The usual port is 465.
    Tls,
    /// Not at all; only to a server on this machine. The usual port is 25.
    None,
}

/// The settings of mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailSettings {
    /// The name or address of the mail server.
    pub host: String,
    /// Its port; the usual one when it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the way there is encrypted.
    #[serde(default)]
    pub encryption: Encryption,
    /// Who sends, where the server wants to know; then there is a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The variable that has the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_env: Option<String>,
    /// The file that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// The address that it comes from, such as `Watchglass <watch@example.com>`.
    pub from: String,
    /// The addresses that it goes to.
    pub to: Vec<String>,
    /// Makes another text of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl EmailSettings {
    fn password(&self) -> Source<'_> {
        let (env, file) = (self.password_env.as_deref(), self.password_file.as_deref());
        Source { env_field: "password_env", env, file_field: "password_file", file }
    }

    fn is_near(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    fn mailboxes(&self) -> Result<(Mailbox, Vec<Mailbox>), SettingsError> {
        let parse = |field: &'static str, text: &String| {
            check_line(field, text, 320)?;
            let right = "give one such as Watchglass <watch@example.com>";
            text.parse()
                .map_err(|_| SettingsError::new(field, format!("has \"{text}\", which is no address"), right))
        };
        if self.to.is_empty() || self.to.len() > MOST_TO {
            let right = format!("give 1 to {MOST_TO}");
            return Err(SettingsError::new("to", format!("has {} addresses", self.to.len()), right));
        }
        Ok((parse("from", &self.from)?, self.to.iter().map(|to| parse("to", to)).collect::<Result<_, _>>()?))
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_');
        if !(1..=253).contains(&self.host.len()) || !self.host.bytes().all(is_host) {
            let right = "give its name or address, such as smtp.example.com; the port has a field of its own";
            return Err(SettingsError::new("host", "is not the name of a server", right));
        }
        if self.port == Some(0) {
            return Err(SettingsError::new("port", "is 0", "give 1 to 65535, or leave it out"));
        }
        if self.encryption == Encryption::None && !self.is_near() {
            let right = "\"none\" is for a server on this machine; take \"starttls\" or \"tls\"";
            return Err(SettingsError::new("encryption", "is \"none\" for another machine", right));
        }
        self.password().check(self.user.is_some())?;
        match &self.user {
            Some(user) => check_line("user", user, 320)?,
            None if self.password().is_given() => {
                return Err(SettingsError::new(
                    "user",
                    "is missing",
                    "a password is that of a user: name both or none",
                ));
            }
            None => {}
        }
        self.mailboxes()?;
        Words::new(self.template.as_deref(), Escape::None).map(drop)
    }
}

/// Mail.
pub(crate) struct Email {
    host: String,
    port: u16,
    encryption: Encryption,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    from: Mailbox,
    to: Vec<Mailbox>,
    secrets: Secrets,
    words: Words,
    whole: Duration,
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email").field("host", &self.host).field("to", &self.to).finish_non_exhaustive()
    }
}

impl Email {
    pub(crate) fn open(
        settings: &EmailSettings,
        environment: Environment<'_>,
    ) -> Result<Self, SettingsError> {
        let (from, to) = settings.mailboxes()?;
        let tls =
            (settings.encryption != Encryption::None).then(|| TlsParameters::new(settings.host.clone()));
        let tls = tls
            .transpose()
            .map_err(|error| SettingsError::new("encryption", "is not to be had", error.to_string()))?;
        let usual = match settings.encryption {
            Encryption::Starttls => 587,
            Encryption::Tls => 465,
            Encryption::None => 25,
        };
        let mut secrets = Secrets::default();
        let mut credentials = None;
        if let Some(user) = &settings.user {
            let password = settings.password().read(environment)?;
            let password = password.reveal().unwrap_or_default();
            // As it goes over the wire: a server may repeat a command that it does not understand.
            let (plain, login) =
                (STANDARD.encode(format!("\0{user}\0{password}")), STANDARD.encode(password));
            secrets = Secrets::of([password, plain.as_str(), login.as_str()]);
            credentials = Some(Credentials::new(user.clone(), password.to_owned()));
        }
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port.unwrap_or(usual),
            encryption: settings.encryption,
            tls,
            credentials,
            from,
            to,
            secrets,
            words: Words::new(settings.template.as_deref(), Escape::None)?,
            whole: WHOLE,
        })
    }

    /// The same with another deadline, and other certificates to trust.
    #[cfg(test)]
    pub(crate) fn with(mut self, whole: Duration, tls: Option<TlsParameters>) -> Self {
        (self.whole, self.tls) = (whole, tls);
        self
    }

    async fn deliver(&self, message: &Message) -> Result<(), SendError> {
        let mail =
            compose::mail(message, &self.from, &self.to, self.words.render(message)).map_err(|error| {
                SendError::permanent(format!("no mail can be made of it: {}", self.secrets.scrub(&error)))
            })?;
        let server = format!("{}:{}", self.host, self.port);
        match timeout(self.whole, self.talk(&mail)).await {
            Ok(Ok(mut connection)) => {
                // The server has it: however the farewell goes, it must not be sent again.
                let _ = timeout(FAREWELL, connection.abort()).await;
                Ok(())
            }
            Ok(Err(error)) => {
                let reason = format!("{server}: {}", self.secrets.scrub(&error.to_string()));
                // What the server refuses for good, and what it cannot do; all else may change.
                if error.is_permanent() || error.is_client() {
                    Err(SendError::permanent(reason))
                } else {
                    Err(SendError::temporary(reason))
                }
            }
            Err(_elapsed) => {
                let reason = format!("{server} is not done within {} s", self.whole.as_secs_f64());
                Err(SendError::temporary(reason))
            }
        }
    }

    /// Hands the mail over; the server has it when this is done.
    async fn talk(&self, mail: &lettre::Message) -> Result<AsyncSmtpConnection, Error> {
        // Where there is no name that servers could look up they want an address.
        let name = ClientId::Ipv4(Ipv4Addr::LOCALHOST);
        let server = (self.host.as_str(), self.port);
        let at_once = self.tls.clone().filter(|_| self.encryption == Encryption::Tls);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &name, at_once, None).await?;
        if let (Encryption::Starttls, Some(tls)) = (self.encryption, &self.tls) {
            connection.starttls(tls.clone(), &name).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        connection.send(mail.envelope(), &mail.formatted()).await?;
        Ok(connection)
    }
}

impl Channel for Email {
    fn to(&self) -> String {
        self.to.iter().map(|mailbox| mailbox.email.to_string()).collect::<Vec<_>>().join(", ")
    }

    fn send<'a>(&'a self, message: &'a Message, _now: Timestamp) -> Sending<'a> {
        Box::pin(self.deliver(message))
    }
}

#[cfg(test)]
mod tests;
