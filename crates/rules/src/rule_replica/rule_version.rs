//! A replicated rule and its JSON for other servers: `{"stamp":{"time":…,"server":"…"},"rule":{…}}` with a whole rule,
//! `"changed":{…}` with [`RuleOverride`] from a built-in rule, and neither for a rule that is removed or reset to its
//! default.

use crate::builtin::{RuleOverride, RuleOverrideError};
use crate::{Rule, RuleError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use thiserror::Error;
use watchglass_model::Timestamp;

/// Maximum size as JSON, in bytes: more than any rule accepted by the API.
pub(super) const MAX_BYTES: usize = 256 << 10;
/// Maximum length of a server id, in bytes.
const MAX_SERVER_ID_BYTES: usize = 64;

/// Time and server of a change. Unique per rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Clock of that server.
    pub time: Timestamp,
    /// Server id; empty for a server that is not in a cluster.
    pub server: String,
}

impl Version {
    /// Version of a change made now on `server`: later than `known`, whatever the clock says.
    pub fn after(known: Option<&Self>, server: &str, now: Timestamp) -> Self {
        let least = known.map(|known| known.time + Duration::from_millis(1));
        Self { time: least.map_or(now, |least| least.max(now)), server: server.to_owned() }
    }
}

/// A version of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleVersion {
    #[serde(rename = "stamp")]
    version: Version,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<Value>,
    #[serde(default, rename = "changed", skip_serializing_if = "Option::is_none")]
    rule_override: Option<Value>,
}

/// Why a replicated rule cannot be used.
#[derive(Debug, Error)]
pub enum RuleVersionError {
    /// Too long.
    #[error("too long: {0} bytes (maximum {MAX_BYTES})")]
    TooLong(usize),
    /// Invalid JSON or fields.
    #[error("invalid JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Server id too long.
    #[error("server id too long: {0} bytes (maximum {MAX_SERVER_ID_BYTES})")]
    Server(usize),
    /// Both a rule and an override.
    #[error("contains both `rule` and `changed`; only one is allowed")]
    Both,
    /// Id of another rule.
    #[error("contains rule {0:?}")]
    OtherId(String),
    /// Override of an unknown built-in rule, or an invalid result.
    #[error(transparent)]
    Override(#[from] RuleOverrideError),
    /// Invalid rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
}

impl RuleVersion {
    /// A rule; without one, its removal or reset to the default.
    pub fn new(rule: Option<&Rule>, version: Version) -> Self {
        // Serialising these types cannot fail.
        let value = |written: serde_json::Result<Value>| written.ok();
        let rule_override =
            rule.and_then(RuleOverride::of).and_then(|changed| value(serde_json::to_value(changed)));
        let whole =
            rule.filter(|_| rule_override.is_none()).and_then(|rule| value(serde_json::to_value(rule)));
        Self { version, rule: whole, rule_override }
    }

    /// Time and server of the change.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Whether the rule is removed or reset to its default.
    pub fn is_tombstone(&self) -> bool {
        self.rule.is_none() && self.rule_override.is_none()
    }

    /// The rule for `id`; `None` when it is removed.
    ///
    /// # Errors
    /// Id of another rule, or a rule that this program cannot evaluate.
    pub fn rule(&self, id: &str) -> Result<Option<Rule>, RuleVersionError> {
        let rule = match (&self.rule, &self.rule_override) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err(RuleVersionError::Both),
            (Some(rule), None) => Rule::deserialize(rule)?,
            (None, Some(rule_override)) => RuleOverride::deserialize(rule_override)?.apply()?,
        };
        if rule.id != id {
            return Err(RuleVersionError::OtherId(rule.id.chars().take(100).collect()));
        }
        rule.check()?;
        Ok(Some(rule))
    }

    /// The version as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Parses a version without validating its rule.
    ///
    /// # Errors
    /// Too long, or invalid JSON.
    pub fn from_json(text: &[u8]) -> Result<Self, RuleVersionError> {
        if text.len() > MAX_BYTES {
            return Err(RuleVersionError::TooLong(text.len()));
        }
        let rule_version: Self = serde_json::from_slice(text)?;
        match rule_version.version.server.len() {
            length if length > MAX_SERVER_ID_BYTES => Err(RuleVersionError::Server(length)),
            _ => Ok(rule_version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin;
    use serde_json::json;

    fn version(second: i64, server: &str) -> Version {
        Version { time: Timestamp::from_millis(second * 1000), server: server.to_owned() }
    }

    fn own() -> Rule {
        Rule { warning: Some(1.0), ..Rule::new("own", "Own", "m", "cpu") }
    }

    #[test]
    fn json_format_is_stable() {
        let disk = Rule { warning: Some(0.8), recovery: None, ..builtin::find("disk").unwrap() };
        for (id, rule, expected) in [
            (
                "own",
                Some(own()),
                r#"{"stamp":{"time":7000,"server":"a"},"rule":{"absent_severity":"warning","aggregation":"last","comparison":"above","component":"cpu","id":"own","metric":"m","name":"Own","warning":1.0}}"#,
            ),
            (
                "disk",
                Some(disk),
                r#"{"stamp":{"time":7000,"server":"a"},"changed":{"id":"disk","set":{"warning":0.8},"unset":["recovery"]}}"#,
            ),
            ("own", None, r#"{"stamp":{"time":7000,"server":"a"}}"#),
        ] {
            let rule_version = RuleVersion::new(rule.as_ref(), version(7, "a"));
            assert_eq!(rule_version.to_json(), expected);
            let read = RuleVersion::from_json(expected.as_bytes()).unwrap();
            assert_eq!((read.rule(id).unwrap(), read.is_tombstone()), (rule.clone(), rule.is_none()));
            assert_eq!(read, rule_version);
        }
    }

    #[test]
    fn invalid_versions_are_explained() {
        let version = json!({ "time": 1, "server": "a" });
        for (text, expected) in [
            ("malformed".to_owned(), "invalid JSON: expected value"),
            ("{}".to_owned(), "invalid JSON: missing field `stamp`"),
            (json!({ "stamp": version, "x": 1 }).to_string(), "invalid JSON: unknown field `x`"),
            (" ".repeat(MAX_BYTES + 1), "too long: 262145 bytes (maximum 262144)"),
            (
                json!({ "stamp": { "time": 1, "server": "a".repeat(65) } }).to_string(),
                "server id too long: 65 bytes",
            ),
            (json!({ "stamp": version, "rule": 3 }).to_string(), "invalid JSON: invalid type"),
            (
                json!({ "stamp": version, "rule": {}, "changed": {} }).to_string(),
                "contains both `rule` and `changed`",
            ),
            (
                json!({ "stamp": version, "rule": { "id": "own", "name": "N", "metric": "m", "component": "c" } })
                    .to_string(),
                "rule \"own\": warning: a threshold or no_data_seconds",
            ),
            (
                json!({ "stamp": version, "changed": { "id": "disk", "set": { "enabled": false } } }).to_string(),
                "contains rule \"disk\"",
            ),
            (
                json!({ "stamp": version, "changed": { "id": "own" } }).to_string(),
                "unknown built-in rule \"own\"",
            ),
        ] {
            let read = RuleVersion::from_json(text.as_bytes()).and_then(|rule_version| rule_version.rule("own"));
            let error = read.unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text:.100}: {error}");
        }
    }

    #[test]
    fn change_is_later_than_known_version_whatever_the_clock_says() {
        let first = Version::after(None, "a", Timestamp::from_millis(5000));
        assert_eq!(first, version(5, "a"));
        let late = Version::after(Some(&first), "b", Timestamp::from_millis(1000));
        assert_eq!((late.time.millis(), late.server.as_str()), (5001, "b"));
        assert!(late > first);
        assert_eq!(Version::after(Some(&first), "b", Timestamp::from_millis(9000)), version(9, "b"));
    }
}
