//! A connection to Redis: commands out, values in, within a time and a size.

use super::target::Target;
use crate::{Channel, Deadline, RemoteError, is_timeout};
use redis::{Parser, ServerError, Value, cmd};
use std::fmt;
use std::io::{self, ErrorKind, Read};

/// A connection that is let in.
///
/// The driver's own connection has a time limit for each read and none for the size of an answer. Here a round
/// has one for both; of the driver come the words on the wire.
pub struct Connection {
    socket: Box<dyn Channel>,
    parser: Parser,
    most_bytes: usize,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects and says who we are. The answers to one [`ask`](Self::ask) will be at most `most_bytes` long.
    ///
    /// # Errors
    /// Nobody answers, or we are not let in.
    pub fn open(target: &Target, deadline: Deadline, most_bytes: usize) -> Result<Self, RemoteError> {
        let socket = connect(target, deadline).map_err(|error| match is_timeout(&error) {
            true => silent(target, deadline),
            false => {
                RemoteError::Unreachable { instance: target.instance.clone(), reason: error.to_string() }
            }
        })?;
        let mut connection = Self { socket, parser: Parser::new(), most_bytes };
        if let Some(password) = target.password.reveal() {
            let auth = cmd("AUTH").arg(target.user.as_deref()).arg(password).get_packed_command();
            let answer = connection.ask(&auth, 1, target, deadline)?;
            if let Some(Value::ServerError(error)) = answer.first() {
                // An old Redis repeats what it does not understand, the beginning of the password included.
                let reason = format!("the user's name or the password ({})", code(error));
                return Err(RemoteError::Refused { instance: target.instance.clone(), reason });
            }
        }
        Ok(connection)
    }

    /// Sends packed `commands` and waits for `count` answers. An error that the server answers is a value.
    ///
    /// # Errors
    /// No answer in time, one that is too large or none at all, or a connection that broke.
    pub fn ask(
        &mut self,
        commands: &[u8],
        count: usize,
        target: &Target,
        deadline: Deadline,
    ) -> Result<Vec<Value>, RemoteError> {
        let mut bounded = Bounded {
            socket: self.socket.as_mut(),
            deadline,
            left: self.most_bytes,
            most_bytes: self.most_bytes,
            failure: None,
        };
        if let Err(error) = bounded.send(commands) {
            return Err(broken(target, deadline, &error));
        }
        let mut answers = Vec::with_capacity(count);
        for _ in 0..count {
            match self.parser.parse_value(&mut bounded) {
                Ok(value) => answers.push(value),
                Err(_may_quote_the_answer) => {
                    return Err(match bounded.failure {
                        Some(error) => broken(target, deadline, &error),
                        None => unexpected(target, "this is not the protocol of Redis"),
                    });
                }
            }
        }
        Ok(answers)
    }
}

fn connect(target: &Target, deadline: Deadline) -> io::Result<Box<dyn Channel>> {
    let socket = target.address.connect(deadline)?;
    #[cfg(feature = "tls")]
    if target.encrypted {
        return Ok(Box::new(crate::tls::encrypt(socket, &target.address, deadline)?));
    }
    Ok(Box::new(socket))
}

/// Says what is wrong with an answer.
pub fn unexpected(target: &Target, reason: &str) -> RemoteError {
    RemoteError::Unexpected { instance: target.instance.clone(), reason: reason.to_owned() }
}

/// The server's error, as people may see it.
pub fn words(target: &Target, error: &ServerError) -> String {
    target.password.scrub(&format!("{} {}", error.code(), error.details().unwrap_or_default()))
}

/// The first word of an error, such as `WRONGPASS`, if it looks like one.
fn code(error: &ServerError) -> &str {
    let code = error.code();
    let is_code = (1..=20).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_uppercase());
    // The driver's word for the code `ERR`.
    if is_code { code } else { "ERR" }
}

fn silent(target: &Target, deadline: Deadline) -> RemoteError {
    RemoteError::Silent { instance: target.instance.clone(), within: deadline.within }
}

fn broken(target: &Target, deadline: Deadline, error: &io::Error) -> RemoteError {
    match error.kind() {
        _ if is_timeout(error) => silent(target, deadline),
        ErrorKind::FileTooLarge => unexpected(target, &error.to_string()),
        _ => RemoteError::Broken { instance: target.instance.clone(), reason: error.to_string() },
    }
}

/// The socket for the length of a round.
struct Bounded<'a> {
    socket: &'a mut dyn Channel,
    deadline: Deadline,
    /// How many bytes may still come.
    left: usize,
    most_bytes: usize,
    /// The last error of the socket: the parser does not pass it on whole.
    failure: Option<io::Error>,
}

impl Bounded<'_> {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            self.socket.limit(self.deadline)?;
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
            let reason = format!("the answer is larger than {} MiB", self.most_bytes >> 20);
            io::Error::new(ErrorKind::FileTooLarge, reason)
        })?;
        self.socket.limit(self.deadline)?;
        match self.socket.read(buffer)? {
            0 => Err(io::Error::new(ErrorKind::UnexpectedEof, "the server closed it")),
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
