//! A connection to Redis that is opened when it is needed, opened anew when it broke, and goes where a cluster sends it.

use super::commands::{Commands, first_error};
use super::connection::{Connection, words};
use super::target::Target;
use crate::{Address, Deadline, RemoteError};
use redis::{Value, cmd};
use std::time::{Duration, Instant};

/// How long a server that failed is left alone.
const PAUSE: Duration = Duration::from_secs(2);
/// How often a cluster may send us on within one question.
const MOST_MOVES: usize = 3;

/// A connection to Redis that mends itself.
#[derive(Debug)]
pub struct Link {
    home: Target,
    /// Where a cluster sent us.
    moved: Option<Target>,
    connection: Option<Connection>,
    within: Duration,
    most_bytes: usize,
    failed: Option<(Instant, RemoteError)>,
}

impl Link {
    /// A link to `target`. Each [`ask`](Self::ask) takes at most the time `within`, connecting included, and its answers
    /// at most `most_bytes`. Nothing is sent before it is asked.
    pub fn new(target: Target, within: Duration, most_bytes: usize) -> Self {
        Self { home: target, moved: None, connection: None, within, most_bytes, failed: None }
    }

    /// Which server, free of secrets.
    pub fn instance(&self) -> &str {
        &self.home.instance
    }

    /// Whether there is a connection that has not failed.
    pub fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// Sends commands and waits for their answers. For a while after a failure that failure is the answer.
    ///
    /// # Errors
    /// No connection, no answer in time, or an error among the answers; then the connection is given up.
    pub fn ask(&mut self, commands: &Commands) -> Result<Vec<Value>, RemoteError> {
        if let Some((when, error)) = &self.failed
            && when.elapsed() < PAUSE
        {
            return Err(error.clone());
        }
        let outcome = self.ask_now(commands);
        self.failed = None;
        if let Err(error) = &outcome {
            self.connection = None;
            self.moved = None;
            self.failed = Some((Instant::now(), error.clone()));
        }
        outcome
    }

    /// Lets the next question try at once, whatever failed before.
    pub fn forget_failure(&mut self) {
        self.failed = None;
    }

    /// The same over the connection that the last answer came over, and over no other: for what depends on it.
    ///
    /// # Errors
    /// Also when that connection is gone.
    pub fn ask_on(&mut self, commands: &Commands) -> Result<Vec<Value>, RemoteError> {
        let target = self.moved.as_ref().unwrap_or(&self.home);
        let gone = || RemoteError::Broken {
            instance: target.instance.clone(),
            reason: "it was closed between two questions".to_owned(),
        };
        let connection = self.connection.as_mut().ok_or_else(gone)?;
        let deadline = Deadline::within(self.within);
        let outcome = connection.ask(commands.bytes(), commands.count(), target, deadline);
        let outcome = outcome.and_then(|answers| match first_error(&answers) {
            Some(error) => Err(refused(target, words(target, error))),
            None => Ok(answers),
        });
        if outcome.is_err() {
            self.connection = None;
            self.moved = None;
        }
        outcome
    }

    fn ask_now(&mut self, commands: &Commands) -> Result<Vec<Value>, RemoteError> {
        let deadline = Deadline::within(self.within);
        let mut was_open = self.connection.is_some();
        for _ in 0..=MOST_MOVES {
            let target = self.moved.as_ref().unwrap_or(&self.home);
            let mut connection = match self.connection.take() {
                Some(connection) => connection,
                None => open(target, deadline, self.most_bytes)?,
            };
            let answers = match connection.ask(commands.bytes(), commands.count(), target, deadline) {
                // A server may close what is idle, and be well.
                Err(RemoteError::Broken { .. }) if was_open => {
                    was_open = false;
                    continue;
                }
                outcome => outcome?,
            };
            let Some(error) = first_error(&answers) else {
                self.connection = Some(connection);
                return Ok(answers);
            };
            match moved(error.code(), error.details()) {
                Some(address) => {
                    let instance = address.to_string();
                    self.moved = Some(Target { instance, address, database: 0, ..self.home.clone() });
                }
                None => return Err(refused(target, words(target, error))),
            }
        }
        Err(refused(&self.home, "the cluster sends us from one server to another without end".to_owned()))
    }
}

fn refused(target: &Target, reason: String) -> RemoteError {
    RemoteError::Refused { instance: target.instance.clone(), reason }
}

fn open(target: &Target, deadline: Deadline, most_bytes: usize) -> Result<Connection, RemoteError> {
    let mut connection = Connection::open(target, deadline, most_bytes)?;
    if target.database != 0 {
        let select = cmd("SELECT").arg(target.database).get_packed_command();
        let answers = connection.ask(&select, 1, target, deadline)?;
        if let Some(error) = first_error(&answers) {
            return Err(refused(target, words(target, error)));
        }
    }
    Ok(connection)
}

/// Where an error of a cluster says that the keys are: `MOVED 866 10.0.0.2:6379`.
fn moved(code: &str, details: Option<&str>) -> Option<Address> {
    let place = details.filter(|_| code == "MOVED")?.split_whitespace().nth(1)?;
    let (host, port) = place.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = port.parse().ok().filter(|&port| port > 0)?;
    crate::is_printable(host).then(|| Address::Tcp { host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_says_where_keys_are() {
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
            let found = moved(code, details).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{code} {details:?}");
        }
    }
}
