//! Error of the query string of a page.

use thiserror::Error;

/// Why the query string of a page is invalid.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UrlError {
    /// Unknown view of the alerts page.
    #[error(
        "Unknown view {0:?}: use active, history, rules, rule, silences, channels, deliveries or heartbeats"
    )]
    UnknownView(String),
    /// Unknown view of the settings.
    #[error("Unknown view {0:?}: use settings, account, users, tokens, sessions or audit")]
    UnknownTab(String),
    /// Invalid parameter.
    #[error("{0}")]
    InvalidParameter(String),
}
