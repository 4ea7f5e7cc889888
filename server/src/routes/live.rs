//! `/ws/live`: one WebSocket for each open page.
//!
//! What a client can cost is bounded: a few kilobytes of buffers, small inbound messages, ten seconds for each write,
//! a minute of silence.

use super::{ApiError, Shared};
use crate::access::Access;
use crate::ticker;
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
use watchglass_access::Pass;
use watchglass_live::{Outgoing, Protocol, SIGNED_OUT, Subscriber};
use watchglass_probes::Vitals;

/// Clients have nothing to say that is larger.
const MOST_INBOUND: usize = 4 << 10;
const READ_BUFFER: usize = 1 << 10;
/// Messages are written at once; the buffer takes what the socket does not.
const WRITE_BUFFER: usize = 0;
const MOST_UNSENT: usize = 1 << 20;
/// A client that does not take a message within this is too slow, and cut.
const SEND_WITHIN: Duration = Duration::from_secs(10);
const CLOSE_WITHIN: Duration = Duration::from_secs(1);
const PING_EVERY: Duration = Duration::from_secs(20);
/// A client that does not even answer pings is gone.
const SILENT_FOR: Duration = Duration::from_secs(60);
const MOST_CONNECTIONS: usize = 20_000;

/// Opens a live connection.
pub(crate) async fn open(
    State(shared): State<Shared>,
    Extension(pass): Extension<Pass>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            let message = format!("This address is for WebSockets: {}", rejection.body_text());
            return ApiError::new(rejection.status(), "not_a_websocket", message).into_response();
        }
    };
    if shared.core.hub.subscribers() >= MOST_CONNECTIONS {
        let message = format!(
            "There are {MOST_CONNECTIONS} live connections, the most that are served; try again later"
        );
        return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_connections", message)
            .into_response();
    }
    let names = Protocol::ALL.map(Protocol::name);
    let upgrade = upgrade
        .protocols(names)
        .max_message_size(MOST_INBOUND)
        .max_frame_size(MOST_INBOUND)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(MOST_UNSENT);
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
    let subscriber = shared.core.hub.subscribe(protocol);
    let watcher = Watcher { changes: shared.access.changes(), access: shared.access, pass };
    upgrade.on_failed_upgrade(|error| tracing::debug!(%error, "a live connection failed to open")).on_upgrade(
        move |socket| serve(socket, subscriber, watcher, shared.core.vitals.clone(), shared.stopping),
    )
}

/// Watches that whoever opened a connection is still let in.
struct Watcher {
    access: Arc<Access>,
    changes: watch::Receiver<u64>,
    pass: Pass,
}

impl Watcher {
    /// Whether they still are what they were. An open page counts as use of its session.
    fn is_let_in(&self) -> bool {
        self.access.pass(self.pass.by, ticker::now()).is_ok_and(|pass| pass.role == self.pass.role)
    }

    /// Comes back when that may have changed.
    async fn changed(&mut self) {
        if self.changes.changed().await.is_err() {
            // Nobody is there to change anything any more: the server stops.
            std::future::pending::<()>().await;
        }
    }
}

/// How a connection ends.
enum End {
    /// With a close frame that says why.
    Say(u16, &'static str),
    /// With the answer to the client's close frame.
    Answer,
    /// Without a word: the client is gone or does not read.
    Silent,
}

/// Serves one connection until either side ends it.
async fn serve(
    mut socket: WebSocket,
    mut subscriber: Subscriber,
    mut watcher: Watcher,
    vitals: Arc<Vitals>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    let mut heard = Instant::now();
    let end = loop {
        let message = tokio::select! {
            outgoing = subscriber.next() => match outgoing.and_then(to_message) {
                Some(message) => message,
                None => break End::Say(close_code::AWAY, "the server stops"),
            },
            inbound = socket.recv() => match inbound {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    heard = Instant::now();
                    continue;
                }
                Some(Ok(Message::Text(_) | Message::Binary(_))) => {
                    break End::Say(close_code::UNSUPPORTED, "this connection takes no messages");
                }
                Some(Err(error)) => break explain(&error),
                Some(Ok(Message::Close(_))) => break End::Answer,
                None => break End::Silent,
            },
            _ = ping.tick() => {
                if heard.elapsed() > SILENT_FOR {
                    break End::Say(close_code::POLICY, "no answer to pings for a minute");
                }
                if !watcher.is_let_in() {
                    break End::Say(SIGNED_OUT, "the session or token has ended");
                }
                Message::Ping(Bytes::new())
            }
            () = watcher.changed() => {
                if !watcher.is_let_in() {
                    break End::Say(SIGNED_OUT, "the session or token has ended");
                }
                continue;
            }
            _ = stopping.wait_for(|&stop| stop) => break End::Say(close_code::AWAY, "the server stops"),
        };
        let bytes = size(&message);
        match timeout(SEND_WITHIN, socket.send(message)).await {
            Ok(Ok(())) => vitals.frame_sent(bytes),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a live connection broke");
                break End::Silent;
            }
            Err(_) => {
                tracing::debug!("a live connection was too slow and is cut");
                break End::Silent;
            }
        }
    };
    // The other side may be gone already: then there is nobody to tell.
    match end {
        End::Say(code, reason) => {
            let close = Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }));
            let _ = timeout(CLOSE_WITHIN, async {
                // What is still unread would turn the end into a reset, which may swallow the reason.
                if socket.send(close).await.is_ok() {
                    while let Some(Ok(_)) = socket.recv().await {}
                }
            })
            .await;
        }
        End::Answer => {
            // The answer is written while the next message is waited for; none comes.
            let _ = timeout(CLOSE_WITHIN, socket.recv()).await;
        }
        End::Silent => {}
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

/// What to tell a client whose message cannot be read.
fn explain(error: &axum::Error) -> End {
    let text = error.to_string();
    if text.contains("too long") || text.contains("too large") || text.contains("Space limit") {
        End::Say(close_code::SIZE, "messages must not be larger than 4096 bytes")
    } else {
        End::Say(close_code::PROTOCOL, "this is not a frame of the WebSocket protocol")
    }
}
