//! Scripted HTTP receiver.

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver as Queue, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Longer than any request takes.
const DEADLINE: Duration = Duration::from_secs(90);

/// Reaction to a request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// Status, further header lines and a body.
    Status(u16, &'static str, &'static str),
    /// Responds with this status and the request.
    Echo(u16),
    /// Redirect to this URL.
    Redirect(String),
    /// Reads the request and never responds.
    Hang,
    /// Sends an error status and never a body.
    Mute,
    /// Reads the request and closes the connection.
    Cut,
    /// Status 500 with an endless body.
    Endless,
}

/// A received request.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// HTTP receiver; stops when dropped. After the script it responds with 200.
pub(super) struct Receiver {
    address: SocketAddr,
    received: Queue<Received>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    pub(super) fn start(script: impl IntoIterator<Item = Reply>, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut script = script.into_iter().collect::<VecDeque<_>>();
        let stopped = Arc::new(AtomicBool::new(false));
        let (sender, received) = channel();
        let stop = Arc::clone(&stopped);
        let thread = thread::spawn(move || {
            // Kept open, so that clients hang.
            let mut open = Vec::new();
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let stream = stream.unwrap();
                let clone = stream.try_clone().unwrap();
                let hangs = match &tls {
                    None => serve(stream, &mut script, &sender),
                    Some(config) => {
                        let connection = ServerConnection::new(Arc::clone(config)).unwrap();
                        serve(StreamOwned::new(connection, stream), &mut script, &sender)
                    }
                };
                if hangs {
                    open.push(clone);
                }
            }
        });
        Self { address, received, stopped, thread: Some(thread) }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The next request.
    pub(super) fn next(&self) -> Received {
        self.received.recv_timeout(DEADLINE).expect("no request arrived")
    }

    /// Requests received so far.
    pub(super) fn so_far(&self) -> Vec<Received> {
        self.received.try_iter().collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        // A panic of the thread was already printed.
        let _ = self.thread.take().unwrap().join();
    }
}

/// Reads a request and reacts with the next step of the script; returns whether to keep the connection open. A client
/// that disconnects is not an error.
fn serve(stream: impl Read + Write, script: &mut VecDeque<Reply>, received: &Sender<Received>) -> bool {
    let mut stream = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|&length| length > 0).map(|_| line.trim_end().to_owned())
    };
    let Some(first) = line() else { return false };
    let mut headers = Vec::new();
    while let Some(line) = line().filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap();
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    if stream.read_exact(&mut body).is_err() {
        return false;
    }
    // Before the response, so that a client that saw the response finds the request here.
    let echo = format!("{first} {}", String::from_utf8_lossy(&body));
    received.send(Received { line: first, headers, body }).unwrap_or_default();
    let reply = script.pop_front().unwrap_or(Reply::Status(200, "", "ok"));
    let stream = stream.get_mut();
    let sent = match &reply {
        Reply::Status(status, head, body) => {
            write!(
                stream,
                "HTTP/1.1 {status} x\r\n{head}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        }
        Reply::Echo(status) => {
            write!(
                stream,
                "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{echo}",
                echo.len()
            )
        }
        Reply::Redirect(to) => {
            write!(
                stream,
                "HTTP/1.1 307 x\r\nlocation: {to}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            )
        }
        Reply::Mute => write!(stream, "HTTP/1.1 401 x\r\n\r\n"),
        Reply::Hang | Reply::Cut => Ok(()),
        Reply::Endless => {
            let begun = write!(stream, "HTTP/1.1 500 x\r\n\r\n");
            let mut pieces = std::iter::repeat_with(|| stream.write_all(&[b'x'; 4096]));
            begun.and_then(|()| pieces.find(Result::is_err).unwrap_or(Ok(())))
        }
    };
    // The client may have disconnected.
    drop(sent.and_then(|()| stream.flush()));
    matches!(reply, Reply::Hang | Reply::Mute)
}
