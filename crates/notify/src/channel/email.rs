//! Email over SMTP ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321)): plain text and HTML, with the chart attached.
//!
//! The `Message-ID` is derived from the message's id: if a crash causes a second send, mail programs show one mail. A
//! server may refuse some recipients: the others get the mail, and the delivery log says who was refused. Recipients that
//! are refused with 4xx are retried alone.

mod compose;
mod recipients;
mod settings;
mod submit;

pub use settings::{EmailSettings, Encryption};

use super::{Context, TextTemplate};
use crate::secrets::Secrets;
use crate::template::Escape;
use crate::{Channel, Message, SendError, SendFuture, SettingsError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::TlsParameters;
use lettre::transport::smtp::extension::ClientId;
use recipients::{Progress, Refusal, Unfinished, refusals};
use settings::is_helo;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use submit::{SubmitError, Submitted};
use tokio::time::timeout;
use watchglass_model::Timestamp;

/// Timeout of the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Timeout of the total_timeout delivery.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);
/// Timeout of QUIT after the server has accepted the mail.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);
/// Name of this server in EHLO; an address is written as a literal ([RFC 5321, 4.1.3](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.3)).
fn client_id(name: Option<&str>) -> ClientId {
    let Some(name) = name.filter(|name| is_helo(name)) else { return ClientId::Ipv4(Ipv4Addr::LOCALHOST) };
    match name.parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(name.to_owned()),
    }
}

/// Email channel.
pub(crate) struct Email {
    host: String,
    port: u16,
    encryption: Encryption,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    from: Mailbox,
    to: Vec<Mailbox>,
    helo: ClientId,
    secrets: Secrets,
    template: TextTemplate,
    total_timeout: Duration,
    /// Mails that some recipients do not have yet.
    unfinished: Unfinished,
    /// Recipients of finished mails, until the delivery log has them.
    finished: Unfinished,
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email").field("host", &self.host).field("to", &self.to).finish_non_exhaustive()
    }
}

impl Email {
    pub(crate) fn open(settings: &EmailSettings, context: Context<'_>) -> Result<Self, SettingsError> {
        let (from, to) = settings.mailboxes()?;
        let tls =
            (settings.encryption != Encryption::None).then(|| TlsParameters::new(settings.host.clone()));
        let tls = tls
            .transpose()
            .map_err(|error| SettingsError::new("encryption", "is not available", error.to_string()))?;
        let default_port = match settings.encryption {
            Encryption::Starttls => 587,
            Encryption::Tls => 465,
            Encryption::None => 25,
        };
        let mut secrets = Secrets::default();
        let mut credentials = None;
        if let Some(user) = &settings.user {
            let password = settings.password().read(context.environment)?;
            let password = password.reveal().unwrap_or_default();
            // Encoded as on the wire: a server may echo a command it does not understand.
            let (plain, login) =
                (STANDARD.encode(format!("\0{user}\0{password}")), STANDARD.encode(password));
            secrets = Secrets::of([password, plain.as_str(), login.as_str()]);
            credentials = Some(Credentials::new(user.clone(), password.to_owned()));
        }
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port.unwrap_or(default_port),
            encryption: settings.encryption,
            tls,
            credentials,
            from,
            to,
            secrets,
            template: TextTemplate::new(settings.template.as_deref(), Escape::None)?,
            total_timeout: TOTAL_TIMEOUT,
            helo: client_id(settings.helo.as_deref().or(context.helo)),
            unfinished: Unfinished::default(),
            finished: Unfinished::default(),
        })
    }

    /// Overrides the timeout and the trusted certificates.
    #[cfg(test)]
    pub(crate) fn with(mut self, total_timeout: Duration, tls: Option<TlsParameters>) -> Self {
        (self.total_timeout, self.tls) = (total_timeout, tls);
        self
    }

    async fn deliver(&self, message: &Message) -> Result<(), SendError> {
        let mail =
            compose::mail(message, &self.from, &self.to, self.template.render(message)).map_err(|error| {
                SendError::permanent(format!("cannot build the mail: {}", self.secrets.redact(&error)))
            })?;
        let server = format!("{}:{}", self.host, self.port);
        let mut progress = self.unfinished.take(&message.id);
        let addresses = self.to.iter().map(|mailbox| mailbox.email.clone());
        let pending: Vec<_> = addresses.filter(|address| !progress.is_finished(address.as_ref())).collect();
        let result = match timeout(self.total_timeout, self.submit(&mail, &pending)).await {
            Ok(Ok(submitted)) => self.conclude(submitted, &mut progress).await,
            Ok(Err(error)) => Err(self.failure(error, &mut progress)),
            Err(_elapsed) => {
                let reason = format!("timed out after {} s", self.total_timeout.as_secs_f64());
                Err(SendError::temporary(reason))
            }
        };
        match result {
            Ok(()) => {
                if !progress.refused.is_empty() {
                    self.finished.keep(&message.id, progress);
                }
                Ok(())
            }
            Err(SendError::Temporary { reason, retry_after }) => {
                self.unfinished.keep(&message.id, progress);
                Err(SendError::Temporary { reason: format!("{server}: {reason}"), retry_after })
            }
            Err(SendError::Permanent { reason }) if progress.delivered.is_empty() => {
                Err(SendError::permanent(format!("{server}: {reason}")))
            }
            // Others got it before.
            Err(SendError::Permanent { reason }) => {
                let refused = pending.into_iter().filter(|address| !progress.is_finished(address.as_ref()));
                let refused =
                    refused.map(|address| Refusal { address: address.to_string(), reply: reason.clone() });
                progress.refused.extend(refused.collect::<Vec<_>>());
                self.finished.keep(&message.id, progress);
                Ok(())
            }
        }
    }

    /// Records who accepted and who refused the mail.
    async fn conclude(&self, submitted: Submitted, progress: &mut Progress) -> Result<(), SendError> {
        let Submitted { accepted, refused, mut connection } = submitted;
        // The server has accepted it: whatever happens on QUIT, it must not be sent again.
        let _ = timeout(QUIT_TIMEOUT, connection.abort()).await;
        progress.delivered.extend(accepted.iter().map(ToString::to_string));
        let mut retried = Vec::new();
        for (address, error) in refused {
            let is_permanent = error.is_permanent();
            let reply = self.secrets.redact(&error.to_string());
            let refusal = Refusal { address: address.to_string(), reply };
            if is_permanent { progress.refused.push(refusal) } else { retried.push(refusal) }
        }
        if !retried.is_empty() {
            let (delivered, all) = (progress.delivered.len(), self.to.len());
            let refusals = refusals(&retried);
            Err(SendError::temporary(format!(
                "refused for now: {refusals}; {delivered} of {all} recipients have it"
            )))
        } else if progress.delivered.is_empty() {
            Err(SendError::permanent(format!("refused: {}", refusals(&progress.refused))))
        } else {
            Ok(())
        }
    }

    fn failure(&self, error: SubmitError, progress: &mut Progress) -> SendError {
        match error {
            SubmitError::Unsupported(problem) => SendError::permanent(problem),
            SubmitError::Busy(error) => {
                let reason = self.secrets.redact(&error.to_string());
                if progress.is_busy_too_long() {
                    SendError::permanent(format!(
                        "gave up: {reason}; the server may not accept the name {} in EHLO: set helo",
                        self.helo
                    ))
                } else {
                    SendError::temporary(reason)
                }
            }
            SubmitError::Smtp(error) => {
                let reason = self.secrets.redact(&error.to_string());
                // Permanent refusals and unsupported features; everything else is retried.
                if error.is_permanent() || error.is_client() {
                    SendError::permanent(reason)
                } else {
                    SendError::temporary(reason)
                }
            }
        }
    }
}

impl Channel for Email {
    fn to(&self) -> String {
        self.to.iter().map(|mailbox| mailbox.email.to_string()).collect::<Vec<_>>().join(", ")
    }

    fn take_recipients(&self, id: &str) -> Option<String> {
        let finished = self.finished.take(id);
        (!finished.refused.is_empty()).then(|| finished.text())
    }

    fn send<'a>(&'a self, message: &'a Message, _now: Timestamp) -> SendFuture<'a> {
        Box::pin(self.deliver(message))
    }
}

#[cfg(test)]
mod tests;
