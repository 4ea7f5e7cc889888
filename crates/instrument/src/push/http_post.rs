//! HTTP/1.1 request for one report ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)), over a new connection each time.
//!
//! At one request per second a new connection costs little and has no stale state: how far the exchange got decides
//! whether the report was accepted.

use super::Destination;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Connect timeout.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Timeout for sending and for the response, each.
const IO_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum response size in bytes.
const MAX_RESPONSE_BYTES: u64 = 16 << 10;
/// Maximum length of a server message, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// Outcome of a report.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server accepted the report.
    Accepted,
    /// The server did not accept the report, and why.
    Rejected(String),
    /// The report was sent completely, but the response is missing or invalid.
    Unknown(String),
}

/// Sends a report and waits for the response: 12 s at most.
pub(crate) async fn post(destination: &Destination, body: &str) -> Outcome {
    let connect = TcpStream::connect((destination.host.as_str(), destination.port));
    let mut stream = match with_timeout(CONNECT_TIMEOUT, connect).await {
        Ok(stream) => stream,
        Err(error) => return Outcome::Rejected(format!("cannot connect to {destination}: {error}")),
    };
    let request = format!("{}content-length: {}\r\n\r\n{body}", destination.head, body.len());
    // The server ignores an incomplete body.
    let sent = with_timeout(IO_TIMEOUT, stream.write_all(request.as_bytes())).await;
    let mut response = Vec::new();
    let mut stream = stream.take(MAX_RESPONSE_BYTES);
    let read = with_timeout(IO_TIMEOUT, stream.read_to_end(&mut response)).await;
    // Also after a failed write: the server may have rejected the report early.
    match (parse_response(&response), sent, read) {
        (Some(Ok(())), ..) => Outcome::Accepted,
        (Some(Err(message)), ..) => {
            Outcome::Rejected(format!("{destination} rejected the report: {message}"))
        }
        (None, Err(error), _) => Outcome::Rejected(format!("cannot send to {destination}: {error}")),
        (None, Ok(()), Err(error)) => Outcome::Unknown(format!("no response from {destination}: {error}")),
        (None, Ok(()), Ok(_)) => Outcome::Unknown(format!("invalid HTTP/1.1 response from {destination}")),
    }
}

/// Success, or the error message and status of the response; `None` if it is not an HTTP response.
fn parse_response(response: &[u8]) -> Option<Result<(), String>> {
    let text = String::from_utf8_lossy(response);
    let (line, _) = text.split_once("\r\n")?;
    let status = line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
    if status.len() != 3 || !status.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if status.starts_with('2') {
        return Some(Ok(()));
    }
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let message = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|body| Some(body.pointer("/error/message")?.as_str()?.to_owned()))
        .unwrap_or_default();
    let message: String =
        message.chars().filter(|character| !character.is_control()).take(MAX_MESSAGE_CHARS).collect();
    Some(Err(if message.is_empty() {
        format!("status {status}")
    } else {
        format!("{message} (status {status})")
    }))
}

async fn with_timeout<T>(time: Duration, operation: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let timed_out =
        |_| io::Error::new(io::ErrorKind::TimedOut, format!("timed out after {} s", time.as_secs()));
    timeout(time, operation).await.unwrap_or_else(|elapsed| Err(timed_out(elapsed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_classified() {
        let bare = "HTTP/1.1 429 x\r\n\r\n{\"error\":{\"message\":\"enough\"}}";
        let envelope = "HTTP/1.1 400 Bad Request\r\na: b\r\n\r\n{\"error\":{\"message\":\"too\\nlong\"}}";
        for (response, expected) in [
            ("", None),
            ("HTTP/1.1 200", None),
            ("HTTP/1.1 200 OK\r\n", Some(Ok(()))),
            ("HTTP/1.0 204 No Content\r\n\r\n", Some(Ok(()))),
            ("HTTP/2 200 OK\r\n\r\n", None),
            ("SSH-2.0-x\r\n", None),
            ("HTTP/1.1 2000 x\r\n\r\n", None),
            ("HTTP/1.1 503 x\r\n\r\n<html>", Some(Err("status 503"))),
            (bare, Some(Err("enough (status 429)"))),
            (envelope, Some(Err("toolong (status 400)"))),
        ] {
            assert_eq!(
                parse_response(response.as_bytes()),
                expected.map(|known| known.map_err(str::to_owned)),
                "{response}"
            );
        }
    }
}
