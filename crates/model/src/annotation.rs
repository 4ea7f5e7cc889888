//! Chart annotations: events at a moment or over a time range.

use crate::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Kind of event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnnotationKind {
    /// Deployment of a new version.
    Deploy,
    /// Restart of a monitored service or of this server.
    Restart,
    /// Anything else.
    #[default]
    Note,
}

/// Unknown annotation kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationKindError(pub String);

impl std::error::Error for AnnotationKindError {}

impl fmt::Display for AnnotationKindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.0.chars().take(40).collect();
        write!(f, "{shown:?} is not an annotation kind: use deploy, restart or note")
    }
}

impl AnnotationKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Deploy, Self::Restart, Self::Note];

    /// Lowercase name, also used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Restart => "restart",
            Self::Note => "note",
        }
    }

    /// Display name. Its first letter marks the annotation on charts.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Deploy => "Deploy",
            Self::Restart => "Restart",
            Self::Note => "Note",
        }
    }
}

impl FromStr for AnnotationKind {
    type Err = AnnotationKindError;

    fn from_str(text: &str) -> Result<Self, AnnotationKindError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| AnnotationKindError(text.to_owned()))
    }
}

/// An event marked on charts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// Unique id; never reused.
    pub id: u64,
    /// Moment of the event, or its start.
    pub time: Timestamp,
    /// End; `None` for a single moment.
    pub end: Option<Timestamp>,
    /// Kind of event.
    pub kind: AnnotationKind,
    /// Text shown to users.
    pub text: String,
    /// Further details, such as a version.
    pub tags: BTreeMap<String, String>,
    /// Name of the user or API token that added it; empty when this server detected the event itself.
    pub author: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_round_trip_and_have_distinct_first_letters() {
        let mut letters: Vec<_> = AnnotationKind::ALL.map(|kind| kind.title().chars().next()).to_vec();
        letters.dedup();
        assert_eq!(letters.len(), AnnotationKind::ALL.len());
        for kind in AnnotationKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("{:?}", kind.as_str()));
        }
        let error = "Deploy".parse::<AnnotationKind>().unwrap_err().to_string();
        assert!(error.contains("\"Deploy\"") && error.contains("deploy, restart or note"), "{error}");
    }
}
