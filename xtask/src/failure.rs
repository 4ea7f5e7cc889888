//! Why a command ended early, and what to do next.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The reason for which a command ended early. What is shown says what to do next.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line makes no sense.
    Usage(String),
    /// Something could not be done with a file or folder.
    File {
        /// What was tried, as a verb: `read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program could not be started.
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program ended with an error.
    Ended {
        /// What it was to do: `building the server`.
        doing: String,
        /// How it ended: `exit status: 101`.
        status: String,
        /// What to do next.
        advice: String,
    },
    /// Programs are missing that this machine must have.
    Missing(String),
    /// Checks ran to the end, some of them failed, and that has been said.
    Checks,
}

impl Failure {
    /// A function for `map_err` that says what was tried with which file.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
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
                write!(f, "there is no program {program} on PATH. Install it and run the same command again.")
            }
            Self::Start { program, source } => write!(f, "could not start {program}: {source}"),
            Self::Ended { doing, status, advice } => write!(f, "{doing} failed ({status}). {advice}"),
            Self::Missing(lines) => f.write_str(lines),
            Self::Checks => f.write_str("checks failed; their output is above"),
        }
    }
}
