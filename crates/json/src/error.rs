//! Errors: path of the value, what was found, and what is accepted.

use crate::accepted::{choices, found, in_words};
use crate::tree::Tree;
use serde::de::{Expected, Unexpected};
use std::fmt;

/// Maximum length of a quoted value or name, in characters.
const MAX_QUOTED_CHARS: usize = 60;
/// Maximum number of path segments that are shown.
const MAX_SEGMENTS: usize = 12;

/// Why JSON is not accepted: one line such as `routes[2].seconds is "soon": must be a number`.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonError {
    /// Innermost segment first.
    path: Vec<Segment>,
    reason: Reason,
}

/// Part of the path to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathSegment<'a> {
    /// Field of an object.
    Field(&'a str),
    /// Item of a list, from 0 on.
    Item(usize),
}

#[derive(Clone, Debug, PartialEq)]
enum Segment {
    Field(String),
    Item(usize),
}

#[derive(Clone, Debug, PartialEq)]
enum Reason {
    /// The text as a whole: not JSON.
    Text(String),
    /// Found value, if it may be shown, and the accepted form.
    Value {
        found: Option<String>,
        accepted: String,
    },
    Missing(String),
    Duplicate(String),
    Unknown {
        field: String,
        known: Vec<&'static str>,
    },
    /// A check of the type, in its own words.
    Check(String),
}

impl JsonError {
    pub(crate) fn text(reason: String) -> Self {
        Self { path: Vec::new(), reason: Reason::Text(reason) }
    }

    pub(crate) fn empty() -> Self {
        Self::text("the JSON is empty".to_owned())
    }

    /// An error without a path.
    pub(crate) fn other(error: &serde_json::Error) -> Self {
        Self::text(bounded(&error.to_string(), 200))
    }

    pub(crate) fn value(found: String, accepted: String) -> Self {
        Self { path: Vec::new(), reason: Reason::Value { found: Some(found), accepted } }
    }

    /// The same error of the field `name` of an object.
    pub(crate) fn in_field(mut self, name: &str) -> Self {
        self.path.push(Segment::Field(name.to_owned()));
        self
    }

    /// The same error of an item of a list.
    pub(crate) fn in_item(mut self, index: usize) -> Self {
        self.path.push(Segment::Item(index));
        self
    }

    /// The error with the path of the only field of `tree` that has the value, if the error has no path.
    ///
    /// Tagged enums read their fields from a copy, whose errors have no path.
    pub(crate) fn located_in(self, tree: &Tree) -> Self {
        let (Tree::Object(fields), Reason::Value { found: Some(found), .. }, []) =
            (tree, &self.reason, self.path.as_slice())
        else {
            return self;
        };
        let mut found = fields.iter().filter(|(_, value)| value.in_words() == *found);
        match (found.next(), found.next()) {
            (Some((name, _)), None) => self.in_field(name),
            _ => self,
        }
    }

    /// The error without the value that was found, for JSON that may contain a secret.
    #[must_use]
    pub fn without_value(mut self) -> Self {
        match &mut self.reason {
            Reason::Value { found, .. } => *found = None,
            // A check may quote the value.
            Reason::Check(text) => *text = "invalid value".to_owned(),
            _ => {}
        }
        self
    }

    /// Where the error is, the outermost field or item first; the last one may be an unknown field. Empty for the outermost
    /// value.
    pub fn location(&self) -> Vec<PathSegment<'_>> {
        let segments = self.path.iter().rev().map(|segment| match segment {
            Segment::Field(name) => PathSegment::Field(name),
            Segment::Item(index) => PathSegment::Item(*index),
        });
        let unknown = match &self.reason {
            Reason::Unknown { field, .. } => Some(PathSegment::Field(field)),
            _ => None,
        };
        segments.chain(unknown).collect()
    }

    /// Whether a field of the outermost value is missing.
    pub fn is_missing_field(&self) -> bool {
        self.path.is_empty() && matches!(self.reason, Reason::Missing(_))
    }

    /// The error with the outermost field `name` under `other`, the name that the author of the JSON knows.
    #[must_use]
    pub fn with_field_renamed(mut self, name: &str, other: &str) -> Self {
        if let Some(Segment::Field(field)) = self.path.last_mut()
            && field == name
        {
            other.clone_into(field);
        }
        self
    }

    /// Path such as `routes[2].seconds`, with `last` as an additional field; empty for the outermost value.
    fn path(&self, last: Option<&str>) -> String {
        let mut text = String::new();
        let field = |name: &str, text: &mut String| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            if name.is_empty() || name.len() > MAX_QUOTED_CHARS || !name.bytes().all(is_plain) {
                text.push_str(&format!("[{}]", quoted(name)));
            } else {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
        };
        if self.path.len() > MAX_SEGMENTS {
            text.push('…');
        }
        let shown = self.path.iter().take(MAX_SEGMENTS).rev();
        for segment in shown {
            match segment {
                Segment::Field(name) => field(name, &mut text),
                Segment::Item(index) => text.push_str(&format!("[{index}]")),
            }
        }
        last.into_iter().for_each(|name| field(name, &mut text));
        text
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |path: String| if path.is_empty() { "the value".to_owned() } else { path };
        match &self.reason {
            Reason::Text(text) => f.write_str(text),
            Reason::Value { found: Some(found), accepted } => {
                write!(f, "{} is {found}: must be {accepted}", named(self.path(None)))
            }
            Reason::Value { found: None, accepted } => {
                write!(f, "{} must be {accepted}", named(self.path(None)))
            }
            Reason::Missing(field) => write!(f, "{} is missing", self.path(Some(field))),
            Reason::Duplicate(field) => write!(f, "{} is given more than once", self.path(Some(field))),
            Reason::Unknown { field, known } if known.is_empty() => {
                write!(f, "unknown field {}: no field is accepted here", self.path(Some(field)))
            }
            Reason::Unknown { field, known } => {
                write!(f, "unknown field {}: known are {}", self.path(Some(field)), choices(known))
            }
            Reason::Check(text) => match self.path(None) {
                path if path.is_empty() => f.write_str(text),
                path => write!(f, "{path}: {text}"),
            },
        }
    }
}

impl std::error::Error for JsonError {}

impl serde::de::Error for JsonError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self { path: Vec::new(), reason: Reason::Check(text.to_string()) }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::value(found(&unexpected), in_words(&expected.to_string()))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        let values = if length == 1 { "value" } else { "values" };
        Self::value(format!("a list of {length} {values}"), in_words(&expected.to_string()))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::value(quoted(variant), choices(expected))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let reason = Reason::Unknown { field: field.to_owned(), known: expected.to_vec() };
        Self { path: Vec::new(), reason }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { path: Vec::new(), reason: Reason::Missing(field.to_owned()) }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self { path: Vec::new(), reason: Reason::Duplicate(field.to_owned()) }
    }
}

/// The start of `text` in quotation marks, with control and direction characters escaped.
pub(crate) fn quoted(text: &str) -> String {
    format!("{:?}", bounded(text, MAX_QUOTED_CHARS))
}

fn bounded(text: &str, max: usize) -> String {
    let mut chars = text.chars();
    let mut start: String = chars.by_ref().take(max).collect();
    if chars.next().is_some() {
        start.push('…');
    }
    start
}
