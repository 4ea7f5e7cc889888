//! HTTP/1.1 client ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)): one POST request per connection.
//!
//! Messages are rare: a new connection for each cannot be stale. Redirects are never followed, because they could send a
//! secret to another host.

mod answer;
mod target;

pub(crate) use target::{Endpoint, PlaintextHosts, check_url};

use crate::{SendError, secrets::Secrets};
use answer::Response;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use watchglass_model::Timestamp;

/// Timeout of the connection, with its TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout of the whole exchange.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);
/// Timeout of the body of an error response.
const BODY_TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum bytes read of a response.
const MAX_RESPONSE: usize = 16 << 10;

/// Timeouts of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) total: Duration,
    pub(crate) body: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: CONNECT_TIMEOUT, total: TOTAL_TIMEOUT, body: BODY_TIMEOUT }
    }
}

/// POST request.
pub(crate) struct Request<'a> {
    pub(crate) content_type: &'static str,
    /// Names and values of extra headers. They must not contain control characters.
    pub(crate) headers: &'a [(&'static str, &'a str)],
    pub(crate) body: &'a [u8],
}

/// Sends a POST request.
///
/// # Errors
/// There was no response in time, or its status is not 2xx. `secrets` are redacted from the response's body.
pub(crate) async fn post(
    target: &Endpoint,
    request: Request<'_>,
    secrets: &Secrets,
    limits: Timeouts,
    now: Timestamp,
) -> Result<(), SendError> {
    let response = match timeout(limits.total, exchange(target, request, limits)).await {
        Ok(Ok(response)) => response,
        Ok(Err(reason)) => return Err(SendError::temporary(secrets.redact(&reason))),
        Err(_elapsed) => {
            let reason =
                format!("no response from {} within {} s", target.display_host(), limits.total.as_secs_f64());
            return Err(SendError::temporary(reason));
        }
    };
    response.classify(target.display_host(), secrets, now)
}

async fn exchange(target: &Endpoint, request: Request<'_>, limits: Timeouts) -> Result<Response, String> {
    let shown = target.display_host();
    let open = async {
        let stream = TcpStream::connect((target.host(), target.port())).await?;
        stream.set_nodelay(true)?;
        match target.tls() {
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
        Stream::Clear(stream) => send_request(stream, target, request, limits.body).await,
        Stream::Encrypted(stream) => send_request(stream, target, request, limits.body).await,
    }
}

enum Stream {
    Clear(TcpStream),
    Encrypted(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

async fn send_request(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    target: &Endpoint,
    request: Request<'_>,
    body_timeout: Duration,
) -> Result<Response, String> {
    let mut bytes = target.request_head(request.content_type, request.body.len());
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

    // Even if the request was not fully sent: a server may reject a message before its end.
    let shown = target.display_host();
    let (mut received, mut parsed) = (Vec::new(), None::<Response>);
    let mut buffer = [0; 4096];
    let end = loop {
        if parsed.as_ref().is_some_and(|response| response.is_complete) || received.len() >= MAX_RESPONSE {
            break Ok(());
        }
        let read = stream.read(&mut buffer);
        // Once the status is known, the body alone is not worth a long wait.
        let read = match &parsed {
            None => read.await,
            Some(_) => timeout(body_timeout, read).await.unwrap_or(Ok(0)),
        };
        match read {
            Ok(0) => break Ok(()),
            Ok(count) => received.extend(buffer.iter().take(count)),
            Err(error) => break Err(error),
        }
        parsed = answer::parse(&received)
            .map_err(|reason| format!("{shown} sent an invalid HTTP/1.1 response: {reason}"))?;
    };
    match (parsed, sent, end) {
        (Some(parsed), ..) => Ok(parsed),
        (None, Err(error), _) => Err(format!("cannot send to {shown}: {error}")),
        (None, _, Err(error)) => Err(format!("no response from {shown}: {error}")),
        (None, Ok(()), Ok(())) => Err(format!("{shown} closed the connection without a response")),
    }
}

/// Fuzzing entry point.
#[cfg(fuzzing)]
pub(crate) mod fuzzing {
    use super::{Secrets, Timestamp, response as parser};

    /// Parses and classifies a response.
    pub(crate) fn response(bytes: &[u8], now: Timestamp) {
        if let Ok(Some(response)) = parser::parse(bytes) {
            let _ = response.classify("https://example.com", &Secrets::of(["sesame"]), now);
        }
    }
}
