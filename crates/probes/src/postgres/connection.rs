//! PostgreSQL connection with limits for time and response size.

use super::row::{Row, Value};
use super::stream::{LimitedStream, Stream};
use super::target::Target;

use crate::remote::MAX_RESPONSE_BYTES;
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

/// Query error.
#[derive(Debug)]
pub(super) enum QueryError {
    /// Only this query fails, for example because of a missing privilege; the server's message.
    Skipped(String),
    /// Only this query fails, because of a text that is invalid in its encoding or has no equivalent in the client's; the
    /// server's message.
    Encoding(String),
    /// The connection or the server failed.
    Fatal(RemoteError),
}

/// Authenticated connection. Runs only during a query, in the calling thread.
pub(super) struct Connection {
    client: Client,
    /// Bytes that may still be received in this round.
    remaining_bytes: Arc<AtomicUsize>,
    // Dropped last: the connection task runs in it.
    runtime: Runtime,
}

impl Connection {
    /// Connects and authenticates.
    ///
    /// # Errors
    /// The server is unreachable or rejects the credentials.
    pub(super) fn open(target: &Target, deadline: Deadline) -> Result<Self, RemoteError> {
        let socket =
            target.address.connect(deadline).map_err(|error| unreachable(target, deadline, &error))?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| unreachable(target, deadline, &error))?;
        let remaining_bytes = Arc::new(AtomicUsize::new(MAX_RESPONSE_BYTES));
        let client = runtime.block_on(async {
            let stream = into_async(socket).map_err(|error| unreachable(target, deadline, &error))?;
            let left = deadline.remaining().map_err(|_timed_out| timed_out(target, deadline))?;
            let bounded = LimitedStream::new(stream, Arc::clone(&remaining_bytes));
            timeout(left, authenticate(target, bounded))
                .await
                .map_err(|_timed_out| timed_out(target, deadline))?
        })?;
        Ok(Self { client, remaining_bytes, runtime })
    }

    /// Resets the byte limit for a new round.
    pub(super) fn reset_byte_limit(&self) {
        self.remaining_bytes.store(MAX_RESPONSE_BYTES, Ordering::Relaxed);
    }

    /// Runs one or several statements separated by semicolons, and returns all rows.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn query(
        &self,
        sql: &str,
        target: &Target,
        deadline: Deadline,
    ) -> Result<Vec<Row>, QueryError> {
        let left =
            deadline.remaining().map_err(|_timed_out| QueryError::Fatal(timed_out(target, deadline)))?;
        let answer = self.runtime.block_on(async { timeout(left, self.client.simple_query(sql)).await });
        let messages = answer
            .map_err(|_timed_out| QueryError::Fatal(timed_out(target, deadline)))?
            .map_err(|error| self.failure(target, &error))?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                let value = |index| match row.try_get(index) {
                    Ok(Some(text)) => Value::Text(text.to_owned()),
                    Ok(None) => Value::Null,
                    Err(_not_utf8) => Value::Invalid,
                };
                Some(Row::new((0..row.len()).map(value).collect()))
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    fn failure(&self, target: &Target, error: &Error) -> QueryError {
        match error.as_db_error() {
            Some(answer) if ENCODING_ERRORS.contains(answer.code()) => {
                QueryError::Encoding(target.password.redact(answer.message()))
            }
            Some(answer) if SKIPPABLE_ERRORS.contains(answer.code()) => {
                QueryError::Skipped(target.password.redact(answer.message()))
            }
            // The server ends the session, for example because of a shutdown or pg_terminate_backend.
            Some(answer) if matches!(answer.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) => {
                QueryError::Fatal(RemoteError::ConnectionLost {
                    instance: target.instance.clone(),
                    reason: target.password.redact(answer.message()),
                })
            }
            // Any other error is one of this query: the session goes on.
            Some(answer) if matches!(answer.parsed_severity(), Some(Severity::Error)) => {
                QueryError::Skipped(target.password.redact(answer.message()))
            }
            // The driver only reports a closed connection.
            _ if self.remaining_bytes.load(Ordering::Relaxed) == 0 => {
                QueryError::Fatal(RemoteError::UnexpectedResponse {
                    instance: target.instance.clone(),
                    reason: "response larger than 4 MiB".to_owned(),
                })
            }
            _ => QueryError::Fatal(describe(target, error)),
        }
    }
}

/// Authenticates and spawns the connection task, which ends with the client or the runtime.
async fn authenticate(target: &Target, stream: LimitedStream) -> Result<Client, RemoteError> {
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

/// Errors that affect only one query: a missing privilege, a view or column missing in this version or flavour, an
/// extension that is not loaded, or the statement timeout.
const SKIPPABLE_ERRORS: [SqlState; 7] = [
    SqlState::INSUFFICIENT_PRIVILEGE,
    SqlState::UNDEFINED_TABLE,
    SqlState::UNDEFINED_COLUMN,
    SqlState::UNDEFINED_FUNCTION,
    SqlState::FEATURE_NOT_SUPPORTED,
    SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
    SqlState::QUERY_CANCELED,
];

/// Errors about a text in one of the rows (`character_not_in_repertoire`, `untranslatable_character`).
const ENCODING_ERRORS: [SqlState; 2] =
    [SqlState::CHARACTER_NOT_IN_REPERTOIRE, SqlState::UNTRANSLATABLE_CHARACTER];

/// Converts a driver error, without secrets.
fn describe(target: &Target, error: &Error) -> RemoteError {
    let instance = target.instance.clone();
    if let Some(answer) = error.as_db_error() {
        return RemoteError::Rejected { instance, reason: target.password.redact(answer.message()) };
    }
    let cause = error.source().map(ToString::to_string);
    let is_io = error.source().is_some_and(|cause| cause.is::<io::Error>());
    let message = cause.map_or(error.to_string(), |cause| format!("{error}: {cause}"));
    let reason = target.password.redact(&message);
    if error.is_closed() || is_io {
        RemoteError::ConnectionLost { instance, reason }
    } else {
        RemoteError::UnexpectedResponse { instance, reason }
    }
}

fn unreachable(target: &Target, deadline: Deadline, error: &io::Error) -> RemoteError {
    if is_timeout(error) {
        timed_out(target, deadline)
    } else {
        RemoteError::Unreachable { instance: target.instance.clone(), reason: error.to_string() }
    }
}

fn timed_out(target: &Target, deadline: Deadline) -> RemoteError {
    RemoteError::TimedOut { instance: target.instance.clone(), within: deadline.timeout }
}
