//! Per-connection timeouts: for the next request, for its headers and for reading the response. Slower clients are
//! disconnected, whatever the reason: idle connections that occupy permits are a slowloris attack.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// Timeouts of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    /// From the start of the connection or the end of a response to the first byte of the next request.
    pub(super) idle: Duration,
    /// From the first byte of a request to the end of its headers.
    pub(super) head: Duration,
    /// For the client to read the next [`MIN_WRITE_CHUNK`] bytes of a response, or the rest of it.
    pub(super) write_stall: Duration,
}

/// Timeouts that no regular client exceeds.
pub(super) const TIMEOUTS: Timeouts = Timeouts {
    // Proxies keep idle connections for 60 s.
    idle: Duration::from_secs(75),
    head: Duration::from_secs(15),
    write_stall: Duration::from_secs(20),
};

/// Bytes that the client must read within the write timeout: 800 bytes per second.
const MIN_WRITE_CHUNK: usize = 16 << 10;

/// No request is in progress: the read timeouts apply.
const IDLE: u32 = 0;
/// A request is being processed. Its body has a timeout of its own where it is read.
const IN_REQUEST: u32 = 1;
/// Upgraded to a WebSocket, which checks for itself that the client is alive.
const WEBSOCKET: u32 = 2;

/// State of a connection: set by the request handler, read by the stream with timeouts.
#[derive(Debug, Default)]
pub(super) struct ConnectionState(AtomicU32);

impl ConnectionState {
    /// A request has arrived.
    pub(super) fn begin_request(&self) {
        // The upper bits count requests, so that a request that began and ended between two checks is noticed.
        let next = |state: u32| Some((state & !3).wrapping_add(4) | IN_REQUEST);
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }

    /// The connection has been upgraded to a WebSocket.
    pub(super) fn upgrade(&self) {
        self.0.fetch_or(WEBSOCKET, Ordering::Relaxed);
    }

    /// The response has ended.
    pub(super) fn end_response(&self) {
        self.0.fetch_and(!IN_REQUEST, Ordering::Relaxed);
    }
}

/// A stream with timeouts for the client.
#[derive(Debug)]
pub(super) struct TimeoutStream<S, K> {
    stream: S,
    state: Arc<ConnectionState>,
    timeouts: Timeouts,
    read: Timeout,
    /// The state that the read timeout belongs to, and whether the next request has begun.
    reading: (u32, bool),
    write: Timeout,
    /// Bytes written since the write timeout started.
    written: usize,
    /// Dropped when the stream ends, also as a WebSocket.
    _permit: K,
}

/// A timeout that is running or not.
#[derive(Debug, Default)]
struct Timeout {
    until: Option<Instant>,
    // Allocated once per connection, and only if it waits.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Timeout {
    fn begin(&mut self, length: Duration) {
        self.until = Some(Instant::now() + length);
    }

    fn end(&mut self) {
        self.until = None;
    }

    /// Pending until the deadline, with a wake-up registered; then an error.
    fn poll<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let Some(until) = self.until else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "client too slow")))
    }
}

impl<S, K> TimeoutStream<S, K> {
    /// A new stream, which holds `kept` until it ends.
    pub(super) fn new(stream: S, state: Arc<ConnectionState>, deadlines: Timeouts, kept: K) -> Self {
        let mut read = Timeout::default();
        read.begin(deadlines.idle);
        let reading = (state.0.load(Ordering::Relaxed), false);
        Self {
            stream,
            state,
            timeouts: deadlines,
            read,
            reading,
            write: Timeout::default(),
            written: 0,
            _permit: kept,
        }
    }

    /// Applies a change of the connection state, and returns the current state.
    fn update(&mut self) -> u32 {
        let state = self.state.0.load(Ordering::Relaxed);
        if state != self.reading.0 {
            self.reading = (state, false);
            self.read.begin(self.timeouts.idle);
        }
        state & 3
    }

    fn wrote(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Ready(Ok(count)) => {
                self.written = self.written.saturating_add(count);
                if self.written >= MIN_WRITE_CHUNK {
                    self.written = 0;
                    self.write.end();
                }
                Poll::Ready(Ok(count))
            }
            Poll::Ready(error) => Poll::Ready(error),
            Poll::Pending => self.stalled(context),
        }
    }

    fn stalled<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if self.write.until.is_none() {
            self.written = 0;
            self.write.begin(self.timeouts.write_stall);
        }
        self.write.poll(context)
    }
}

impl<S: AsyncRead + Unpin, K: Unpin> AsyncRead for TimeoutStream<S, K> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let state = self.update();
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        match read {
            Poll::Ready(outcome) => {
                if state == IDLE && buffer.filled().len() > before && !self.reading.1 {
                    self.reading.1 = true;
                    let head = self.timeouts.head;
                    self.read.begin(head);
                }
                Poll::Ready(outcome)
            }
            Poll::Pending if state == IDLE => self.read.poll(context),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin, K: Unpin> AsyncWrite for TimeoutStream<S, K> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.wrote(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Ready(outcome) => {
                // Everything was written: stop the timeout.
                self.write.end();
                Poll::Ready(outcome)
            }
            Poll::Pending => self.stalled(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(context) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => self.stalled(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::advance;

    const SECOND: Duration = Duration::from_secs(1);
    const TEST: Timeouts = Timeouts {
        idle: Duration::from_secs(75),
        head: Duration::from_secs(15),
        write_stall: Duration::from_secs(20),
    };

    fn timeout_stream(
        capacity: usize,
    ) -> (TimeoutStream<DuplexStream, ()>, DuplexStream, Arc<ConnectionState>) {
        let (server, client) = duplex(capacity);
        let state = Arc::<ConnectionState>::default();
        (TimeoutStream::new(server, Arc::clone(&state), TEST, ()), client, state)
    }

    /// Reads for `seconds`. Returns whether the connection timed out.
    async fn is_cut(stream: &mut TimeoutStream<DuplexStream, ()>, seconds: u32) -> bool {
        let mut buffer = [0; 64];
        let read = async {
            loop {
                match stream.read(&mut buffer).await {
                    Ok(_) => {}
                    Err(error) => return error.kind() == ErrorKind::TimedOut,
                }
            }
        };
        tokio::time::timeout(SECOND * seconds, read).await.unwrap_or(false)
    }

    #[tokio::test(start_paused = true)]
    async fn idle_connections_time_out() {
        let (mut stream, _client, _) = timeout_stream(64);
        assert!(!is_cut(&mut stream, 74).await);
        assert!(is_cut(&mut stream, 2).await);
    }

    #[tokio::test(start_paused = true)]
    async fn headers_sent_byte_by_byte_time_out() {
        let (mut stream, mut client, _) = timeout_stream(64);
        for _ in 0..14 {
            client.write_all(b"G").await.unwrap();
            assert!(!is_cut(&mut stream, 1).await);
        }
        client.write_all(b"G").await.unwrap();
        assert!(is_cut(&mut stream, 2).await);
    }

    #[tokio::test(start_paused = true)]
    async fn responses_may_be_slow_and_idle_timeout_restarts_after_them() {
        let (mut stream, mut client, state) = timeout_stream(64);
        client.write_all(b"GET").await.unwrap();
        assert!(!is_cut(&mut stream, 1).await);
        state.begin_request();
        assert!(!is_cut(&mut stream, 1000).await);
        state.end_response();
        assert!(!is_cut(&mut stream, 70).await);
        client.write_all(b"GET").await.unwrap();
        assert!(!is_cut(&mut stream, 10).await);
        // A request that begins and ends between two checks restarts the timeout.
        state.begin_request();
        state.end_response();
        assert!(!is_cut(&mut stream, 70).await);
        assert!(is_cut(&mut stream, 10).await);
    }

    #[tokio::test(start_paused = true)]
    async fn websockets_may_be_silent() {
        let (mut stream, mut client, state) = timeout_stream(64);
        state.begin_request();
        state.upgrade();
        state.end_response();
        client.write_all(b"x").await.unwrap();
        assert!(!is_cut(&mut stream, 10_000).await);
    }

    #[tokio::test(start_paused = true)]
    async fn clients_that_do_not_read_time_out() {
        let (mut stream, _client, _) = timeout_stream(64);
        let write = async { stream.write_all(&[0; 1000]).await };
        let error = tokio::time::timeout(SECOND * 21, write).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn clients_that_read_too_slowly_time_out() {
        for (capacity, is_enough) in [(64, false), (MIN_WRITE_CHUNK, true)] {
            let (mut stream, mut client, _) = timeout_stream(capacity);
            let reader = tokio::spawn(async move {
                let mut buffer = vec![0; capacity];
                while client.read(&mut buffer).await.is_ok_and(|count| count > 0) {
                    tokio::time::sleep(SECOND * 15).await;
                }
            });
            let written = stream.write_all(&vec![0; MIN_WRITE_CHUNK * 10]).await;
            assert_eq!(written.is_ok(), is_enough, "{capacity}");
            drop(stream);
            reader.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn completed_writes_do_not_count_later() {
        let (mut stream, mut client, _) = timeout_stream(64);
        let mut buffer = [0; 64];
        for _ in 0..3 {
            let (written, read) =
                tokio::join!(async { stream.write_all(&[0; 65]).await.and(stream.flush().await) }, async {
                    tokio::time::sleep(SECOND * 10).await;
                    let first = client.read(&mut buffer).await.unwrap();
                    first + client.read(&mut buffer).await.unwrap()
                });
            assert_eq!((written.is_ok(), read), (true, 65));
            advance(SECOND * 100).await;
        }
    }
}
