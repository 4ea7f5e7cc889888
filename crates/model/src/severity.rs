//! Severity of rules, alerts and notifications.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Severity, ordered from least to most severe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Informational; no action needed.
    #[default]
    Info,
    /// Will become a problem if nothing is done.
    Warning,
    /// Needs action now.
    Critical,
}

impl Severity {
    /// All severities, least severe first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// Lowercase name, also used in JSON: `info`, `warning` or `critical`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// Display name: `Info`, `Warning` or `Critical`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Info => "Info",
            Self::Warning => "Warning",
            Self::Critical => "Critical",
        }
    }

    /// Incident level as numbered in the cache guide: 1 critical, 2 major, 3 minor.
    pub const fn incident_level(self) -> u8 {
        match self {
            Self::Info => 3,
            Self::Warning => 2,
            Self::Critical => 1,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_ordered_and_map_to_incident_levels() {
        assert!(Severity::ALL.is_sorted());
        assert_eq!(Severity::ALL.map(Severity::incident_level), [3, 2, 1]);
    }

    #[test]
    fn severity_names_are_consistent() {
        for severity in Severity::ALL {
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.as_str());
            assert_eq!(severity.to_string(), severity.as_str());
            assert_eq!(severity.title().to_lowercase(), severity.as_str());
            assert_eq!(serde_json::from_value::<Severity>(severity.as_str().into()).unwrap(), severity);
        }
    }
}
