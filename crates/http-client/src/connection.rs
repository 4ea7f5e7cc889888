//! Connection that counts the bytes written, and whose writing can be stopped.

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection as Connect};
use hyper_util::rt::TokioIo;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite};

/// TCP connection or TLS session.
pub(crate) type Socket = TokioIo<Box<dyn AsyncStream>>;

/// Stream in both directions.
pub(crate) trait AsyncStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> AsyncStream for S {}

/// State of the write side of a connection.
#[derive(Debug, Default)]
struct Writes {
    /// Bytes written since the connection was opened.
    bytes: u64,
    /// The task that waits for a write.
    waiting: Option<Waker>,
    error: Option<String>,
    /// Something was read since the request began.
    is_answered: bool,
    is_stopped: bool,
}

/// Shared by a connection and the request that uses it. The lock is held during each write: a request is never declared
/// incomplete while its last bytes are being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteState(Arc<Mutex<Writes>>);

impl WriteState {
    fn lock(&self) -> MutexGuard<'_, Writes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a request. Returns the bytes written before.
    pub(crate) fn begin(&self) -> u64 {
        let mut writes = self.lock();
        writes.is_answered = false;
        writes.bytes
    }

    /// Whether a write has not ended.
    pub(crate) fn is_pending(&self) -> bool {
        self.lock().waiting.is_some()
    }

    /// Prevents further writes. Returns the bytes written, and the error of a failed write.
    pub(crate) fn stop(&self) -> (u64, Option<String>) {
        let mut writes = self.lock();
        writes.is_stopped = true;
        if let Some(task) = writes.waiting.take() {
            task.wake();
        }
        (writes.bytes, writes.error.clone())
    }
}

/// Connection to a server, directly or through a proxy.
pub(crate) struct Connection {
    pub(crate) socket: Socket,
    /// The other side is a proxy that reads absolute URLs.
    pub(crate) is_proxied: bool,
    pub(crate) writes: WriteState,
}

impl Connect for Connection {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.is_proxied).extra(self.writes.clone())
    }
}

impl Read for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.socket).poll_read(context, buffer);
        if read.is_ready() {
            self.writes.lock().is_answered = true;
        }
        read
    }
}

impl Write for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { socket, writes, .. } = self.get_mut();
        let mut writes = writes.lock();
        writes.waiting = None;
        if writes.is_stopped {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = match Pin::new(socket).poll_write(context, bytes) {
            // A server may reject a request before its end and close the connection: its response, which hyper would
            // drop on a write error, is still to be read. If there is none, reading fails, too.
            Poll::Ready(Err(error)) if !writes.is_answered => {
                writes.error = Some(error.to_string());
                Poll::Pending
            }
            written => written,
        };
        match &written {
            Poll::Ready(Ok(count)) => {
                writes.bytes = writes.bytes.saturating_add(u64::try_from(*count).unwrap_or(u64::MAX));
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => writes.waiting = Some(context.waker().clone()),
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::{RequestBody, Transmission};
    use http::{Request, StatusCode};
    use hyper::client::conn::http1::handshake;
    use hyper_util::client::legacy::connect::capture_connection;
    use tokio::io::ReadBuf;

    /// A connection that the server has closed after a response, which is read after the failed write.
    struct Broken {
        response: &'static [u8],
        is_written: bool,
    }

    impl AsyncRead for Broken {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if !self.is_written {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            buffer.put_slice(std::mem::take(&mut self.response));
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Broken {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _context: &mut Context<'_>,
            _bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.is_written = true;
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn response_is_read_after_a_failed_write() {
        for (response, expected) in [
            (b"HTTP/1.1 401 no\r\ncontent-length: 0\r\n\r\n".as_slice(), Some(StatusCode::UNAUTHORIZED)),
            (b"", None),
        ] {
            let writes = WriteState::default();
            let socket: Socket = TokioIo::new(Box::new(Broken { response, is_written: false }));
            let connection = Connection { socket, is_proxied: false, writes: writes.clone() };
            let (mut sender, task) = handshake(connection).await.unwrap();
            let task = tokio::spawn(task);
            let mut request = Request::post("/").body(()).unwrap();
            let transmission = Transmission::new(capture_connection(&mut request), 4);
            let request = request.map(|()| RequestBody::new("body".into(), transmission));
            let answered = sender.send_request(request).await;
            assert_eq!(answered.map(|response| response.status()).ok(), expected);
            assert_eq!(writes.stop(), (0, Some("broken pipe".to_owned())));
            drop(task.await);
        }
    }
}
