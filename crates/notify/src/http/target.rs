//! Where requests go: a URL that was looked at once.

use crate::SettingsError;
use std::fmt;
use std::sync::Arc;
use tokio_rustls::rustls::{ClientConfig, pki_types::ServerName};
use url::{Host, Url};
use watchglass_remote::tls::client_config;

/// The longest URL, in bytes.
const MOST_URL: usize = 2048;

/// Who may be spoken to without encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clear {
    /// Everybody: nothing in the request is secret.
    Anywhere,
    /// This machine only: the request carries a secret.
    Loopback,
}

/// Where requests go. The URL may be a secret: only its host is ever shown.
pub(crate) struct Target {
    url: Url,
    host: String,
    port: u16,
    /// The host as a URL has it, with a port that is not the usual one.
    shown: String,
    encryption: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.shown).finish()
    }
}

impl Target {
    /// Takes a URL apart, and reads whom to trust from the system when it is an encrypted one.
    ///
    /// # Errors
    /// It is none, or none that may be used; nothing of it is in the error.
    pub(crate) fn new(field: &'static str, url: &str, clear: Clear) -> Result<Self, SettingsError> {
        let parsed = check(field, url, clear)?;
        let mut target = Self::of(field, parsed)?;
        if target.url.scheme() == "https" {
            let config = client_config().map_err(|error| {
                SettingsError::new(field, "cannot be reached over https", error.to_string())
            })?;
            target.encrypt(field, config)?;
        }
        Ok(target)
    }

    fn of(field: &'static str, url: Url) -> Result<Self, SettingsError> {
        let none = || SettingsError::new(field, "has no host", EXAMPLE);
        let host = match url.host().ok_or_else(none)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let port = url.port_or_known_default().ok_or_else(none)?;
        let name = url.host_str().unwrap_or_default();
        let shown = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        Ok(Self { host, port, shown, encryption: None, url })
    }

    fn encrypt(&mut self, field: &'static str, config: Arc<ClientConfig>) -> Result<(), SettingsError> {
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| SettingsError::new(field, "has a host that no certificate can name", EXAMPLE))?;
        self.encryption = Some((config, name));
        Ok(())
    }

    /// The same with other certificates to trust.
    #[cfg(test)]
    pub(crate) fn trusting(url: &str, config: Arc<ClientConfig>) -> Self {
        let mut target = Self::of("url", Url::parse(url).unwrap()).unwrap();
        target.encrypt("url", config).unwrap();
        target
    }

    /// The beginning of a request, as far as it is always the same; its empty line is not there yet.
    pub(super) fn head(&self, content_type: &str, length: usize) -> String {
        let query = self.url.query().map_or_else(String::new, |query| format!("?{query}"));
        format!(
            "POST {}{query} HTTP/1.1\r\nhost: {}\r\nuser-agent: watchglass/{}\r\nconnection: close\r\n\
             content-type: {content_type}\r\ncontent-length: {length}\r\n",
            self.url.path(),
            self.shown,
            env!("CARGO_PKG_VERSION"),
        )
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The host, for people.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) fn encryption(&self) -> Option<(Arc<ClientConfig>, ServerName<'static>)> {
        self.encryption.clone()
    }
}

const EXAMPLE: &str = "give one such as https://host/path";

/// Whether requests may go to a URL.
///
/// # Errors
/// They may not. Nothing of the URL is in the error.
pub(crate) fn check(field: &'static str, url: &str, clear: Clear) -> Result<Url, SettingsError> {
    let wrong = |wrong: &str, right: &str| Err(SettingsError::new(field, wrong, right));
    if url.len() > MOST_URL {
        return wrong("is too long", "at most 2,048 bytes are taken");
    }
    let Ok(parsed) = Url::parse(url) else { return wrong("is not a URL", EXAMPLE) };
    let is_near = match parsed.host() {
        None => return wrong("has no host", EXAMPLE),
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return wrong("has a user or a password in it", "secrets have fields of their own");
    }
    match parsed.scheme() {
        "https" => Ok(parsed),
        "http" if is_near || clear == Clear::Anywhere => Ok(parsed),
        "http" => wrong(
            "would carry a secret without encryption",
            "begin it with https:// (http:// is for this machine)",
        ),
        _ => wrong("is not one of http", EXAMPLE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let target = Target::new("url", "http://[::1]:81/a%20b/ü?c=d e#f", Clear::Loopback).unwrap();
        assert_eq!((target.host(), target.port(), target.shown()), ("::1", 81, "[::1]:81"));
        let head = target.head("text/plain", 5);
        assert!(head.starts_with("POST /a%20b/%C3%BC?c=d%20e HTTP/1.1\r\nhost: [::1]:81\r\n"), "{head}");
        assert!(head.ends_with("content-type: text/plain\r\ncontent-length: 5\r\n"), "{head}");
        assert_eq!(format!("{target:?}"), "Target(\"[::1]:81\")");
        let plain = Target::new("url", "http://example.com", Clear::Anywhere).unwrap();
        assert_eq!((plain.port(), plain.shown()), (80, "example.com"));
        assert!(check("url", "https://hooks.slack.com/services/T/B/x", Clear::Loopback).is_ok());
    }

    #[test]
    fn errors_about_urls_say_what_would_be_right_and_nothing_of_the_url() {
        for (url, wrong) in [
            ("s3cret", "is not a URL"),
            ("http:///", "is not a URL"),
            ("data:s3cret", "has no host"),
            ("ftp://host/s3cret", "is not one of http"),
            ("https://u:s3cret@host/", "has a user or a password in it"),
            ("http://host/s3cret", "would carry a secret without encryption"),
            (&format!("https://host/{}", "s3cret".repeat(1000)), "is too long"),
        ] {
            let error = check("url", url, Clear::Loopback).unwrap_err().to_string();
            assert!(error.starts_with(&format!("url {wrong}: ")) && !error.contains("s3cret"), "{error}");
        }
    }
}
