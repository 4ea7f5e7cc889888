//! How long the other end of a connection may take: to ask, to send what it began, and to take what it is sent. Whoever is slower is
//! cut, whatever the reason: a connection that holds a place and does nothing is what an attack is made of.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// The deadlines of connections.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadlines {
    /// From the beginning of a connection, or the end of an answer, to the first byte of the next request.
    pub(super) idle: Duration,
    /// From the first byte of a request to the end of its headers.
    pub(super) head: Duration,
    /// For [`STRETCH`] bytes of an answer to be taken, or for all of it.
    pub(super) stretch: Duration,
}

/// Deadlines that no person's connection fails to meet.
pub(super) const DEADLINES: Deadlines = Deadlines {
    // Proxies keep theirs for a minute.
    idle: Duration::from_secs(75),
    head: Duration::from_secs(15),
    stretch: Duration::from_secs(20),
};

/// How much must be taken by the deadline, in bytes: 800 a second.
const STRETCH: usize = 16 << 10;

/// No request is under way, and the deadlines for reading count.
const WAITING: u32 = 0;
/// A request is being answered. Its body has a deadline of its own where it is read.
const ANSWERING: u32 = 1;
/// It is a WebSocket by now, which sees for itself that the other end is there.
const OPEN: u32 = 2;

/// What a connection is about at the moment: told by whoever answers, read by [`Paced`].
#[derive(Debug, Default)]
pub(super) struct Phase(AtomicU32);

impl Phase {
    /// A request has come.
    pub(super) fn begin(&self) {
        // The bits above the phase count requests, so that one that came and went between two looks is noticed.
        let next = |state: u32| Some((state & !3).wrapping_add(4) | ANSWERING);
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }

    /// The connection is a WebSocket from now on.
    pub(super) fn open(&self) {
        self.0.fetch_or(OPEN, Ordering::Relaxed);
    }

    /// The answer is over.
    pub(super) fn end(&self) {
        self.0.fetch_and(!ANSWERING, Ordering::Relaxed);
    }
}

/// A stream whose other end has deadlines.
#[derive(Debug)]
pub(super) struct Paced<S, K> {
    stream: S,
    phase: Arc<Phase>,
    deadlines: Deadlines,
    read: Wait,
    /// The phase that the wait for reading belongs to, and whether the next request has begun.
    reading: (u32, bool),
    write: Wait,
    /// What was taken since the wait for writing began, in bytes.
    taken: usize,
    /// What is given back when the stream ends, also as a WebSocket.
    _kept: K,
}

/// A deadline, as long as something is waited for.
#[derive(Debug, Default)]
struct Wait {
    until: Option<Instant>,
    // Made once for a connection, and only for one that waits.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Wait {
    fn begin(&mut self, length: Duration) {
        self.until = Some(Instant::now() + length);
    }

    fn end(&mut self) {
        self.until = None;
    }

    /// Pending, and sees to being woken, until the deadline; ready with an error after it.
    fn poll<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let Some(until) = self.until else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "the other end is too slow")))
    }
}

impl<S, K> Paced<S, K> {
    /// A stream that is at its beginning, and keeps something until its end.
    pub(super) fn new(stream: S, phase: Arc<Phase>, deadlines: Deadlines, kept: K) -> Self {
        let mut read = Wait::default();
        read.begin(deadlines.idle);
        let reading = (phase.0.load(Ordering::Relaxed), false);
        Self { stream, phase, deadlines, read, reading, write: Wait::default(), taken: 0, _kept: kept }
    }

    /// Takes over what has happened since the last look.
    fn look(&mut self) -> u32 {
        let phase = self.phase.0.load(Ordering::Relaxed);
        if phase != self.reading.0 {
            self.reading = (phase, false);
            self.read.begin(self.deadlines.idle);
        }
        phase & 3
    }

    fn wrote(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(count)) => {
                self.taken = self.taken.saturating_add(count);
                if self.taken >= STRETCH {
                    self.taken = 0;
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
            self.taken = 0;
            self.write.begin(self.deadlines.stretch);
        }
        self.write.poll(context)
    }
}

impl<S: AsyncRead + Unpin, K: Unpin> AsyncRead for Paced<S, K> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let phase = self.look();
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        match read {
            Poll::Ready(outcome) => {
                if phase == WAITING && buffer.filled().len() > before && !self.reading.1 {
                    self.reading.1 = true;
                    let head = self.deadlines.head;
                    self.read.begin(head);
                }
                Poll::Ready(outcome)
            }
            Poll::Pending if phase == WAITING => self.read.poll(context),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin, K: Unpin> AsyncWrite for Paced<S, K> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.wrote(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Ready(outcome) => {
                // All is taken: nothing is waited for.
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
    const TEST: Deadlines = Deadlines {
        idle: Duration::from_secs(75),
        head: Duration::from_secs(15),
        stretch: Duration::from_secs(20),
    };

    fn paced(room: usize) -> (Paced<DuplexStream, ()>, DuplexStream, Arc<Phase>) {
        let (here, there) = duplex(room);
        let phase = Arc::<Phase>::default();
        (Paced::new(here, Arc::clone(&phase), TEST, ()), there, phase)
    }

    /// Reads on for so long; whether the connection was cut.
    async fn is_cut(stream: &mut Paced<DuplexStream, ()>, seconds: u32) -> bool {
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
    async fn who_asks_nothing_is_cut_at_last() {
        let (mut stream, _there, _) = paced(64);
        assert!(!is_cut(&mut stream, 74).await);
        assert!(is_cut(&mut stream, 2).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_does_not_end_is_cut_however_often_a_byte_of_it_comes() {
        let (mut stream, mut there, _) = paced(64);
        for _ in 0..14 {
            there.write_all(b"G").await.unwrap();
            assert!(!is_cut(&mut stream, 1).await);
        }
        there.write_all(b"G").await.unwrap();
        assert!(is_cut(&mut stream, 2).await);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_may_take_its_time_and_then_the_next_request_may() {
        let (mut stream, mut there, phase) = paced(64);
        there.write_all(b"GET").await.unwrap();
        assert!(!is_cut(&mut stream, 1).await);
        phase.begin();
        assert!(!is_cut(&mut stream, 1000).await);
        phase.end();
        assert!(!is_cut(&mut stream, 70).await);
        there.write_all(b"GET").await.unwrap();
        assert!(!is_cut(&mut stream, 10).await);
        // One that comes and goes between two looks is another request.
        phase.begin();
        phase.end();
        assert!(!is_cut(&mut stream, 70).await);
        assert!(is_cut(&mut stream, 10).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_websocket_may_be_silent() {
        let (mut stream, mut there, phase) = paced(64);
        phase.begin();
        phase.open();
        phase.end();
        there.write_all(b"x").await.unwrap();
        assert!(!is_cut(&mut stream, 10_000).await);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_cut() {
        let (mut stream, _there, _) = paced(64);
        let write = async { stream.write_all(&[0; 1000]).await };
        let error = tokio::time::timeout(SECOND * 21, write).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_byte_now_and_then_is_cut_and_who_takes_enough_is_not() {
        for (room, is_enough) in [(64, false), (STRETCH, true)] {
            let (mut stream, mut there, _) = paced(room);
            let reader = tokio::spawn(async move {
                let mut buffer = vec![0; room];
                while there.read(&mut buffer).await.is_ok_and(|count| count > 0) {
                    tokio::time::sleep(SECOND * 15).await;
                }
            });
            let written = stream.write_all(&vec![0; STRETCH * 10]).await;
            assert_eq!(written.is_ok(), is_enough, "{room}");
            drop(stream);
            reader.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_over_does_not_count_later() {
        let (mut stream, mut there, _) = paced(64);
        let mut buffer = [0; 64];
        for _ in 0..3 {
            let (written, read) =
                tokio::join!(async { stream.write_all(&[0; 65]).await.and(stream.flush().await) }, async {
                    tokio::time::sleep(SECOND * 10).await;
                    let first = there.read(&mut buffer).await.unwrap();
                    first + there.read(&mut buffer).await.unwrap()
                });
            assert_eq!((written.is_ok(), read), (true, 65));
            advance(SECOND * 100).await;
        }
    }
}
