//! Client against servers that answer, hang, stop, or do not speak HTTP.

mod exchange;
mod failure;
mod proxy;
#[cfg(feature = "tls")]
mod tls;

use crate::{Bytes, Client, Limits, Proxies};
use http::Request;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Never reached.
const LONG: Duration = Duration::from_secs(60);
/// For tests of timeouts.
const SHORT: Duration = Duration::from_millis(100);

const LIMITS: Limits = Limits { connect: LONG, total: LONG, body: LONG, body_bytes: 16 << 10, idle: LONG };

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A server on a free port.
async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    (listener, authority)
}

fn client(limits: Limits) -> Client {
    Client::new(limits, Proxies::none())
}

fn post(authority: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    Request::post(format!("http://{authority}/path?a=b"))
        .header("x-token", "s3cret")
        .body(body.into())
        .unwrap()
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, future).await.unwrap()
}

async fn accept(listener: &TcpListener) -> TcpStream {
    within(listener.accept()).await.unwrap().0
}

/// Reads one request; `None` if the connection ends before it.
async fn read(stream: &mut (impl AsyncRead + Unpin + ?Sized)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if within(stream.read_buf(&mut bytes)).await.unwrap() == 0 {
            return None;
        }
        let text = String::from_utf8(bytes.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        if body.len() == length.parse::<usize>().unwrap() {
            return Some(text);
        }
    }
}

async fn respond(stream: &mut (impl AsyncWrite + Unpin + ?Sized), response: &str) {
    within(stream.write_all(response.as_bytes())).await.unwrap();
    within(stream.flush()).await.unwrap();
}
