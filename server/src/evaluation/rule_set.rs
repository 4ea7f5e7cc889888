//! Rule set with precedence: configuration file, then user changes, then built-in rules. Immutable: a change returns a
//! new set, which is published in `current_rules.rs`.

use super::rule_store::RuleEditError;
use super::unparsed::Unparsed;
use std::collections::BTreeMap;
use watchglass_model::Timestamp;
use watchglass_replica::Replicated;
use watchglass_rules::rule_replica::{RuleReplica, RuleVersion, Version};
use watchglass_rules::{Rule, RuleError, builtin};

/// Maximum number of custom rules. Together with those of the file and the built-in ones they stay below the limit of
/// the engine.
pub(super) const MAX_CUSTOM_RULES: usize = 400;
/// Path of the preview in the API, which would hide a rule with this id.
const RESERVED: &str = "preview";

/// Origin of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Built-in, unmodified.
    BuiltIn,
    /// Built-in, modified by a user.
    Modified,
    /// Created by a user.
    Custom,
    /// Defined in the configuration file, and read-only here.
    ConfigFile,
}

impl Origin {
    /// Former name in the API.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "stock",
            Self::Modified => "changed",
            Self::Custom => "own",
            Self::ConfigFile => "file",
        }
    }

    /// Whether it can be changed only in the configuration file.
    pub(crate) const fn is_locked(self) -> bool {
        matches!(self, Self::ConfigFile)
    }
}

/// All rules with their origin.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RuleSet {
    /// In the order of the file.
    from_config: Vec<Rule>,
    /// By id: custom rules and modified built-in rules.
    user_rules: BTreeMap<String, Rule>,
    unparsed: Unparsed,
    /// Version of the last change of each of these, and of removed ones.
    versions: BTreeMap<String, Version>,
}

impl RuleSet {
    /// A rule set from the configuration file and the user changes.
    pub(super) fn new(of_file: Vec<Rule>, edited: BTreeMap<String, Rule>, unread: Unparsed) -> Self {
        Self { from_config: of_file, user_rules: edited, unparsed: unread, versions: BTreeMap::new() }
    }

    /// The same rule set with versions.
    pub(super) fn with_versions(self, versions: BTreeMap<String, Version>) -> Self {
        Self { versions, ..self }
    }

    /// Effective rules with their origin: built-in ones in their order, then those of the file, then custom ones.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Rule, Origin)> {
        let builtin = builtin::all().iter().map(|default| self.effective(default));
        let from_config = self.from_config.iter().filter(|rule| default_of(&rule.id).is_none());
        let custom = self
            .user_rules
            .values()
            .filter(|rule| default_of(&rule.id).is_none() && self.config_rule(&rule.id).is_none());
        builtin
            .chain(from_config.map(|rule| (rule, Origin::ConfigFile)))
            .chain(custom.map(|rule| (rule, Origin::Custom)))
    }

    /// Effective rules.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.iter().map(|(rule, _)| rule)
    }

    /// The effective rule with this id, and its origin.
    pub(crate) fn find(&self, id: &str) -> Option<(&Rule, Origin)> {
        if let Some(default) = default_of(id) {
            return Some(self.effective(default));
        }
        let from_config = self.config_rule(id).map(|rule| (rule, Origin::ConfigFile));
        from_config.or_else(|| Some((self.user_rules.get(id)?, Origin::Custom)))
    }

    /// The rule that takes effect in place of a built-in one.
    fn effective<'a>(&'a self, default: &'a Rule) -> (&'a Rule, Origin) {
        match (self.config_rule(&default.id), self.user_rules.get(&default.id)) {
            (Some(rule), _) => (rule, Origin::ConfigFile),
            (None, Some(rule)) => (rule, Origin::Modified),
            (None, None) => (default, Origin::BuiltIn),
        }
    }

    /// User changes in order of their ids, including those overridden by the file.
    pub(super) fn user_rules(&self) -> impl Iterator<Item = &Rule> {
        self.user_rules.values()
    }

    /// Entries that could not be parsed.
    pub(super) fn unparsed(&self) -> &Unparsed {
        &self.unparsed
    }

    /// User rules overridden by the configuration file.
    pub(super) fn shadowed(&self) -> impl Iterator<Item = &str> {
        self.user_rules.keys().map(String::as_str).filter(|id| self.config_rule(id).is_some())
    }

    /// Creates or replaces a rule.
    ///
    /// # Errors
    /// Invalid, defined in the file, or too many custom rules.
    pub(super) fn put(&self, rule: Rule) -> Result<Self, RuleEditError> {
        // Checked first: validation errors of a rule that cannot be changed do not help.
        self.check_unlocked(&rule.id)?;
        validate(&rule)?;
        let mut rule_set = self.clone();
        rule_set.unparsed.remove(&rule.id);
        match default_of(&rule.id) {
            // Equal to the default: the override is dropped.
            Some(default) if *default == rule => {
                rule_set.user_rules.remove(&rule.id);
            }
            Some(_) => drop(rule_set.user_rules.insert(rule.id.clone(), rule)),
            None => {
                rule_set.user_rules.insert(rule.id.clone(), rule);
                if rule_set.custom_count() > MAX_CUSTOM_RULES && rule_set.custom_count() > self.custom_count()
                {
                    return Err(RuleEditError::TooMany);
                }
            }
        }
        Ok(rule_set)
    }

    /// Creates a rule.
    ///
    /// # Errors
    /// As [`RuleSet::put`], or a duplicate id.
    pub(super) fn create(&self, rule: Rule) -> Result<Self, RuleEditError> {
        if self.find(&rule.id).is_some() {
            return Err(RuleEditError::Duplicate(rule.id));
        }
        self.put(rule)
    }

    /// Removes a custom rule, or resets a built-in rule to its default.
    ///
    /// # Errors
    /// Unknown, defined in the file, or an unmodified built-in rule.
    pub(super) fn delete(&self, id: &str) -> Result<Self, RuleEditError> {
        self.check_unlocked(id)?;
        let mut rule_set = self.clone();
        let was_edited = rule_set.user_rules.remove(id).is_some();
        if rule_set.unparsed.remove(id) || was_edited {
            return Ok(rule_set);
        }
        Err(match default_of(id) {
            Some(default) => RuleEditError::BuiltIn(default.id.clone()),
            None => RuleEditError::unknown(id),
        })
    }

    /// Enables or disables a rule.
    ///
    /// # Errors
    /// Unknown, or defined in the file.
    pub(super) fn enable(&self, id: &str, enabled: bool) -> Result<Self, RuleEditError> {
        let (rule, _) = self.find(id).ok_or_else(|| RuleEditError::unknown(id))?;
        self.put(Rule { enabled, ..rule.clone() })
    }

    /// Records a change or removal of the rule `id` now on `server`; `rejected` is the version of a peer that was
    /// rejected. Expired tombstones are dropped.
    pub(super) fn record_version(
        &mut self,
        id: &str,
        rejected: Option<&Version>,
        server: &str,
        now: Timestamp,
    ) {
        let version = Version::after(self.versions.get(id).max(rejected), server, now);
        self.versions.insert(id.to_owned(), version);
        let Self { versions, user_rules: edited, unparsed: unread, .. } = self;
        versions.retain(|id, version| edited.contains_key(id) || unread.has(id) || !version.is_expired(now));
    }

    /// Versions of changed and removed rules.
    pub(super) fn versions(&self) -> &BTreeMap<String, Version> {
        &self.versions
    }

    /// Replica that `server` publishes; entries that could not be parsed are left out.
    pub(super) fn replica(&self, server: &str) -> RuleReplica {
        let mut replica = RuleReplica::default();
        for id in self.user_rules.keys().chain(self.versions.keys()) {
            if let Some(rule_version) = self.version_of(id, server) {
                replica.apply(id.clone(), rule_version);
            }
        }
        replica
    }

    /// Published version of a rule.
    fn version_of(&self, id: &str, server: &str) -> Option<RuleVersion> {
        let rule = self.user_rules.get(id);
        let version = match self.versions.get(id) {
            Some(version) => version.clone(),
            // A rule from before versions existed is older than all others.
            None => Version { server: server.to_owned(), ..Version::default() },
        };
        let is_known = rule.is_some() || (self.versions.contains_key(id) && !self.unparsed.has(id));
        is_known.then(|| RuleVersion::new(rule, version))
    }

    /// Whether the version of a peer is later than the local one.
    pub(super) fn is_newer(&self, id: &str, rule_version: &RuleVersion, server: &str) -> bool {
        match self.version_of(id, server) {
            Some(known) => rule_version.supersedes(&known),
            None if self.unparsed.has(id) => {
                self.versions.get(id).is_none_or(|known| rule_version.version() > known)
            }
            None => !rule_version.is_tombstone(),
        }
    }

    /// Applies the version of a peer of the rule `id`; `None` removes it. Rules of the file still take precedence.
    ///
    /// # Errors
    /// Invalid, or too many custom rules. Nothing has changed then.
    pub(super) fn apply_remote(
        &mut self,
        id: &str,
        rule: Option<Rule>,
        version: Version,
    ) -> Result<(), RuleEditError> {
        if let Some(rule) = &rule {
            validate(rule)?;
            let is_new = !self.user_rules.contains_key(id) && default_of(id).is_none();
            if is_new && self.custom_count() >= MAX_CUSTOM_RULES {
                return Err(RuleEditError::TooMany);
            }
        }
        self.unparsed.remove(id);
        match rule {
            Some(rule) => drop(self.user_rules.insert(id.to_owned(), rule)),
            None => drop(self.user_rules.remove(id)),
        }
        self.versions.insert(id.to_owned(), version);
        Ok(())
    }

    fn config_rule(&self, id: &str) -> Option<&Rule> {
        self.from_config.iter().find(|rule| rule.id == id)
    }

    fn check_unlocked(&self, id: &str) -> Result<(), RuleEditError> {
        self.config_rule(id).map_or(Ok(()), |rule| Err(RuleEditError::Locked(rule.id.clone())))
    }

    /// Number of custom rules.
    fn custom_count(&self) -> usize {
        self.user_rules.keys().filter(|id| default_of(id).is_none()).count()
    }
}

/// The built-in rule with this id, without changes.
fn default_of(id: &str) -> Option<&'static Rule> {
    builtin::all().iter().find(|rule| rule.id == id)
}

/// Validates a rule submitted by a user.
fn validate(rule: &Rule) -> Result<(), RuleEditError> {
    rule.check()?;
    if rule.id == RESERVED {
        let reason = "reserved for the API; choose another id".to_owned();
        return Err(RuleError { rule: rule.id.clone(), field: "id", reason }.into());
    }
    Ok(())
}

#[cfg(test)]
#[path = "rule_set_tests.rs"]
mod tests;
