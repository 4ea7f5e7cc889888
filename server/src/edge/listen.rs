//! Takes connections, up to a number of them, and lets the routes answer what is asked over each.

use super::pace::{DEADLINES, Paced, Phase};
use super::room::{Full, Place, Room};
use super::stream::Stream;
use super::{Peer, Proxies, Tls};
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

/// How long the other end may take to agree on how to encrypt.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// The headers of a request have at most so many bytes.
const MOST_HEAD: usize = 64 << 10;
/// The headers of a request are at most so many.
const MOST_HEADERS: usize = 100;
/// After the system had no more files: it may have some again.
const BREATH: Duration = Duration::from_secs(1);
/// How often the certificate is looked at while nobody connects.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How often it is said that connections are refused.
const SAY_EVERY: Duration = Duration::from_secs(60);

/// Where connections come from, and what is done with them.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) listener: TcpListener,
    /// Encrypts connections, if they are to be.
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) room: Arc<Room>,
    pub(crate) proxies: Proxies,
}

impl Edge {
    /// Lets `router` answer until the server stops, and then until every connection has come to an end.
    pub(crate) async fn serve(self, router: Router, mut stopping: watch::Receiver<bool>) {
        let (alive, _) = watch::channel(());
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut refusals = Refusals::default();
        loop {
            let (stream, address) = tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        rest_after(&error).await;
                        continue;
                    }
                },
                _ = look.tick(), if self.tls.is_some() => {
                    self.look();
                    continue;
                }
                () = stopped(&mut stopping) => break,
            };
            match self.place(address) {
                Ok(place) => {
                    let connection =
                        Connection { stream, peer: self.peer(address), place, tls: self.tls.clone() };
                    let (router, stopping, alive) = (router.clone(), stopping.clone(), alive.subscribe());
                    tokio::spawn(async move {
                        connection.attend(router, stopping).await;
                        drop(alive);
                    });
                }
                Err(full) => {
                    refusals.note(full, address, Instant::now());
                    if self.tls.is_none() {
                        refuse(stream, full);
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

    fn place(&self, address: SocketAddr) -> Result<Place, Full> {
        let address = address.ip().to_canonical();
        self.room.take(address, address.is_loopback() || self.proxies.trusts(address))
    }

    fn look(&self) {
        if let Some(tls) = self.tls.clone() {
            // It ends by itself, and a panic in it is logged.
            drop(tokio::task::spawn_blocking(move || tls.look(Instant::now())));
        }
    }
}

/// Comes back when the server stops.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: then it is time to stop as well.
    let _ = stopping.wait_for(|&stop| stop).await;
}

/// A connection that broke before it was taken is nobody's; with anything else the system has too little.
async fn rest_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "no connection can be taken at the moment");
        sleep(BREATH).await;
    }
}

/// A connection that was taken.
struct Connection {
    stream: TcpStream,
    peer: Peer,
    place: Place,
    tls: Option<Arc<Tls>>,
}

impl Connection {
    /// Serves it to its end, or until it is a WebSocket.
    async fn attend(self, router: Router, mut stopping: watch::Receiver<bool>) {
        let Self { stream, peer, place, tls } = self;
        // Small answers are sent at once: Nagle's delay would hold live frames back.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's delay");
        }
        let agreed = tokio::select! {
            agreed = agree(stream, tls.as_ref()) => agreed,
            () = stopped(&mut stopping) => return,
        };
        let stream = match agreed {
            Ok(Some(stream)) => stream,
            Ok(None) => return,
            Err(error) => {
                tracing::debug!(%error, address = %peer.address, "a connection was not encrypted");
                return;
            }
        };
        let phase = Arc::<Phase>::default();
        let stream = TokioIo::new(Paced::new(stream, Arc::clone(&phase), DEADLINES, place));
        let service = service_fn(move |request| answer(router.clone(), peer, Arc::clone(&phase), request));
        let mut server = http1::Builder::new();
        server.max_headers(MOST_HEADERS).max_buf_size(MOST_HEAD);
        let mut connection = pin!(server.serve_connection(stream, service).with_upgrades());
        let outcome = tokio::select! {
            outcome = connection.as_mut() => outcome,
            () = stopped(&mut stopping) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, address = %peer.address, "a connection broke");
        }
    }
}

async fn agree(stream: TcpStream, tls: Option<&Arc<Tls>>) -> io::Result<Option<Stream>> {
    match tls {
        None => Ok(Some(Stream::Plain(stream))),
        Some(tls) => {
            let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the handshake took too long");
            timeout(HANDSHAKE_WITHIN, Stream::encrypted(tls, stream)).await.map_err(late)?
        }
    }
}

async fn answer(
    router: Router,
    peer: Peer,
    phase: Arc<Phase>,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    phase.begin();
    let over = Over(phase);
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    let response = router.oneshot(request).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        over.0.open();
    }
    Ok(response.map(|body| Answer { body, _over: over }))
}

/// Says so when an answer is over: it was sent, or will not be.
#[derive(Debug)]
struct Over(Arc<Phase>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The body of an answer.
struct Answer {
    body: Body,
    _over: Over,
}

impl HttpBody for Answer {
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

/// Says why, if it can be said at once.
fn refuse(stream: TcpStream, full: Full) {
    let (status, text) = match full {
        Full::All => ("503 Service Unavailable", "There are too many connections\n"),
        Full::Address => ("429 Too Many Requests", "There are too many connections from this address\n"),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nRetry-After: 10\r\n\
         Connection: close\r\n\r\n{text}",
        text.len()
    );
    // Nobody waits for who is refused: it fits, or it is not said. Of a new connection tokio does not know yet that it does.
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(answer.as_bytes());
    }
}

/// Counts what is refused, so that the log is not filled with it.
#[derive(Debug, Default)]
struct Refusals {
    said: Option<Instant>,
    since: u64,
}

impl Refusals {
    fn note(&mut self, full: Full, address: SocketAddr, now: Instant) {
        self.since += 1;
        if self.said.is_some_and(|said| now.saturating_duration_since(said) < SAY_EVERY) {
            return;
        }
        let (setting, address) = match full {
            Full::All => ("max_connections", "any".to_owned()),
            Full::Address => ("max_connections_per_address", address.ip().to_string()),
        };
        tracing::warn!(
            setting,
            address,
            refused = self.since,
            "there are too many connections: some are refused"
        );
        *self = Self { said: Some(now), since: 0 };
    }
}
