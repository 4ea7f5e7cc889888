//! In-memory store of annotations: validation, ids, limits, and versioned JSON. No I/O.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use thiserror::Error;
use watchglass_model::{Annotation, AnnotationKind, TimeRange, Timestamp, visible};

/// File version; increased by incompatible changes.
const VERSION: u32 = 1;
/// Limit per kind; the oldest are removed. Many restarts therefore cannot displace deploys.
pub(super) const MAX_PER_KIND: usize = 500;
/// Length limit of a text, in characters.
const MAX_TEXT_CHARS: usize = 200;
const MAX_TAGS: usize = 16;
/// Length limit of a tag name, in characters.
const MAX_TAG_NAME_CHARS: usize = 40;
/// Length limit of a tag value, in characters.
const MAX_TAG_VALUE_CHARS: usize = 120;
/// How far in the future an annotation may start, for clock differences and planned work.
const MAX_FUTURE: Duration = Duration::from_secs(86_400);
const MAX_DURATION: Duration = Duration::from_secs(7 * 86_400);

/// Annotation to add.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NewAnnotation {
    pub(crate) text: String,
    pub(crate) kind: AnnotationKind,
    /// Start; `None` for now.
    pub(crate) time: Option<Timestamp>,
    /// End; `None` for a point in time.
    pub(crate) end: Option<Timestamp>,
    pub(crate) tags: BTreeMap<String, String>,
    /// User or token; empty for this server itself.
    pub(crate) author: String,
}

/// Validation error of an annotation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum AnnotationError {
    #[error("text: must have 1 to {MAX_TEXT_CHARS} characters and no control characters")]
    Text,
    #[error(
        "time: must be within the last {0} days and at most one day in the future, in milliseconds since 1970"
    )]
    Time(u64),
    #[error("end: must be at most 7 days after time and not before it, in milliseconds since 1970")]
    End,
    #[error("tags: {0} given, the limit is {MAX_TAGS}")]
    Tags(usize),
    #[error(
        "tags: name {0:?} must have 1 to {MAX_TAG_NAME_CHARS} characters and its value at most {MAX_TAG_VALUE_CHARS}, without control \
         characters"
    )]
    Tag(String),
}

/// Content of the file.
#[derive(Debug, Serialize, Deserialize)]
struct File {
    version: u32,
    next: u64,
    annotations: Vec<Annotation>,
}

/// Annotations, oldest first.
#[derive(Clone, Debug)]
pub(super) struct AnnotationStore {
    next: u64,
    annotations: Vec<Annotation>,
    retention: Duration,
}

impl AnnotationStore {
    /// Empty store; annotations are kept for `retention`.
    pub(super) fn new(retention: Duration) -> Self {
        Self { next: 1, annotations: Vec::new(), retention }
    }

    /// Parses the file content.
    ///
    /// # Errors
    /// Invalid JSON or unknown version.
    pub(super) fn from_json(text: &str, retention: Duration) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.version != VERSION {
            return Err(format!("unknown version {}, expected {VERSION}", file.version));
        }
        // Of versions that did not escape hidden characters, or of a file that was edited.
        let mut annotations: Vec<Annotation> = file.annotations.into_iter().map(escaped).collect();
        annotations.sort_by_key(|annotation| (annotation.time, annotation.id));
        let known = annotations.iter().map(|annotation| annotation.id).max().unwrap_or(0);
        Ok(Self { next: file.next.max(known.saturating_add(1)), annotations, retention })
    }

    /// File content.
    ///
    /// # Errors
    /// None in practice: all fields are texts and numbers.
    pub(super) fn to_json(&self) -> serde_json::Result<String> {
        let file = File { version: VERSION, next: self.next, annotations: self.annotations.clone() };
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }

    /// Adds an annotation, and removes those beyond the retention or the limit.
    ///
    /// # Errors
    /// Invalid field.
    pub(super) fn add(&mut self, new: NewAnnotation, now: Timestamp) -> Result<Annotation, AnnotationError> {
        let text = new.text.trim();
        if !is_valid_text(text, 1, MAX_TEXT_CHARS) {
            return Err(AnnotationError::Text);
        }
        let time = new.time.unwrap_or(now);
        if time < now - self.retention || time > now + MAX_FUTURE {
            return Err(AnnotationError::Time(self.retention.as_secs() / 86_400));
        }
        if new.end.is_some_and(|end| end < time || end > time + MAX_DURATION) {
            return Err(AnnotationError::End);
        }
        if new.tags.len() > MAX_TAGS {
            return Err(AnnotationError::Tags(new.tags.len()));
        }
        let is_invalid = |(name, value): &(&String, &String)| {
            !is_valid_text(name, 1, MAX_TAG_NAME_CHARS) || !is_valid_text(value, 0, MAX_TAG_VALUE_CHARS)
        };
        if let Some((name, _)) = new.tags.iter().find(is_invalid) {
            return Err(AnnotationError::Tag(name.chars().take(MAX_TAG_NAME_CHARS).collect()));
        }
        let annotation = escaped(Annotation {
            id: self.next,
            time,
            end: new.end,
            kind: new.kind,
            text: text.to_owned(),
            tags: new.tags,
            author: new.author,
        });
        self.next = self.next.saturating_add(1);
        let place = self.annotations.partition_point(|known| known.time <= time);
        self.annotations.insert(place, annotation.clone());
        self.prune(now, new.kind);
        Ok(annotation)
    }

    /// Removes an annotation; `None` for an unknown id.
    pub(super) fn remove(&mut self, id: u64) -> Option<Annotation> {
        let place = self.annotations.iter().position(|annotation| annotation.id == id)?;
        Some(self.annotations.remove(place))
    }

    /// At most `limit` annotations that overlap `range`, its end included, newest first.
    pub(super) fn in_range(&self, range: TimeRange, limit: usize) -> Vec<Annotation> {
        let reaches = |annotation: &&Annotation| {
            annotation.time <= range.end && annotation.end.unwrap_or(annotation.time) >= range.start
        };
        self.annotations.iter().rev().filter(reaches).take(limit).cloned().collect()
    }

    fn prune(&mut self, now: Timestamp, kind: AnnotationKind) {
        let oldest = now - self.retention;
        self.annotations.retain(|annotation| annotation.end.unwrap_or(annotation.time) >= oldest);
        let of_kind = |annotation: &Annotation| annotation.kind == kind;
        let mut excess =
            self.annotations.iter().filter(|one| of_kind(one)).count().saturating_sub(MAX_PER_KIND);
        self.annotations.retain(|annotation| {
            let is_excess = excess > 0 && of_kind(annotation);
            excess -= usize::from(is_excess);
            !is_excess
        });
    }
}

/// The annotation with hidden characters escaped: charts, the API and snapshots show it as it is.
fn escaped(annotation: Annotation) -> Annotation {
    let shown = |text: &str| visible(text).into_owned();
    Annotation {
        text: shown(&annotation.text),
        tags: annotation.tags.iter().map(|(name, value)| (shown(name), shown(value))).collect(),
        author: shown(&annotation.author),
        ..annotation
    }
}

fn is_valid_text(text: &str, min_chars: usize, max_chars: usize) -> bool {
    (min_chars..=max_chars).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
