//! Host and Origin check: requests must name this server, and come from its own pages or from no page at all.
//!
//! A page of another site can make a browser call an address of this server (DNS rebinding, cross-site WebSockets); the
//! `Host` and `Origin` headers reveal that. Rebinding needs a name in a domain of the attacker: an IP address, or a name
//! without a domain such as that of a container, cannot be one.

use crate::edge::Client;
use crate::http::ApiError;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode, Uri, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// Path of the liveness check, which load balancers call by any name.
const LIVENESS_PATH: &str = "/api/live";

/// The accepted host names.
#[derive(Clone, Debug)]
pub(crate) struct HostGuard {
    names: Arc<[String]>,
}

impl HostGuard {
    /// Accepts IP addresses, names without a domain, and `names`, which must be in lower case.
    pub(crate) fn new(names: &[String]) -> Self {
        Self { names: names.into() }
    }

    /// Checks the headers of a request.
    ///
    /// # Errors
    /// The error response.
    fn check(&self, client: Client, headers: &HeaderMap, uri: &Uri) -> Result<(), ApiError> {
        let host = self.host(headers, uri)?;
        let mut origins = headers.get_all(ORIGIN).iter();
        let Some(origin) = origins.next() else { return Ok(()) };
        let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        // On an encrypted connection a page loaded over plain HTTP is not trusted: it may have been modified in transit. If it
        // is unknown whether the client's connection is encrypted, both schemes are accepted.
        let is_own = |(scheme, authority): (&str, &str)| {
            let is_same = without_default_port(scheme, authority)
                .eq_ignore_ascii_case(without_default_port(scheme, &host));
            is_same && (scheme == "https" || !client.is_encrypted)
        };
        if origins.next().is_none() && origin.is_some_and(is_own) {
            return Ok(());
        }
        Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "bad_origin",
            "The Origin header must match the Host header: cross-origin requests are not allowed".to_owned(),
        ))
    }

    /// The authority of the request, if it names this server.
    fn host(&self, headers: &HeaderMap, uri: &Uri) -> Result<String, ApiError> {
        let mut hosts = headers.get_all(HOST).iter();
        let host = match (uri.authority(), hosts.next(), hosts.next()) {
            (Some(authority), _, None) => Some(authority.as_str()),
            (None, Some(host), None) => host.to_str().ok(),
            _ => None,
        };
        let Some((host, name)) = host.and_then(|host| Some((host, host_name(host)?))) else {
            let message = "The request must have exactly one valid Host header".to_owned();
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_host", message));
        };
        let is_known = is_address_or_undotted(&name) || self.names.contains(&name);
        if is_known || uri.path() == LIVENESS_PATH {
            return Ok(host.to_owned());
        }
        Err(ApiError::new(
            StatusCode::MISDIRECTED_REQUEST,
            "unknown_host",
            format!("Unknown host name {name:?}: add it to the setting allowed_hosts"),
        ))
    }
}

/// Whether a load balancer checks the server by HTTP/1.0 without a `Host`, as HAProxy does by default.
fn is_check_without_host(request: &Request) -> bool {
    request.version() == Version::HTTP_10
        && request.uri().path() == LIVENESS_PATH
        && !request.headers().contains_key(HOST)
        && !request.headers().contains_key(ORIGIN)
}

/// The host without port and brackets, in lower case.
fn host_name(host: &str) -> Option<String> {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let is_valid = !name.is_empty() && name.len() <= 253 && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_valid.then(|| name.to_ascii_lowercase())
}

fn is_address_or_undotted(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok() || !name.contains('.')
}

/// The authority without the port that the scheme implies.
fn without_default_port<'a>(scheme: &str, authority: &'a str) -> &'a str {
    let port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    authority.strip_suffix(port).unwrap_or(authority)
}

/// Middleware that rejects requests with a foreign Host or Origin.
pub(crate) async fn check(
    State(guard): State<HostGuard>,
    Extension(client): Extension<Client>,
    request: Request,
    next: Next,
) -> Response {
    if is_check_without_host(&request) {
        return next.run(request).await;
    }
    match guard.check(client, request.headers(), request.uri()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(headers: &[(&'static str, &str)]) -> u16 {
        status_of(false, headers)
    }

    fn status_of(is_encrypted: bool, headers: &[(&'static str, &str)]) -> u16 {
        let client = Client {
            address: [127, 0, 0, 1].into(),
            is_encrypted,
            is_reported_plain: false,
            may_use_plain_http: true,
        };
        let guard = HostGuard::new(&["watch.example".to_owned()]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        guard
            .check(client, &map, &Uri::from_static("/"))
            .map_or_else(|error| error.status().as_u16(), |()| 200)
    }

    #[test]
    fn only_requests_that_name_this_server_pass() {
        for (host, expected) in [
            ("127.0.0.1:7070", 200),
            ("localhost", 200),
            ("LOCALHOST:1", 200),
            ("[::1]:7070", 200),
            ("127.8.9.1", 200),
            ("watch.example:443", 200),
            ("192.0.2.1:7070", 200),
            ("[2001:db8::1]", 200),
            ("watchglass:7070", 200),
            ("evil.example", 421),
            ("127.0.0.1.evil.example", 421),
            ("localhost.", 421),
            ("192.0.2.1.", 421),
            ("", 400),
            ("[::1", 400),
            (":7070", 400),
        ] {
            assert_eq!(status(&[("host", host)]), expected, "{host:?}");
        }
        assert_eq!(status(&[]), 400);
        assert_eq!(status(&[("host", "localhost"), ("host", "localhost")]), 400);
    }

    #[test]
    fn liveness_check_is_answered_by_any_name() {
        let client = Client {
            address: [127, 0, 0, 1].into(),
            is_encrypted: false,
            is_reported_plain: false,
            may_use_plain_http: true,
        };
        let headers = [(HOST, "balancer.example".parse().unwrap())].into_iter().collect();
        let guard = HostGuard::new(&[]);
        for (path, expected) in [("/api/live", true), ("/api/live/", false), ("/", false)] {
            assert_eq!(guard.check(client, &headers, &path.parse().unwrap()).is_ok(), expected, "{path}");
        }
    }

    #[test]
    fn default_ports_are_the_same_origin() {
        for (host, origin, expected) in [
            ("watch.example:443", "https://watch.example", 200),
            ("watch.example", "https://watch.example:443", 200),
            ("watch.example:80", "http://watch.example", 200),
            ("watch.example:443", "http://watch.example", 403),
            ("watch.example:8443", "https://watch.example", 403),
            ("[::1]:443", "https://[::1]", 200),
        ] {
            assert_eq!(status(&[("host", host), ("origin", origin)]), expected, "{host} {origin}");
        }
    }

    #[test]
    fn only_own_origins_pass() {
        for (origin, expected) in [
            ("http://localhost:7070", 200),
            ("https://localhost:7070", 200),
            ("http://localhost:7071", 403),
            ("http://localhost", 403),
            ("http://evil.example", 403),
            ("null", 403),
            ("", 403),
        ] {
            assert_eq!(status(&[("host", "localhost:7070"), ("origin", origin)]), expected, "{origin:?}");
        }
    }

    #[test]
    fn plain_http_origins_are_rejected_on_encrypted_connections() {
        for (origin, expected) in [("https://watch.example", 200), ("http://watch.example", 403)] {
            assert_eq!(
                status_of(true, &[("host", "watch.example"), ("origin", origin)]),
                expected,
                "{origin}"
            );
        }
    }
}
