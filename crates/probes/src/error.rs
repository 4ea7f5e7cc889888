//! Probe errors.

use crate::TextError;
use crate::reading::ReadingError;
use std::path::{Path, PathBuf};
use std::time::Duration;
use watchglass_model::{SampleBuffer, SkipReason};
use watchglass_remote::RemoteError;

/// A file of a probe that could not be read costs its own values.
impl ReadingError for ProbeError {
    fn skip(&self, samples: &mut SampleBuffer) {
        match self {
            Self::Unreadable { path, reason } => {
                samples.skip(&path.display().to_string(), reason, SkipReason::Unreadable);
            }
            Self::TooLarge { path, .. } => samples.skip(&path.display().to_string(), "", SkipReason::TooLong),
            Self::Malformed { error, .. } => error.skip(samples),
            other => samples.skip("the source", &other.to_string(), SkipReason::Unreadable),
        }
    }
}

/// Reason why a probe has no values. A message stays the same while the cause does, and contains no secrets.
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
    /// A file exceeds the size limit.
    #[error("{} is larger than the limit of {limit} bytes", .path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Size limit in bytes.
        limit: usize,
    },
    /// A file does not have the format documented by the kernel.
    #[error("{}: {error}", .path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Line and invalid field.
        error: TextError,
    },
    /// A background probe has not finished in time.
    #[error("no response within {} s: the read may hang", .deadline.as_secs_f64())]
    TimedOut {
        /// The timeout.
        deadline: Duration,
    },
    /// A request to another server failed.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The thread of a background probe could not be started, or has ended.
    #[error("probe thread is not running: {reason}")]
    ThreadFailed {
        /// The operating system's words.
        reason: String,
    },
    /// Failure reported by another component of the server.
    #[error("{reason}")]
    Reported {
        /// Message of the component.
        reason: String,
    },
    /// The source responded, but no value of it is usable.
    #[error("no usable value{}: {field} is {reason}", in_file(.path.as_deref()))]
    NothingUsable {
        /// File that was read, if it was one.
        path: Option<PathBuf>,
        /// First value that was skipped.
        field: String,
        /// Why.
        reason: &'static str,
    },
    /// A probe panicked: a bug. The panic message is in the log.
    #[error("probe panicked; see the log")]
    Panicked,
    /// A probe recorded a metric that it does not declare: a bug.
    #[error("probe recorded undeclared metric {metric}")]
    Undeclared {
        /// Name of the metric.
        metric: &'static str,
    },
}

fn in_file(path: Option<&Path>) -> String {
    path.map_or_else(String::new, |path| format!(" in {}", path.display()))
}
