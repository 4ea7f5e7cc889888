//! Warnings about label names in a file that are probably misspelt: nearly those of a label that alerts have. Only warnings,
//! since applications may report any label.

use super::Settings;
use super::file::line_of;
use super::key_offset::{key_offset, segments};
use std::fmt;
use std::path::Path;
use toml::de::{DeTable, DeValue};
use watchglass_rules::builtin;

/// Names of the labels of all metrics that Watchglass can collect, one a line. A test keeps the list up to date.
const COLLECTED: &str = include_str!("label_names.txt");
/// Labels that all alerts have.
const OF_ALERTS: [&str; 4] = ["component", "rule", "severity", "subject"];
/// Most characters that are inserted, left out, replaced or swapped in a misspelt name.
const MAX_EDITS: usize = 2;
/// Shorter names are too similar to each other.
const MIN_LENGTH: usize = 4;

/// Label name that is probably misspelt.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LabelWarning {
    /// File and line.
    place: String,
    /// Path of the key, such as `notifications.routes[0].matchers[1].label`.
    path: String,
    label: String,
    similar: String,
}

impl fmt::Display for LabelWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, path, label, similar } = self;
        write!(
            f,
            "{place}: {path}: no alert of Watchglass has the label {label:?}; did you mean {similar:?}?"
        )
    }
}

/// Warnings about the label names of a file.
pub(super) fn label_warnings(
    table: &DeTable<'_>,
    text: &str,
    path: &Path,
    settings: &Settings,
) -> Vec<LabelWarning> {
    let known = known(settings);
    let root = DeValue::Table(table.clone());
    let warning = |(key, label): (String, &str)| {
        let similar = similar(label, &known)?.to_owned();
        let offset = key_offset(&root, segments(&key)).unwrap_or_default();
        let place = format!("{}, line {}", path.display(), line_of(text, offset));
        Some(LabelWarning { place, path: key, label: label.to_owned(), similar })
    };
    used(settings).into_iter().filter_map(warning).collect()
}

/// Label names that alerts of this server can have.
fn known(settings: &Settings) -> Vec<&str> {
    let rules = settings.rules.iter().chain(builtin::all());
    let own = rules.flat_map(|rule| rule.labels.iter().map(|(name, _)| name));
    COLLECTED.lines().chain(OF_ALERTS).chain(own).collect()
}

/// Label names that rules and notifications use, with the paths of their keys.
fn used(settings: &Settings) -> Vec<(String, &str)> {
    let notifications = &settings.notifications;
    let mut used = Vec::new();
    for (index, label) in notifications.group_by.iter().enumerate() {
        used.push((format!("notifications.group_by[{index}]"), label.as_str()));
    }
    for (index, rule) in notifications.inhibit_rules.iter().enumerate() {
        used.push((format!("notifications.inhibit_rules[{index}].equal"), rule.equal.as_str()));
    }
    for (index, route) in notifications.routes.0.iter().enumerate() {
        for (place, matcher) in route.matchers.iter().enumerate() {
            let path = format!("notifications.routes[{index}].matchers[{place}].label");
            used.push((path, matcher.label.as_str()));
        }
    }
    for (index, rule) in settings.rules.iter().enumerate() {
        for (place, matcher) in rule.matchers.iter().enumerate() {
            used.push((format!("rules[{index}].matchers[{place}].label"), matcher.label.as_str()));
        }
        if let Some(label) = &rule.subject_label {
            used.push((format!("rules[{index}].subject_label"), label));
        }
    }
    used
}

/// The known name that `label` is nearly, unless it is known itself.
fn similar<'k>(label: &str, known: &[&'k str]) -> Option<&'k str> {
    if known.contains(&label) || label.len() < MIN_LENGTH {
        return None;
    }
    let scored = known.iter().map(|name| (*name, strsim::osa_distance(name, label)));
    // Of a short name, every other character could be another one.
    let near = scored.filter(|(name, edits)| *edits <= MAX_EDITS && edits * 3 <= name.chars().count());
    near.min_by_key(|(_, edits)| *edits).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::super::read_file;
    use super::*;

    fn warnings(text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.toml");
        std::fs::write(&path, text).unwrap();
        let mut settings = Settings::default();
        read_file(&path, &mut settings).unwrap();
        let shown =
            |found: &LabelWarning| found.to_string().replace(&format!("{}/", folder.path().display()), "");
        settings.label_warnings.iter().map(shown).collect()
    }

    #[test]
    fn misspelt_labels_are_named_with_line_and_suggestion() {
        let route = "[[notifications.routes]]\nname = 'a'\nchannels = []\nmatchers = [{ label = 'LABEL', operator = '=', value = 'warning' }]\n";
        let rule = "[[rules]]\nid = 'disk'\n[[rules]]\nid = 'cpu'\nlabels = { team = 'ops' }\n";
        for (text, expected) in [
            (
                "[notifications]\ngroup_by = ['host', 'componnet']\n".to_owned(),
                Some((2, "notifications.group_by[1]", "component")),
            ),
            ("[notifications]\ngroup_by = ['host', 'instance', 'subject']\n".to_owned(), None),
            // Labels of applications may have any name.
            ("[notifications]\ngroup_by = ['host', 'customer', 'id', 'ap']\n".to_owned(), None),
            (
                route.replace("LABEL", "severty"),
                Some((4, "notifications.routes[0].matchers[0].label", "severity")),
            ),
            (route.replace("LABEL", "severity"), None),
            (
                format!("{rule}subject_label = 'mountpont'\n"),
                Some((6, "rules[1].subject_label", "mountpoint")),
            ),
            (format!("{rule}[notifications]\ngroup_by = ['team']\n"), None),
            (
                "[[notifications.inhibit_rules]]\nequal = 'hots'\n".to_owned(),
                Some((2, "notifications.inhibit_rules[0].equal", "host")),
            ),
        ] {
            let found = warnings(&text);
            let expected = expected.map(|(line, path, similar)| {
                let label = found[0].split("label \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
                format!("w.toml, line {line}: {path}: no alert of Watchglass has the label {label:?}; did you mean {similar:?}?")
            });
            assert_eq!(found, Vec::from_iter(expected), "{text}");
        }
    }

    #[test]
    fn labels_of_built_in_rules_are_known() {
        let settings = Settings { rules: builtin::rules(), ..Settings::default() };
        let known = known(&settings);
        for (path, label) in used(&settings) {
            assert!(known.contains(&label), "{path}: {label}");
        }
    }
}
