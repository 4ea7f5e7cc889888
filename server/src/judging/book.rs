//! Which rules count: those of the configuration file, then those that people have changed or made, then those that the
//! program comes with. Pure: a change gives another book.

use super::edit::RuleEditError;
use serde_json::Value;
use std::collections::BTreeMap;
use watchglass_alerts::sheet::{Saying, Sheet, Stamp};
use watchglass_alerts::{Rule, RuleError, stock};
use watchglass_model::Timestamp;

/// The most rules that people make. With those of the file and of the program there are fewer than the engine takes.
pub(super) const MOST_OWN: usize = 400;
/// The address of the preview, which would hide a rule with this id.
const RESERVED: &str = "preview";

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The program comes with it.
    Stock,
    /// The program comes with it, and somebody has changed it.
    Changed,
    /// Somebody has made it.
    Own,
    /// It is in the configuration file, and can be changed only there.
    File,
}

impl Origin {
    /// The word for it in the API.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Changed => "changed",
            Self::Own => "own",
            Self::File => "file",
        }
    }

    /// Whether it can only be changed in the configuration file.
    pub(crate) const fn is_locked(self) -> bool {
        matches!(self, Self::File)
    }
}

/// What was read and could not be used: kept as it is, until somebody gives or removes a rule with that id.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Unread {
    pub(super) rules: Vec<Value>,
    pub(super) changed: Vec<Value>,
}

impl Unread {
    /// Drops what has this id, and says whether there was something.
    fn forget(&mut self, id: &str) -> bool {
        let had = self.has(id);
        self.rules.retain(|value| !is_of(value, id));
        self.changed.retain(|value| !is_of(value, id));
        had
    }

    fn has(&self, id: &str) -> bool {
        self.rules.iter().chain(&self.changed).any(|value| is_of(value, id))
    }
}

fn is_of(value: &Value, id: &str) -> bool {
    value.get("id").and_then(Value::as_str) == Some(id)
}

/// All rules, and where they come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RuleBook {
    /// In their order.
    of_file: Vec<Rule>,
    /// By their ids: made by people, or stock rules that they have changed.
    edited: BTreeMap<String, Rule>,
    unread: Unread,
    /// When each of those was last changed, and when others were removed.
    stamps: BTreeMap<String, Stamp>,
}

impl RuleBook {
    /// The rules of the file, and what people have changed or made.
    pub(super) fn new(of_file: Vec<Rule>, edited: BTreeMap<String, Rule>, unread: Unread) -> Self {
        Self { of_file, edited, unread, stamps: BTreeMap::new() }
    }

    /// The same book, of whose rules is known when they were changed.
    pub(super) fn with_stamps(self, stamps: BTreeMap<String, Stamp>) -> Self {
        Self { stamps, ..self }
    }

    /// All rules: those that the program comes with in their order, then those of the file, then the others.
    pub(super) fn rules(&self) -> Vec<(Rule, Origin)> {
        let stock = stock::rules();
        let is_stock = |id: &str| stock.iter().any(|rule| rule.id == id);
        let mut rules: Vec<(Rule, Origin)> = stock
            .iter()
            .map(|stock| match (self.in_file(&stock.id), self.edited.get(&stock.id)) {
                (Some(rule), _) => (rule.clone(), Origin::File),
                (None, Some(rule)) => (rule.clone(), Origin::Changed),
                (None, None) => (stock.clone(), Origin::Stock),
            })
            .collect();
        let of_file = self.of_file.iter().filter(|rule| !is_stock(&rule.id));
        rules.extend(of_file.map(|rule| (rule.clone(), Origin::File)));
        let own = self.edited.values().filter(|rule| !is_stock(&rule.id) && self.in_file(&rule.id).is_none());
        rules.extend(own.map(|rule| (rule.clone(), Origin::Own)));
        rules
    }

    /// What people have changed or made, by the order of the ids; also where the file has a rule of that id, which counts.
    pub(super) fn edited(&self) -> impl Iterator<Item = &Rule> {
        self.edited.values()
    }

    /// What was read and could not be used.
    pub(super) fn unread(&self) -> &Unread {
        &self.unread
    }

    /// Those of people that do not count, because the file has a rule of their id.
    pub(super) fn hidden(&self) -> impl Iterator<Item = &str> {
        self.edited.keys().map(String::as_str).filter(|id| self.in_file(id).is_some())
    }

    /// The rule that counts.
    pub(super) fn find(&self, id: &str) -> Option<Rule> {
        let rule = self.in_file(id).or_else(|| self.edited.get(id)).cloned();
        rule.or_else(|| stock::find(id))
    }

    /// With `rule`, in place of the one with its id.
    ///
    /// # Errors
    /// It cannot be judged, it is in the file, or there are as many of one's own as there can be.
    pub(super) fn put(&self, rule: Rule) -> Result<Self, RuleEditError> {
        // Before anything else: what is wrong with a rule that cannot be changed is of no use.
        self.check_unlocked(&rule.id)?;
        check(&rule)?;
        let mut book = self.clone();
        book.unread.forget(&rule.id);
        match stock::find(&rule.id) {
            // As it came: it follows the program again.
            Some(stock) if stock == rule => {
                book.edited.remove(&rule.id);
            }
            Some(_) => drop(book.edited.insert(rule.id.clone(), rule)),
            None => {
                book.edited.insert(rule.id.clone(), rule);
                if book.own() > MOST_OWN && book.own() > self.own() {
                    return Err(RuleEditError::Full);
                }
            }
        }
        Ok(book)
    }

    /// With `rule`, whose id no other has.
    ///
    /// # Errors
    /// As [`RuleBook::put`], or the id is taken.
    pub(super) fn create(&self, rule: Rule) -> Result<Self, RuleEditError> {
        if self.find(&rule.id).is_some() {
            return Err(RuleEditError::Taken(rule.id));
        }
        self.put(rule)
    }

    /// Without the rule that somebody has made, or with the stock rule as it comes with the program.
    ///
    /// # Errors
    /// There is no such rule, it is in the file, or it is a stock rule that nobody has changed.
    pub(super) fn delete(&self, id: &str) -> Result<Self, RuleEditError> {
        self.check_unlocked(id)?;
        let mut book = self.clone();
        let was_edited = book.edited.remove(id).is_some();
        if book.unread.forget(id) || was_edited {
            return Ok(book);
        }
        Err(match stock::find(id) {
            Some(stock) => RuleEditError::Stock(stock.id),
            None => RuleEditError::missing(id),
        })
    }

    /// With the rule switched on or off.
    ///
    /// # Errors
    /// There is no such rule, or it is in the file.
    pub(super) fn enable(&self, id: &str, enabled: bool) -> Result<Self, RuleEditError> {
        let rule = self.find(id).ok_or_else(|| RuleEditError::missing(id))?;
        self.put(Rule { enabled, ..rule })
    }

    /// Notes that the rule `id` was changed or removed now on `server`; `heard` is what another server said of it that could
    /// not be used. What was removed long ago is forgotten.
    pub(super) fn stamp(&mut self, id: &str, heard: Option<&Stamp>, server: &str, now: Timestamp) {
        let stamp = Stamp::after(self.stamps.get(id).max(heard), server, now);
        self.stamps.insert(id.to_owned(), stamp);
        let Self { stamps, edited, unread, .. } = self;
        stamps.retain(|id, stamp| edited.contains_key(id) || unread.has(id) || !stamp.is_old(now));
    }

    /// When rules were changed or removed.
    pub(super) fn stamps(&self) -> &BTreeMap<String, Stamp> {
        &self.stamps
    }

    /// What `server`, which has this book, says to others. Nothing of what it could not read.
    pub(super) fn sheet(&self, server: &str) -> Sheet {
        let mut sheet = Sheet::default();
        for id in self.edited.keys().chain(self.stamps.keys()) {
            if let Some(saying) = self.saying(id, server) {
                sheet.hear(id, saying);
            }
        }
        sheet
    }

    /// What it says of a rule.
    fn saying(&self, id: &str, server: &str) -> Option<Saying> {
        let rule = self.edited.get(id);
        let stamp = match self.stamps.get(id) {
            Some(stamp) => stamp.clone(),
            // One from before changes had stamps is older than all that have one.
            None => Stamp { server: server.to_owned(), ..Stamp::default() },
        };
        let is_known = rule.is_some() || (self.stamps.contains_key(id) && !self.unread.has(id));
        is_known.then(|| Saying::new(rule, stamp))
    }

    /// Whether what another server says of a rule is later than all that is known here.
    pub(super) fn is_news(&self, id: &str, saying: &Saying, server: &str) -> bool {
        match self.saying(id, server) {
            Some(known) => saying.is_after(&known),
            None if self.unread.has(id) => self.stamps.get(id).is_none_or(|known| saying.stamp() > known),
            None => !saying.is_gone(),
        }
    }

    /// Takes over what another server said of the rule `id`: the rule as it is to be, or that there is none. What is in the file
    /// still counts before it.
    ///
    /// # Errors
    /// It cannot be judged, or there are as many of one's own as there can be. Nothing has changed then.
    pub(super) fn adopt(&mut self, id: &str, rule: Option<Rule>, stamp: Stamp) -> Result<(), RuleEditError> {
        if let Some(rule) = &rule {
            check(rule)?;
            let is_new = !self.edited.contains_key(id) && stock::find(id).is_none();
            if is_new && self.own() >= MOST_OWN {
                return Err(RuleEditError::Full);
            }
        }
        self.unread.forget(id);
        match rule {
            Some(rule) => drop(self.edited.insert(id.to_owned(), rule)),
            None => drop(self.edited.remove(id)),
        }
        self.stamps.insert(id.to_owned(), stamp);
        Ok(())
    }

    fn in_file(&self, id: &str) -> Option<&Rule> {
        self.of_file.iter().find(|rule| rule.id == id)
    }

    fn check_unlocked(&self, id: &str) -> Result<(), RuleEditError> {
        self.in_file(id).map_or(Ok(()), |rule| Err(RuleEditError::Locked(rule.id.clone())))
    }

    /// How many of the rules are none of the program's.
    fn own(&self) -> usize {
        let stock = stock::rules();
        self.edited.keys().filter(|id| !stock.iter().any(|rule| &rule.id == *id)).count()
    }
}

/// Whether people may have this rule.
fn check(rule: &Rule) -> Result<(), RuleEditError> {
    rule.check()?;
    if rule.id == RESERVED {
        let reason = "this is an address of the API: another one is needed".to_owned();
        return Err(RuleError { rule: rule.id.clone(), field: "id", reason }.into());
    }
    Ok(())
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
