//! Destination of reports.

use std::fmt;

/// Maximum token length in bytes.
const MAX_TOKEN_BYTES: usize = 512;
/// Maximum URL length in bytes.
const MAX_URL_BYTES: usize = 2048;

/// Watchglass server and API token.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    /// Host name or IP address; IPv6 without brackets.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
    /// Request line and headers, without the content length.
    pub(crate) head: String,
    authority: String,
}

/// Invalid server address or token. Messages never contain the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DestinationError {
    /// Unsupported scheme.
    #[error("the server address must begin with http:// (TLS is not supported: use a tunnel or proxy)")]
    Scheme,
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
    /// Parses a server address: `http://host:port`, with a path prefix if the server is behind a proxy. The default port
    /// is 80.
    ///
    /// # Errors
    /// The address is invalid.
    pub fn parse(url: &str) -> Result<Self, DestinationError> {
        let (scheme, rest) = url.split_at_checked("http://".len()).ok_or(DestinationError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("http://") {
            return Err(DestinationError::Scheme);
        }
        // Prevents header injection, and rejects user, query and fragment.
        let is_allowed = |byte: u8| byte.is_ascii_graphic() && !b"@?#\\".contains(&byte);
        if url.len() > MAX_URL_BYTES || !rest.bytes().all(is_allowed) {
            return Err(DestinationError::Host);
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or(DestinationError::Host)?;
                let port = port.strip_prefix(':').or(port.is_empty().then_some("80"));
                (host, port.ok_or(DestinationError::Host)?)
            }
            None => authority.split_once(':').unwrap_or((authority, "80")),
        };
        if host.is_empty() {
            return Err(DestinationError::Host);
        }
        let port: u16 = port.parse().ok().filter(|port| *port > 0).ok_or(DestinationError::Port)?;
        let path = path.trim_end_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        let head = format!(
            "POST {slash}{path}/api/ingest HTTP/1.1\r\nhost: {authority}\r\ncontent-type: application/json\r\n\
             connection: close\r\nuser-agent: watchglass-instrument/{}\r\n",
            env!("CARGO_PKG_VERSION")
        );
        Ok(Self { host: host.to_owned(), port, head, authority: authority.to_owned() })
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
        self.head.push_str(&format!("authorization: Bearer {token}\r\n"));
        Ok(self)
    }
}

/// Hides the token.
impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination").field("authority", &self.authority).finish_non_exhaustive()
    }
}

/// Writes `http://host:port`.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parsed() {
        for (url, host, port, first_lines) in [
            (
                "http://127.0.0.1:7070",
                "127.0.0.1",
                7070,
                "POST /api/ingest HTTP/1.1\r\nhost: 127.0.0.1:7070\r\n",
            ),
            (
                "HTTP://watch.example/",
                "watch.example",
                80,
                "POST /api/ingest HTTP/1.1\r\nhost: watch.example\r\n",
            ),
            ("http://[::1]:1/a/b/", "::1", 1, "POST /a/b/api/ingest HTTP/1.1\r\nhost: [::1]:1\r\n"),
            ("http://[::1]", "::1", 80, "POST /api/ingest HTTP/1.1\r\nhost: [::1]\r\n"),
        ] {
            let destination = Destination::parse(url).unwrap();
            assert_eq!((destination.host.as_str(), destination.port), (host, port), "{url}");
            assert!(destination.head.starts_with(first_lines), "{url}: {:?}", destination.head);
        }
    }

    #[test]
    fn invalid_addresses_and_tokens_are_rejected() {
        for (url, expected) in [
            ("", DestinationError::Scheme),
            ("https://a", DestinationError::Scheme),
            ("é://a", DestinationError::Scheme),
            ("http://", DestinationError::Host),
            ("http://:7070", DestinationError::Host),
            ("http://user:secret@a", DestinationError::Host),
            ("http://a?b", DestinationError::Host),
            ("http://a\r\nx: y", DestinationError::Host),
            ("http://a b", DestinationError::Host),
            ("http://[::1", DestinationError::Host),
            ("http://[::1]x", DestinationError::Host),
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
        assert!(destination.head.ends_with("authorization: Bearer secret\r\n"));
        assert_eq!(
            format!("{destination:?} {destination}"),
            "Destination { authority: \"a:1\", .. } http://a:1"
        );
    }
}
