//! Byte stream with a limit for received bytes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bidirectional byte stream.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Stream with a limit for received bytes.
pub(super) struct LimitedStream {
    stream: Box<dyn Stream>,
    remaining_bytes: Arc<AtomicUsize>,
}

impl LimitedStream {
    /// `remaining_bytes` is the number of bytes that may still be received.
    pub(super) fn new(stream: Box<dyn Stream>, remaining_bytes: Arc<AtomicUsize>) -> Self {
        Self { stream, remaining_bytes }
    }
}

impl AsyncRead for LimitedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        let received = buffer.filled().len().saturating_sub(before);
        let remaining_bytes = self.remaining_bytes.load(Ordering::Relaxed);
        self.remaining_bytes.store(remaining_bytes.saturating_sub(received), Ordering::Relaxed);
        if received > remaining_bytes {
            return Poll::Ready(Err(io::Error::other("response larger than 4 MiB")));
        }
        outcome
    }
}

impl AsyncWrite for LimitedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
