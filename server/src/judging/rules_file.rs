//! `rules.json` in the data folder: the rules that people have made, and what they have changed of those that the program
//! comes with.
//!
//! `{"version":2,"rules":[…],"changed":[…],"stamps":{…}}`: in `rules` whole rules, in `changed` [`Differences`], in `stamps`
//! when and where each was changed or removed; version 1 has no stamps. What cannot be used is left out and said in the
//! log, and stays in the file: it may be of a newer version of this program.

use super::book::{MOST_OWN, RuleBook, Unread};
use crate::files;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use watchglass_alerts::Rule;
use watchglass_alerts::sheet::Stamp;
use watchglass_alerts::stock::{self, Differences};

const NAME: &str = "rules.json";
/// The version that is written. The one before, which has no stamps, is read as well.
const VERSION: u32 = 2;
/// The most rules that were removed and are remembered.
const MOST_STAMPS: usize = 2000;

/// The file in a folder.
#[derive(Clone, Debug)]
pub(super) struct RulesFile {
    folder: PathBuf,
}

/// What is in it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    rules: Vec<Value>,
    changed: Vec<Value>,
    #[serde(default)]
    stamps: BTreeMap<String, Stamp>,
}

/// What could be read of it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Read {
    /// The rules that were changed or made, by their ids.
    pub(super) edited: BTreeMap<String, Rule>,
    /// What is left out.
    pub(super) unread: Unread,
    /// When each was last changed or removed.
    pub(super) stamps: BTreeMap<String, Stamp>,
}

/// Why the file cannot be read.
#[derive(Debug, Error)]
enum ReadError {
    #[error("it cannot be understood: {0}")]
    Json(#[from] serde_json::Error),
    #[error("it has version {0}: this program reads versions 1 to {VERSION}")]
    Version(u32),
}

impl RulesFile {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// What is kept; nothing before the first time. A file that cannot be understood is set aside. The log says that, and
    /// what is left out.
    ///
    /// # Errors
    /// The system cannot read or rename it.
    pub(super) fn read(&self) -> io::Result<Read> {
        let Some(text) = files::read(&self.folder, NAME)? else { return Ok(Default::default()) };
        match parse(&text) {
            Ok(content) => Ok(sort_out(content)),
            Err(error) => {
                files::set_aside(&self.folder, NAME, &error.to_string())?;
                Ok(Default::default())
            }
        }
    }

    /// Replaces what is kept.
    ///
    /// # Errors
    /// The disk does not take it. What was there before is there still.
    pub(super) fn write(&self, book: &RuleBook) -> io::Result<()> {
        let (mut rules, mut changed) = (Vec::new(), Vec::new());
        for rule in book.edited() {
            match Differences::of(rule) {
                Some(differences) => changed.push(serde_json::to_value(differences)?),
                None => rules.push(serde_json::to_value(rule)?),
            }
        }
        // Behind the others: of two with the same id the first counts.
        rules.extend_from_slice(&book.unread().rules);
        changed.extend_from_slice(&book.unread().changed);
        let stamps = book.stamps().clone();
        let text = serde_json::to_string_pretty(&Content { version: VERSION, rules, changed, stamps })?;
        files::replace(&self.folder, NAME, (text + "\n").as_bytes())
    }
}

fn parse(text: &str) -> Result<Content, ReadError> {
    /// Read first, so that another version is told from a file that is damaged.
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

/// The rules that can be used, and the others.
fn sort_out(content: Content) -> Read {
    let (mut rules, mut unread) = (BTreeMap::new(), Unread::default());
    let mut own = 0;
    for value in content.rules {
        match whole(&value).and_then(|rule| free(rule, &rules)) {
            Ok(rule) if stock::find(&rule.id).is_some() => drop(rules.insert(rule.id.clone(), rule)),
            Ok(rule) if own < MOST_OWN => {
                own += 1;
                rules.insert(rule.id.clone(), rule);
            }
            Ok(_) => leave_out(value, &format!("there are more than {MOST_OWN}"), &mut unread.rules),
            Err(reason) => leave_out(value, &reason, &mut unread.rules),
        }
    }
    for value in content.changed {
        match changed(&value).and_then(|rule| free(rule, &rules)) {
            Ok(rule) => drop(rules.insert(rule.id.clone(), rule)),
            Err(reason) => leave_out(value, &reason, &mut unread.changed),
        }
    }
    let mut stamps = content.stamps;
    while stamps.len() > MOST_STAMPS {
        let oldest = stamps.iter().filter(|(id, _)| !rules.contains_key(*id)).min_by_key(|(_, stamp)| *stamp);
        let Some(id) = oldest.map(|(id, _)| id.clone()) else { break };
        stamps.remove(&id);
    }
    Read { edited: rules, unread, stamps }
}

fn whole(value: &Value) -> Result<Rule, String> {
    let rule = Rule::deserialize(value).map_err(|error| error.to_string())?;
    rule.check().map_err(|error| error.to_string())?;
    Ok(rule)
}

fn changed(value: &Value) -> Result<Rule, String> {
    let differences = Differences::deserialize(value).map_err(|error| error.to_string())?;
    differences.apply().map_err(|error| error.to_string())
}

/// The rule, if no other has its id.
fn free(rule: Rule, others: &BTreeMap<String, Rule>) -> Result<Rule, String> {
    if others.contains_key(&rule.id) { Err("its id is there twice".to_owned()) } else { Ok(rule) }
}

fn leave_out(value: Value, reason: &str, unread: &mut Vec<Value>) {
    let rule = value.get("id").and_then(Value::as_str).unwrap_or("without an id");
    let rule: String = rule.chars().take(100).collect();
    tracing::warn!(file = NAME, rule, reason, "a rule cannot be used and is left out");
    unread.push(value);
}

#[cfg(test)]
#[path = "rules_file_tests.rs"]
mod tests;
