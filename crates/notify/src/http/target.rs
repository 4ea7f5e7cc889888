//! Validated URL of a request.

use crate::SettingsError;
use std::fmt;
use std::sync::Arc;
use tokio_rustls::rustls::{ClientConfig, pki_types::ServerName};
use url::{Host, Url};
use watchglass_remote::tls::client_config;

/// Maximum bytes of a URL.
const MAX_URL: usize = 2048;

/// Hosts that may be contacted without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlaintextHosts {
    /// Any host: the request contains no secret.
    Any,
    /// Only localhost: the request contains a secret.
    LocalhostOnly,
}

/// Endpoint of requests. The URL may be a secret: only its host is ever shown.
pub(crate) struct Endpoint {
    url: Url,
    host: String,
    port: u16,
    /// Host as in a URL, with a non-default port.
    shown: String,
    encryption: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Endpoint").field(&self.shown).finish()
    }
}

impl Endpoint {
    /// Parses a URL; loads the system's trusted certificates for https.
    ///
    /// # Errors
    /// The URL is invalid or not allowed; the error contains nothing of it.
    pub(crate) fn new(field: &'static str, url: &str, clear: PlaintextHosts) -> Result<Self, SettingsError> {
        let parsed = check_url(field, url, clear)?;
        let mut target = Self::of(field, parsed)?;
        if target.url.scheme() == "https" {
            let config = client_config()
                .map_err(|error| SettingsError::new(field, "cannot be used over https", error.to_string()))?;
            target.encrypt(field, config)?;
        }
        Ok(target)
    }

    fn of(field: &'static str, url: Url) -> Result<Self, SettingsError> {
        let missing = || SettingsError::new(field, "has no host", EXAMPLE);
        let host = match url.host().ok_or_else(missing)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let port = url.port_or_known_default().ok_or_else(missing)?;
        let name = url.host_str().unwrap_or_default();
        let shown = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        Ok(Self { host, port, shown, encryption: None, url })
    }

    fn encrypt(&mut self, field: &'static str, config: Arc<ClientConfig>) -> Result<(), SettingsError> {
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| SettingsError::new(field, "has a host that cannot be in a certificate", EXAMPLE))?;
        self.encryption = Some((config, name));
        Ok(())
    }

    /// Overrides the trusted certificates.
    #[cfg(test)]
    pub(crate) fn with_trust(url: &str, config: Arc<ClientConfig>) -> Self {
        let mut target = Self::of("url", Url::parse(url).unwrap()).unwrap();
        target.encrypt("url", config).unwrap();
        target
    }

    /// Request head with the fixed headers, without the final empty line.
    pub(super) fn request_head(&self, content_type: &str, length: usize) -> String {
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

    /// Host for display.
    pub(crate) fn display_host(&self) -> &str {
        &self.shown
    }

    pub(super) fn tls(&self) -> Option<(Arc<ClientConfig>, ServerName<'static>)> {
        self.encryption.clone()
    }
}

const EXAMPLE: &str = "use a URL such as https://host/path";

/// Validates a URL.
///
/// # Errors
/// The URL is invalid or not allowed. The error contains nothing of it.
pub(crate) fn check_url(field: &'static str, url: &str, clear: PlaintextHosts) -> Result<Url, SettingsError> {
    let invalid = |problem: &str, hint: &str| Err(SettingsError::new(field, problem, hint));
    if url.len() > MAX_URL {
        return invalid("is too long", "use at most 2,048 bytes");
    }
    let Ok(parsed) = Url::parse(url) else { return invalid("is not a URL", EXAMPLE) };
    let is_loopback = match parsed.host() {
        None => return invalid("has no host", EXAMPLE),
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return invalid("contains a user or a password", "secrets have separate fields");
    }
    match parsed.scheme() {
        "https" => Ok(parsed),
        "http" if is_loopback || clear == PlaintextHosts::Any => Ok(parsed),
        "http" => {
            invalid("would send a secret unencrypted", "use https:// (http:// is only allowed for localhost)")
        }
        _ => invalid("is not an HTTP URL", EXAMPLE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_parsed() {
        let target =
            Endpoint::new("url", "http://[::1]:81/a%20b/ü?c=d e#f", PlaintextHosts::LocalhostOnly).unwrap();
        assert_eq!((target.host(), target.port(), target.display_host()), ("::1", 81, "[::1]:81"));
        let head = target.request_head("text/plain", 5);
        assert!(head.starts_with("POST /a%20b/%C3%BC?c=d%20e HTTP/1.1\r\nhost: [::1]:81\r\n"), "{head}");
        assert!(head.ends_with("content-type: text/plain\r\ncontent-length: 5\r\n"), "{head}");
        assert_eq!(format!("{target:?}"), "Endpoint(\"[::1]:81\")");
        let plain = Endpoint::new("url", "http://example.com", PlaintextHosts::Any).unwrap();
        assert_eq!((plain.port(), plain.display_host()), (80, "example.com"));
        assert!(
            check_url("url", "https://hooks.slack.com/services/T/B/x", PlaintextHosts::LocalhostOnly).is_ok()
        );
    }

    #[test]
    fn url_errors_have_a_hint_and_no_part_of_the_url() {
        for (url, wrong) in [
            ("s3cret", "is not a URL"),
            ("http:///", "is not a URL"),
            ("data:s3cret", "has no host"),
            ("ftp://host/s3cret", "is not an HTTP URL"),
            ("https://u:s3cret@host/", "contains a user or a password"),
            ("http://host/s3cret", "would send a secret unencrypted"),
            (&format!("https://host/{}", "s3cret".repeat(1000)), "is too long"),
        ] {
            let error = check_url("url", url, PlaintextHosts::LocalhostOnly).unwrap_err().to_string();
            assert!(error.starts_with(&format!("url {wrong}: ")) && !error.contains("s3cret"), "{error}");
        }
    }
}
