//! Redis client that connects lazily, reconnects after errors, follows cluster redirects, and goes on with another node when one
//! is down.

use super::cluster_nodes::{self, redirect_address};
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
    /// Server of the last connection: one of the addresses, or a node of the cluster.
    node: Option<Target>,
    /// Nodes of the cluster when it was last asked.
    known: Vec<Address>,
    connection: Option<Connection>,
    timeout: Duration,
    max_reply_bytes: usize,
    failed: Option<(Instant, RemoteError)>,
}

impl RedisClient {
    /// A client for `target`. Each [`ask`](Self::ask) takes at most `timeout`, including connecting, and receives at most
    /// `max_reply_bytes`. Connects with the first request.
    pub fn new(target: Target, timeout: Duration, max_reply_bytes: usize) -> Self {
        Self {
            home: target,
            node: None,
            known: Vec::new(),
            connection: None,
            timeout,
            max_reply_bytes,
            failed: None,
        }
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
            self.node = None;
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
        let target = self.node.as_ref().unwrap_or(&self.home);
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
            self.node = None;
        }
        outcome
    }

    fn execute_now(&mut self, commands: &Pipeline) -> Result<Vec<Value>, RemoteError> {
        let deadline = Deadline::after(self.timeout);
        let mut was_open = self.connection.is_some();
        for _ in 0..=MAX_REDIRECTS {
            let mut connection = match self.connection.take() {
                Some(connection) => connection,
                None => self.connect(deadline)?,
            };
            let target = self.node.as_ref().unwrap_or(&self.home);
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
            let Some(address) = redirect_address(error.code(), error.details()) else {
                return Err(refused(target, error_text(target, error)));
            };
            // Not another node if this one is down: all would redirect to it.
            let node = self.node_at(address);
            self.connection = Some(open(&node, deadline, self.max_reply_bytes)?);
            self.node = Some(node);
        }
        Err(refused(&self.home, "too many cluster redirects".to_owned()))
    }

    /// Connects to the server of the last connection, an address of the URL, or a known node of the cluster: the first that
    /// answers.
    fn connect(&mut self, deadline: Deadline) -> Result<Connection, RemoteError> {
        let candidates = self.candidates();
        let mut first_failure = None;
        for (target, count) in candidates.iter().zip((1..=candidates.len()).rev()) {
            let share = deadline.share(count);
            let opened = open(target, share, self.max_reply_bytes).and_then(|mut connection| {
                let nodes = cluster_nodes::read(&mut connection, target, share)?;
                Ok((connection, nodes))
            });
            match opened {
                Ok((connection, nodes)) => {
                    if !nodes.is_empty() {
                        self.known = nodes;
                    }
                    self.node = Some(target.clone());
                    return Ok(connection);
                }
                Err(error) if is_down(&error) => first_failure = first_failure.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        Err(first_failure.unwrap_or_else(|| refused(&self.home, "it has no address".to_owned())))
    }

    fn candidates(&self) -> Vec<Target> {
        let last = self.node.iter().map(|node| &node.address);
        let seeds = std::iter::once(&self.home.address).chain(&self.home.others);
        let mut candidates: Vec<Target> = Vec::new();
        for address in last.chain(seeds).chain(&self.known) {
            if candidates.iter().all(|known| known.address != *address) {
                candidates.push(self.node_at(address.clone()));
            }
        }
        candidates
    }

    /// The server at an address. Nodes of a cluster have the same credentials; a cluster has one database.
    fn node_at(&self, address: Address) -> Target {
        let is_seed = address == self.home.address || self.home.others.contains(&address);
        let database = if is_seed { self.home.database } else { 0 };
        Target { instance: address.to_string(), address, database, ..self.home.clone() }
    }
}

/// Whether another server may answer.
fn is_down(error: &RemoteError) -> bool {
    matches!(
        error,
        RemoteError::Unreachable { .. } | RemoteError::TimedOut { .. } | RemoteError::ConnectionLost { .. }
    )
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
