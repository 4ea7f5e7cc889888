//! What was said of one rule, as it is written for other servers:
//! `{"stamp":{"time":…,"server":"…"},"rule":{…}}` with a whole rule, `"changed":{…}` with the [`Differences`] from a stock
//! rule, and neither for a rule that is gone or as it comes with the program.

use crate::stock::{Differences, DifferencesError};
use crate::{Rule, RuleError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cmp::Ordering;
use std::time::Duration;
use thiserror::Error;
use watchglass_model::Timestamp;

/// The most bytes of a saying as JSON: no rule that the API takes has as many.
const MOST_BYTES: usize = 256 << 10;
/// The most bytes of a server's id.
const MOST_SERVER: usize = 64;

/// When and where something was said. No two sayings of a rule have the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    /// By the clock of that server.
    pub time: Timestamp,
    /// Its id; empty for one that shares with nobody.
    pub server: String,
}

impl Stamp {
    /// Said now on `server`: whatever the clock says, that is after what was `known`.
    pub fn after(known: Option<&Self>, server: &str, now: Timestamp) -> Self {
        let least = known.map(|known| known.time + Duration::from_millis(1));
        Self { time: least.map_or(now, |least| least.max(now)), server: server.to_owned() }
    }
}

/// What was said of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saying {
    stamp: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed: Option<Value>,
}

/// Why a saying cannot be used.
#[derive(Debug, Error)]
pub enum SayingError {
    /// It has too many bytes.
    #[error("it has {0} bytes: at most {MOST_BYTES} can be")]
    TooLong(usize),
    /// It is something else.
    #[error("it cannot be understood: {0}")]
    Json(#[from] serde_json::Error),
    /// The id of its server is too long.
    #[error("the id of its server has {0} bytes: at most {MOST_SERVER} can be")]
    Server(usize),
    /// It says two things.
    #[error("it has both a rule and what differs from one: only one of them can be")]
    Both,
    /// It is about another rule.
    #[error("it is about the rule {0:?}")]
    OtherId(String),
    /// It differs from what is no stock rule, or so that it cannot be judged.
    #[error(transparent)]
    Differences(#[from] DifferencesError),
    /// It cannot be judged.
    #[error(transparent)]
    Rule(#[from] RuleError),
}

impl Saying {
    /// That a rule is to be so; without one, that it is gone, or as it comes with the program.
    pub fn new(rule: Option<&Rule>, stamp: Stamp) -> Self {
        // None of their parts can fail to be written.
        let value = |written: serde_json::Result<Value>| written.ok();
        let changed = rule.and_then(Differences::of).and_then(|changed| value(serde_json::to_value(changed)));
        let whole = rule.filter(|_| changed.is_none()).and_then(|rule| value(serde_json::to_value(rule)));
        Self { stamp, rule: whole, changed }
    }

    /// When and where it was said.
    pub fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// Whether it says that there is nothing but what comes with the program.
    pub fn is_gone(&self) -> bool {
        self.rule.is_none() && self.changed.is_none()
    }

    /// Whether this is what counts of the two: what was said later, and of what was said at once that it is gone.
    pub fn is_after(&self, other: &Self) -> bool {
        // Should two have the same stamp after all, what counts is that all servers take the same.
        let order = self.stamp.cmp(&other.stamp).then_with(|| self.is_gone().cmp(&other.is_gone()));
        order.then_with(|| self.to_json().cmp(&other.to_json())) == Ordering::Greater
    }

    /// The rule that it wants for `id`; `None` when it is gone.
    ///
    /// # Errors
    /// It is about another rule, or one that this program cannot judge.
    pub fn rule(&self, id: &str) -> Result<Option<Rule>, SayingError> {
        let rule = match (&self.rule, &self.changed) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err(SayingError::Both),
            (Some(rule), None) => Rule::deserialize(rule)?,
            (None, Some(changed)) => Differences::deserialize(changed)?.apply()?,
        };
        if rule.id != id {
            return Err(SayingError::OtherId(rule.id.chars().take(100).collect()));
        }
        rule.check()?;
        Ok(Some(rule))
    }

    /// As it is written.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads one; whether its rule can be used is not asked.
    ///
    /// # Errors
    /// It is too long, or no saying.
    pub fn from_json(text: &[u8]) -> Result<Self, SayingError> {
        if text.len() > MOST_BYTES {
            return Err(SayingError::TooLong(text.len()));
        }
        let saying: Self = serde_json::from_slice(text)?;
        match saying.stamp.server.len() {
            length if length > MOST_SERVER => Err(SayingError::Server(length)),
            _ => Ok(saying),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stock;
    use serde_json::json;

    fn stamp(second: i64, server: &str) -> Stamp {
        Stamp { time: Timestamp::from_millis(second * 1000), server: server.to_owned() }
    }

    fn own() -> Rule {
        Rule { warning: Some(1.0), ..Rule::new("own", "Own", "m", "cpu") }
    }

    #[test]
    fn what_is_written_stays_as_it_was() {
        let disk = Rule { warning: Some(0.8), recovery: None, ..stock::find("disk").unwrap() };
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
            let saying = Saying::new(rule.as_ref(), stamp(7, "a"));
            assert_eq!(saying.to_json(), expected);
            let read = Saying::from_json(expected.as_bytes()).unwrap();
            assert_eq!((read.rule(id).unwrap(), read.is_gone()), (rule.clone(), rule.is_none()));
            assert_eq!(read, saying);
        }
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        let stamp = json!({ "time": 1, "server": "a" });
        for (text, expected) in [
            ("rubbish".to_owned(), "it cannot be understood: expected value"),
            ("{}".to_owned(), "it cannot be understood: missing field `stamp`"),
            (json!({ "stamp": stamp, "x": 1 }).to_string(), "it cannot be understood: unknown field `x`"),
            (" ".repeat(MOST_BYTES + 1), "it has 262145 bytes: at most 262144 can be"),
            (
                json!({ "stamp": { "time": 1, "server": "a".repeat(65) } }).to_string(),
                "the id of its server has 65 bytes",
            ),
            (json!({ "stamp": stamp, "rule": 3 }).to_string(), "it cannot be understood: invalid type"),
            (
                json!({ "stamp": stamp, "rule": {}, "changed": {} }).to_string(),
                "it has both a rule and what differs from one",
            ),
            (
                json!({ "stamp": stamp, "rule": { "id": "own", "name": "N", "metric": "m", "component": "c" } })
                    .to_string(),
                "rule \"own\": warning: a rule needs a level",
            ),
            (
                json!({ "stamp": stamp, "changed": { "id": "disk", "set": { "enabled": false } } }).to_string(),
                "it is about the rule \"disk\"",
            ),
            (
                json!({ "stamp": stamp, "changed": { "id": "own" } }).to_string(),
                "the program comes with no rule \"own\"",
            ),
        ] {
            let read = Saying::from_json(text.as_bytes()).and_then(|saying| saying.rule("own"));
            let error = read.unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text:.100}: {error}");
        }
    }

    #[test]
    fn a_change_is_after_what_is_known_whatever_the_clock_says() {
        let first = Stamp::after(None, "a", Timestamp::from_millis(5000));
        assert_eq!(first, stamp(5, "a"));
        let late = Stamp::after(Some(&first), "b", Timestamp::from_millis(1000));
        assert_eq!((late.time.millis(), late.server.as_str()), (5001, "b"));
        assert!(late > first);
        assert_eq!(Stamp::after(Some(&first), "b", Timestamp::from_millis(9000)), stamp(9, "b"));
    }
}
