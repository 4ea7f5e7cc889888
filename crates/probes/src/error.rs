//! Why a probe has no values.

use crate::TextError;
use std::path::PathBuf;
use std::time::Duration;

/// Why a probe has no values. The messages stay the same while the cause does, and are free of secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// A file or directory could not be read.
    #[error("cannot read {}: {reason}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The operating system's words.
        reason: String,
    },
    /// A file holds more than a probe is willing to read.
    #[error("{} is larger than {limit} bytes, the most that is read of a file", .path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The largest size that is read, in bytes.
        limit: usize,
    },
    /// A file holds something other than what the kernel documents.
    #[error("{}: {error}", .path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong, and in which line.
        error: TextError,
    },
    /// A probe in a thread of its own has not come back.
    #[error("no answer within {} s: what it reads may hang", .deadline.as_secs_f64())]
    Late {
        /// The time it has for an answer.
        deadline: Duration,
    },
    /// A server could not be reached.
    #[error("cannot connect to {instance}: {reason}")]
    Unreachable {
        /// Which: host and port.
        instance: String,
        /// The operating system's words.
        reason: String,
    },
    /// A server did not answer in time.
    #[error("no answer from {instance} within {} s", .within.as_secs_f64())]
    Silent {
        /// Which.
        instance: String,
        /// The time it had.
        within: Duration,
    },
    /// The connection to a server broke.
    #[error("the connection to {instance} broke: {reason}")]
    Broken {
        /// Which.
        instance: String,
        /// What happened to it.
        reason: String,
    },
    /// A server does not let us in, or does not answer a question.
    #[error("{instance} refuses: {reason}")]
    Refused {
        /// Which.
        instance: String,
        /// The server's words, without secrets.
        reason: String,
    },
    /// A server answers with something that it should not.
    #[error("{instance} answers with something else than it should: {reason}")]
    Unexpected {
        /// Which.
        instance: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The thread of a probe could not be started.
    #[error("its thread cannot run: {reason}")]
    NoThread {
        /// The operating system's words.
        reason: String,
    },
    /// A probe panicked, which is a mistake in it. The message is in the program's log.
    #[error("the probe panicked; the log has the message")]
    Panicked,
    /// A probe recorded a metric that it does not declare, which is a mistake in it.
    #[error("it recorded {metric}, which is not among the metrics it declares")]
    Undeclared {
        /// Name of the metric.
        metric: &'static str,
    },
}
