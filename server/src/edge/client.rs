//! Who sent a request: the other end of the connection, or, where that is a proxy which is trusted, whom it names.
//!
//! What a proxy says is in `X-Forwarded-For` and `X-Forwarded-Proto`. Anybody can send those: from anybody else they say nothing.

use super::Network;
use crate::routes::ApiError;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The most proxies behind one another that are followed.
const MOST_PROXIES: usize = 20;

/// The other end of a connection. Each request that comes over it has this among its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Its address; IPv4 is never in the form of IPv6.
    pub(crate) address: IpAddr,
    /// Whether this server itself encrypts the connection.
    pub(crate) is_encrypted: bool,
}

/// Who sent a request. Each request has this among its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// The address; IPv4 is never in the form of IPv6.
    pub(crate) address: IpAddr,
    /// Whether the client's own connection is encrypted, as far as is known: by this server, or as a trusted proxy says.
    pub(crate) is_encrypted: bool,
}

/// Knows which proxies are trusted.
#[derive(Clone, Debug)]
pub(crate) struct Proxies {
    trusted: Arc<[Network]>,
    /// Whether whoever is neither a trusted proxy nor on this machine is turned away.
    are_all: bool,
}

impl Proxies {
    /// `trusted` are the proxies to believe. With `are_all`, requests come from them and from this machine alone.
    pub(crate) fn new(trusted: &[Network], are_all: bool) -> Self {
        Self { trusted: trusted.into(), are_all }
    }

    /// Whether what comes from there is what a proxy says.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }

    /// Whether requests over a connection with `peer` are answered.
    fn admits(&self, peer: Peer) -> bool {
        !self.are_all || peer.address.is_loopback() || self.trusts(peer.address)
    }

    /// Who sent a request with `headers` over a connection with `peer`.
    fn client(&self, peer: Peer, headers: &HeaderMap) -> Client {
        let mut client = Client { address: peer.address, is_encrypted: peer.is_encrypted };
        if !self.trusts(peer.address) {
            return client;
        }
        // Each proxy adds whom it speaks with at the end: what a trusted one says of the next is true, and no more.
        let mut named = last_first(headers, "x-forwarded-for").take(MOST_PROXIES);
        while self.trusts(client.address) {
            let Some(address) = named.next().and_then(address) else { break };
            client.address = address;
        }
        if let Some(scheme) = last_first(headers, "x-forwarded-proto").next() {
            client.is_encrypted = scheme.eq_ignore_ascii_case("https");
        }
        client
    }
}

/// The items of a header that is a list, the last one first. It may be there several times.
fn last_first<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = &'h str> {
    let mut lines: Vec<&str> =
        headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    lines.reverse();
    lines.into_iter().flat_map(|line| line.rsplit(',')).map(str::trim)
}

/// An address as proxies write it: some add the port.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = plain.parse().ok();
    let address = address.or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()));
    address.map(|address| address.to_canonical())
}

/// Adds to each request who sent it, or answers that nobody may from there.
pub(crate) async fn identify(State(proxies): State<Proxies>, mut request: Request, next: Next) -> Response {
    let Some(peer) = request.extensions().get::<Peer>().copied() else {
        tracing::error!("a request came over a connection that nobody knows");
        return ApiError::internal().into_response();
    };
    if !proxies.admits(peer) {
        let message = "This server answers its proxies alone: call it by the address that people use, or add yours to the setting \
                       trusted_proxies if it is one of a proxy"
            .to_owned();
        tracing::debug!(address = %peer.address, "a request came past the proxies");
        return ApiError::new(StatusCode::FORBIDDEN, "not_a_proxy", message).into_response();
    }
    let client = proxies.client(peer, request.headers());
    request.extensions_mut().insert(client);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn proxies(are_all: bool) -> Proxies {
        let networks = ["10.0.0.0/8", "::1/128"].map(|network| Network::parse(network).unwrap());
        Proxies::new(&networks, are_all)
    }

    fn peer(address: &str) -> Peer {
        Peer { address: address.parse().unwrap(), is_encrypted: false }
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_trusted_proxy_names_its_client_and_nobody_else_does() {
        let (from, proto) = ("x-forwarded-for", "x-forwarded-proto");
        for (connection, lines, address, is_encrypted) in [
            ("192.0.2.1", vec![(from, "198.51.100.1"), (proto, "https")], "192.0.2.1", false),
            ("127.0.0.1", vec![(from, "198.51.100.1"), (proto, "https")], "127.0.0.1", false),
            ("10.0.0.1", vec![], "10.0.0.1", false),
            ("10.0.0.1", vec![(from, "198.51.100.1"), (proto, "HTTPS")], "198.51.100.1", true),
            ("::1", vec![(from, "2001:db8::7"), (proto, "http")], "2001:db8::7", false),
            // What the client itself has sent stands before.
            ("10.0.0.1", vec![(from, "10.0.0.9, 203.0.113.9, 198.51.100.1")], "198.51.100.1", false),
            ("10.0.0.1", vec![(from, "203.0.113.9,198.51.100.1 , 10.2.0.1,10.3.0.1")], "198.51.100.1", false),
            (
                "10.0.0.1",
                vec![(from, "203.0.113.9"), (from, "198.51.100.1, 10.2.0.1")],
                "198.51.100.1",
                false,
            ),
            ("10.0.0.1", vec![(from, "198.51.100.1:4711")], "198.51.100.1", false),
            ("10.0.0.1", vec![(from, "[2001:db8::7]:4711")], "2001:db8::7", false),
            ("10.0.0.1", vec![(from, "[2001:db8::7]")], "2001:db8::7", false),
            ("10.0.0.1", vec![(from, "::ffff:198.51.100.1")], "198.51.100.1", false),
            // Only proxies: the farthest.
            ("10.0.0.1", vec![(from, "10.0.0.3, 10.0.0.2")], "10.0.0.3", false),
            // What is no address ends what is known.
            ("10.0.0.1", vec![(from, "198.51.100.1, unknown")], "10.0.0.1", false),
            ("10.0.0.1", vec![(from, "198.51.100.1, unknown, 10.0.0.2")], "10.0.0.2", false),
            ("10.0.0.1", vec![(from, "")], "10.0.0.1", false),
            ("10.0.0.1", vec![(proto, "https"), (proto, "http")], "10.0.0.1", false),
            ("10.0.0.1", vec![(proto, "http, https")], "10.0.0.1", true),
        ] {
            let expected = Client { address: address.parse().unwrap(), is_encrypted };
            assert_eq!(
                proxies(false).client(peer(connection), &headers(&lines)),
                expected,
                "{connection} {lines:?}"
            );
        }
    }

    #[test]
    fn a_connection_that_is_encrypted_here_is() {
        let own = Peer { is_encrypted: true, ..peer("192.0.2.1") };
        assert!(proxies(false).client(own, &headers(&[("x-forwarded-proto", "http")])).is_encrypted);
    }

    #[test]
    fn where_all_requests_come_from_proxies_others_are_turned_away() {
        for (address, expected) in
            [("10.9.9.9", true), ("127.0.0.1", true), ("::1", true), ("192.0.2.1", false), ("::2", false)]
        {
            assert_eq!(proxies(true).admits(peer(address)), expected, "{address}");
            assert!(proxies(false).admits(peer(address)));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sent_an_address_is_found(lines in proptest::collection::vec("[ -~]{0,60}", 0..5)) {
            let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", line.as_str())).collect();
            let client = proxies(false).client(peer("10.0.0.1"), &headers(&lines));
            prop_assert_eq!(client.address.to_canonical(), client.address);
            // Who is not trusted is nobody but the connection.
            let stranger = proxies(false).client(peer("192.0.2.1"), &headers(&lines));
            prop_assert_eq!(stranger.address, peer("192.0.2.1").address);
        }

        #[test]
        fn what_stands_before_the_client_changes_nothing(before in "[ -~]{0,80}") {
            let line = format!("{before},198.51.100.1,10.0.0.2");
            let client = proxies(false).client(peer("10.0.0.1"), &headers(&[("x-forwarded-for", &line)]));
            prop_assert_eq!(client.address.to_string(), "198.51.100.1");
        }
    }
}
