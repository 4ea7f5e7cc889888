//! `/ws/live`: one WebSocket for each open page.
//!
//! Limits per client: a few kilobytes of buffers, small inbound messages, ten seconds for a message that the full send buffer of
//! the system does not accept, one minute without a pong. The second limit ends the connection of a client that reads
//! nothing, because frames fill its buffer more slowly.

use super::handshake;
use crate::access::Access;
use crate::app_state::AppState;
use crate::clock;
use crate::http::ApiError;
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, interval_at, timeout};
use watchglass_auth::Principal;
use watchglass_live::{CLOSE_SIGNED_OUT, Outgoing, Protocol, Subscriber};

/// Path of the live connection.
pub(crate) const PATH: &str = "/ws/live";
/// Size limit of inbound messages.
const MAX_INBOUND_BYTES: usize = 4 << 10;
const READ_BUFFER_BYTES: usize = 1 << 10;
/// Messages are written immediately; the buffer only holds what the socket does not accept.
const WRITE_BUFFER_BYTES: usize = 0;
const MAX_UNSENT_BYTES: usize = 1 << 20;
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
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return handshake::refusal(&rejection),
    };
    if let Err(error) = handshake::check_key(&headers) {
        return error.into_response();
    }
    if state.hub.subscribers() >= MAX_CONNECTIONS {
        let message = format!("Limit of {MAX_CONNECTIONS} live connections reached; try again later");
        return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_connections", message)
            .into_response();
    }
    let names = Protocol::ALL.map(Protocol::name);
    let upgrade = upgrade
        .protocols(names)
        .max_message_size(MAX_INBOUND_BYTES)
        .max_frame_size(MAX_INBOUND_BYTES)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(MAX_UNSENT_BYTES);
    let chosen =
        upgrade.selected_protocol().and_then(|name| name.to_str().ok()).and_then(Protocol::from_name);
    let protocol = match chosen {
        Some(protocol) => protocol,
        None if !headers.contains_key(SEC_WEBSOCKET_PROTOCOL) => Protocol::Json,
        None => {
            let message = format!("The subprotocol must be one of {}", names.join(", "));
            return ApiError::new(StatusCode::BAD_REQUEST, "unknown_subprotocol", message).into_response();
        }
    };
    let subscriber = state.hub.subscribe(protocol);
    let authorization = AuthorizationWatch { changes: state.access.changes(), access: state.access, pass };
    upgrade
        .on_failed_upgrade(|error| tracing::debug!(%error, "live connection upgrade failed"))
        .on_upgrade(move |socket| serve(socket, subscriber, authorization, state.stopping))
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
    Close(u16, &'static str),
    /// With the reply to the client's close frame.
    Reply,
    /// Without a close frame: the client is gone or does not read.
    Abort,
}

/// Serves one connection until either side ends it.
async fn serve(
    mut socket: WebSocket,
    mut subscriber: Subscriber,
    mut authorization: AuthorizationWatch,
    mut stopping: watch::Receiver<bool>,
) {
    let mut ping = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
    let mut last_pong = Instant::now();
    let closing = loop {
        let message = tokio::select! {
            outgoing = subscriber.next() => match outgoing.and_then(to_message) {
                Some(message) => message,
                None => break Closing::Close(close_code::AWAY, "server shutting down"),
            },
            inbound = socket.recv() => match inbound {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    last_pong = Instant::now();
                    continue;
                }
                Some(Ok(Message::Text(_) | Message::Binary(_))) => {
                    break Closing::Close(close_code::UNSUPPORTED, "client messages are not supported");
                }
                Some(Err(error)) => break close_for(&error),
                Some(Ok(Message::Close(_))) => break Closing::Reply,
                None => break Closing::Abort,
            },
            _ = ping.tick() => {
                if last_pong.elapsed() > PONG_TIMEOUT {
                    break Closing::Close(close_code::POLICY, "no pong for 60 s");
                }
                if !authorization.is_authorized() {
                    break Closing::Close(CLOSE_SIGNED_OUT, "session or token expired or revoked");
                }
                Message::Ping(Bytes::new())
            }
            () = authorization.changed() => {
                if !authorization.is_authorized() {
                    break Closing::Close(CLOSE_SIGNED_OUT, "session or token expired or revoked");
                }
                continue;
            }
            _ = stopping.wait_for(|&stop| stop) => break Closing::Close(close_code::AWAY, "server shutting down"),
        };
        let bytes = size(&message);
        match timeout(SEND_TIMEOUT, socket.send(message)).await {
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
    // Errors are ignored: the client may already be gone.
    match closing {
        Closing::Close(code, reason) => {
            let close = Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }));
            let _ = timeout(CLOSE_TIMEOUT, async {
                // Unread data would turn the close into a TCP reset, which can discard the reason.
                if socket.send(close).await.is_ok() {
                    while let Some(Ok(_)) = socket.recv().await {}
                }
            })
            .await;
        }
        Closing::Reply => {
            // The reply is written while waiting for the next message, which never arrives.
            let _ = timeout(CLOSE_TIMEOUT, socket.recv()).await;
        }
        Closing::Abort => {}
    }
}

fn size(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}

fn to_message(outgoing: Outgoing) -> Option<Message> {
    match outgoing {
        Outgoing::Binary(bytes) => Some(Message::Binary(bytes)),
        Outgoing::Text(bytes) => Utf8Bytes::try_from(bytes).ok().map(Message::Text),
    }
}

/// Close frame for an invalid message.
fn close_for(error: &axum::Error) -> Closing {
    let text = error.to_string();
    if text.contains("too long") || text.contains("too large") || text.contains("Space limit") {
        Closing::Close(close_code::SIZE, "messages are limited to 4096 bytes")
    } else if text.contains("UTF-8") {
        // RFC 6455, section 8.1.
        Closing::Close(close_code::INVALID, "text is not UTF-8")
    } else {
        Closing::Close(close_code::PROTOCOL, "invalid WebSocket frame")
    }
}
