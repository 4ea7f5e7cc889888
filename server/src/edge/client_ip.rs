//! Client address of a request: the peer of the connection or, behind a trusted proxy, the address that the proxy reports.
//!
//! Proxies report it in `X-Forwarded-For` and `X-Forwarded-Proto`. Anyone can send these headers: they are ignored from peers
//! that are not trusted proxies.

use super::Network;
use crate::http::ApiError;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The longest chain of proxies that is followed.
const MAX_PROXY_HOPS: usize = 20;

/// Peer of a connection. In the extensions of each of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Peer address; never an IPv4-mapped IPv6 address.
    pub(crate) address: IpAddr,
    /// Whether this server terminates TLS for the connection.
    pub(crate) is_encrypted: bool,
}

/// Client of a request. In the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// Client address; never an IPv4-mapped IPv6 address.
    pub(crate) address: IpAddr,
    /// Whether the client's own connection is encrypted: by this server, or according to a trusted proxy.
    pub(crate) is_encrypted: bool,
    /// Whether a trusted proxy reports that the client's connection is not encrypted.
    pub(crate) is_reported_plain: bool,
    /// Whether the client may sign in on an unencrypted connection.
    pub(crate) may_use_plain_http: bool,
}

/// How other machines connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// They do not: the address is a loopback address.
    Local,
    /// With TLS and the configured certificate.
    Tls,
    /// With TLS and a self-signed certificate.
    SelfSigned,
    /// Through trusted proxies only, which terminate TLS.
    Proxies,
    /// With plain HTTP, which is set explicitly.
    PlainHttp,
}

/// The trusted proxies.
#[derive(Clone, Debug)]
pub(crate) struct TrustedProxies {
    trusted: Arc<[Network]>,
    exposure: Exposure,
}

impl TrustedProxies {
    /// `trusted` are the trusted proxies. If others connect through proxies only, all but these and this machine are rejected.
    pub(crate) fn new(trusted: &[Network], exposure: Exposure) -> Self {
        Self { trusted: trusted.into(), exposure }
    }

    /// Whether the address is a trusted proxy.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }

    /// Whether requests from `peer` are accepted.
    fn admits(&self, peer: Peer) -> bool {
        self.exposure != Exposure::Proxies || peer.address.is_loopback() || self.trusts(peer.address)
    }

    /// The client of a request with `headers` from `peer`.
    fn client(&self, peer: Peer, headers: &HeaderMap) -> Client {
        let mut client = Client {
            address: peer.address,
            is_encrypted: peer.is_encrypted,
            is_reported_plain: false,
            may_use_plain_http: peer.address.is_loopback() || self.exposure == Exposure::PlainHttp,
        };
        if !self.trusts(peer.address) {
            return client;
        }
        // Each proxy appends its own peer: of the list only the entries of trusted proxies, from the end, are reliable.
        let mut hops = last_first(headers, "x-forwarded-for").take(MAX_PROXY_HOPS);
        while self.trusts(client.address) {
            let Some(address) = hops.next().and_then(address) else { break };
            client.address = address;
            client.may_use_plain_http = address.is_loopback() || self.exposure == Exposure::PlainHttp;
        }
        if let Some(scheme) = last_first(headers, "x-forwarded-proto").next() {
            client.is_encrypted = scheme.eq_ignore_ascii_case("https");
            client.is_reported_plain = !client.is_encrypted;
        }
        client
    }
}

/// The items of a list header, last one first. The header may occur several times.
fn last_first<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = &'h str> {
    let mut lines: Vec<&str> =
        headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    lines.reverse();
    lines.into_iter().flat_map(|line| line.rsplit(',')).map(str::trim)
}

/// Parses an address as proxies write it: some append the port.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = plain.parse().ok();
    let address = address.or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()));
    address.map(|address| address.to_canonical())
}

/// Middleware that adds the client to each request, or rejects requests past the proxies.
pub(crate) async fn identify(
    State(proxies): State<TrustedProxies>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(peer) = request.extensions().get::<Peer>().copied() else {
        tracing::error!("request without peer address");
        return ApiError::internal().into_response();
    };
    if !proxies.admits(peer) {
        let message =
            "Only trusted proxies may connect: use the public address, or add your proxy to trusted_proxies"
                .to_owned();
        tracing::debug!(address = %peer.address, "request rejected: not from a trusted proxy");
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

    fn proxies(exposure: Exposure) -> TrustedProxies {
        let networks = ["10.0.0.0/8", "::1/128"].map(|network| Network::parse(network).unwrap());
        TrustedProxies::new(&networks, exposure)
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
    fn only_trusted_proxies_name_their_client() {
        let (from, proto) = ("x-forwarded-for", "x-forwarded-proto");
        for (connection, lines, address, is_encrypted) in [
            ("192.0.2.1", vec![(from, "198.51.100.1"), (proto, "https")], "192.0.2.1", false),
            ("127.0.0.1", vec![(from, "198.51.100.1"), (proto, "https")], "127.0.0.1", false),
            ("10.0.0.1", vec![], "10.0.0.1", false),
            ("10.0.0.1", vec![(from, "198.51.100.1"), (proto, "HTTPS")], "198.51.100.1", true),
            ("::1", vec![(from, "2001:db8::7"), (proto, "http")], "2001:db8::7", false),
            // Entries sent by the client itself come first.
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
            // Only proxies: the farthest one.
            ("10.0.0.1", vec![(from, "10.0.0.3, 10.0.0.2")], "10.0.0.3", false),
            // An invalid address ends the chain.
            ("10.0.0.1", vec![(from, "198.51.100.1, unknown")], "10.0.0.1", false),
            ("10.0.0.1", vec![(from, "198.51.100.1, unknown, 10.0.0.2")], "10.0.0.2", false),
            ("10.0.0.1", vec![(from, "")], "10.0.0.1", false),
            ("10.0.0.1", vec![(proto, "https"), (proto, "http")], "10.0.0.1", false),
            ("10.0.0.1", vec![(proto, "http, https")], "10.0.0.1", true),
        ] {
            let client = proxies(Exposure::Tls).client(peer(connection), &headers(&lines));
            let found = (client.address.to_string(), client.is_encrypted);
            assert_eq!(found, (address.to_owned(), is_encrypted), "{connection} {lines:?}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_unless_it_is_set() {
        let from = |address| headers(&[("x-forwarded-for", address)]);
        for (exposure, connection, forwarded, expected) in [
            (Exposure::Local, "127.0.0.1", "", true),
            (Exposure::Proxies, "10.0.0.1", "192.0.2.1", false),
            (Exposure::Proxies, "::1", "192.0.2.1", false),
            (Exposure::PlainHttp, "192.0.2.1", "", true),
            (Exposure::PlainHttp, "10.0.0.1", "192.0.2.1", true),
        ] {
            let client = proxies(exposure).client(peer(connection), &from(forwarded));
            assert_eq!(client.may_use_plain_http, expected, "{exposure:?} {connection} {forwarded}");
        }
    }

    #[test]
    fn own_tls_counts_whatever_the_header_says() {
        let own = Peer { is_encrypted: true, ..peer("192.0.2.1") };
        assert!(proxies(Exposure::Tls).client(own, &headers(&[("x-forwarded-proto", "http")])).is_encrypted);
    }

    #[test]
    fn other_peers_are_rejected_where_only_proxies_may_connect() {
        for (address, expected) in
            [("10.9.9.9", true), ("127.0.0.1", true), ("::1", true), ("192.0.2.1", false), ("::2", false)]
        {
            assert_eq!(proxies(Exposure::Proxies).admits(peer(address)), expected, "{address}");
            assert!(proxies(Exposure::Tls).admits(peer(address)));
        }
    }

    proptest! {
        #[test]
        fn any_header_gives_an_address(lines in proptest::collection::vec("[ -~]{0,60}", 0..5)) {
            let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", line.as_str())).collect();
            let client = proxies(Exposure::Tls).client(peer("10.0.0.1"), &headers(&lines));
            prop_assert_eq!(client.address.to_canonical(), client.address);
            // For an untrusted peer the headers are ignored.
            let stranger = proxies(Exposure::Tls).client(peer("192.0.2.1"), &headers(&lines));
            prop_assert_eq!(stranger.address, peer("192.0.2.1").address);
        }

        #[test]
        fn entries_before_the_client_change_nothing(before in "[ -~]{0,80}") {
            let line = format!("{before},198.51.100.1,10.0.0.2");
            let client = proxies(Exposure::Tls).client(peer("10.0.0.1"), &headers(&[("x-forwarded-for", &line)]));
            prop_assert_eq!(client.address.to_string(), "198.51.100.1");
        }
    }
}
