//! What all servers agree on. Nobody writes it who has not read it just before.

use super::notes::Notes;
use super::record::Record;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// The most incidents that are claimed at a time. Of those beyond everybody tells.
pub(super) const MOST_CLAIMS: usize = 500;
/// How long it is remembered that an incident is over: until everybody has seen it.
const ENDED_FOR: Duration = Duration::from_secs(600);
/// A claim that nobody has renewed for so long is about an outage whose end nobody has seen.
const STALE_AFTER: Duration = Duration::from_secs(600);
/// How often those who find it renew a claim: seldom, so that the ledger is read far more often than written.
const RENEWED_EVERY: Duration = Duration::from_secs(60);

/// Who tells of which incident, and what people have said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    version: u32,
    pub(super) claims: BTreeMap<String, Claim>,
    pub(super) notes: Notes,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { version: VERSION, claims: BTreeMap::new(), notes: Notes::default() }
    }
}

/// Who tells of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claim {
    /// The server that tells.
    pub(super) owner: String,
    /// What distinguishes this outage from others of the same thing.
    pub(super) episode: String,
    /// When it was claimed, given away or renewed.
    pub(super) time: Timestamp,
    /// When its end had been told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<Timestamp>,
    pub(super) record: Record,
}

impl Claim {
    /// Notes that somebody finds it still.
    pub(super) fn renew(&mut self, now: Timestamp) {
        if self.time + RENEWED_EVERY <= now {
            self.time = now;
        }
    }
}

/// Why what other servers have written cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A program of another version has written it.
    #[error(
        "version {found} is not known, {known} is: run the same program on all servers, or give this one another prefix"
    )]
    Version {
        /// What it says.
        found: u32,
        /// What is known.
        known: u32,
    },
    /// It is something else.
    #[error("it cannot be read: {0}")]
    Damaged(String),
}

/// Reads a value with a version.
pub(super) fn read<T: DeserializeOwned>(text: &[u8], known: u32) -> Result<T, LedgerError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let damaged = |error: serde_json::Error| LedgerError::Damaged(error.to_string());
    // First, for a later version may have what this one does not know.
    let Version { version: found } = serde_json::from_slice(text).map_err(damaged)?;
    if found != known {
        return Err(LedgerError::Version { found, known });
    }
    serde_json::from_slice(text).map_err(damaged)
}

impl Ledger {
    /// As it is written.
    pub fn to_json(&self) -> String {
        // None of its parts can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is of another version, or no ledger.
    pub fn from_json(text: &[u8]) -> Result<Self, LedgerError> {
        read(text, VERSION)
    }

    /// Notes the end of what was told to be over, whoever else still finds it; by incident, the episode.
    pub(super) fn conclude(&mut self, concluded: &BTreeMap<String, String>, now: Timestamp) {
        for (incident, episode) in concluded {
            if let Some(claim) = self.claims.get_mut(incident).filter(|claim| claim.episode == *episode) {
                claim.ended.get_or_insert(now);
            }
        }
    }

    /// Drops what nobody needs any more; `is_known` are the claims that this server knows by incident and episode.
    pub(super) fn forget(&mut self, is_known: impl Fn(&str, &str) -> bool, now: Timestamp) {
        self.claims.retain(|incident, claim| match claim.ended {
            Some(ended) => ended + ENDED_FOR > now,
            None => claim.time + STALE_AFTER > now || is_known(incident, &claim.episode),
        });
        self.notes.forget(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_says_why() {
        let text = Ledger::default().to_json();
        assert_eq!(Ledger::from_json(text.as_bytes()), Ok(Ledger::default()));
        for (text, expected) in [
            (r#"{"version":2,"more":1}"#, "version 2 is not known, 1 is"),
            ("rubbish", "it cannot be read: expected value"),
            ("[]", "it cannot be read: "),
            (r#"{"version":1}"#, "it cannot be read: missing field `claims`"),
        ] {
            let error = Ledger::from_json(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
