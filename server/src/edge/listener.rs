//! HTTP listener: accepts connections up to a limit and serves the router on each.

use super::connection_limit::{ConnectionLimiter, ConnectionPermit, LimitReached};
use super::stream::Stream;
use super::timeouts::{ConnectionState, TIMEOUTS, TimeoutStream};
use super::{Peer, Tls, TrustedProxies};
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::{Request, Response, StatusCode};
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tower::ServiceExt;

/// Timeout of the TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of request headers.
const MAX_HEADER_BYTES: usize = 64 << 10;
/// The most headers of a request.
const MAX_HEADERS: usize = 100;
/// Pause after accepting failed, for example because no file descriptors were left.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_secs(1);
/// How often the certificate files are checked while nothing connects.
const CERTIFICATE_CHECK_INTERVAL: Duration = Duration::from_secs(60);
/// How often refused connections are logged.
const REFUSAL_LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Listening socket with everything that applies to its connections.
#[derive(Debug)]
pub(crate) struct HttpListener {
    pub(crate) listener: TcpListener,
    /// TLS, if it is configured.
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) connection_limiter: Arc<ConnectionLimiter>,
    pub(crate) proxies: TrustedProxies,
}

impl HttpListener {
    /// Serves `router` until the server stops and every connection has ended.
    pub(crate) async fn serve(self, router: Router, mut stopping: watch::Receiver<bool>) {
        let (alive, _) = watch::channel(());
        let mut check = interval(CERTIFICATE_CHECK_INTERVAL);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut refusals = Refusals::default();
        loop {
            let (stream, address) = tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        delay_after(&error).await;
                        continue;
                    }
                },
                _ = check.tick(), if self.tls.is_some() => {
                    self.check_certificate();
                    continue;
                }
                () = stopped(&mut stopping) => break,
            };
            match self.acquire_permit(address) {
                Ok(permit) => {
                    let connection =
                        Connection { stream, peer: self.peer(address), permit, tls: self.tls.clone() };
                    let (router, stopping, alive) = (router.clone(), stopping.clone(), alive.subscribe());
                    tokio::spawn(async move {
                        connection.serve(router, stopping).await;
                        drop(alive);
                    });
                }
                Err(limit) => {
                    refusals.record(limit, address, Instant::now());
                    if self.tls.is_none() {
                        refuse(stream, limit);
                    }
                }
            }
        }
        drop(self);
        alive.closed().await;
    }

    fn peer(&self, address: SocketAddr) -> Peer {
        Peer { address: address.ip().to_canonical(), is_encrypted: self.tls.is_some() }
    }

    fn acquire_permit(&self, address: SocketAddr) -> Result<ConnectionPermit, LimitReached> {
        let address = address.ip().to_canonical();
        self.connection_limiter.acquire(address, address.is_loopback() || self.proxies.trusts(address))
    }

    fn check_certificate(&self) {
        if let Some(tls) = self.tls.clone() {
            // Not awaited: it ends by itself, and a panic is logged.
            drop(tokio::task::spawn_blocking(move || tls.reload_if_changed(Instant::now())));
        }
    }
}

/// Waits until the server stops.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender was dropped: stop as well.
    let _ = stopping.wait_for(|&stop| stop).await;
}

/// Waits after a failed accept, unless the connection was closed before it was accepted: other errors mean that resources
/// are exhausted.
async fn delay_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "accepting a connection failed");
        sleep(ACCEPT_RETRY_DELAY).await;
    }
}

/// An accepted connection.
struct Connection {
    stream: TcpStream,
    peer: Peer,
    permit: ConnectionPermit,
    tls: Option<Arc<Tls>>,
}

impl Connection {
    /// Serves the connection until it ends or becomes a WebSocket.
    async fn serve(self, router: Router, mut stopping: watch::Receiver<bool>) {
        let Self { stream, peer, permit, tls } = self;
        // Small writes are sent at once: Nagle's algorithm would delay live frames.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "set_nodelay failed");
        }
        let handshake = tokio::select! {
            handshake = handshake(stream, tls.as_ref()) => handshake,
            () = stopped(&mut stopping) => return,
        };
        let stream = match handshake {
            Ok(Some(stream)) => stream,
            Ok(None) => return,
            Err(error) => {
                tracing::debug!(%error, address = %peer.address, "TLS handshake failed");
                return;
            }
        };
        let state = Arc::<ConnectionState>::default();
        let stream = TokioIo::new(TimeoutStream::new(stream, Arc::clone(&state), TIMEOUTS, permit));
        let service = service_fn(move |request| handle(router.clone(), peer, Arc::clone(&state), request));
        let mut server = http1::Builder::new();
        server.max_headers(MAX_HEADERS).max_buf_size(MAX_HEADER_BYTES);
        let mut connection = pin!(server.serve_connection(stream, service).with_upgrades());
        let outcome = tokio::select! {
            outcome = connection.as_mut() => outcome,
            () = stopped(&mut stopping) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, address = %peer.address, "connection failed");
        }
    }
}

async fn handshake(stream: TcpStream, tls: Option<&Arc<Tls>>) -> io::Result<Option<Stream>> {
    match tls {
        None => Ok(Some(Stream::Plain(stream))),
        Some(tls) => {
            let late = |_| io::Error::new(io::ErrorKind::TimedOut, "TLS handshake timed out");
            timeout(HANDSHAKE_TIMEOUT, Stream::encrypted(tls, stream)).await.map_err(late)?
        }
    }
}

async fn handle(
    router: Router,
    peer: Peer,
    state: Arc<ConnectionState>,
    request: Request<Incoming>,
) -> Result<Response<TrackedBody>, Infallible> {
    state.begin_request();
    let guard = ResponseGuard(state);
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    let response = router.oneshot(request).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        guard.0.upgrade();
    }
    Ok(response.map(|body| TrackedBody { body, _guard: guard }))
}

/// Marks the end of a response when it is dropped: it was sent, or never will be.
#[derive(Debug)]
struct ResponseGuard(Arc<ConnectionState>);

impl Drop for ResponseGuard {
    fn drop(&mut self) {
        self.0.end_response();
    }
}

/// Response body that holds the guard of its response.
struct TrackedBody {
    body: Body,
    _guard: ResponseGuard,
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Sends the reason, if it can be sent without waiting.
fn refuse(stream: TcpStream, limit: LimitReached) {
    let (status, text) = match limit {
        LimitReached::Total => ("503 Service Unavailable", "Too many connections\n"),
        LimitReached::PerAddress => ("429 Too Many Requests", "Too many connections from this address\n"),
    };
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nRetry-After: 10\r\n\
         Connection: close\r\n\r\n{text}",
        text.len()
    );
    // One write without waiting: the text fits into the socket buffer, or it is not sent. Tokio does not know yet that a new
    // socket is writable.
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(response.as_bytes());
    }
}

/// Count of refused connections, so that they do not fill the log.
#[derive(Debug, Default)]
struct Refusals {
    logged: Option<Instant>,
    count: u64,
}

impl Refusals {
    fn record(&mut self, limit: LimitReached, address: SocketAddr, now: Instant) {
        self.count += 1;
        if self.logged.is_some_and(|logged| now.saturating_duration_since(logged) < REFUSAL_LOG_INTERVAL) {
            return;
        }
        let (setting, address) = match limit {
            LimitReached::Total => ("max_connections", "any".to_owned()),
            LimitReached::PerAddress => ("max_connections_per_address", address.ip().to_string()),
        };
        tracing::warn!(setting, address, refused = self.count, "too many connections: connections refused");
        *self = Self { logged: Some(now), count: 0 };
    }
}
