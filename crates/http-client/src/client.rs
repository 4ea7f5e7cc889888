//! HTTP client: connection pool and limits.

use crate::body::{RequestBody, Transmission};
use crate::connector::Connector;
use crate::{Error, Proxies, Response};
use http::header::{CONTENT_LENGTH, PROXY_AUTHORIZATION};
use http::{HeaderValue, Method, Request};
use hyper::body::Bytes;
use hyper_util::client::legacy::{self, connect::capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::fmt;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Maximum size of a response's head, in bytes.
const MAX_HEAD_BYTES: usize = 16 << 10;

/// Limits of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Timeout of a new connection, with proxy and TLS.
    pub connect: Duration,
    /// Timeout from the start of a request, with the connection, to the head of the response.
    pub total: Duration,
    /// Timeout of the response's body. A response without its whole body is still a response.
    pub body: Duration,
    /// Maximum bytes read of a response's body.
    pub body_bytes: usize,
    /// Time that an unused connection is kept. It must be shorter than that of the server, because a request is lost if
    /// the server closes the connection at the same moment. Zero: each request has a new connection.
    pub idle: Duration,
}

impl Limits {
    /// 5 s to connect, 15 s in total, 2 s and 16 KiB for the body. Unused connections are kept for 4 s, because servers on
    /// Node.js close theirs after 5 s, and most others later.
    pub const DEFAULT: Self = Self {
        connect: Duration::from_secs(5),
        total: Duration::from_secs(15),
        body: Duration::from_secs(2),
        body_bytes: 16 << 10,
        idle: Duration::from_secs(4),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// HTTP client. Clones share its connections, which are closed with the last clone.
#[derive(Clone)]
pub struct Client {
    pool: legacy::Client<Connector, RequestBody>,
    connector: Connector,
    limits: Limits,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Client {
    /// Creates a client for `http://` URLs.
    pub fn new(limits: Limits, proxies: Proxies) -> Self {
        Self::with_connector(Connector::new(&limits, proxies), limits)
    }

    fn with_connector(connector: Connector, limits: Limits) -> Self {
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(limits.idle);
        builder.http1_max_buf_size(MAX_HEAD_BYTES);
        // One buffer for head and body: one write, and usually one packet.
        builder.http1_writev(false);
        if limits.idle.is_zero() {
            builder.pool_max_idle_per_host(0);
        }
        Self { pool: builder.build(connector.clone()), connector, limits }
    }

    /// Also allows `https://` URLs, with this configuration.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, config: std::sync::Arc<tokio_rustls::rustls::ClientConfig>) -> Self {
        let Self { mut connector, limits, .. } = self;
        connector.set_tls(config);
        Self::with_connector(connector, limits)
    }

    /// Also allows `https://` URLs, with the system's CA certificates, or those in `SSL_CERT_FILE`.
    ///
    /// # Errors
    /// No CA certificates were found.
    #[cfg(feature = "tls")]
    pub fn with_system_tls(self) -> std::io::Result<Self> {
        Ok(self.with_tls(watchglass_remote::tls::client_config()?))
    }

    /// Sends a request and waits for the response. The client adds the headers `host` and `content-length`.
    ///
    /// # Errors
    /// There was no valid response in time. An error status is no error here.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response, Error> {
        let now = Instant::now();
        let (request, transmission) = self.prepare(request)?;
        let deadline = now + self.limits.total;
        match timeout_at(deadline, self.pool.request(request)).await {
            Ok(Ok(response)) => {
                let deadline = Instant::now() + self.limits.body;
                let response = Response::read(response, self.limits.body_bytes, deadline).await;
                transmission.end();
                Ok(response)
            }
            Ok(Err(error)) => {
                let (delivery, written) = transmission.stop();
                Err(Error::of_exchange(&error, delivery, written))
            }
            Err(_elapsed) => {
                let (delivery, _) = transmission.stop();
                Err(Error::Timeout { after: self.limits.total, delivery })
            }
        }
    }

    fn prepare(&self, request: Request<Bytes>) -> Result<(Request<RequestBody>, Transmission), Error> {
        let (mut head, body) = request.into_parts();
        let authority = head.uri.authority().ok_or(Error::InvalidUrl("the host is missing"))?;
        if authority.as_str().contains('@') {
            return Err(Error::InvalidUrl("users and passwords are not supported"));
        }
        match head.uri.scheme_str() {
            Some("http") => {}
            Some("https") if self.connector.has_tls() => {}
            Some("https") => return Err(Error::InvalidUrl("TLS is not configured")),
            _ => return Err(Error::InvalidUrl("use http:// or https://")),
        }
        if !body.is_empty() || !matches!(head.method, Method::GET | Method::HEAD) {
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        // Requests for https:// go through a tunnel, which has the credentials.
        if head.uri.scheme_str() == Some("http")
            && let Ok(Some(proxy)) = self.connector.proxy(&head.uri)
            && let Some(credentials) = proxy.basic_auth()
        {
            head.headers.insert(PROXY_AUTHORIZATION, credentials.clone());
        }
        let mut request = Request::from_parts(head, ());
        let transmission = Transmission::new(capture_connection(&mut request), body.len());
        let body = RequestBody::new(body, transmission.clone());
        Ok((request.map(|()| body), transmission))
    }
}
