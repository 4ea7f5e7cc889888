//! `rules.json` in the data directory: custom rules, and overrides of built-in rules.
//!
//! Format: `{"version":2,"rules":[…],"changed":[…],"stamps":{…}}` with whole rules in `rules`, [`RuleOverride`] in
//! `changed`, and time and server of each change or removal in `stamps`; version 1 has no stamps. Invalid entries are
//! skipped, logged, and kept in the file: they may be of a newer version of this program.

use super::rule_set::{MAX_CUSTOM_RULES, RuleSet};
use super::unparsed::Unparsed;
use crate::persist::atomic_file;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use watchglass_rules::Rule;
use watchglass_rules::builtin::{self, RuleOverride};
use watchglass_rules::rule_replica::Version;

const FILE_NAME: &str = "rules.json";
/// Version that is written. Version 1, without stamps, is read as well.
const VERSION: u32 = 2;
/// Maximum number of remembered removed rules.
const MAX_VERSIONS: usize = 2000;

/// The file in a folder.
#[derive(Clone, Debug)]
pub(super) struct RulesFile {
    folder: PathBuf,
}

/// Content of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    rules: Vec<Value>,
    changed: Vec<Value>,
    #[serde(default, rename = "stamps")]
    versions: BTreeMap<String, Version>,
}

/// Parsed content.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ParsedRules {
    /// Custom and modified rules, by id.
    pub(super) user_rules: BTreeMap<String, Rule>,
    /// Entries that could not be parsed.
    pub(super) unparsed: Unparsed,
    /// Version of the last change or removal of each.
    pub(super) versions: BTreeMap<String, Version>,
}

/// Error of parsing the file.
#[derive(Debug, Error)]
enum ReadError {
    #[error("invalid JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("unsupported version {0} (supported: 1 to {VERSION})")]
    Version(u32),
}

impl RulesFile {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Reads the file; empty if there is none. An invalid file is set aside; that, and skipped entries, are logged.
    ///
    /// # Errors
    /// Reading or renaming failed.
    pub(super) fn read(&self) -> io::Result<ParsedRules> {
        let Some(text) = atomic_file::read(&self.folder, FILE_NAME)? else { return Ok(Default::default()) };
        match parse(&text) {
            Ok(content) => Ok(split(content)),
            Err(error) => {
                atomic_file::quarantine(&self.folder, FILE_NAME, &error.to_string())?;
                Ok(Default::default())
            }
        }
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// Writing failed; the previous file is unchanged.
    pub(super) fn write(&self, rule_set: &RuleSet) -> io::Result<()> {
        let (mut rules, mut changed) = (Vec::new(), Vec::new());
        for rule in rule_set.user_rules() {
            match RuleOverride::of(rule) {
                Some(differences) => changed.push(serde_json::to_value(differences)?),
                None => rules.push(serde_json::to_value(rule)?),
            }
        }
        // Last: of two entries with the same id the first wins.
        rules.extend_from_slice(&rule_set.unparsed().rules);
        changed.extend_from_slice(&rule_set.unparsed().overrides);
        let versions = rule_set.versions().clone();
        let text = serde_json::to_string_pretty(&Content { version: VERSION, rules, changed, versions })?;
        atomic_file::replace(&self.folder, FILE_NAME, (text + "\n").as_bytes())
    }
}

fn parse(text: &str) -> Result<Content, ReadError> {
    /// Read first, to tell another version from a damaged file.
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let Version { version } = serde_json::from_str(text)?;
    if !(1..=VERSION).contains(&version) {
        return Err(ReadError::Version(version));
    }
    Ok(serde_json::from_str(text)?)
}

/// Splits the entries into valid and invalid ones.
fn split(content: Content) -> ParsedRules {
    let (mut rules, mut unread) = (BTreeMap::new(), Unparsed::default());
    let mut own = 0;
    for value in content.rules {
        match whole(&value).and_then(|rule| unique(rule, &rules)) {
            Ok(rule) if builtin::find(&rule.id).is_some() => drop(rules.insert(rule.id.clone(), rule)),
            Ok(rule) if own < MAX_CUSTOM_RULES => {
                own += 1;
                rules.insert(rule.id.clone(), rule);
            }
            Ok(_) => {
                skip(value, &format!("too many custom rules (maximum {MAX_CUSTOM_RULES})"), &mut unread.rules)
            }
            Err(reason) => skip(value, &reason, &mut unread.rules),
        }
    }
    for value in content.changed {
        match changed(&value).and_then(|rule| unique(rule, &rules)) {
            Ok(rule) => drop(rules.insert(rule.id.clone(), rule)),
            Err(reason) => skip(value, &reason, &mut unread.overrides),
        }
    }
    let mut versions = content.versions;
    while versions.len() > MAX_VERSIONS {
        let oldest =
            versions.iter().filter(|(id, _)| !rules.contains_key(*id)).min_by_key(|(_, version)| *version);
        let Some(id) = oldest.map(|(id, _)| id.clone()) else { break };
        versions.remove(&id);
    }
    ParsedRules { user_rules: rules, unparsed: unread, versions }
}

fn whole(value: &Value) -> Result<Rule, String> {
    let rule = Rule::deserialize(value).map_err(|error| error.to_string())?;
    rule.check().map_err(|error| error.to_string())?;
    Ok(rule)
}

fn changed(value: &Value) -> Result<Rule, String> {
    let differences = RuleOverride::deserialize(value).map_err(|error| error.to_string())?;
    differences.apply().map_err(|error| error.to_string())
}

/// The rule, if its id is unique.
fn unique(rule: Rule, others: &BTreeMap<String, Rule>) -> Result<Rule, String> {
    if others.contains_key(&rule.id) { Err("duplicate id".to_owned()) } else { Ok(rule) }
}

fn skip(value: Value, reason: &str, unread: &mut Vec<Value>) {
    let rule = value.get("id").and_then(Value::as_str).unwrap_or("(no id)");
    let rule: String = rule.chars().take(100).collect();
    tracing::warn!(file = FILE_NAME, rule, reason, "invalid rule skipped");
    unread.push(value);
}

#[cfg(test)]
#[path = "rules_file_tests.rs"]
mod tests;
