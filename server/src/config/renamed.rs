//! Renamed settings. The next version no longer reads the former names; this one reads them with a warning.

use super::file::{FileProblem, line_of};
use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Settings by name and former name, each with the tables that it is in.
pub(super) const RENAMED: [(&str, &str); 15] = [
    ("metrics_anonymous", "metrics_open"),
    ("redis.targets", "redis.watch"),
    ("notifications", "telling"),
    ("notifications.inhibit_settle_seconds", "telling.settle_seconds"),
    ("notifications.silence_reminder_seconds", "telling.silence_warning_seconds"),
    ("notifications.inhibit_rules", "telling.dependencies"),
    ("notifications.inhibit_rules.source_component", "telling.dependencies.of"),
    ("notifications.inhibit_rules.equal", "telling.dependencies.by"),
    ("notifications.inhibit_rules.target_components", "telling.dependencies.components"),
    ("notifications.routes.active_time_interval", "telling.routes.hours"),
    ("rules.no_data_seconds", "rules.absent_seconds"),
    ("rules.no_data_severity", "rules.absent_severity"),
    ("rules.resolve_when_gone", "rules.ends_when_gone"),
    ("rules.message", "rules.phrase"),
    ("rules.next_steps", "rules.action"),
];

/// Use of a former name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormerName {
    /// File and line; `None` for flags and environment variables.
    place: Option<String>,
    former: String,
    current: String,
}

impl FormerName {
    /// Use of a flag or environment variable.
    pub(super) fn new(former: String, current: String) -> Self {
        Self { place: None, former, current }
    }

    /// Error if both names are set.
    pub(super) fn conflict(&self) -> String {
        let Self { former, current, .. } = self;
        format!("{former} is the former name of {current}, and both are set: set only {current}")
    }
}

impl fmt::Display for FormerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{} was renamed to {}; the next version rejects the former name", self.former, self.current)
    }
}

/// Former name of the setting.
pub(super) fn former_name(name: &str) -> Option<&'static str> {
    RENAMED.iter().find(|(current, _)| *current == name).map(|(_, former)| *former)
}

/// Renames all keys of a file with a former name, and returns these.
///
/// # Errors
/// A setting is there under both of its names.
pub(super) fn rename_keys(
    table: &mut DeTable<'_>,
    text: &str,
    path: &Path,
) -> Result<Vec<FormerName>, FileProblem> {
    let mut renaming = Renaming { text, path, found: Vec::new() };
    renaming.table(table, "", "")?;
    renaming.found.sort_by_key(|(offset, _)| *offset);
    Ok(renaming.found.into_iter().map(|(_, found)| found).collect())
}

struct Renaming<'a> {
    text: &'a str,
    path: &'a Path,
    /// With their offset in the file.
    found: Vec<(usize, FormerName)>,
}

impl Renaming<'_> {
    /// Renames the keys of the table `name`, which the file calls `written`.
    fn table(&mut self, table: &mut DeTable<'_>, name: &str, written: &str) -> Result<(), FileProblem> {
        for (key, mut value) in std::mem::replace(table, DeTable::new()) {
            let offset = key.span().start;
            let former = join(written, key.get_ref());
            let renamed = current_key(name, key.get_ref());
            let key = renamed.map_or(key, |current| Spanned::new(offset..offset, Cow::Borrowed(current)));
            let current = join(name, key.get_ref());
            self.value(&mut value, &current, &former)?;
            if renamed.is_some() {
                let place = Some(format!("{}, line {}", self.path.display(), line_of(self.text, offset)));
                self.found.push((offset, FormerName { place, former, current: current.clone() }));
            }
            if table.insert(key, value).is_some() {
                // One of the two keys is the former name, and was just found.
                let both = self.found.iter().rev().find(|(_, found)| found.current == current);
                return Err(both.map_or((Some(offset), current), |(at, found)| (Some(*at), found.conflict())));
            }
        }
        Ok(())
    }

    /// Renames the keys of a table, or of a list of tables, if keys of it were renamed.
    fn value(
        &mut self,
        value: &mut Spanned<DeValue<'_>>,
        name: &str,
        written: &str,
    ) -> Result<(), FileProblem> {
        if !RENAMED.iter().any(|(current, _)| is_below(current, name)) {
            return Ok(());
        }
        match value.get_mut() {
            DeValue::Table(table) => self.table(table, name, written),
            DeValue::Array(items) => items.iter_mut().try_for_each(|item| match item.get_mut() {
                DeValue::Table(table) => self.table(table, name, written),
                _ => Ok(()),
            }),
            _ => Ok(()),
        }
    }
}

/// The name of a key of the table that has a former name.
fn current_key(table: &str, former: &str) -> Option<&'static str> {
    RENAMED.iter().find_map(|(current, written)| {
        let (parent, key) = split(current);
        (parent == table && split(written).1 == former).then_some(key)
    })
}

/// Table and key of a name.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or(("", name))
}

fn join(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}

/// Whether the setting is in the table, or in a table of it.
fn is_below(setting: &str, table: &str) -> bool {
    setting.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
#[path = "renamed_tests.rs"]
mod tests;
