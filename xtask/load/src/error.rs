//! Errors of the load generator.

use std::io;
use thiserror::Error;

/// The reason why a measurement failed.
#[derive(Debug, Error)]
pub(crate) enum LoadError {
    /// More slow connections than connections.
    #[error("--slow {slow} is more than --sockets {sockets}")]
    TooManySlow {
        /// Connections that never read.
        slow: usize,
        /// All connections.
        sockets: usize,
    },
    /// Invalid address.
    #[error("invalid URL {url:?}: {reason}; example: ws://127.0.0.1:7070/ws/live")]
    Url {
        /// The argument.
        url: String,
        /// The reason.
        reason: &'static str,
    },
    /// The limit of open files is too low.
    #[error(
        "{needed} open files are needed and {allowed} allowed; raise the limit with `ulimit -n {needed}`"
    )]
    OpenFiles {
        /// Files that are needed.
        needed: u64,
        /// Files that are allowed.
        allowed: u64,
    },
    /// Memory and CPU usage of the process cannot be read.
    #[error(
        "could not read process {pid} from /proc ({source}); --pid must be a running server on this machine"
    )]
    Process {
        /// Process id.
        pid: u32,
        /// Error of the operating system.
        source: io::Error,
    },
    /// No connection could be opened; the error of the first one.
    #[error("no connection could be opened; error of the first one: {0}")]
    NoConnection(String),
    /// The asynchronous runtime could not start.
    #[error("the runtime could not start: {0}")]
    Runtime(io::Error),
}
