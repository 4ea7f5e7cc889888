//! Status of a server for its peers: a heartbeat with its active alerts that expires unless renewed.

use super::super::acknowledgement::Acknowledgement;
use super::super::notification::Inhibition;
use super::notification_log::{self, SharedDataError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use watchglass_rules::{Alert, AlertKey};

/// Version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// Maximum size as JSON, in bytes. Alerts that do not fit are counted.
const MAX_BYTES: usize = 1 << 20;

/// Maximum number of shared resolved alerts.
const MAX_PAST_ALERTS: usize = 1000;

/// Status of one server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerStatus {
    version: u32,
    /// Server id.
    pub server: String,
    /// Host name.
    pub host: String,
    /// Standing for each dedup key that it finds.
    #[serde(rename = "incidents")]
    pub standings: BTreeMap<String, AlertStanding>,
    /// Firing alerts, the newest first.
    pub alerts: Vec<Alert>,
    /// Number of further alerts.
    pub more: usize,
    /// Acknowledgements of these alerts.
    pub acknowledged: Vec<Acknowledgement>,
    /// Inhibited ones among them.
    #[serde(rename = "because_of")]
    pub inhibited: Vec<Inhibition>,
    /// Revision of the resolved alerts; [`PastAlerts`] needs to be read again only when it changes.
    #[serde(rename = "past")]
    pub past_revision: u64,
}

/// Standing of a server for a dedup key; the greater one is the better owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStanding {
    /// Resolved here, and not notified yet.
    #[serde(rename = "over")]
    Resolved,
    /// Firing, but suppressed here by a silence or inhibition.
    #[serde(rename = "quiet")]
    Suppressed,
    /// Firing.
    #[serde(rename = "open")]
    Firing,
}

impl PeerStatus {
    pub(super) fn new(server: &str, host: &str, incidents: BTreeMap<String, AlertStanding>) -> Self {
        Self {
            version: VERSION,
            server: server.to_owned(),
            host: host.to_owned(),
            standings: incidents,
            ..Self::default()
        }
    }

    /// The status as JSON; alerts that do not fit are only counted.
    pub fn to_json(&self) -> String {
        let mut status = self.clone();
        loop {
            // Serialising these types cannot fail.
            let text = serde_json::to_string(&status).unwrap_or_default();
            if text.len() <= MAX_BYTES || status.alerts.is_empty() {
                return text;
            }
            let kept = status.alerts.len() / 2;
            status.more += status.alerts.len() - kept;
            status.alerts.truncate(kept);
            let kept: BTreeSet<&AlertKey> = status.alerts.iter().map(|alert| &alert.key).collect();
            status.acknowledged.retain(|note| kept.contains(&note.key));
            status.inhibited.retain(|because| kept.contains(&because.alert));
        }
    }

    /// Parses a status.
    ///
    /// # Errors
    /// Unsupported version, or invalid data.
    pub fn from_json(text: &[u8]) -> Result<Self, SharedDataError> {
        notification_log::parse_versioned(text, VERSION)
    }
}

/// Resolved alerts of a server, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastAlerts {
    version: u32,
    /// At most 1000.
    pub alerts: Vec<Alert>,
}

impl PastAlerts {
    /// Resolved alerts, truncated to the maximum.
    pub fn new(mut alerts: Vec<Alert>) -> Self {
        alerts.truncate(MAX_PAST_ALERTS);
        Self { version: VERSION, alerts }
    }

    /// The alerts as JSON.
    pub fn to_json(&self) -> String {
        // Serialising these types cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Parses resolved alerts.
    ///
    /// # Errors
    /// Unsupported version, or invalid data.
    pub fn from_json(text: &[u8]) -> Result<Self, SharedDataError> {
        notification_log::parse_versioned(text, VERSION).map(|past: Self| Self::new(past.alerts))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::alert;
    use super::*;

    #[test]
    fn oversized_status_counts_omitted_alerts() {
        let mut status = PeerStatus::new("a", "h", BTreeMap::new());
        for number in 0..10_000 {
            status.alerts.push(alert(&format!("rule-{number}"), &[("host", "h")]));
        }
        let text = status.to_json();
        assert!(text.len() <= MAX_BYTES && text.len() > MAX_BYTES / 4, "{}", text.len());
        let read = PeerStatus::from_json(text.as_bytes()).unwrap();
        assert_eq!(read.alerts.len() + read.more, 10_000);
        assert_eq!(read.alerts[0].key.rule, "rule-0");
    }
}
