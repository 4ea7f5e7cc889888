//! `/ws/live`: one WebSocket for each open page.
//!
//! Limits per client: a few kilobytes of buffers, small inbound messages, ten seconds for a message that the full send buffer of
//! the system does not accept, one minute without a pong. The second limit ends the connection of a client that reads
//! nothing, because frames fill its buffer more slowly.

use super::handshake::Handshake;
use crate::access::Access;
use crate::app_state::AppState;
use crate::clock;
use crate::http::ApiError;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWriteExt, copy, sink};
use tokio::sync::watch;
use tokio::time::{Instant, interval_at, timeout};
use tokio_websockets::{CloseCode, Config, Error, Limits, Message, ServerBuilder, WebSocketStream};
use watchglass_auth::Principal;
use watchglass_live::{CLOSE_SIGNED_OUT, Outgoing, Subscriber};

/// A WebSocket. It keeps no copy of what it sends: all sockets share the bytes of a frame.
type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Path of the live connection.
pub(crate) const PATH: &str = "/ws/live";
/// Size limit of inbound messages.
const MAX_INBOUND_BYTES: usize = 4 << 10;
/// Size limit of outbound messages. States and values are split into smaller ones.
const MAX_OUTBOUND_BYTES: usize = 1 << 20;
/// Time for a message to fit into the send buffer of the system; slower clients are disconnected.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// Time without a pong after which a client is disconnected, at the next ping.
const PONG_TIMEOUT: Duration = Duration::from_secs(60);
const MAX_CONNECTIONS: usize = 20_000;

/// Opens a live connection.
pub(crate) async fn open(
    State(state): State<AppState>,
    Extension(pass): Extension<Principal>,
    mut request: Request,
) -> Response {
    let can_upgrade = request.extensions().get::<OnUpgrade>().is_some();
    let handshake = match Handshake::check(request.method(), request.headers(), can_upgrade) {
        Ok(handshake) => handshake,
        Err(refusal) => return refusal.into_response(),
    };
    if state.hub.subscribers() >= MAX_CONNECTIONS {
        let message = format!("Limit of {MAX_CONNECTIONS} live connections reached; try again later");
        return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_connections", message)
            .into_response();
    }
    let subscriber = state.hub.subscribe(handshake.protocol);
    let authorization = AuthorizationWatch { changes: state.access.changes(), access: state.access, pass };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgrade.await {
            Ok(stream) => serve(socket(stream), subscriber, authorization, state.stopping).await,
            Err(error) => tracing::debug!(%error, "live connection upgrade failed"),
        }
    });
    handshake.response()
}

fn socket(stream: Upgraded) -> Socket {
    // Messages are sent as one frame each: clients that do not join frames are common.
    let config = Config::default().frame_size(usize::MAX);
    let limits = Limits::default().max_payload_len(Some(MAX_INBOUND_BYTES));
    ServerBuilder::new().config(config).limits(limits).serve(TokioIo::new(stream))
}

/// Checks that the principal of an open connection is still authorized.
struct AuthorizationWatch {
    access: Arc<Access>,
    changes: watch::Receiver<u64>,
    pass: Principal,
}

impl AuthorizationWatch {
    /// Whether the session or token is valid and its role unchanged. An open page counts as use of its session.
    fn is_authorized(&self) -> bool {
        self.access
            .authenticate(self.pass.credential, clock::now())
            .is_ok_and(|pass| pass.role == self.pass.role)
    }

    /// Waits for a change of accounts or sessions.
    async fn changed(&mut self) {
        if self.changes.changed().await.is_err() {
            // The sender is gone: the server is shutting down.
            std::future::pending::<()>().await;
        }
    }
}

/// How a connection is closed.
enum Closing {
    /// With a close frame that has the reason.
    Close(CloseCode, &'static str),
    /// With the close frame that the socket has queued: the reply to the client's, or the one of a protocol error.
    Queued,
    /// Without a close frame: the client is gone or does not read.
    Abort,
}

/// Serves one connection until either side ends it.
async fn serve(
    mut socket: Socket,
    mut subscriber: Subscriber,
    mut authorization: AuthorizationWatch,
    mut stopping: watch::Receiver<bool>,
) {
    let mut ping = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
    let mut last_pong = Instant::now();
    let closing = loop {
        // Nothing to send after a ping but the pong, which the socket has queued.
        let message = tokio::select! {
            outgoing = subscriber.next() => match outgoing {
                Some(outgoing) => Some(to_message(outgoing)),
                None => break Closing::Close(CloseCode::GOING_AWAY, "server shutting down"),
            },
            inbound = socket.next() => match inbound {
                Some(Ok(message)) if message.is_ping() || message.is_pong() => {
                    last_pong = Instant::now();
                    None
                }
                Some(Ok(message)) if message.is_close() => break Closing::Queued,
                Some(Ok(_)) => {
                    break Closing::Close(CloseCode::UNSUPPORTED_DATA, "client messages are not supported");
                }
                Some(Err(error)) => break close_for(&error),
                None => break Closing::Abort,
            },
            _ = ping.tick() => {
                if last_pong.elapsed() > PONG_TIMEOUT {
                    break Closing::Close(CloseCode::POLICY_VIOLATION, "no pong for 60 s");
                }
                if !authorization.is_authorized() {
                    break signed_out();
                }
                Some(Message::ping(""))
            }
            () = authorization.changed() => {
                if !authorization.is_authorized() {
                    break signed_out();
                }
                continue;
            }
            _ = stopping.wait_for(|&stop| stop) => {
                break Closing::Close(CloseCode::GOING_AWAY, "server shutting down");
            }
        };
        let bytes = message.as_ref().map_or(0, |message| message.as_payload().len());
        if bytes > MAX_OUTBOUND_BYTES {
            tracing::warn!(bytes, limit = MAX_OUTBOUND_BYTES, "live message too large, connection closed");
            break Closing::Close(CloseCode::INTERNAL_SERVER_ERROR, "a message exceeds the limit of 1 MiB");
        }
        match timeout(SEND_TIMEOUT, send(&mut socket, message)).await {
            Ok(Ok(())) => subscriber.record_sent(bytes),
            Ok(Err(error)) => {
                tracing::debug!(%error, "live connection failed");
                break Closing::Abort;
            }
            Err(_) => {
                tracing::debug!("live connection too slow, disconnected");
                break Closing::Abort;
            }
        }
    };
    // The client may already be gone, or not read: then the connection is dropped.
    let _ = timeout(CLOSE_TIMEOUT, close(socket, closing)).await;
}

/// Sends a message and what the socket has queued.
async fn send(socket: &mut Socket, message: Option<Message>) -> Result<(), Error> {
    match message {
        Some(message) => socket.send(message).await,
        None => socket.flush().await,
    }
}

async fn close(mut socket: Socket, closing: Closing) -> Result<(), Error> {
    match closing {
        Closing::Close(code, reason) => {
            match socket.send(Message::close(Some(code), reason)).await {
                // The socket has queued a close frame for the same error.
                Err(Error::AlreadyClosed) => socket.flush().await?,
                sent => sent?,
            }
            // Until the client's close frame.
            while let Some(Ok(_)) = socket.next().await {}
        }
        Closing::Queued => socket.flush().await?,
        Closing::Abort => return Ok(()),
    }
    // Unread data would turn the close into a TCP reset, which can discard the reason.
    let mut stream = socket.into_inner();
    stream.shutdown().await?;
    copy(&mut stream, &mut sink()).await?;
    Ok(())
}

fn to_message(outgoing: Outgoing) -> Message {
    match outgoing {
        Outgoing::Binary(bytes) => Message::binary(bytes),
        Outgoing::Text(bytes) => Message::text(bytes),
    }
}

fn signed_out() -> Closing {
    match CloseCode::try_from(CLOSE_SIGNED_OUT) {
        Ok(code) => Closing::Close(code, "session or token expired or revoked"),
        Err(_) => Closing::Abort,
    }
}

/// Close frame for an invalid message. For most, the socket has queued one.
fn close_for(error: &Error) -> Closing {
    match error {
        Error::PayloadTooLong { .. } => {
            Closing::Close(CloseCode::MESSAGE_TOO_BIG, "messages are limited to 4096 bytes")
        }
        Error::Io(_) => Closing::Abort,
        _ => Closing::Queued,
    }
}
