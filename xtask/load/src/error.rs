//! Why there is no measurement.

use std::io;
use thiserror::Error;

/// The reason for which there is no measurement.
#[derive(Debug, Error)]
pub(crate) enum LoadError {
    /// A flag that there is not.
    #[error("unknown argument {0:?}; --help lists them")]
    UnknownArgument(String),
    /// A flag without its value.
    #[error("{0} lacks its value; --help shows the form")]
    NoValue(&'static str),
    /// A number that is none, or out of its bounds.
    #[error("{flag} is {value:?}; it must be a whole number from {least} to {most}")]
    Number {
        /// The flag.
        flag: &'static str,
        /// What was given.
        value: String,
        /// Smallest number that is allowed.
        least: usize,
        /// Largest number that is allowed.
        most: usize,
    },
    /// A protocol that there is not.
    #[error("unknown protocol {0:?}; there are watchglass.json.v1 and watchglass.binary.v1")]
    UnknownProtocol(String),
    /// More slow sockets than sockets.
    #[error("--slow {slow} is more than --sockets {sockets}: slow sockets are a part of them")]
    TooManySlow {
        /// Slow sockets.
        slow: usize,
        /// All sockets.
        sockets: usize,
    },
    /// An address that is not of this machine, or not one of live data.
    #[error("{url:?} will not do: {reason}; write ws://127.0.0.1:7070/ws/live")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The system allows too few open files.
    #[error(
        "{needed} open files are needed and {allowed} allowed; raise the limit with `ulimit -n {needed}`"
    )]
    OpenFiles {
        /// Files that are needed.
        needed: u64,
        /// Files that are allowed.
        allowed: u64,
    },
    /// The process that was to be watched cannot be read.
    #[error(
        "process {pid} cannot be read from /proc ({source}); --pid must be a running server of this machine"
    )]
    Process {
        /// Number of the process.
        pid: u32,
        /// What the system said.
        source: io::Error,
    },
    /// Not one connection came about; the first reason.
    #[error("no connection came about; the first one failed with: {0}")]
    NoConnection(String),
    /// The asynchronous runtime could not start.
    #[error("the runtime could not start: {0}")]
    Runtime(io::Error),
}
