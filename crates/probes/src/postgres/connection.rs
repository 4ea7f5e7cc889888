//! A connection to PostgreSQL: questions out, rows in, within a time and a size.

use super::row::Row;
use super::stream::{Bounded, Stream};
use super::target::Target;

use crate::remote::MOST_BYTES;
use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{Client, Error, NoTls, SimpleQueryMessage};
use watchglass_remote::{Deadline, RemoteError, Socket, is_timeout};

/// Why a question has no rows.
#[derive(Debug)]
pub(super) enum Failure {
    /// It alone cannot be answered, for want of a privilege, say: the server's words.
    LeftOut(String),
    /// The server does not answer as it should at all.
    Fatal(RemoteError),
}

/// A connection that is let in. It moves only while a question is asked, in the thread that asks.
pub(super) struct Connection {
    client: Client,
    /// How many bytes may still come in this round.
    room: Arc<AtomicUsize>,
    // The last to go: the other end of the client runs in it.
    runtime: Runtime,
}

impl Connection {
    /// Connects and says who we are.
    ///
    /// # Errors
    /// Nobody answers, or we are not let in.
    pub(super) fn open(target: &Target, deadline: Deadline) -> Result<Self, RemoteError> {
        let socket =
            target.address.connect(deadline).map_err(|error| unreachable(target, deadline, &error))?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| unreachable(target, deadline, &error))?;
        let room = Arc::new(AtomicUsize::new(MOST_BYTES));
        let client = runtime.block_on(async {
            let stream = into_async(socket).map_err(|error| unreachable(target, deadline, &error))?;
            let left = deadline.left().map_err(|_over| silent(target, deadline))?;
            let bounded = Bounded::new(stream, Arc::clone(&room));
            timeout(left, let_in(target, bounded)).await.map_err(|_over| silent(target, deadline))?
        })?;
        Ok(Self { client, room, runtime })
    }

    /// Lets another round receive as many bytes as any.
    pub(super) fn begin_round(&self) {
        self.room.store(MOST_BYTES, Ordering::Relaxed);
    }

    /// Asks a question, or several with a semicolon between, and gives the rows of all.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn ask(&self, sql: &str, target: &Target, deadline: Deadline) -> Result<Vec<Row>, Failure> {
        let left = deadline.left().map_err(|_over| Failure::Fatal(silent(target, deadline)))?;
        let answer = self.runtime.block_on(async { timeout(left, self.client.simple_query(sql)).await });
        let messages = answer
            .map_err(|_over| Failure::Fatal(silent(target, deadline)))?
            .map_err(|error| self.failure(target, &error))?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                let value = |place| row.try_get(place).ok().flatten().map(str::to_owned);
                Some(Row::new((0..row.len()).map(value).collect()))
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    fn failure(&self, target: &Target, error: &Error) -> Failure {
        match error.as_db_error() {
            Some(answer) if LEFT_OUT.contains(answer.code()) => {
                Failure::LeftOut(target.password.scrub(answer.message()))
            }
            // The server's last words: it ends the session, because it stops, say, or somebody wants it to.
            Some(answer) if matches!(answer.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) => {
                Failure::Fatal(RemoteError::Broken {
                    instance: target.instance.clone(),
                    reason: target.password.scrub(answer.message()),
                })
            }
            // The driver only says that the connection was closed.
            _ if self.room.load(Ordering::Relaxed) == 0 => Failure::Fatal(RemoteError::Unexpected {
                instance: target.instance.clone(),
                reason: "the answer is larger than 4 MiB".to_owned(),
            }),
            _ => Failure::Fatal(describe(target, error)),
        }
    }
}

/// Says who we are; the other end of the client moves by itself from then on, and ends with it or with the runtime.
async fn let_in(target: &Target, stream: Bounded) -> Result<Client, RemoteError> {
    #[cfg(feature = "tls")]
    if target.encrypted {
        let tls = super::tls::Tls::new(&target.address).map_err(|error| RemoteError::Unreachable {
            instance: target.instance.clone(),
            reason: error.to_string(),
        })?;
        let (client, connection) =
            target.config.connect_raw(stream, tls).await.map_err(|error| describe(target, &error))?;
        tokio::spawn(connection);
        return Ok(client);
    }
    let (client, connection) =
        target.config.connect_raw(stream, NoTls).await.map_err(|error| describe(target, &error))?;
    tokio::spawn(connection);
    Ok(client)
}

fn into_async(socket: Socket) -> io::Result<Box<dyn Stream>> {
    Ok(match socket {
        Socket::Tcp(stream) => {
            stream.set_nonblocking(true)?;
            Box::new(TcpStream::from_std(stream)?)
        }
        Socket::Unix(stream) => {
            stream.set_nonblocking(true)?;
            Box::new(UnixStream::from_std(stream)?)
        }
    })
}

/// What can keep one question from being answered while others are: a privilege, a view or column that this
/// version or flavour does not have, an extension that is not loaded, or the time limit of a statement.
const LEFT_OUT: [SqlState; 7] = [
    SqlState::INSUFFICIENT_PRIVILEGE,
    SqlState::UNDEFINED_TABLE,
    SqlState::UNDEFINED_COLUMN,
    SqlState::UNDEFINED_FUNCTION,
    SqlState::FEATURE_NOT_SUPPORTED,
    SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
    SqlState::QUERY_CANCELED,
];

/// The driver's error, as people may see it.
fn describe(target: &Target, error: &Error) -> RemoteError {
    let instance = target.instance.clone();
    if let Some(answer) = error.as_db_error() {
        return RemoteError::Refused { instance, reason: target.password.scrub(answer.message()) };
    }
    let cause = error.source().map(ToString::to_string);
    let is_io = error.source().is_some_and(|cause| cause.is::<io::Error>());
    let words = cause.map_or(error.to_string(), |cause| format!("{error}: {cause}"));
    let reason = target.password.scrub(&words);
    if error.is_closed() || is_io {
        RemoteError::Broken { instance, reason }
    } else {
        RemoteError::Unexpected { instance, reason }
    }
}

fn unreachable(target: &Target, deadline: Deadline, error: &io::Error) -> RemoteError {
    if is_timeout(error) {
        silent(target, deadline)
    } else {
        RemoteError::Unreachable { instance: target.instance.clone(), reason: error.to_string() }
    }
}

fn silent(target: &Target, deadline: Deadline) -> RemoteError {
    RemoteError::Silent { instance: target.instance.clone(), within: deadline.within }
}
