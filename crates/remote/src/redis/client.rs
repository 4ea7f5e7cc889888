//! Redis client that connects lazily, reconnects after errors and follows cluster redirects.

use super::connection::{Connection, error_text};
use super::pipeline::{Pipeline, first_error};
use super::target::Target;
use crate::{Address, Deadline, RemoteError};
use redis::{Value, cmd};
use std::time::{Duration, Instant};

/// Pause before the next attempt after a failure.
const RETRY_DELAY: Duration = Duration::from_secs(2);
/// Maximum number of cluster redirects per request.
const MAX_REDIRECTS: usize = 3;

/// Reconnecting Redis client.
#[derive(Debug)]
pub struct RedisClient {
    home: Target,
    /// Node to which a cluster redirected us.
    redirected: Option<Target>,
    connection: Option<Connection>,
    timeout: Duration,
    max_reply_bytes: usize,
    failed: Option<(Instant, RemoteError)>,
}

impl RedisClient {
    /// A client for `target`. Each [`ask`](Self::ask) takes at most `timeout`, including connecting, and receives at most
    /// `max_reply_bytes`. Connects with the first request.
    pub fn new(target: Target, timeout: Duration, max_reply_bytes: usize) -> Self {
        Self { home: target, redirected: None, connection: None, timeout, max_reply_bytes, failed: None }
    }

    /// Host and port of the server, without secrets.
    pub fn instance(&self) -> &str {
        &self.home.instance
    }

    /// Whether the client is connected.
    pub fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// Sends commands and waits for their replies. For two seconds after a failure the same error is returned at once.
    ///
    /// # Errors
    /// No connection, a timeout, or an error reply; the connection is then closed.
    pub fn execute(&mut self, commands: &Pipeline) -> Result<Vec<Value>, RemoteError> {
        if let Some((when, error)) = &self.failed
            && when.elapsed() < RETRY_DELAY
        {
            return Err(error.clone());
        }
        let outcome = self.execute_now(commands);
        self.failed = None;
        if let Err(error) = &outcome {
            self.connection = None;
            self.redirected = None;
            self.failed = Some((Instant::now(), error.clone()));
        }
        outcome
    }

    /// Lets the next request connect at once after a failure.
    pub fn clear_failure(&mut self) {
        self.failed = None;
    }

    /// [`ask`](Self::ask) over the connection of the last reply only, for commands that depend on its state.
    ///
    /// # Errors
    /// As [`ask`](Self::ask), or if that connection is closed.
    pub fn execute_on_same_connection(&mut self, commands: &Pipeline) -> Result<Vec<Value>, RemoteError> {
        let target = self.redirected.as_ref().unwrap_or(&self.home);
        let gone = || RemoteError::ConnectionLost {
            instance: target.instance.clone(),
            reason: "closed between two commands".to_owned(),
        };
        let connection = self.connection.as_mut().ok_or_else(gone)?;
        let deadline = Deadline::after(self.timeout);
        let outcome = connection.execute(commands.bytes(), commands.count(), target, deadline);
        let outcome = outcome.and_then(|replies| match first_error(&replies) {
            Some(error) => Err(refused(target, error_text(target, error))),
            None => Ok(replies),
        });
        if outcome.is_err() {
            self.connection = None;
            self.redirected = None;
        }
        outcome
    }

    fn execute_now(&mut self, commands: &Pipeline) -> Result<Vec<Value>, RemoteError> {
        let deadline = Deadline::after(self.timeout);
        let mut was_open = self.connection.is_some();
        for _ in 0..=MAX_REDIRECTS {
            let target = self.redirected.as_ref().unwrap_or(&self.home);
            let mut connection = match self.connection.take() {
                Some(connection) => connection,
                None => open(target, deadline, self.max_reply_bytes)?,
            };
            let replies = match connection.execute(commands.bytes(), commands.count(), target, deadline) {
                // The server may have closed an idle connection.
                Err(RemoteError::ConnectionLost { .. }) if was_open => {
                    was_open = false;
                    continue;
                }
                outcome => outcome?,
            };
            let Some(error) = first_error(&replies) else {
                self.connection = Some(connection);
                return Ok(replies);
            };
            match redirect_address(error.code(), error.details()) {
                Some(address) => {
                    let instance = address.to_string();
                    self.redirected = Some(Target { instance, address, database: 0, ..self.home.clone() });
                }
                None => return Err(refused(target, error_text(target, error))),
            }
        }
        Err(refused(&self.home, "too many cluster redirects".to_owned()))
    }
}

fn refused(target: &Target, reason: String) -> RemoteError {
    RemoteError::Rejected { instance: target.instance.clone(), reason }
}

fn open(target: &Target, deadline: Deadline, max_reply_bytes: usize) -> Result<Connection, RemoteError> {
    let mut connection = Connection::open(target, deadline, max_reply_bytes)?;
    if target.database != 0 {
        let select = cmd("SELECT").arg(target.database).get_packed_command();
        let replies = connection.execute(&select, 1, target, deadline)?;
        if let Some(error) = first_error(&replies) {
            return Err(refused(target, error_text(target, error)));
        }
    }
    Ok(connection)
}

/// The node named in a cluster redirect: `MOVED 866 10.0.0.2:6379`.
fn redirect_address(code: &str, details: Option<&str>) -> Option<Address> {
    let node = details.filter(|_| code == "MOVED")?.split_whitespace().nth(1)?;
    let (host, port) = node.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = port.parse().ok().filter(|&port| port > 0)?;
    crate::is_printable(host).then(|| Address::Tcp { host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_redirects_are_parsed() {
        for (code, details, expected) in [
            ("MOVED", Some("866 10.0.0.2:6379"), Some("10.0.0.2:6379")),
            ("MOVED", Some("866 ::1:6379"), Some("[::1]:6379")),
            ("MOVED", Some("866 [::1]:6379"), Some("[::1]:6379")),
            ("MOVED", Some("866 :6379"), None),
            ("MOVED", Some("866 a:0"), None),
            ("MOVED", Some("866"), None),
            ("MOVED", None, None),
            ("ASK", Some("866 10.0.0.2:6379"), None),
        ] {
            let found = redirect_address(code, details).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{code} {details:?}");
        }
    }
}
