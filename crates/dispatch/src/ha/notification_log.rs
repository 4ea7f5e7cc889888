//! Shared notification log. It is written only right after it was read.

use super::notification_entry::NotificationEntry;
use super::shared_silences::SharedSilences;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;

/// Version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// Maximum number of leases. Alerts beyond it are notified by every server.
pub(super) const MAX_LEASES: usize = 500;
/// Retention of ended leases: until every server has seen the end.
const ENDED_RETENTION: Duration = Duration::from_secs(600);
/// A lease without renewal for this time belongs to an alert whose end nobody saw.
const LEASE_TIMEOUT: Duration = Duration::from_secs(600);
/// Renewal interval of a lease: long, so that the log is read far more often than written.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(60);

/// Owners of notifications, and replicated silences and acknowledgements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationLog {
    version: u32,
    #[serde(rename = "claims")]
    pub(super) leases: BTreeMap<String, Lease>,
    #[serde(rename = "notes")]
    pub(super) shared: SharedSilences,
}

impl Default for NotificationLog {
    fn default() -> Self {
        Self { version: VERSION, leases: BTreeMap::new(), shared: SharedSilences::default() }
    }
}

/// Lease on the notifications of a dedup key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lease {
    /// Owning server.
    pub(super) owner: String,
    /// Distinguishes occurrences of the same dedup key.
    #[serde(rename = "episode")]
    pub(super) occurrence: String,
    /// When it was taken, given away or renewed.
    pub(super) time: Timestamp,
    /// When its resolution had been notified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<Timestamp>,
    #[serde(rename = "record")]
    pub(super) entry: NotificationEntry,
}

impl Lease {
    /// Renews the lease: a server still finds the alert.
    pub(super) fn renew(&mut self, now: Timestamp) {
        if self.time + RENEWAL_INTERVAL <= now {
            self.time = now;
        }
    }
}

/// Why the data of other servers cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SharedDataError {
    /// Written by another version.
    #[error(
        "unsupported version {found} (supported: {known}): run the same version on all servers, or use another prefix"
    )]
    Version {
        /// Found version.
        found: u32,
        /// Supported version.
        known: u32,
    },
    /// Invalid data.
    #[error("invalid data: {0}")]
    Invalid(String),
}

/// Parses a versioned value.
pub(super) fn parse_versioned<T: DeserializeOwned>(text: &[u8], known: u32) -> Result<T, SharedDataError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let damaged = |error: serde_json::Error| SharedDataError::Invalid(error.to_string());
    // Checked first, because a later version may have unknown fields.
    let Version { version: found } = serde_json::from_slice(text).map_err(damaged)?;
    if found != known {
        return Err(SharedDataError::Version { found, known });
    }
    serde_json::from_slice(text).map_err(damaged)
}

impl NotificationLog {
    /// The log as JSON.
    pub fn to_json(&self) -> String {
        // Serialising these types cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Parses a log.
    ///
    /// # Errors
    /// Unsupported version, or invalid data.
    pub fn from_json(text: &[u8]) -> Result<Self, SharedDataError> {
        parse_versioned(text, VERSION)
    }

    /// Ends leases whose resolution was notified, even if other servers still find the alert; `concluded` maps dedup keys to
    /// occurrences.
    pub(super) fn end_leases(&mut self, concluded: &BTreeMap<String, String>, now: Timestamp) {
        for (key, occurrence) in concluded {
            if let Some(lease) = self.leases.get_mut(key).filter(|lease| lease.occurrence == *occurrence) {
                lease.ended.get_or_insert(now);
            }
        }
    }

    /// Drops expired leases; `is_known` says whether this server knows a dedup key and occurrence.
    pub(super) fn expire(&mut self, is_known: impl Fn(&str, &str) -> bool, now: Timestamp) {
        self.leases.retain(|key, lease| match lease.ended {
            Some(ended) => ended + ENDED_RETENTION > now,
            None => lease.time + LEASE_TIMEOUT > now || is_known(key, &lease.occurrence),
        });
        self.shared.expire(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_logs_are_explained() {
        let text = NotificationLog::default().to_json();
        assert_eq!(NotificationLog::from_json(text.as_bytes()), Ok(NotificationLog::default()));
        for (text, expected) in [
            (r#"{"version":2,"more":1}"#, "unsupported version 2 (supported: 1)"),
            ("malformed", "invalid data: expected value"),
            ("[]", "invalid data: "),
            (r#"{"version":1}"#, "invalid data: missing field `claims`"),
        ] {
            let error = NotificationLog::from_json(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
