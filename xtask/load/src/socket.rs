//! One live connection.

use crate::arguments::Arguments;
use crate::frame::{self, Stamp};
use futures_util::StreamExt;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Stages of a measurement, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Connections are being opened; frames do not count yet.
    Opening,
    /// Frames count.
    Measuring,
    /// All connections end.
    Over,
}

/// Result of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Received metrics frames.
    pub(crate) frames: u64,
    /// Missing sequence numbers after the first frame.
    pub(crate) lost: u64,
    /// Sequence number of the last frame.
    pub(crate) last_seq: Option<u64>,
    /// Timestamp of the last frame, milliseconds since the Unix epoch.
    pub(crate) last_time: Option<i64>,
    /// Time from a frame's timestamp to its arrival, in microseconds.
    pub(crate) latencies: Vec<u32>,
    /// Start delay of each tick, as the server measures it, in microseconds.
    pub(crate) lateness: Vec<u32>,
    /// Seconds for which the server made no frame.
    pub(crate) skipped: u64,
    /// Reason why the connection ended before the measurement.
    pub(crate) closed: Option<String>,
}

impl Seen {
    /// Counts a frame that arrived at `now`, microseconds since the Unix epoch. The first one only sets
    /// the sequence number: the server may send a frame from before the connection.
    pub(crate) fn add(&mut self, stamp: Stamp, now: i64, measuring: bool) {
        if (self.last_seq, self.last_time) == (Some(stamp.seq), Some(stamp.time)) {
            // Values of one tick may come in several frames.
            return;
        }
        if measuring && let Some(last) = self.last_seq {
            self.frames += 1;
            self.lost += stamp.seq.saturating_sub(last.saturating_add(1));
            let latency = now.saturating_sub(stamp.time.saturating_mul(1000));
            // Negative after a clock change.
            self.latencies.push(u32::try_from(latency.max(0)).unwrap_or(u32::MAX));
            let seconds = self.last_time.map_or(0, |before| stamp.time.saturating_sub(before) / 1000);
            // A lost frame is of a second that the server did not skip.
            if let Some(frames) = stamp.seq.checked_sub(last).filter(|frames| *frames > 0) {
                self.skipped += u64::try_from(seconds).unwrap_or_default().saturating_sub(frames);
            }
        }
        self.last_seq = Some(stamp.seq);
        self.last_time = Some(stamp.time);
    }
}

type Connection = WebSocketStream<TcpStream>;

/// Opens a connection as a browser would.
///
/// # Errors
/// The error of the server or the system.
pub(crate) async fn connect(plan: &Arguments, token: Option<&str>) -> Result<Connection, String> {
    let stream = TcpStream::connect(plan.url.address).await.map_err(|error| error.to_string())?;
    let mut request = plan.url.url().into_client_request().map_err(|error| error.to_string())?;
    let header = |text: &str| HeaderValue::from_str(text).map_err(|error| error.to_string());
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", header(plan.protocol.name())?);
    headers.insert("origin", header(&format!("http://{}", plan.url.authority))?);
    if let Some(token) = token {
        headers.insert("authorization", header(&format!("Bearer {token}"))?);
    }
    // The default read buffer is 128 KiB for each connection.
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    let (connection, _) = client_async_with_config(request, stream, Some(config)).await.map_err(explain)?;
    Ok(connection)
}

fn explain(error: Error) -> String {
    match error {
        Error::Http(response) => format!("the server responded with {}", response.status()),
        other => other.to_string(),
    }
}

/// Reads frames until the measurement is over or the connection ends.
pub(crate) async fn follow(mut connection: Connection, mut stage: watch::Receiver<Stage>) -> Seen {
    let mut seen = Seen::default();
    loop {
        tokio::select! {
            message = connection.next() => match message {
                Some(Ok(message)) => {
                    let now = micros_now();
                    let measuring = *stage.borrow() == Stage::Measuring;
                    let stamp = match &message {
                        Message::Text(text) => frame::of_text(text),
                        Message::Binary(bytes) => frame::of_bytes(bytes),
                        Message::Close(close) => {
                            seen.closed = Some(close.as_ref().map_or("closed by the server".to_owned(), |close| {
                                format!("closed by the server: {} {}", close.code, close.reason)
                            }));
                            return seen;
                        }
                        _ => None,
                    };
                    if let Some(stamp) = stamp {
                        seen.add(stamp, now, measuring);
                        if measuring && let Message::Text(text) = &message {
                            seen.lateness.extend(frame::lateness(text));
                        }
                    }
                }
                Some(Err(error)) => {
                    seen.closed = Some(error.to_string());
                    return seen;
                }
                None => {
                    seen.closed = Some("ended by the server".to_owned());
                    return seen;
                }
            },
            changed = stage.changed() => {
                if changed.is_err() || *stage.borrow() == Stage::Over {
                    return seen;
                }
            }
        }
    }
}

/// Keeps a connection open without reading from it.
pub(crate) async fn stall(connection: Connection, mut stage: watch::Receiver<Stage>) -> Seen {
    // An error means that the measurement has ended too.
    let _ = stage.wait_for(|stage| *stage == Stage::Over).await;
    drop(connection);
    Seen::default()
}

fn micros_now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_frame_does_not_count() {
        let mut seen = Seen::default();
        seen.add(Stamp { seq: 3, time: 0 }, 900_000, true);
        assert_eq!(seen, Seen { last_seq: Some(3), last_time: Some(0), ..Seen::default() });
    }

    #[test]
    fn counts_frames_gaps_and_latencies_once_measuring() {
        let mut seen = Seen::default();
        for (seq, time, now, measuring) in [
            (3, 0, 0, false),
            (4, 1000, 1_000_250, true),
            (7, 2000, 2_001_000, true),
            (7, 3000, 2_999_999, true),
            (8, 0, i64::MAX, true),
        ] {
            seen.add(Stamp { seq, time }, now, measuring);
        }
        let expected = Seen {
            frames: 4,
            lost: 2,
            last_seq: Some(8),
            last_time: Some(0),
            latencies: vec![250, 1000, 0, u32::MAX],
            ..Seen::default()
        };
        assert_eq!(seen, expected);
    }

    #[test]
    fn skipped_seconds_are_not_lost_frames() {
        let mut seen = Seen::default();
        for (seq, time) in [(1, 1000), (2, 2000), (3, 5000), (6, 8000), (8, 11_000)] {
            seen.add(Stamp { seq, time }, 0, true);
        }
        assert_eq!((seen.skipped, seen.lost), (3, 3));
    }
}
