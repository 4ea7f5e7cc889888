//! One report and its answer: HTTP/1.1 ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)) over a connection of its own.
//!
//! A connection for each report costs nothing that counts at one a second, and has no state that could go stale: that
//! nothing is counted twice or lost follows from how far a single exchange came.

use super::Destination;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long sending and the answer may take, each.
const DEADLINE: Duration = Duration::from_secs(5);
/// More of an answer is not read, in bytes.
const MOST_ANSWER: u64 = 16 << 10;
/// More of a server's words is not kept, in characters.
const MOST_WORDS: usize = 300;

/// What became of a report.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server has counted it.
    Taken,
    /// The server has not counted it, and why.
    NotTaken(String),
    /// It was sent whole, and nobody knows, and why.
    Uncertain(String),
}

/// Sends a report and waits for the answer: twelve seconds at most.
pub(crate) async fn post(destination: &Destination, body: &str) -> Outcome {
    let connect = TcpStream::connect((destination.host.as_str(), destination.port));
    let mut stream = match in_time(CONNECT, connect).await {
        Ok(stream) => stream,
        Err(error) => return Outcome::NotTaken(format!("cannot connect to {destination}: {error}")),
    };
    let request = format!("{}content-length: {}\r\n\r\n{body}", destination.head, body.len());
    // A server counts nothing of a body that it does not get whole.
    let sent = in_time(DEADLINE, stream.write_all(request.as_bytes())).await;
    let mut answer = Vec::new();
    let mut stream = stream.take(MOST_ANSWER);
    let read = in_time(DEADLINE, stream.read_to_end(&mut answer)).await;
    // Even if not all was sent: a server that refuses a report may say so before its end.
    match (judge(&answer), sent, read) {
        (Some(Ok(())), ..) => Outcome::Taken,
        (Some(Err(words)), ..) => Outcome::NotTaken(format!("{destination} refuses the report: {words}")),
        (None, Err(error), _) => Outcome::NotTaken(format!("cannot send to {destination}: {error}")),
        (None, Ok(()), Err(error)) => Outcome::Uncertain(format!("no answer from {destination}: {error}")),
        (None, Ok(()), Ok(_)) => {
            Outcome::Uncertain(format!("{destination} gave no answer that is one of HTTP/1.1"))
        }
    }
}

/// Whether the answer is one of success, or the status and words of one that is not; `None` when it is no answer.
fn judge(answer: &[u8]) -> Option<Result<(), String>> {
    let text = String::from_utf8_lossy(answer);
    let (line, _) = text.split_once("\r\n")?;
    let status = line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
    if status.len() != 3 || !status.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if status.starts_with('2') {
        return Some(Ok(()));
    }
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let words = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|body| Some(body.pointer("/error/message")?.as_str()?.to_owned()))
        .unwrap_or_default();
    let words: String = words.chars().filter(|sign| !sign.is_control()).take(MOST_WORDS).collect();
    Some(Err(if words.is_empty() {
        format!("status {status}")
    } else {
        format!("{words} (status {status})")
    }))
}

async fn in_time<T>(time: Duration, what: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late =
        |_| io::Error::new(io::ErrorKind::TimedOut, format!("it takes longer than {} s", time.as_secs()));
    timeout(time, what).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        let bare = "HTTP/1.1 429 x\r\n\r\n{\"error\":{\"message\":\"enough\"}}";
        let envelope = "HTTP/1.1 400 Bad Request\r\na: b\r\n\r\n{\"error\":{\"message\":\"too\\nlong\"}}";
        for (answer, expected) in [
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
                judge(answer.as_bytes()),
                expected.map(|known| known.map_err(str::to_owned)),
                "{answer}"
            );
        }
    }
}
