//! Request body, and how much of the request was sent.

use crate::Delivery;
use crate::connection::WriteState;
use http::Extensions;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper_util::client::legacy::connect::CaptureConnection;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

/// Body whose first read marks where the request begins on its connection.
pub(crate) struct RequestBody {
    bytes: Bytes,
    transmission: Transmission,
}

impl RequestBody {
    pub(crate) fn new(bytes: Bytes, transmission: Transmission) -> Self {
        Self { bytes, transmission }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        self.transmission.begin();
        Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.bytes.len()).unwrap_or(u64::MAX))
    }
}

/// Progress of a request on its connection.
#[derive(Clone, Debug)]
pub(crate) struct Transmission {
    connection: CaptureConnection,
    /// Bytes of the body.
    length: u64,
    /// Bytes written to the connection before the body.
    before: Arc<OnceLock<u64>>,
}

impl Transmission {
    pub(crate) fn new(connection: CaptureConnection, length: usize) -> Self {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        Self { connection, length, before: Arc::default() }
    }

    fn writes(&self) -> Option<WriteState> {
        let mut extensions = Extensions::new();
        self.connection.connection_metadata().as_ref()?.get_extras(&mut extensions);
        extensions.remove()
    }

    fn begin(&self) {
        if let Some(writes) = self.writes() {
            self.before.get_or_init(|| writes.begin());
        }
    }

    /// Ends a failed request, so that nothing more of it is sent, and tells whether it may have arrived. Returns the error
    /// of a failed write, too.
    pub(crate) fn stop(&self) -> (Delivery, Option<String>) {
        let Some(writes) = self.writes() else { return (Delivery::Incomplete, None) };
        if let Some(connection) = self.connection.connection_metadata().as_ref() {
            connection.poison();
        }
        let (bytes, error) = writes.stop();
        // The head may be written before the body is read: the length of the body is the lower limit of a whole request.
        let is_incomplete = self.length > 0
            && self.before.get().is_none_or(|before| bytes.saturating_sub(*before) < self.length);
        (if is_incomplete { Delivery::Incomplete } else { Delivery::Uncertain }, error)
    }

    /// Ends a request that has a response. If the server has not read all of it, its connection is closed: the next
    /// request would wait behind the rest.
    pub(crate) fn end(&self) {
        if self.writes().is_some_and(|writes| writes.is_pending()) {
            self.stop();
        }
    }
}
