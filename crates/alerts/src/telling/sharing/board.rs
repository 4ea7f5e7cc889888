//! What a server says of itself to the others. It expires when it is not said again.

use super::super::acknowledgement::Acknowledgement;
use super::super::notice::BecauseOf;
use super::ledger::{self, LedgerError};
use crate::alert::{Alert, AlertKey};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// The most bytes of a board as JSON. Alerts that do not fit are counted.
const MOST_BYTES: usize = 1 << 20;

/// The most alerts of the past that are shared.
const MOST_PAST: usize = 1000;

/// What one server finds and says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    version: u32,
    /// The server.
    pub server: String,
    /// Its host.
    pub host: String,
    /// How it stands to the incidents that it finds.
    pub incidents: BTreeMap<String, Standing>,
    /// What fires there, the newest first.
    pub alerts: Vec<Alert>,
    /// How many more alerts there are.
    pub more: usize,
    /// Who has acknowledged which of them.
    pub acknowledged: Vec<Acknowledgement>,
    /// Which of them are because of something else.
    pub because_of: Vec<BecauseOf>,
    /// Changes when more alerts are over; whoever has seen it needs not read its [`Past`] again.
    pub past: u64,
}

/// How a server stands to an incident; what is greater makes the better owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is over here, and that has not been told.
    Over,
    /// It is so, and here nothing is to be told of it, because of a silence or of something that is down.
    Quiet,
    /// It is so.
    Open,
}

impl Board {
    pub(super) fn new(server: &str, host: &str, incidents: BTreeMap<String, Standing>) -> Self {
        Self {
            version: VERSION,
            server: server.to_owned(),
            host: host.to_owned(),
            incidents,
            ..Self::default()
        }
    }

    /// As it is written; of too many alerts some are only counted.
    pub fn to_json(&self) -> String {
        let mut board = self.clone();
        loop {
            // None of its parts can fail to be written.
            let text = serde_json::to_string(&board).unwrap_or_default();
            if text.len() <= MOST_BYTES || board.alerts.is_empty() {
                return text;
            }
            let kept = board.alerts.len() / 2;
            board.more += board.alerts.len() - kept;
            board.alerts.truncate(kept);
            let kept: BTreeSet<&AlertKey> = board.alerts.iter().map(|alert| &alert.key).collect();
            board.acknowledged.retain(|note| kept.contains(&note.key));
            board.because_of.retain(|because| kept.contains(&because.alert));
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is of another version, or no board.
    pub fn from_json(text: &[u8]) -> Result<Self, LedgerError> {
        ledger::read(text, VERSION)
    }
}

/// What was wrong on a server, the latest to be over first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Past {
    version: u32,
    /// At most a thousand.
    pub alerts: Vec<Alert>,
}

impl Past {
    /// The past as a server remembers it.
    pub fn new(mut alerts: Vec<Alert>) -> Self {
        alerts.truncate(MOST_PAST);
        Self { version: VERSION, alerts }
    }

    /// As it is written.
    pub fn to_json(&self) -> String {
        // None of its parts can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is of another version, or no past.
    pub fn from_json(text: &[u8]) -> Result<Self, LedgerError> {
        ledger::read(text, VERSION).map(|past: Self| Self::new(past.alerts))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::alert;
    use super::*;

    #[test]
    fn one_that_is_too_large_counts_what_it_leaves_out() {
        let mut board = Board::new("a", "h", BTreeMap::new());
        for number in 0..10_000 {
            board.alerts.push(alert(&format!("rule-{number}"), &[("host", "h")]));
        }
        let text = board.to_json();
        assert!(text.len() <= MOST_BYTES && text.len() > MOST_BYTES / 4, "{}", text.len());
        let read = Board::from_json(text.as_bytes()).unwrap();
        assert_eq!(read.alerts.len() + read.more, 10_000);
        assert_eq!(read.alerts[0].key.rule, "rule-0");
    }
}
