//! Minimal HTTP/1.1 client with one keep-alive connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Timeout of a server's start.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// A keep-alive connection.
pub(crate) struct Connection {
    address: SocketAddr,
    reader: BufReader<TcpStream>,
    /// Authorization header with its line ending, or an empty string.
    authorization: String,
}

impl Connection {
    /// Waits until `path` returns 200.
    pub(crate) fn wait_for(address: SocketAddr, path: &str) -> Self {
        let begun = Instant::now();
        loop {
            if let Ok(stream) = TcpStream::connect(address) {
                stream.set_nodelay(true).unwrap();
                let mut connection =
                    Self { address, reader: BufReader::new(stream), authorization: String::new() };
                if connection.get(path).0 == 200 {
                    return connection;
                }
            }
            assert!(begun.elapsed() < START_TIMEOUT, "no answer from {address} in {START_TIMEOUT:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The same connection with an access token.
    pub(crate) fn with_token(mut self, token: &str) -> Self {
        self.authorization = format!("Authorization: Bearer {token}\r\n");
        self
    }

    /// Status and body of the response.
    pub(crate) fn get(&mut self, path: &str) -> (u16, Vec<u8>) {
        let (address, authorization) = (self.address, &self.authorization);
        write!(self.reader.get_mut(), "GET {path} HTTP/1.1\r\nHost: {address}\r\n{authorization}\r\n")
            .unwrap();
        let status = self.line().split(' ').nth(1).unwrap().parse().unwrap();
        let (mut length, mut is_chunked) = (0, false);
        loop {
            let line = self.line().to_ascii_lowercase();
            match line.split_once(':') {
                Some(("content-length", value)) => length = value.trim().parse().unwrap(),
                Some(("transfer-encoding", value)) => is_chunked = value.trim() == "chunked",
                Some(_) => {}
                None => break,
            }
        }
        let mut body = Vec::new();
        while is_chunked {
            let length = u64::from_str_radix(&self.line(), 16).unwrap();
            (&mut self.reader).take(length).read_to_end(&mut body).unwrap();
            self.line();
            is_chunked = length > 0;
        }
        (&mut self.reader).take(length).read_to_end(&mut body).unwrap();
        (status, body)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

/// Percent-encodes a text for a query string.
pub(crate) fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
