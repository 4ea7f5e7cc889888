//! Kinds of attacks: what one connection sends.

use crate::arguments::Arguments;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// A kind of attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attack {
    /// No attack, for comparison.
    None,
    /// Endless headers, one byte per second.
    SlowLoris,
    /// Half a request.
    HalfOpen,
    /// Oversized headers and bodies.
    Oversized,
    /// Idle connections.
    Idle,
    /// Sign-ins with wrong passwords, each with another user name.
    SignIn,
    /// Reports of applications, each with the largest number of routes.
    Ingest,
    /// Pages, read to their end.
    Pages,
}

/// All kinds, in the order in which they run.
pub(crate) const ATTACKS: [Attack; 8] = [
    Attack::None,
    Attack::SlowLoris,
    Attack::HalfOpen,
    Attack::Oversized,
    Attack::Idle,
    Attack::SignIn,
    Attack::Ingest,
    Attack::Pages,
];

/// Applications and routes of the ingest flood: the documented limits.
const APPLICATIONS: u64 = 50;
const ROUTES: usize = 200;

/// Timeout of connections and responses.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Pieces of 64 KiB in oversized headers and bodies: 64 MiB.
const PIECES: usize = 1024;

impl Attack {
    /// Name in the summary.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SlowLoris => "slow-loris",
            Self::HalfOpen => "half-open",
            Self::Oversized => "oversized",
            Self::Idle => "idle sockets",
            Self::SignIn => "sign-in flood",
            Self::Ingest => "ingest flood",
            Self::Pages => "page flood",
        }
    }

    /// Number of parallel connections.
    pub(crate) fn count(self, plan: &Arguments) -> usize {
        let many = plan.sockets();
        match self {
            Self::None => 0,
            Self::SlowLoris | Self::HalfOpen => many.min(2000),
            Self::Oversized => many.min(16),
            Self::Idle => many,
            Self::SignIn | Self::Ingest | Self::Pages => many.min(64),
        }
    }

    /// Attacks with one connection. Returns the outcome.
    pub(crate) async fn once(self, plan: &Arguments, tokens: &Tokens, number: u64) -> String {
        let Ok(Ok(mut stream)) = timeout(TIMEOUT, TcpStream::connect(plan.url.address)).await else {
            return "no connection".to_owned();
        };
        let host = &plan.url.authority;
        match self {
            Self::None => {}
            Self::SlowLoris => {
                let begin = format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: ");
                if stream.write_all(begin.as_bytes()).await.is_ok() {
                    while stream.write_all(b"x").await.is_ok() {
                        sleep(Duration::from_secs(1)).await;
                    }
                }
                return "closed".to_owned();
            }
            Self::HalfOpen | Self::Idle => {
                if self == Self::HalfOpen {
                    let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: lo").await;
                }
                // Returns when the server closes the connection.
                let _ = stream.read(&mut [0; 16]).await;
                return "closed".to_owned();
            }
            Self::Oversized => {
                let piece = vec![b'x'; 64 << 10];
                let begin = if number.is_multiple_of(2) {
                    format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: ")
                } else {
                    format!(
                        "POST /api/login HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
                         Transfer-Encoding: chunked\r\n\r\n4000000\r\n"
                    )
                };
                let mut is_taken = stream.write_all(begin.as_bytes()).await.is_ok();
                for _ in 0..PIECES {
                    is_taken = is_taken && stream.write_all(&piece).await.is_ok();
                }
            }
            Self::SignIn => {
                let body = format!("{{\"username\":\"u{number}\",\"password\":\"wrong password\"}}");
                let text = format!(
                    "POST /api/login HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
                     Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(text.as_bytes()).await;
            }
            Self::Ingest => {
                let body = report(number % APPLICATIONS);
                let text = format!(
                    "POST /api/ingest HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n\
                     Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    tokens.ingest,
                    body.len()
                );
                let _ = stream.write_all(text.as_bytes()).await;
            }
            Self::Pages => {
                let path = if number.is_multiple_of(2) { "/" } else { "/trends" };
                let text = format!(
                    "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nAccept: text/html\r\n\
                     Connection: close\r\n\r\n",
                    tokens.viewer
                );
                let _ = stream.write_all(text.as_bytes()).await;
                let outcome = status(&mut stream).await;
                let _ = timeout(TIMEOUT, stream.read_to_end(&mut Vec::new())).await;
                return outcome;
            }
        }
        status(&mut stream).await
    }
}

/// Access tokens; empty without one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    /// Role `viewer`.
    pub(crate) viewer: String,
    /// Role `ingest`.
    pub(crate) ingest: String,
}

/// Report of an application with the largest number of routes.
fn report(application: u64) -> String {
    let route = |at: usize| {
        format!("{{\"route\":\"/r{at}\",\"methods\":{{\"GET\":{{\"2xx\":1}}}},\"durations\":[0.01]}}")
    };
    let routes: Vec<String> = (0..ROUTES).map(route).collect();
    format!("{{\"version\":1,\"app\":\"flood-{application}\",\"routes\":[{}]}}", routes.join(","))
}

/// Status of the response, if there is one.
async fn status(stream: &mut TcpStream) -> String {
    let mut head = [0; 12];
    match timeout(TIMEOUT, stream.read_exact(&mut head)).await {
        Ok(Ok(_)) => String::from_utf8_lossy(&head).rsplit(' ').next().unwrap_or_default().to_owned(),
        Ok(Err(_)) => "closed".to_owned(),
        Err(_) => "no response".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_has_the_documented_limits() {
        let report = report(7);
        assert!(report.starts_with("{\"version\":1,\"app\":\"flood-7\""), "{report}");
        assert_eq!(report.matches("\"route\":").count(), ROUTES);
    }
}
