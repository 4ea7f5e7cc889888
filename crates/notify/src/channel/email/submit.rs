//! SMTP conversation ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321), 3.3): recipients that the server refuses do not
//! keep the mail from the others.

use super::{CONNECT_TIMEOUT, Email, Encryption};
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};

/// Reply with which a server closes the connection.
const CLOSING: u16 = 421;

/// Reason why no mail was transmitted.
pub(super) enum SubmitError {
    /// The server refused the connection with 421, before or after EHLO.
    Busy(Error),
    /// The sender or the mail has characters that the server does not support.
    Unsupported(&'static str),
    /// Anything else.
    Smtp(Error),
}

impl From<Error> for SubmitError {
    fn from(error: Error) -> Self {
        Self::Smtp(error)
    }
}

/// Result of a transmission.
pub(super) struct Submitted {
    /// Recipients that have the mail.
    pub(super) accepted: Vec<Address>,
    /// Recipients that were refused, with the server's reply.
    pub(super) refused: Vec<(Address, Error)>,
    /// To be closed.
    pub(super) connection: AsyncSmtpConnection,
}

impl Email {
    /// Transmits a mail to recipients. On return the server has accepted it for those that it did not refuse.
    pub(super) async fn submit(
        &self,
        mail: &lettre::Message,
        recipients: &[Address],
    ) -> Result<Submitted, SubmitError> {
        let mut connection = self.connect().await?;
        let bytes = mail.formatted();
        let parameters = parameters(&connection, mail, recipients, &bytes)?;
        connection.command(Mail::new(mail.envelope().from().cloned(), parameters)).await?;
        let (mut accepted, mut refused) = (Vec::new(), Vec::new());
        for recipient in recipients {
            match connection.command(Rcpt::new(recipient.clone(), Vec::new())).await {
                Ok(_) => accepted.push(recipient.clone()),
                Err(error) if code(&error).is_some_and(|code| code != CLOSING) => {
                    refused.push((recipient.clone(), error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if !accepted.is_empty() {
            connection.command(Data).await?;
            connection.message(&bytes).await?;
        }
        Ok(Submitted { accepted, refused, connection })
    }

    /// Connects, with encryption and authentication.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SubmitError> {
        let busy = |error: Error| match code(&error) {
            Some(CLOSING) => SubmitError::Busy(error),
            _ => SubmitError::Smtp(error),
        };
        let (server, name) = ((self.host.as_str(), self.port), &self.helo);
        let tls = self.tls.clone().filter(|_| self.encryption == Encryption::Tls);
        let connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT_TIMEOUT), name, tls, None).await;
        let mut connection = connection.map_err(busy)?;
        if let (Encryption::Starttls, Some(tls)) = (self.encryption, &self.tls) {
            connection.starttls(tls.clone(), name).await.map_err(busy)?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        Ok(connection)
    }
}

/// Code of a reply.
fn code(error: &Error) -> Option<u16> {
    error.status().map(u16::from)
}

/// Parameters for addresses and texts that are not ASCII ([RFC 6531](https://www.rfc-editor.org/rfc/rfc6531),
/// [RFC 6152](https://www.rfc-editor.org/rfc/rfc6152)).
fn parameters(
    connection: &AsyncSmtpConnection,
    mail: &lettre::Message,
    recipients: &[Address],
    bytes: &[u8],
) -> Result<Vec<MailParameter>, SubmitError> {
    let supports = |extension| connection.server_info().supports_feature(extension);
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    let mut parameters = Vec::new();
    if !mail.envelope().from().is_none_or(is_ascii) || !recipients.iter().all(is_ascii) {
        if !supports(Extension::SmtpUtfEight) {
            return Err(SubmitError::Unsupported("no support for addresses that are not ASCII (SMTPUTF8)"));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !bytes.is_ascii() {
        if !supports(Extension::EightBitMime) {
            return Err(SubmitError::Unsupported("no support for texts that are not ASCII (8BITMIME)"));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}
