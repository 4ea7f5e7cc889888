//! How bad something is, in the words that rules, alerts and messages share.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How bad it is. Ordered: the worst is the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know; nobody has to get up.
    #[default]
    Info,
    /// Worth a look: it will be a problem if nothing is done.
    Warning,
    /// It is a problem: somebody should act now.
    Critical,
}

impl Severity {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The word for it, which is also that of JSON: `info`, `warning` or `critical`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The word at the beginning of a line: `Info`, `Warning` or `Critical`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Info => "Info",
            Self::Warning => "Warning",
            Self::Critical => "Critical",
        }
    }

    /// The level of the incident, as the cache guide counts them: 1 is critical, 2 major, 3 minor.
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
        f.write_str(self.word())
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
    fn each_has_one_word_everywhere() {
        for severity in Severity::ALL {
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.word());
            assert_eq!(severity.to_string(), severity.word());
            assert_eq!(severity.title().to_lowercase(), severity.word());
            assert_eq!(serde_json::from_value::<Severity>(severity.word().into()).unwrap(), severity);
        }
    }
}
