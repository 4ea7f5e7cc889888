//! One request and its answer: HTTP/1.1 ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)) over a connection of its own.
//!
//! Messages are few: a connection for each has no state that could go stale. Redirects are never followed, for they
//! could lead a secret to another host.

mod answer;
mod target;

pub(crate) use target::{Clear, Target, check};

use crate::{SendError, secrets::Secrets};
use answer::Answer;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use watchglass_model::Timestamp;

/// How long a connection may take, with its encryption.
const CONNECT: Duration = Duration::from_secs(5);
/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(15);
/// How long the words of a refusal are waited for.
const WORDS: Duration = Duration::from_secs(2);
/// More of an answer is not read, in bytes.
const MOST_ANSWER: usize = 16 << 10;

/// How long a request may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) connect: Duration,
    pub(crate) whole: Duration,
    pub(crate) words: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: CONNECT, whole: WHOLE, words: WORDS }
    }
}

/// What is sent.
pub(crate) struct Request<'a> {
    pub(crate) content_type: &'static str,
    /// Names and values of further headers. They have no control characters.
    pub(crate) headers: &'a [(&'static str, &'a str)],
    pub(crate) body: &'a [u8],
}

/// Sends a request with the method POST.
///
/// # Errors
/// There was no answer in time, or it was none of success. Other than at a secret in the answer's words nothing is known
/// of `secrets`.
pub(crate) async fn post(
    target: &Target,
    request: Request<'_>,
    secrets: &Secrets,
    limits: Limits,
    now: Timestamp,
) -> Result<(), SendError> {
    let answer = match timeout(limits.whole, exchange(target, request, limits)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(reason)) => return Err(SendError::temporary(secrets.scrub(&reason))),
        Err(_elapsed) => {
            let reason = format!("no answer from {} within {} s", target.shown(), limits.whole.as_secs_f64());
            return Err(SendError::temporary(reason));
        }
    };
    answer.judge(target.shown(), secrets, now)
}

async fn exchange(target: &Target, request: Request<'_>, limits: Limits) -> Result<Answer, String> {
    let shown = target.shown();
    let open = async {
        let stream = TcpStream::connect((target.host(), target.port())).await?;
        stream.set_nodelay(true)?;
        match target.encryption() {
            None => Ok(Stream::Clear(stream)),
            Some((config, name)) => {
                let stream = TlsConnector::from(config).connect(name, stream).await?;
                Ok(Stream::Encrypted(Box::new(stream)))
            }
        }
    };
    let stream = match timeout(limits.connect, open).await {
        Ok(Ok(stream)) => stream,
        Ok(Err::<_, io::Error>(error)) => return Err(format!("cannot connect to {shown}: {error}")),
        Err(_elapsed) => {
            return Err(format!("cannot connect to {shown} within {} s", limits.connect.as_secs_f64()));
        }
    };
    match stream {
        Stream::Clear(stream) => talk(stream, target, request, limits.words).await,
        Stream::Encrypted(stream) => talk(stream, target, request, limits.words).await,
    }
}

enum Stream {
    Clear(TcpStream),
    Encrypted(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    target: &Target,
    request: Request<'_>,
    words: Duration,
) -> Result<Answer, String> {
    let mut bytes = target.head(request.content_type, request.body.len());
    for (name, value) in request.headers {
        bytes.push_str(name);
        bytes.push_str(": ");
        bytes.push_str(value);
        bytes.push_str("\r\n");
    }
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    bytes.extend(request.body);
    let sent = match stream.write_all(&bytes).await {
        Ok(()) => stream.flush().await,
        Err(error) => Err(error),
    };

    // Even if not all was sent: a server that refuses a message may say so before its end.
    let shown = target.shown();
    let (mut answer, mut parsed) = (Vec::new(), None::<Answer>);
    let mut piece = [0; 4096];
    let end = loop {
        if parsed.as_ref().is_some_and(|answer| answer.is_whole) || answer.len() >= MOST_ANSWER {
            break Ok(());
        }
        let read = stream.read(&mut piece);
        // Once it is known what the answer is, its words alone are not worth waiting for long.
        let read = match &parsed {
            None => read.await,
            Some(_) => timeout(words, read).await.unwrap_or(Ok(0)),
        };
        match read {
            Ok(0) => break Ok(()),
            Ok(count) => answer.extend(piece.iter().take(count)),
            Err(error) => break Err(error),
        }
        parsed = answer::parse(&answer)
            .map_err(|reason| format!("{shown} gave no answer that is one of HTTP/1.1: {reason}"))?;
    };
    match (parsed, sent, end) {
        (Some(parsed), ..) => Ok(parsed),
        (None, Err(error), _) => Err(format!("cannot send to {shown}: {error}")),
        (None, _, Err(error)) => Err(format!("no answer from {shown}: {error}")),
        (None, Ok(()), Ok(())) => Err(format!("{shown} closed the connection without an answer")),
    }
}

/// Where a fuzzer comes in.
#[cfg(fuzzing)]
pub(crate) mod fuzzing {
    use super::{Secrets, Timestamp, answer};

    /// Reads and judges an answer.
    pub(crate) fn answer(bytes: &[u8], now: Timestamp) {
        if let Ok(Some(answer)) = answer::parse(bytes) {
            let _ = answer.judge("https://example.com", &Secrets::of(["sesame"]), now);
        }
    }
}
