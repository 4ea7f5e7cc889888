//! What explains a chart: something that was done or happened, at a moment or for a while.

use crate::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What was done or happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnnotationKind {
    /// A new version was brought to work.
    Deploy,
    /// Something that is watched, or this server, was started again.
    Restart,
    /// Anything else.
    #[default]
    Note,
}

/// A word that is no kind of annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationKindError(pub String);

impl std::error::Error for AnnotationKindError {}

impl fmt::Display for AnnotationKindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.0.chars().take(40).collect();
        write!(f, "{shown:?} is no kind of annotation: it must be one of deploy, restart, note")
    }
}

impl AnnotationKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Deploy, Self::Restart, Self::Note];

    /// The word for it, which is also that of JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Restart => "restart",
            Self::Note => "note",
        }
    }

    /// The word at the beginning of a line. Its first letter is its sign on charts.
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
            .find(|kind| kind.word() == text)
            .ok_or_else(|| AnnotationKindError(text.to_owned()))
    }
}

/// Something that was done or happened, as charts mark it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// What it is referred to by: a number that is given once.
    pub id: u64,
    /// When, or since when.
    pub time: Timestamp,
    /// Until when; `None` for a moment.
    pub end: Option<Timestamp>,
    /// What it was.
    pub kind: AnnotationKind,
    /// What people are told.
    pub text: String,
    /// Anything else that is known of it, such as a version.
    pub tags: BTreeMap<String, String>,
    /// Who said so: the name of a person or of a token; empty for what this server has seen by itself.
    pub author: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_as_they_are_written_and_begin_with_a_letter_of_their_own() {
        let mut letters: Vec<_> = AnnotationKind::ALL.map(|kind| kind.title().chars().next()).to_vec();
        letters.dedup();
        assert_eq!(letters.len(), AnnotationKind::ALL.len());
        for kind in AnnotationKind::ALL {
            assert_eq!(kind.word().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("{:?}", kind.word()));
        }
        let error = "Deploy".parse::<AnnotationKind>().unwrap_err().to_string();
        assert!(error.contains("\"Deploy\"") && error.contains("deploy, restart, note"), "{error}");
    }
}
