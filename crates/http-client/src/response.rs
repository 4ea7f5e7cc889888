//! Response: status, headers and the start of the body.

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use hyper::body::{Body, Incoming};
use std::future::poll_fn;
use std::pin::Pin;
use tokio::time::{Instant, timeout_at};

/// Response of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Status. Redirects are responses like others.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, or its start.
    pub body: Vec<u8>,
    /// Whether the rest of the body is missing: it was too long or too slow, or the connection broke.
    pub is_truncated: bool,
}

impl Response {
    /// The `Retry-After` header ([RFC 9110, 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)): seconds, or
    /// a date.
    pub fn retry_after(&self) -> Option<&str> {
        self.headers.get(RETRY_AFTER)?.to_str().ok().map(str::trim)
    }

    /// Reads the body, up to `limit` bytes and until `deadline`. Without the rest, the connection is closed.
    pub(crate) async fn read(response: http::Response<Incoming>, limit: usize, deadline: Instant) -> Self {
        let (head, mut incoming) = response.into_parts();
        let mut body = Vec::new();
        let read = async {
            while let Some(frame) = poll_fn(|context| Pin::new(&mut incoming).poll_frame(context)).await {
                let Ok(frame) = frame else { return true };
                let Ok(bytes) = frame.into_data() else { continue };
                let room = limit.saturating_sub(body.len());
                body.extend(bytes.iter().take(room));
                if bytes.len() > room {
                    return true;
                }
            }
            false
        };
        let is_truncated = timeout_at(deadline, read).await.unwrap_or(true);
        Self { status: head.status, headers: head.headers, body, is_truncated }
    }
}
