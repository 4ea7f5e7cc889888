//! Destination of reports.

use http::HeaderValue;
use http::uri::{Authority, Scheme, Uri};
use std::fmt;

/// Maximum token length in bytes.
const MAX_TOKEN_BYTES: usize = 512;
/// Maximum URL length in bytes.
const MAX_URL_BYTES: usize = 2048;

/// Watchglass server and API token.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    url: Uri,
    scheme: Scheme,
    authority: Authority,
    authorization: Option<HeaderValue>,
}

/// Invalid server address or token. Messages never contain the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DestinationError {
    /// Unsupported scheme.
    #[error("the server address must begin with http:// or https://")]
    Scheme,
    /// The feature `tls` is off.
    #[error("https:// is not supported: build watchglass-instrument with the feature tls")]
    Tls,
    /// Missing or invalid host.
    #[error(
        "the server address must have a host, as in http://127.0.0.1:7070, and no user, query or fragment"
    )]
    Host,
    /// Invalid port.
    #[error("the port of the server address must be 1 to 65535")]
    Port,
    /// Invalid token.
    #[error("the token must be 1 to 512 visible ASCII characters without spaces")]
    Token,
}

impl Destination {
    /// Parses a server address: `http://host:port` or `https://host:port`, with a path prefix if the server is behind a
    /// reverse proxy. The default port is 80, or 443 for `https://`.
    ///
    /// # Errors
    /// The address is invalid.
    pub fn parse(url: &str) -> Result<Self, DestinationError> {
        let (scheme, rest) = url.split_once("://").ok_or(DestinationError::Scheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::HTTP,
            "https" if cfg!(feature = "tls") => Scheme::HTTPS,
            "https" => return Err(DestinationError::Tls),
            _ => return Err(DestinationError::Scheme),
        };
        // Rejects user, query and fragment.
        let is_allowed = |byte: u8| byte.is_ascii_graphic() && !b"@?#\\".contains(&byte);
        if url.len() > MAX_URL_BYTES || !rest.bytes().all(is_allowed) {
            return Err(DestinationError::Host);
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let authority: Authority = authority.parse().map_err(|_| DestinationError::Host)?;
        if authority.host().is_empty() {
            return Err(DestinationError::Host);
        }
        match authority.as_str().strip_prefix(authority.host()) {
            Some("") => {}
            Some(port) if port.starts_with(':') => {
                authority.port_u16().filter(|port| *port > 0).ok_or(DestinationError::Port)?;
            }
            _ => return Err(DestinationError::Host),
        }
        let path = path.trim_end_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        let url = Uri::builder()
            .scheme(scheme.clone())
            .authority(authority.clone())
            .path_and_query(format!("{slash}{path}/api/ingest"))
            .build()
            .map_err(|_| DestinationError::Host)?;
        Ok(Self { url, scheme, authority, authorization: None })
    }

    /// Sets the bearer token.
    ///
    /// # Errors
    /// The token is empty, too long, or not visible ASCII.
    pub fn with_token(mut self, token: &str) -> Result<Self, DestinationError> {
        let length = token.len();
        if !(1..=MAX_TOKEN_BYTES).contains(&length) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(DestinationError::Token);
        }
        let mut value =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| DestinationError::Token)?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }

    /// URL of the reports.
    pub(super) fn url(&self) -> &Uri {
        &self.url
    }

    /// Value of the `Authorization` header.
    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    #[cfg(feature = "tls")]
    pub(super) fn is_tls(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }
}

/// Hides the token.
impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination").field("authority", &self.authority).finish_non_exhaustive()
    }
}

/// Writes `http://host:port` or `https://host:port`.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parsed() {
        for (url, expected, shown) in [
            ("http://127.0.0.1:7070", "http://127.0.0.1:7070/api/ingest", "http://127.0.0.1:7070"),
            ("HTTP://watch.example/", "http://watch.example/api/ingest", "http://watch.example"),
            ("http://[::1]:1/a/b/", "http://[::1]:1/a/b/api/ingest", "http://[::1]:1"),
            ("http://[::1]", "http://[::1]/api/ingest", "http://[::1]"),
            #[cfg(feature = "tls")]
            (
                "https://watch.example:444/a",
                "https://watch.example:444/a/api/ingest",
                "https://watch.example:444",
            ),
        ] {
            let destination = Destination::parse(url).unwrap();
            assert_eq!(
                (destination.url().to_string(), destination.to_string()),
                (expected.into(), shown.into())
            );
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn https_needs_the_feature() {
        assert_eq!(Destination::parse("https://a").unwrap_err(), DestinationError::Tls);
    }

    #[test]
    fn invalid_addresses_and_tokens_are_rejected() {
        for (url, expected) in [
            ("", DestinationError::Scheme),
            ("a:7070", DestinationError::Scheme),
            ("ftp://a", DestinationError::Scheme),
            ("é://a", DestinationError::Scheme),
            ("http://", DestinationError::Host),
            ("http://:7070", DestinationError::Host),
            ("http://user:secret@a", DestinationError::Host),
            ("http://a?b", DestinationError::Host),
            ("http://a#b", DestinationError::Host),
            ("http://a\r\nx: y", DestinationError::Host),
            ("http://a b", DestinationError::Host),
            ("http://[::1", DestinationError::Host),
            ("http://[::1]x", DestinationError::Host),
            ("http://a:", DestinationError::Port),
            ("http://a:0", DestinationError::Port),
            ("http://a:65536", DestinationError::Port),
            ("http://::1", DestinationError::Host),
        ] {
            assert_eq!(Destination::parse(url).unwrap_err(), expected, "{url}");
        }
        let destination = Destination::parse("http://a").unwrap();
        for token in ["", "a b", "a\r\nx: y", "é", &"x".repeat(513)] {
            assert_eq!(
                destination.clone().with_token(token).unwrap_err(),
                DestinationError::Token,
                "{token}"
            );
        }
    }

    #[test]
    fn the_token_is_sent_and_never_shown() {
        let destination = Destination::parse("http://a:1").unwrap().with_token("secret").unwrap();
        assert_eq!(destination.authorization().unwrap(), "Bearer secret");
        assert_eq!(format!("{destination:?} {destination}"), "Destination { authority: a:1, .. } http://a:1");
    }
}
