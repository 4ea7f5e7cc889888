//! The server to connect to.

use crate::error::LoadError;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A WebSocket address on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Address to connect to.
    pub(crate) address: SocketAddr,
    /// Host and port for the `Host` header.
    pub(crate) authority: String,
    /// The path, beginning with `/`.
    pub(crate) path: String,
}

impl Target {
    /// Parses `ws://HOST:PORT/PATH`, with a loopback address or `localhost` as host.
    ///
    /// # Errors
    /// [`LoadError::Url`].
    pub(crate) fn parse(url: &str) -> Result<Self, LoadError> {
        let wrong = |reason| LoadError::Url { url: url.to_owned(), reason };
        let rest = url.strip_prefix("ws://").ok_or_else(|| wrong("it must begin with ws://"))?;
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/ws/live"),
        };
        let address = match authority.strip_prefix("localhost:") {
            Some(port) => port.parse().ok().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            None => authority.parse().ok(),
        }
        .ok_or_else(|| wrong("it must have a loopback IP address or localhost, and a port"))?;
        let is_loopback = match address.ip() {
            IpAddr::V4(ip) => ip.is_loopback(),
            IpAddr::V6(ip) => ip.is_loopback(),
        };
        if !is_loopback {
            return Err(wrong("only loopback addresses are allowed"));
        }
        Ok(Self { address, authority: authority.to_owned(), path: path.to_owned() })
    }

    /// The address as a URL.
    pub(crate) fn url(&self) -> String {
        format!("ws://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_addresses_are_parsed() {
        for (url, address, path) in [
            ("ws://127.0.0.1:7070/ws/live", "127.0.0.1:7070", "/ws/live"),
            ("ws://127.8.8.8:7070", "127.8.8.8:7070", "/ws/live"),
            ("ws://localhost:80/x?y=1", "127.0.0.1:80", "/x?y=1"),
            ("ws://[::1]:7070/ws/live", "[::1]:7070", "/ws/live"),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!((target.address.to_string().as_str(), target.path.as_str()), (address, path), "{url}");
        }
    }

    #[test]
    fn other_addresses_are_rejected() {
        for (url, reason) in [
            ("http://127.0.0.1:7070/", "begin with ws://"),
            ("wss://127.0.0.1:7070/", "begin with ws://"),
            ("ws://192.0.2.1:7070/", "only loopback"),
            ("ws://0.0.0.0:7070/", "only loopback"),
            ("ws://[2001:db8::1]:7070/", "only loopback"),
            ("ws://example.org:80/", "IP address"),
            ("ws://127.0.0.1/", "and a port"),
        ] {
            let message = Target::parse(url).unwrap_err().to_string();
            assert!(message.contains(reason), "{url}: {message}");
        }
    }
}
