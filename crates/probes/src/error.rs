//! Why a probe has no values.

use crate::TextError;
use std::path::PathBuf;
use std::time::Duration;
use watchglass_remote::RemoteError;

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
    /// Another server did not do what it was asked to.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The thread of a probe could not be started.
    #[error("its thread cannot run: {reason}")]
    NoThread {
        /// The operating system's words.
        reason: String,
    },
    /// What a part of this program says of itself.
    #[error("{reason}")]
    Reported {
        /// In its own words.
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
