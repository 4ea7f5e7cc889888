//! Where reports go.

use std::fmt;

/// The longest token, in bytes.
const LONGEST_TOKEN: usize = 512;
/// The longest address, in bytes.
const LONGEST_URL: usize = 2048;

/// A Watchglass server, and what lets an application in.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    /// Host name or address, IPv6 without brackets.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// Everything of a request but its length and body.
    pub(crate) head: String,
    authority: String,
}

/// What is wrong with an address or token. The token itself is never part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DestinationError {
    /// Another scheme.
    #[error("the server's address must begin with http:// (TLS is not spoken: go through a tunnel or proxy)")]
    Scheme,
    /// No host, or one that cannot be one.
    #[error(
        "the server's address must name a host, as in http://127.0.0.1:7070, without user, query or fragment"
    )]
    Host,
    /// A port that cannot be one.
    #[error("the port in the server's address must be within 1 and 65535")]
    Port,
    /// A token that cannot stand in a header.
    #[error("the token must be 1 to 512 visible ASCII characters without spaces")]
    Token,
}

impl Destination {
    /// The server at that address: `http://host:port`, and the path below which it lies where a proxy has moved it.
    /// Without a port it is 80.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn parse(url: &str) -> Result<Self, DestinationError> {
        let (scheme, rest) = url.split_at_checked("http://".len()).ok_or(DestinationError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("http://") {
            return Err(DestinationError::Scheme);
        }
        // Nothing that could end a line of the request, or begin something else than a path.
        let fits = |byte: u8| byte.is_ascii_graphic() && !b"@?#\\".contains(&byte);
        if url.len() > LONGEST_URL || !rest.bytes().all(fits) {
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

    /// Sends `Authorization: Bearer` with that token.
    ///
    /// # Errors
    /// A token that is empty, too long, or has other than visible ASCII characters.
    pub fn with_token(mut self, token: &str) -> Result<Self, DestinationError> {
        let length = token.len();
        if !(1..=LONGEST_TOKEN).contains(&length) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(DestinationError::Token);
        }
        self.head.push_str(&format!("authorization: Bearer {token}\r\n"));
        Ok(self)
    }
}

/// The token stays out of it.
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
    fn addresses_are_taken_apart() {
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
    fn what_is_none_is_refused() {
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
