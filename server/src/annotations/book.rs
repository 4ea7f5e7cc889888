//! The annotations there are: checked, numbered, bounded, and written as JSON with a version. Pure.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use thiserror::Error;
use watchglass_model::{Annotation, AnnotationKind, TimeRange, Timestamp};

/// Version of the file. It changes when a program of the version before could not read what is written.
const VERSION: u32 = 1;
/// The most of each kind; the oldest give way. So a server that is started again and again displaces no deploy.
pub(super) const MOST_OF_A_KIND: usize = 500;
/// The longest text, in characters.
const LONGEST_TEXT: usize = 200;
/// The most tags.
const MOST_TAGS: usize = 16;
/// The longest name of a tag, in characters.
const LONGEST_NAME: usize = 40;
/// The longest value of a tag, in characters.
const LONGEST_VALUE: usize = 120;
/// How far ahead something may be said to begin: no further than clocks differ and work is planned.
const AHEAD: Duration = Duration::from_secs(86_400);
/// How long something may take.
const LONGEST: Duration = Duration::from_secs(7 * 86_400);

/// What is to be marked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NewAnnotation {
    /// What people are told.
    pub(crate) text: String,
    /// What it was.
    pub(crate) kind: AnnotationKind,
    /// When, or since when; `None` for now.
    pub(crate) time: Option<Timestamp>,
    /// Until when; `None` for a moment.
    pub(crate) end: Option<Timestamp>,
    /// Anything else that is known of it.
    pub(crate) tags: BTreeMap<String, String>,
    /// Who says so; empty for this server.
    pub(crate) author: String,
}

/// Why something cannot be marked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum AnnotationError {
    /// The text.
    #[error("text: it must have from 1 to {LONGEST_TEXT} characters, none of them a control character")]
    Text,
    /// The beginning.
    #[error(
        "time: it must lie within what is kept, the last {0} days, and at most a day ahead; in milliseconds since 1970"
    )]
    Time(u64),
    /// The end.
    #[error("end: it must not be before the time, nor more than 7 days after it; in milliseconds since 1970")]
    End,
    /// How many tags.
    #[error("tags: there are {0}, and at most {MOST_TAGS} can be")]
    Tags(usize),
    /// One of them.
    #[error(
        "tags: the name {0:?} must have from 1 to {LONGEST_NAME} characters, its value at most {LONGEST_VALUE}, none of them a \
         control character"
    )]
    Tag(String),
}

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
struct File {
    version: u32,
    next: u64,
    annotations: Vec<Annotation>,
}

/// The annotations, the oldest first.
#[derive(Clone, Debug)]
pub(super) struct Book {
    next: u64,
    annotations: Vec<Annotation>,
    retention: Duration,
}

impl Book {
    /// Without any. They are kept for `retention`.
    pub(super) fn new(retention: Duration) -> Self {
        Self { next: 1, annotations: Vec::new(), retention }
    }

    /// Those that [`Book::to_json`] has written.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub(super) fn from_json(text: &str, retention: Duration) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.version != VERSION {
            return Err(format!("it has version {}, and this program reads {VERSION}", file.version));
        }
        let mut annotations = file.annotations;
        annotations.sort_by_key(|annotation| (annotation.time, annotation.id));
        let known = annotations.iter().map(|annotation| annotation.id).max().unwrap_or(0);
        Ok(Self { next: file.next.max(known.saturating_add(1)), annotations, retention })
    }

    /// As the file has them.
    ///
    /// # Errors
    /// None that texts and numbers could cause.
    pub(super) fn to_json(&self) -> serde_json::Result<String> {
        let file = File { version: VERSION, next: self.next, annotations: self.annotations.clone() };
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }

    /// Adds one, and forgets what is too old or too much.
    ///
    /// # Errors
    /// What cannot be marked.
    pub(super) fn add(&mut self, new: NewAnnotation, now: Timestamp) -> Result<Annotation, AnnotationError> {
        let text = new.text.trim();
        if !is_fit(text, 1, LONGEST_TEXT) {
            return Err(AnnotationError::Text);
        }
        let time = new.time.unwrap_or(now);
        if time < now - self.retention || time > now + AHEAD {
            return Err(AnnotationError::Time(self.retention.as_secs() / 86_400));
        }
        if new.end.is_some_and(|end| end < time || end > time + LONGEST) {
            return Err(AnnotationError::End);
        }
        if new.tags.len() > MOST_TAGS {
            return Err(AnnotationError::Tags(new.tags.len()));
        }
        let odd = |(name, value): &(&String, &String)| {
            !is_fit(name, 1, LONGEST_NAME) || !is_fit(value, 0, LONGEST_VALUE)
        };
        if let Some((name, _)) = new.tags.iter().find(odd) {
            return Err(AnnotationError::Tag(name.chars().take(LONGEST_NAME).collect()));
        }
        let annotation = Annotation {
            id: self.next,
            time,
            end: new.end,
            kind: new.kind,
            text: text.to_owned(),
            tags: new.tags,
            author: new.author,
        };
        self.next = self.next.saturating_add(1);
        let place = self.annotations.partition_point(|known| known.time <= time);
        self.annotations.insert(place, annotation.clone());
        self.forget(now, new.kind);
        Ok(annotation)
    }

    /// Takes one away. `None` when there is none with that id.
    pub(super) fn remove(&mut self, id: u64) -> Option<Annotation> {
        let place = self.annotations.iter().position(|annotation| annotation.id == id)?;
        Some(self.annotations.remove(place))
    }

    /// Those that reach into `range`, its end included, the latest first, at most so many.
    pub(super) fn within(&self, range: TimeRange, most: usize) -> Vec<Annotation> {
        let reaches = |annotation: &&Annotation| {
            annotation.time <= range.end && annotation.end.unwrap_or(annotation.time) >= range.start
        };
        self.annotations.iter().rev().filter(reaches).take(most).cloned().collect()
    }

    fn forget(&mut self, now: Timestamp, kind: AnnotationKind) {
        let oldest = now - self.retention;
        self.annotations.retain(|annotation| annotation.end.unwrap_or(annotation.time) >= oldest);
        let of_kind = |annotation: &Annotation| annotation.kind == kind;
        let mut excess =
            self.annotations.iter().filter(|one| of_kind(one)).count().saturating_sub(MOST_OF_A_KIND);
        self.annotations.retain(|annotation| {
            let goes = excess > 0 && of_kind(annotation);
            excess -= usize::from(goes);
            !goes
        });
    }
}

fn is_fit(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
