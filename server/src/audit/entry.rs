//! An entry of the audit log, and how it is written down: a line of JSON, version 1. `golden/audit.jsonl` has one of each
//! kind of author.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::fmt;
use std::str::FromStr;
use watchglass_model::Timestamp;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// The most characters of a name.
const MOST_NAME: usize = 200;
/// The most bytes of what was before, and of what is now.
const MOST_VALUE: usize = 2 << 10;

/// By what somebody acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum By {
    /// A person who was signed in, or tried to be.
    User,
    /// A program with a token.
    Token,
    /// A command on the machine of the server.
    Command,
    /// A signed link of a message; who used it is what they said.
    Link,
    /// Nobody who is known.
    Nobody,
}

/// What was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    Rule,
    Silence,
    Acknowledgement,
    Channel,
    Delivery,
    User,
    Token,
    Session,
    Setting,
    Annotation,
    /// Something that says itself what it is by its address.
    Other,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    version: u32,
    /// When.
    pub(crate) time: Timestamp,
    /// By what.
    pub(crate) by: By,
    /// The name of the person, the token, or the system's user.
    pub(crate) who: String,
    /// From where, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    /// To what.
    pub(crate) what: What,
    /// In a word: `added`.
    pub(crate) deed: String,
    /// The name or the id of what was changed.
    pub(crate) subject: String,
    /// What it was before, as far as it is another now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Value>,
    /// What it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<Value>,
}

/// What was before and what is now.
pub(crate) type Change = (Option<Value>, Option<Value>);

impl By {
    /// As it is written.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Token => "token",
            Self::Command => "command",
            Self::Link => "link",
            Self::Nobody => "nobody",
        }
    }
}

impl What {
    /// All of them.
    pub(crate) const ALL: [Self; 11] = [
        Self::Rule,
        Self::Silence,
        Self::Acknowledgement,
        Self::Channel,
        Self::Delivery,
        Self::User,
        Self::Token,
        Self::Session,
        Self::Setting,
        Self::Annotation,
        Self::Other,
    ];

    /// As it is written.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Silence => "silence",
            Self::Acknowledgement => "acknowledgement",
            Self::Channel => "channel",
            Self::Delivery => "delivery",
            Self::User => "user",
            Self::Token => "token",
            Self::Session => "session",
            Self::Setting => "setting",
            Self::Annotation => "annotation",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|one| one.word() == text).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!("what is {shown:?}: it must be one of {}", Self::ALL.map(Self::word).join(", "))
        })
    }
}

impl Entry {
    /// An entry. What is too long is cut, or left out and its length told.
    pub(crate) fn new(
        time: Timestamp,
        (by, who, address): (By, &str, Option<String>),
        (what, deed, subject): (What, &str, &str),
        (from, to): Change,
    ) -> Self {
        let name = |text: &str| text.chars().take(MOST_NAME).collect();
        let (from, to) = differing(from, to);
        Self {
            version: VERSION,
            time,
            by,
            who: name(who),
            address,
            what,
            deed: deed.to_owned(),
            subject: name(subject),
            from: from.map(bounded),
            to: to.map(bounded),
        }
    }

    /// As it is written down, with the end of its line.
    pub(crate) fn line(&self) -> String {
        // Nothing in it can fail to be JSON.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// The entry that was written down as a line; `None` of one that was torn, or is of another version.
    pub(crate) fn read(line: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(line).ok().filter(|entry| entry.version == VERSION)
    }
}

/// Of two objects the fields that differ; of other values all.
fn differing(from: Option<Value>, to: Option<Value>) -> Change {
    match (from, to) {
        (Some(Value::Object(mut from)), Some(Value::Object(mut to))) => {
            let same: Vec<String> = from
                .iter()
                .filter(|(name, value)| to.get(*name) == Some(*value))
                .map(|(name, _)| name.clone())
                .collect();
            for name in &same {
                from.remove(name);
                to.remove(name);
            }
            let some = |fields: Map<String, Value>| (!fields.is_empty()).then_some(Value::Object(fields));
            (some(from), some(to))
        }
        other => other,
    }
}

fn bounded(value: Value) -> Value {
    match value.to_string().len() {
        bytes if bytes > MOST_VALUE => json!({ "bytes": bytes }),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOLDEN: &str = include_str!("../../golden/audit.jsonl");

    fn entries() -> Vec<Entry> {
        let at = |second: i64| Timestamp::from_millis(1_700_000_000_000 + second * 1000);
        let here = || Some("127.0.0.1".to_owned());
        let both = (
            Some(json!({ "warning": 80.0, "name": "CPU" })),
            Some(json!({ "warning": 90.0, "name": "CPU" })),
        );
        vec![
            Entry::new(at(0), (By::User, "ada", here()), (What::Rule, "changed", "cpu"), both),
            Entry::new(
                at(1),
                (By::Token, "ci", here()),
                (What::Silence, "added", "s1"),
                (None, Some(json!({ "author": "ci", "reason": "deployment" }))),
            ),
            Entry::new(at(2), (By::Command, "uid 1000", None), (What::User, "disabled", "bob"), (None, None)),
            Entry::new(
                at(3),
                (By::Link, "eve", here()),
                (What::Acknowledgement, "acknowledged", "disk"),
                (None, Some(json!({ "why": "\"quoted\"\nline" }))),
            ),
            Entry::new(
                at(4),
                (By::Nobody, "", here()),
                (What::Session, "not signed in", "ada"),
                (None, None),
            ),
        ]
    }

    #[test]
    fn entries_are_written_as_before_and_read_again() {
        let text: String = entries().iter().map(Entry::line).collect();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/audit.jsonl"), &text).unwrap();
            return;
        }
        assert_eq!(text, GOLDEN);
        let read: Vec<Entry> = GOLDEN.lines().map(|line| Entry::read(line.as_bytes()).unwrap()).collect();
        assert_eq!(read, entries());
    }

    #[test]
    fn of_objects_what_differs_is_told_and_long_values_by_their_length() {
        let change = |from, to| {
            let entry = Entry::new(
                Timestamp::default(),
                (By::User, &"x".repeat(300), None),
                (What::Rule, "changed", "a"),
                (from, to),
            );
            assert_eq!(entry.who.len(), 200);
            (entry.from, entry.to)
        };
        let same = || Some(json!({ "a": 1 }));
        assert_eq!(change(same(), same()), (None, None));
        assert_eq!(change(same(), None), (same(), None));
        assert_eq!(
            change(Some(json!({ "a": 1, "b": 2 })), Some(json!({ "a": 1, "c": 3 }))),
            (Some(json!({ "b": 2 })), Some(json!({ "c": 3 })))
        );
        let long = Some(json!({ "a": "x".repeat(5000) }));
        assert_eq!(change(None, long).1, Some(json!({ "bytes": 5008 })));
    }

    proptest! {
        #[test]
        fn any_names_come_back_and_stay_in_their_line(who in ".{0,80}", subject in ".{0,80}", to in ".{0,80}") {
            let entry = Entry::new(
                Timestamp::default(),
                (By::User, &who, None),
                (What::Other, "changed", &subject),
                (None, Some(json!(to))),
            );
            let line = entry.line();
            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert_eq!(Entry::read(line.as_bytes()), Some(entry));
        }

        #[test]
        fn any_bytes_are_an_entry_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Entry::read(&bytes);
        }
    }
}
