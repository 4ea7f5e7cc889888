//! Attacks on a server, and the delay of its live tick during each of them.

use crate::arguments::Arguments;
use crate::error::LoadError;
use crate::socket::{self, Seen, Stage};
use crate::summary::percentiles;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// A kind of attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attack {
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
}

const ATTACKS: [Attack; 6] =
    [Attack::None, Attack::SlowLoris, Attack::HalfOpen, Attack::Oversized, Attack::Idle, Attack::SignIn];

/// Timeout of connections and responses.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Pieces of 64 KiB in oversized headers and bodies: 64 MiB.
const PIECES: usize = 1024;

impl Attack {
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SlowLoris => "slow-loris",
            Self::HalfOpen => "half-open",
            Self::Oversized => "oversized",
            Self::Idle => "idle sockets",
            Self::SignIn => "sign-in flood",
        }
    }

    /// Number of parallel connections.
    fn count(self, plan: &Arguments) -> usize {
        let many = plan.sockets();
        match self {
            Self::None => 0,
            Self::SlowLoris | Self::HalfOpen => many.min(2000),
            Self::Oversized => many.min(16),
            Self::Idle => many,
            Self::SignIn => many.min(64),
        }
    }

    /// Attacks with one connection. Returns the outcome.
    async fn once(self, plan: &Arguments, number: u64) -> String {
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
        }
        status(&mut stream).await
    }
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

/// Number of connections by outcome.
type Tally = Arc<Mutex<BTreeMap<String, u64>>>;

/// Runs one attack after the other.
///
/// # Errors
/// The live connection of the observer failed.
pub(crate) async fn attack(plan: &Arguments, token: Option<&str>) -> Result<String, LoadError> {
    let mut text = format!(
        "attacks on {}, {} s each; the live tick from the time in a frame to its arrival",
        plan.url.url(),
        plan.window().as_secs()
    );
    for attack in ATTACKS {
        let tally = Tally::default();
        let (stage, receiver) = watch::channel(Stage::Opening);
        // Before the attackers take all connections.
        let observer = observe(plan.clone(), token.map(str::to_owned), receiver).await?;
        let mut attackers = JoinSet::new();
        for number in 0..attack.count(plan) {
            attackers.spawn(go_on(attack, plan.clone(), number as u64, Arc::clone(&tally)));
        }
        // The ramp is over by then.
        sleep(Duration::from_secs(3)).await;
        stage.send_replace(Stage::Measuring);
        sleep(plan.window()).await;
        stage.send_replace(Stage::Over);
        let seen = observer.await.map_err(|_| broke_off())?;
        attackers.shutdown().await;
        let counts = tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
        text.push_str(&line(attack, attack.count(plan), &seen, &counts));
    }
    Ok(text)
}

/// Repeats the attack until the task ends. No two attackers use the same numbers.
async fn go_on(attack: Attack, plan: Arguments, first: u64, tally: Tally) {
    let step = attack.count(&plan) as u64;
    let mut number = first;
    loop {
        let begun = Instant::now();
        let outcome = attack.once(&plan, number).await;
        if outcome == "no connection" || outcome == "closed" && begun.elapsed() < Duration::from_secs(1) {
            // The server refuses connections: wait, because faster attempts only cost CPU time of this program.
            sleep(Duration::from_secs(1)).await;
        }
        *tally.lock().unwrap_or_else(PoisonError::into_inner).entry(outcome).or_default() += 1;
        number = number.wrapping_add(step);
    }
}

/// Observes the live data on a thread of its own, so that the attackers do not delay its frames. Returns when it is
/// connected.
async fn observe(
    plan: Arguments,
    token: Option<String>,
    stage: watch::Receiver<Stage>,
) -> Result<oneshot::Receiver<Seen>, LoadError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(LoadError::Runtime)?;
    let (connected, is_connected) = oneshot::channel();
    let (sender, receiver) = oneshot::channel();
    let look = move || {
        runtime.block_on(async {
            match socket::connect(&plan, token.as_deref()).await {
                Ok(connection) => {
                    let _ = connected.send(Ok(()));
                    let _ = sender.send(socket::follow(connection, stage).await);
                }
                Err(reason) => drop(connected.send(Err(reason))),
            }
        });
    };
    // The thread ends with the measurement.
    std::thread::Builder::new().name("observer".to_owned()).spawn(look).map_err(LoadError::Runtime)?;
    is_connected.await.map_err(|_| broke_off())?.map_err(LoadError::NoConnection)?;
    Ok(receiver)
}

fn broke_off() -> LoadError {
    LoadError::NoConnection("the observer ended early".to_owned())
}

fn line(attack: Attack, count: usize, seen: &Seen, tally: &BTreeMap<String, u64>) -> String {
    let mut latencies = seen.latencies.clone();
    latencies.sort_unstable();
    let mut text = format!("\n{:<14} {count:>6} connections; ", attack.name());
    // Writing to a string cannot fail.
    let _ = match percentiles(&latencies) {
        Some(micros) => {
            let [p50, _, p99, max] = micros.map(|micros| f64::from(micros) / 1000.0);
            write!(
                text,
                "tick p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms of {}, {} lost",
                seen.frames, seen.lost
            )
        }
        None => write!(text, "no tick"),
    };
    if let Some(reason) = &seen.closed {
        let _ = write!(text, "; the live connection ended: {reason}");
    }
    for (outcome, count) in tally {
        let _ = write!(text, "; {count} × {outcome}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_delays_and_outcomes() {
        let seen =
            Seen { frames: 3, lost: 1, last_seq: Some(9), latencies: vec![3000, 1000, 2000], closed: None };
        let tally = BTreeMap::from([("431".to_owned(), 7), ("closed".to_owned(), 2)]);
        assert_eq!(
            line(Attack::Oversized, 16, &seen, &tally),
            "\noversized          16 connections; tick p50 2.0 ms, p99 3.0 ms, max 3.0 ms of 3, 1 lost; 7 × 431; 2 × closed"
        );
        let none = Seen { closed: Some("gone".to_owned()), ..Seen::default() };
        assert_eq!(
            line(Attack::None, 0, &none, &BTreeMap::new()),
            "\nnone                0 connections; no tick; the live connection ended: gone"
        );
    }
}
