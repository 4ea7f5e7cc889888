//! Redis connection with limits for time and reply size.

use super::target::Target;
use crate::{Deadline, DeadlineStream, RemoteError, is_timeout};
use redis::{Parser, ServerError, Value, cmd};
use std::fmt;
use std::io::{self, ErrorKind, Read};

/// Authenticated connection.
///
/// The connection of the `redis` crate has a timeout per read and no limit for the reply size. This one limits the
/// total time and size of a round trip, and uses the crate only for the protocol.
pub struct Connection {
    socket: Box<dyn DeadlineStream>,
    parser: Parser,
    max_reply_bytes: usize,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects and authenticates. The replies to one [`ask`](Self::ask) may have at most `max_reply_bytes`.
    ///
    /// # Errors
    /// The server is unreachable or rejects the credentials.
    pub fn open(target: &Target, deadline: Deadline, max_reply_bytes: usize) -> Result<Self, RemoteError> {
        let socket = connect(target, deadline).map_err(|error| match is_timeout(&error) {
            true => timed_out(target, deadline),
            false => {
                RemoteError::Unreachable { instance: target.instance.clone(), reason: error.to_string() }
            }
        })?;
        let mut connection = Self { socket, parser: Parser::new(), max_reply_bytes };
        if let Some(password) = target.password.reveal() {
            let auth = cmd("AUTH").arg(target.user.as_deref()).arg(password).get_packed_command();
            let answer = connection.execute(&auth, 1, target, deadline)?;
            if let Some(Value::ServerError(error)) = answer.first() {
                // An old Redis echoes commands it does not know, including the start of the password.
                let reason = format!("invalid user name or password ({})", code(error));
                return Err(RemoteError::Rejected { instance: target.instance.clone(), reason });
            }
        }
        Ok(connection)
    }

    /// Sends packed `commands` and waits for `count` replies. An error reply is returned as a value.
    ///
    /// # Errors
    /// Timeout, reply too large, invalid protocol, or lost connection.
    pub fn execute(
        &mut self,
        commands: &[u8],
        count: usize,
        target: &Target,
        deadline: Deadline,
    ) -> Result<Vec<Value>, RemoteError> {
        let mut bounded = Bounded {
            socket: self.socket.as_mut(),
            deadline,
            left: self.max_reply_bytes,
            max_reply_bytes: self.max_reply_bytes,
            failure: None,
        };
        if let Err(error) = bounded.send(commands) {
            return Err(connection_error(target, deadline, &error));
        }
        let mut replies = Vec::with_capacity(count);
        for _ in 0..count {
            match self.parser.parse_value(&mut bounded) {
                Ok(value) => replies.push(value),
                Err(_may_quote_the_answer) => {
                    return Err(match bounded.failure {
                        Some(error) => connection_error(target, deadline, &error),
                        None => unexpected_response(target, "not the Redis protocol"),
                    });
                }
            }
        }
        Ok(replies)
    }
}

fn connect(target: &Target, deadline: Deadline) -> io::Result<Box<dyn DeadlineStream>> {
    let socket = target.address.connect(deadline)?;
    #[cfg(feature = "tls")]
    if target.encrypted {
        return Ok(Box::new(crate::tls::encrypt(socket, &target.address, deadline)?));
    }
    Ok(Box::new(socket))
}

/// Error for an invalid reply.
pub fn unexpected_response(target: &Target, reason: &str) -> RemoteError {
    RemoteError::UnexpectedResponse { instance: target.instance.clone(), reason: reason.to_owned() }
}

/// The server's error message without secrets.
pub fn error_text(target: &Target, error: &ServerError) -> String {
    target.password.redact(&format!("{} {}", error.code(), error.details().unwrap_or_default()))
}

/// Error code such as `WRONGPASS`; `ERR` if the reply has none.
fn code(error: &ServerError) -> &str {
    let code = error.code();
    let is_code = (1..=20).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_uppercase());
    // `ERR` is the generic code.
    if is_code { code } else { "ERR" }
}

fn timed_out(target: &Target, deadline: Deadline) -> RemoteError {
    RemoteError::TimedOut { instance: target.instance.clone(), within: deadline.timeout }
}

fn connection_error(target: &Target, deadline: Deadline, error: &io::Error) -> RemoteError {
    match error.kind() {
        _ if is_timeout(error) => timed_out(target, deadline),
        ErrorKind::FileTooLarge => unexpected_response(target, &error.to_string()),
        _ => RemoteError::ConnectionLost { instance: target.instance.clone(), reason: error.to_string() },
    }
}

/// Socket with the time and size limits of one round trip.
struct Bounded<'a> {
    socket: &'a mut dyn DeadlineStream,
    deadline: Deadline,
    /// Bytes that may still be received.
    left: usize,
    max_reply_bytes: usize,
    /// The last socket error; the parser does not return it in full.
    failure: Option<io::Error>,
}

impl Bounded<'_> {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            self.socket.set_deadline(self.deadline)?;
            match self.socket.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.socket.flush()
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(self.left);
        let buffer = buffer.get_mut(..room).filter(|buffer| !buffer.is_empty());
        let buffer = buffer.ok_or_else(|| {
            let reason = format!("response larger than {} MiB", self.max_reply_bytes >> 20);
            io::Error::new(ErrorKind::FileTooLarge, reason)
        })?;
        self.socket.set_deadline(self.deadline)?;
        match self.socket.read(buffer)? {
            0 => Err(io::Error::new(ErrorKind::UnexpectedEof, "closed by the server")),
            received => {
                self.left = self.left.saturating_sub(received);
                Ok(received)
            }
        }
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.receive(buffer).inspect_err(|error| {
            self.failure = Some(io::Error::new(error.kind(), error.to_string()));
        })
    }
}
