//! Validated URL of a channel, with its HTTP client.

use super::{UrlKind, url_secrets};
use crate::secrets::Secrets;
use crate::{Environment, SettingsError};
use ::http::Uri;
use std::fmt;
use url::{Host, Url};
use watchglass_http_client::{Client, Limits, Proxies};

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
    url: Uri,
    /// Host as in a URL, with a non-default port.
    display_host: String,
    /// Parts of the URL that are never shown.
    secrets: Secrets,
    client: Client,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Endpoint").field(&self.display_host).finish()
    }
}

impl Endpoint {
    /// Parses a URL; loads the system's trusted certificates for https. The proxy is that of the environment.
    ///
    /// # Errors
    /// The URL is invalid or not allowed, or needs an invalid proxy; the error contains nothing of it.
    pub(crate) fn new(
        field: &'static str,
        url: &str,
        plaintext: PlaintextHosts,
        limits: Limits,
        environment: Environment<'_>,
    ) -> Result<Self, SettingsError> {
        let parsed = check_url(field, url, plaintext)?;
        let is_tls = parsed.scheme() == "https";
        let proxies = Proxies::from_variables(environment);
        let endpoint = Self::with_client(field, parsed, Client::new(limits, proxies.clone()))?;
        proxies.check(&endpoint.url).map_err(|error| {
            let problem = format!("needs a proxy, and {} is not the URL of one", error.variable);
            SettingsError::new(field, problem, "set this environment variable to http://host:port")
        })?;
        if !is_tls {
            return Ok(endpoint);
        }
        let client = endpoint.client.with_system_tls();
        let client = client
            .map_err(|error| SettingsError::new(field, "cannot be used over https", error.to_string()))?;
        Ok(Self { client, ..endpoint })
    }

    fn with_client(field: &'static str, mut url: Url, client: Client) -> Result<Self, SettingsError> {
        let host = url.host_str().unwrap_or_default();
        let display_host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        url.set_fragment(None);
        let secrets = url_secrets(&url, UrlKind::Public);
        let secrets = Secrets::of(secrets.iter().map(String::as_str));
        let url =
            Uri::try_from(url.as_str()).map_err(|_| SettingsError::new(field, "is not a URL", EXAMPLE))?;
        Ok(Self { url, display_host, secrets, client })
    }

    /// An endpoint with a client of the test.
    #[cfg(test)]
    pub(crate) fn for_test(url: &str, client: Client) -> Self {
        Self::with_client("url", Url::parse(url).unwrap(), client).unwrap()
    }

    pub(super) fn url(&self) -> &Uri {
        &self.url
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Parts of the URL that may be secrets.
    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Host for display.
    pub(crate) fn display_host(&self) -> &str {
        &self.display_host
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

    fn open(url: &str, plaintext: PlaintextHosts) -> Result<Endpoint, SettingsError> {
        Endpoint::new("url", url, plaintext, Limits::default(), &|name| {
            (name == "HTTPS_PROXY").then(|| "socks5://s3cret:1".to_owned())
        })
    }

    #[test]
    fn url_is_parsed() {
        let endpoint = open("http://[::1]:81/a%20b/ü?c=d e#f", PlaintextHosts::LocalhostOnly).unwrap();
        assert_eq!(endpoint.display_host(), "[::1]:81");
        assert_eq!(endpoint.url().to_string(), "http://[::1]:81/a%20b/%C3%BC?c=d%20e");
        assert_eq!(format!("{endpoint:?}"), "Endpoint(\"[::1]:81\")");
        let plain = open("http://example.com", PlaintextHosts::Any).unwrap();
        assert_eq!(
            (plain.url().to_string().as_str(), plain.display_host()),
            ("http://example.com/", "example.com")
        );
        let odd = open(
            "http://a/ !\"$%&'()*+,-.:;<=>@[\\]^_`{|}~?!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
            PlaintextHosts::Any,
        );
        odd.unwrap();
        assert!(
            check_url("url", "https://hooks.slack.com/services/T/B/x", PlaintextHosts::LocalhostOnly).is_ok()
        );
    }

    #[test]
    fn invalid_proxy_is_an_error_where_it_is_needed() {
        let error = open("https://host/s3cret", PlaintextHosts::Any).unwrap_err().to_string();
        let expected = "url needs a proxy, and HTTPS_PROXY is not the URL of one: set this environment variable to http://host:port";
        assert_eq!(error, expected);
        assert!(open("http://host/", PlaintextHosts::Any).is_ok());
    }

    #[test]
    fn url_errors_have_a_hint_and_no_part_of_the_url() {
        for (url, wrong) in [
            ("s3cret", "is not a URL"),
            ("http:///", "is not a URL"),
            ("https://ü.s3cret/", "is not a URL"),
            ("https://hoAüst.s3cret/", "is not a URL"),
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
