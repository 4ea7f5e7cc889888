//! HTTP client that sends any bytes, valid or not.

use super::{TestToken, within};
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A response with its decoded body.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The header with that name. Fails if there is more than one.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "two headers {name}: {:?}", self.headers);
        value
    }

    /// The header that sets or ends the session cookie.
    pub(crate) fn session_cookie(&self) -> Option<&str> {
        let mut set =
            self.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str());
        set.find(|value| {
            let name = value.trim_start_matches("__Host-").trim_start_matches("__Secure-");
            name.starts_with("watchglass=")
        })
    }

    /// The cookie of the known browser that a response sets, as a browser sends it back.
    pub(crate) fn browser_cookie(&self) -> Option<&str> {
        let mut set =
            self.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str());
        set.find(|value| value.contains("watchglass_browser="))?.split(';').next()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The page without hydration markers.
    pub(crate) fn html(&self) -> String {
        self.text().replace("<!---->", "")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }

    /// The message of an API error, after checking its form and code.
    pub(crate) fn error(&self, code: &str) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        let body = self.json();
        let message = body["error"]["message"].as_str().unwrap_or_default().to_owned();
        let expected = serde_json::json!({ "success": false, "error": { "code": code, "message": message } });
        assert_eq!(body, expected);
        assert!(!message.is_empty());
        message
    }
}

/// A connection for several requests.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self { stream: within("a connection", TcpStream::connect(address)).await.unwrap(), read: Vec::new() }
    }

    /// Sends bytes. Returns false if the server has closed; its response can still be read.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        within("sending", self.stream.write_all(bytes)).await.is_ok()
    }

    /// The next response; `None` if the server closes without one.
    pub(crate) async fn response(&mut self) -> Option<Response> {
        let mut answer = self.head().await?;
        let length = answer.header("content-length").map(|length| length.parse().unwrap());
        answer.body = match length {
            _ if answer.status == 101 || answer.status == 204 || answer.status == 304 => Vec::new(),
            Some(length) => self.take(length).await.unwrap(),
            None if answer.header("transfer-encoding") == Some("chunked") => self.chunks().await,
            None => self.rest().await,
        };
        Some(answer)
    }

    /// The next response to HEAD, which has no body whatever its headers say.
    pub(crate) async fn head(&mut self) -> Option<Response> {
        let head = String::from_utf8(self.take_until(b"\r\n\r\n").await?).unwrap();
        let (first, rest) = head.split_once("\r\n").unwrap_or((&head, ""));
        let status = first.strip_prefix("HTTP/1.").unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        let headers = rest.split("\r\n").filter(|line| !line.is_empty()).map(header).collect();
        Some(Response { status, headers, body: Vec::new() })
    }

    /// The next `count` bytes; `None` if the connection ends before.
    pub(crate) async fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.read.len() < count {
            self.fill().await?;
        }
        Some(self.read.drain(..count).collect())
    }

    /// All bytes up to the end.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.fill().await.is_some() {}
        std::mem::take(&mut self.read)
    }

    async fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let size = String::from_utf8(self.take_until(b"\r\n").await.unwrap()).unwrap();
            let size = usize::from_str_radix(&size, 16).unwrap();
            body.extend(self.take(size).await.unwrap());
            assert_eq!(self.take(2).await.unwrap(), b"\r\n");
            if size == 0 {
                return body;
            }
        }
    }

    async fn take_until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.read.windows(end.len()).position(|window| window == end) {
                let found = self.read.drain(..at).collect();
                self.read.drain(..end.len());
                return Some(found);
            }
            self.fill().await?;
        }
    }

    /// Reads more bytes; `None` at the end, also after a reset.
    async fn fill(&mut self) -> Option<()> {
        match within("an answer", self.stream.read_buf(&mut self.read)).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(()),
        }
    }
}

/// A request without a body. Adds the `Host` header and the token of an administrator, unless `headers` have them. An empty
/// `Authorization` is not sent: then the request is unauthenticated.
pub(crate) fn request_text(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        text.push_str(&format!("Host: {address}\r\n"));
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
        text.push_str(&format!("Authorization: {}\r\n", TestToken::Admin.bearer()));
    }
    for (name, value) in headers {
        if !(value.is_empty() && name.eq_ignore_ascii_case("authorization")) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    text + "\r\n"
}

/// Sends bytes in a new connection; `None` if it is closed without a response.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Option<Response> {
    let mut connection = Connection::open(address).await;
    connection.send(bytes).await;
    if bytes.starts_with(b"HEAD ") { connection.head().await } else { connection.response().await }
}

/// Sends one request in a new connection.
pub(crate) async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Response {
    let text = request_text(address, method, path, headers);
    exchange(address, text.as_bytes()).await.unwrap_or_else(|| panic!("no answer to {method} {path}"))
}

/// Posts JSON in a new connection.
pub(crate) async fn post(address: SocketAddr, path: &str, body: &str) -> Response {
    send(address, "POST", path, body).await
}

/// Sends JSON with any method in a new connection.
pub(crate) async fn send(address: SocketAddr, method: &str, path: &str, body: &str) -> Response {
    let length = body.len().to_string();
    let headers = [("Content-Type", "application/json"), ("Content-Length", &length)];
    let text = request_text(address, method, path, &headers) + body;
    exchange(address, text.as_bytes()).await.unwrap_or_else(|| panic!("no answer to {method} {path}"))
}

/// Posts a form like a page of this server, in a new connection.
pub(crate) async fn post_form(address: SocketAddr, path: &str, body: &str) -> Response {
    let (length, origin) = (body.len().to_string(), format!("http://{address}"));
    let kind = "application/x-www-form-urlencoded";
    let headers = [("Content-Type", kind), ("Content-Length", &length), ("Origin", &origin)];
    let text = request_text(address, "POST", path, &headers) + body;
    exchange(address, text.as_bytes()).await.unwrap_or_else(|| panic!("no answer to POST {path}"))
}

/// The data of an API response that must be successful.
pub(crate) async fn data(address: SocketAddr, path: &str) -> Value {
    let answer = get(address, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let mut body = answer.json();
    assert_eq!(body["success"], true, "{path}");
    body["data"].take()
}

/// Sends GET in a new connection.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Response {
    request(address, "GET", path, &[]).await
}
