//! Entry of the audit log, stored as one line of JSON, version 1. `golden/audit.jsonl` has one entry per kind of actor.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::fmt;
use std::str::FromStr;
use watchglass_model::Timestamp;

/// The version that is written and read.
const VERSION: u32 = 1;
/// The longest name in characters.
const MAX_NAME_CHARS: usize = 200;
/// The longest value before or after a change, in bytes.
const MAX_VALUE_BYTES: usize = 2 << 10;

/// Kind of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ActorKind {
    /// A signed-in user, or a user who tried to sign in.
    User,
    /// A client with an API token.
    Token,
    /// A command line on the machine of the server.
    Command,
    /// A signed action link of a notification; the name is what the user entered.
    Link,
    /// An unauthenticated client.
    #[serde(rename = "nobody")]
    Anonymous,
}

/// Type of the changed object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AuditTarget {
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
    /// Anything else; the subject is its URL path.
    Other,
}

/// An action in the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    version: u32,
    pub(crate) time: Timestamp,
    pub(crate) by: ActorKind,
    /// Name of the user or the token, or id of the operating system's user.
    pub(crate) who: String,
    /// Client address, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    pub(crate) what: AuditTarget,
    /// The action, such as `added`.
    #[serde(rename = "deed")]
    pub(crate) action: String,
    /// Name or id of the changed object.
    pub(crate) subject: String,
    /// Changed fields before the action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Value>,
    /// Changed fields after the action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<Value>,
}

/// Values before and after an action.
pub(crate) type Change = (Option<Value>, Option<Value>);

impl ActorKind {
    /// Name in the log and in the API.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Token => "token",
            Self::Command => "command",
            Self::Link => "link",
            Self::Anonymous => "nobody",
        }
    }
}

impl AuditTarget {
    /// All types.
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

    /// Name in the log and in the API.
    pub(crate) const fn name(self) -> &'static str {
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

impl fmt::Display for AuditTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for AuditTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|target| target.name() == text).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!("what is {shown:?}: it must be one of {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

impl Entry {
    /// A new entry. Long names are truncated; long values are replaced by their length.
    pub(crate) fn new(
        time: Timestamp,
        (by, who, address): (ActorKind, &str, Option<String>),
        (what, action, subject): (AuditTarget, &str, &str),
        (from, to): Change,
    ) -> Self {
        let name = |text: &str| text.chars().take(MAX_NAME_CHARS).collect();
        let (from, to) = differing(from, to);
        Self {
            version: VERSION,
            time,
            by,
            who: name(who),
            address,
            what,
            action: action.to_owned(),
            subject: name(subject),
            from: from.map(bounded),
            to: to.map(bounded),
        }
    }

    /// The entry as a line of JSON, with its line end.
    pub(crate) fn line(&self) -> String {
        // Serialisation of these types cannot fail.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// Parses a line; `None` if it is truncated or of another version.
    pub(crate) fn read(line: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(line).ok().filter(|entry| entry.version == VERSION)
    }
}

/// The differing fields of two objects; other values unchanged.
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
        bytes if bytes > MAX_VALUE_BYTES => json!({ "bytes": bytes }),
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
            Entry::new(at(0), (ActorKind::User, "ada", here()), (AuditTarget::Rule, "changed", "cpu"), both),
            Entry::new(
                at(1),
                (ActorKind::Token, "ci", here()),
                (AuditTarget::Silence, "added", "s1"),
                (None, Some(json!({ "author": "ci", "reason": "deployment" }))),
            ),
            Entry::new(
                at(2),
                (ActorKind::Command, "uid 1000", None),
                (AuditTarget::User, "disabled", "bob"),
                (None, None),
            ),
            Entry::new(
                at(3),
                (ActorKind::Link, "eve", here()),
                (AuditTarget::Acknowledgement, "acknowledged", "disk"),
                (None, Some(json!({ "why": "\"quoted\"\nline" }))),
            ),
            Entry::new(
                at(4),
                (ActorKind::Anonymous, "", here()),
                (AuditTarget::Session, "not signed in", "ada"),
                (None, None),
            ),
        ]
    }

    #[test]
    fn entries_match_the_golden_file_and_round_trip() {
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
    fn entries_keep_differing_fields_and_lengths_of_long_values() {
        let change = |from, to| {
            let entry = Entry::new(
                Timestamp::default(),
                (ActorKind::User, &"x".repeat(300), None),
                (AuditTarget::Rule, "changed", "a"),
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
        fn any_names_round_trip_in_one_line(who in ".{0,80}", subject in ".{0,80}", to in ".{0,80}") {
            let entry = Entry::new(
                Timestamp::default(),
                (ActorKind::User, &who, None),
                (AuditTarget::Other, "changed", &subject),
                (None, Some(json!(to))),
            );
            let line = entry.line();
            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert_eq!(Entry::read(line.as_bytes()), Some(entry));
        }

        #[test]
        fn any_bytes_are_parsed_or_rejected(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Entry::read(&bytes);
        }
    }
}
