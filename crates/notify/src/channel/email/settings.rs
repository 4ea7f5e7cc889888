//! Settings of an email channel.

use super::super::TextTemplate;
use crate::SettingsError;
use crate::secrets::SecretSource;
use crate::settings::check_line;
use crate::template::Escape;
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::PathBuf;

/// Maximum recipients of a message.
const MAX_RECIPIENTS: usize = 20;

/// Encryption of the SMTP connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// STARTTLS is required; without it nothing is sent. Default port 587.
    #[default]
    Starttls,
    /// TLS from the first byte. Default port 465.
    Tls,
    /// No encryption; only for a server on localhost. Default port 25.
    None,
}

/// Settings of an email channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailSettings {
    /// Host name or address of the mail server.
    pub host: String,
    /// Port; defaults to the standard port of the encryption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Encryption of the connection.
    #[serde(default)]
    pub encryption: Encryption,
    /// User name for SMTP authentication; requires a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Environment variable with the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_env: Option<String>,
    /// File with the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Sender address, such as `Watchglass <watch@example.com>`.
    pub from: String,
    /// Recipient addresses.
    pub to: Vec<String>,
    /// Name of this server in EHLO: a host name or an address. The default is the host of `public_url`, or else
    /// `host.name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helo: Option<String>,
    /// Template of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl EmailSettings {
    pub(super) fn password(&self) -> SecretSource<'_> {
        let (env, file) = (self.password_env.as_deref(), self.password_file.as_deref());
        SecretSource { env_field: "password_env", env, file_field: "password_file", file }
    }

    fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    pub(super) fn mailboxes(&self) -> Result<(Mailbox, Vec<Mailbox>), SettingsError> {
        let parse = |field: &'static str, text: &String| {
            check_line(field, text, 320)?;
            let right = "give one such as Watchglass <watch@example.com>";
            text.parse().map_err(|_| {
                SettingsError::new(field, format!("contains the invalid address \"{text}\""), right)
            })
        };
        if self.to.is_empty() || self.to.len() > MAX_RECIPIENTS {
            let right = format!("give 1 to {MAX_RECIPIENTS}");
            return Err(SettingsError::new("to", format!("has {} addresses", self.to.len()), right));
        }
        Ok((parse("from", &self.from)?, self.to.iter().map(|to| parse("to", to)).collect::<Result<_, _>>()?))
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_');
        if !(1..=253).contains(&self.host.len()) || !self.host.bytes().all(is_host) {
            let right = "give a host name or address, such as smtp.example.com; the port is a separate field";
            return Err(SettingsError::new("host", "is not a valid host name", right));
        }
        if self.port == Some(0) {
            return Err(SettingsError::new("port", "is 0", "give 1 to 65535, or leave it out"));
        }
        if self.encryption == Encryption::None && !self.is_local() {
            let right = "\"none\" is only allowed for localhost; use \"starttls\" or \"tls\"";
            return Err(SettingsError::new("encryption", "is \"none\" for a remote host", right));
        }
        if let Some(helo) = &self.helo
            && !is_helo(helo)
        {
            let right = "give a host name such as watch.example.com, or an address";
            return Err(SettingsError::new("helo", "is not a valid host name", right));
        }
        self.password().check(self.user.is_some())?;
        match &self.user {
            Some(user) => check_line("user", user, 320)?,
            None if self.password().is_set() => {
                return Err(SettingsError::new(
                    "user",
                    "is missing",
                    "set both user and password, or neither",
                ));
            }
            None => {}
        }
        self.mailboxes()?;
        TextTemplate::new(self.template.as_deref(), Escape::None).map(drop)
    }
}

/// Whether a text is a host name or an address, as EHLO needs it.
pub(super) fn is_helo(text: &str) -> bool {
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    text.parse::<IpAddr>().is_ok() || ((1..=253).contains(&text.len()) && text.bytes().all(is_host))
}
