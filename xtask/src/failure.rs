//! Error type of all commands.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The reason why a command ended early. The message says what to do next.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is invalid.
    Usage(String),
    /// An operation on a file or folder failed.
    File {
        /// The operation, as a verb: `read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A program could not be started.
    Start {
        /// The program.
        program: String,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A program ended with an error.
    Ended {
        /// Its task: `building the server`.
        doing: String,
        /// Exit status: `exit status: 101`.
        status: String,
        /// What to do next.
        advice: String,
    },
    /// Required programs are missing on this machine.
    Missing(String),
    /// Checks failed, and their output has been printed.
    Checks,
}

impl Failure {
    /// A function for `map_err` that adds the operation and the path.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } | Self::Start { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(wrong) => write!(f, "{wrong}. `cargo xtask help` lists the commands."),
            Self::File { action, path, source } => {
                write!(f, "could not {action} {}: {source}", path.display())
            }
            Self::Start { program, source } if source.kind() == io::ErrorKind::NotFound => {
                write!(f, "program {program} is not on PATH. Install it and run the same command again.")
            }
            Self::Start { program, source } => write!(f, "could not start {program}: {source}"),
            Self::Ended { doing, status, advice } => write!(f, "{doing} failed ({status}). {advice}"),
            Self::Missing(lines) => f.write_str(lines),
            Self::Checks => f.write_str("checks failed; their output is above"),
        }
    }
}
