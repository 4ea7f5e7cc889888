//! A viewer: a page each second, and a live connection that is opened again when it ends.

use crate::context::Context;
use crate::http;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message, client};

const PAGES: [&str; 6] = ["/", "/trends", "/alerts", "/database", "/cache", "/processes"];
const READ_TIMEOUT: Duration = Duration::from_secs(1);

/// Loads a page each second.
pub(crate) fn pages(context: &Context) {
    for path in PAGES.iter().cycle() {
        if !context.is_running() {
            return;
        }
        let answer = http::get(context.address, path, &context.tokens.viewer);
        context.record(|record| record.pages.add(answer.is_ok_and(|answer| answer.status == 200)));
        context.pause(Duration::from_secs(1));
    }
}

/// Reads live frames.
pub(crate) fn socket(context: &Context) {
    while context.is_running() {
        // It ends when the server is killed.
        let _ = follow(context);
        context.pause(Duration::from_secs(1));
    }
}

fn follow(context: &Context) -> Result<(), String> {
    let stream = TcpStream::connect(context.address).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(READ_TIMEOUT)).map_err(|error| error.to_string())?;
    let url = format!("ws://{}/ws/live", context.address);
    let mut request = url.into_client_request().map_err(|error| error.to_string())?;
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer {}", context.tokens.viewer)) {
        request.headers_mut().insert("authorization", value);
    }
    let (mut socket, _) = client(request, stream).map_err(|error| error.to_string())?;
    context.record(|record| record.connections += 1);
    while context.is_running() {
        match socket.read() {
            Ok(Message::Text(text)) if text.starts_with("{\"type\":\"metrics\"") => {
                context.record(|record| record.frames += 1);
            }
            Ok(Message::Close(_)) => return Ok(()),
            Ok(_) => {}
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(())
}
