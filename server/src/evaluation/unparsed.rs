//! Entries of `rules.json` that this version cannot parse.

use serde_json::Value;

/// Entries that could not be parsed: kept unchanged until a user saves or removes a rule with the same id.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Unparsed {
    pub(super) rules: Vec<Value>,
    pub(super) overrides: Vec<Value>,
}

impl Unparsed {
    /// Drops the entries with this id, and says whether there were any.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        let had = self.has(id);
        self.rules.retain(|value| !is_of(value, id));
        self.overrides.retain(|value| !is_of(value, id));
        had
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.rules.iter().chain(&self.overrides).any(|value| is_of(value, id))
    }
}

fn is_of(value: &Value, id: &str) -> bool {
    value.get("id").and_then(Value::as_str) == Some(id)
}
