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
    Alert,
    Channel,
    Delivery,
    User,
    Token,
    Session,
    Setting,
    Annotation,
    Heartbeat,
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
    pub(crate) const ALL: [Self; 13] = [
        Self::Rule,
        Self::Silence,
        Self::Acknowledgement,
        Self::Alert,
        Self::Channel,
        Self::Delivery,
        Self::User,
        Self::Token,
        Self::Session,
        Self::Setting,
        Self::Annotation,
        Self::Heartbeat,
        Self::Other,
    ];

    /// Name in the log and in the API.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Silence => "silence",
            Self::Acknowledgement => "acknowledgement",
            Self::Alert => "alert",
            Self::Channel => "channel",
            Self::Delivery => "delivery",
            Self::User => "user",
            Self::Token => "token",
            Self::Session => "session",
            Self::Setting => "setting",
            Self::Annotation => "annotation",
            Self::Heartbeat => "heartbeat",
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
#[path = "entry_tests.rs"]
mod tests;
