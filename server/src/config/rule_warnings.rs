//! Warnings about the rules in a file: a metric that is not known is probably misspelt, and a threshold may never be
//! reached. Only warnings, since applications may report any metric.

use super::Settings;
use super::file::line_of;
use std::fmt;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use watchglass_rules::builtin::USER_METRICS;
use watchglass_rules::{Rule, RuleWarning};

/// Names of all metrics that Watchglass can collect, one a line. A test keeps the list up to date.
const COLLECTED: &str = include_str!("metric_names.txt");
/// Least similarity of a suggested name, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.9;
/// Longer names have no suggestion.
const MAX_COMPARED_BYTES: usize = 100;

/// Rule that probably does not do what it is meant to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileRuleWarning {
    /// File and line.
    place: String,
    rule: String,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq)]
enum Problem {
    /// The metric is not known.
    UnknownMetric {
        metric: String,
        /// Known metric with a similar name.
        similar: Option<&'static str>,
    },
    /// Any other.
    Rule(RuleWarning),
}

impl fmt::Display for FileRuleWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, rule, problem } = self;
        match problem {
            Problem::UnknownMetric { metric, similar } => {
                write!(
                    f,
                    "{place}: rules.metric: Watchglass does not collect {metric:?}, the metric of rule {rule:?}"
                )?;
                match similar {
                    Some(similar) => write!(f, "; did you mean {similar:?}?"),
                    None => write!(f, "; the rule has no effect unless an application reports it"),
                }
            }
            Problem::Rule(RuleWarning { field, text }) => {
                write!(f, "{place}: rules.{field} of rule {rule:?}: {text}")
            }
        }
    }
}

/// Warnings about the rules of a file.
pub(super) fn rule_warnings(
    table: &DeTable<'_>,
    text: &str,
    path: &Path,
    settings: &Settings,
) -> Vec<FileRuleWarning> {
    let Some(DeValue::Array(items)) = table.get("rules").map(Spanned::get_ref) else { return Vec::new() };
    // Each item has become a rule, in this order.
    let found = items.iter().zip(&settings.rules).flat_map(|(item, rule)| {
        problems(rule).into_iter().map(move |(field, problem)| {
            let offset = item.get_ref().get(field).map_or(item.span(), Spanned::span).start;
            let place = format!("{}, line {}", path.display(), line_of(text, offset));
            FileRuleWarning { place, rule: rule.id.clone(), problem }
        })
    });
    found.collect()
}

/// Problems of a rule with their fields.
fn problems(rule: &Rule) -> Vec<(&'static str, Problem)> {
    if is_known(&rule.metric) {
        return rule.warnings().into_iter().map(|found| (found.field, Problem::Rule(found))).collect();
    }
    let metric = rule.metric.chars().take(MAX_COMPARED_BYTES).collect();
    vec![("metric", Problem::UnknownMetric { metric, similar: similar(&rule.metric) })]
}

/// All known metrics.
fn known() -> impl Iterator<Item = &'static str> {
    COLLECTED.lines().chain(USER_METRICS)
}

fn is_known(metric: &str) -> bool {
    known().any(|known| known == metric)
}

/// The known metric with the most similar name, if it is similar enough.
fn similar(metric: &str) -> Option<&'static str> {
    if metric.len() > MAX_COMPARED_BYTES {
        return None;
    }
    let scored = known().map(|known| (known, strsim::jaro_winkler(known, metric)));
    let best = scored.filter(|(_, score)| *score >= MIN_SIMILARITY).max_by(|a, b| a.1.total_cmp(&b.1));
    best.map(|(known, _)| known)
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
            |found: &FileRuleWarning| found.to_string().replace(&format!("{}/", folder.path().display()), "");
        settings.rule_warnings.iter().map(shown).collect()
    }

    #[test]
    fn misspelt_metrics_of_rules_and_overrides_are_named_with_line_and_suggestion() {
        let own = "[[rules]]\nid = 'a'\nname = 'A'\ncomponent = 'c'\nwarning = 0.5\n";
        let unknown = |line: u32, metric: &str, rule: &str, rest: &str| {
            format!(
                "w.toml, line {line}: rules.metric: Watchglass does not collect {metric:?}, the metric of rule {rule:?}; {rest}"
            )
        };
        for (text, expected) in [
            ("[[rules]]\nid = 'disk'\nwarning = 0.8\nrecovery = 0.78\n".to_owned(), vec![]),
            (format!("{own}metric = 'host_memory_used_ratio'\n"), vec![]),
            (format!("{own}metric = 'cache_hit_rate'\n"), vec![]),
            (
                format!("{own}metric = 'host_memroy_used_ratio'\n"),
                vec![unknown(6, "host_memroy_used_ratio", "a", "did you mean \"host_memory_used_ratio\"?")],
            ),
            (
                "\n[[rules]]\nid = 'disk'\n[[rules]]\nid = 'cpu'\nmetric = 'host_cpu_usage'\n".to_owned(),
                vec![unknown(6, "host_cpu_usage", "cpu", "did you mean \"host_cpu_usage_ratio\"?")],
            ),
            (
                format!("{own}metric = 'queue_length'\n"),
                vec![unknown(
                    6,
                    "queue_length",
                    "a",
                    "the rule has no effect unless an application reports it",
                )],
            ),
        ] {
            assert_eq!(warnings(&text), expected, "{text}");
        }
    }

    #[test]
    fn thresholds_that_do_not_do_what_they_are_meant_to_are_named_with_their_line() {
        for (text, expected) in [
            (
                "[[rules]]\nid = 'disk'\n\nwarning = 80\nrecovery = 75\n",
                &[(4, "disk", "rules.warning of rule \"disk\": 80: host_filesystem_used_ratio is a ratio")][..],
            ),
            ("[[rules]]\nid = 'disk'\nwarning = 0.8\nrecovery = 0.7\n", &[]),
            (
                "[[rules]]\nid = 'cpu'\n[[rules]]\nid = 'disk'\nwarning = 0.8\nrecovery = 0.7\ncritical = 1.0\n",
                &[(7, "disk", "rules.critical of rule \"disk\": 1 is never exceeded")],
            ),
            (
                "[[rules]]\nid = 'disk'\nwarning = 80\nrecovery = 0.7\ncritical = 90\n",
                &[(3, "disk", "use 0.8 for 80 %"), (5, "disk", "use 0.9 for 90 %")],
            ),
            (
                "[[rules]]\nid = 'disk'\nwarning = 0.98\nrecovery = 0.9\n",
                &[(3, "disk", "0.98 is beyond the critical threshold 0.95 of the built-in rule")],
            ),
            ("[[rules]]\nid = 'disk'\nwarning = 0.98\nrecovery = 0.9\ncritical = 0.99\n", &[]),
        ] {
            let found = warnings(text);
            assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
            for (found, (line, rule, part)) in found.iter().zip(expected) {
                assert!(found.starts_with(&format!("w.toml, line {line}: ")), "{found}");
                assert!(found.contains(part) && found.contains(&format!("{rule:?}")), "{found}");
            }
        }
    }

    #[test]
    fn long_names_are_shortened() {
        let rule = "[[rules]]\nid = 'a'\nname = 'A'\ncomponent = 'c'\nwarning = 1\n";
        let long = format!("{rule}metric = '{}'\n", "host_".repeat(40));
        let found = warnings(&long);
        assert!(found.len() == 1 && found[0].len() < 300 && !found[0].contains("did you mean"), "{found:?}");
    }

    #[test]
    fn metrics_of_built_in_rules_are_known() {
        for rule in watchglass_rules::builtin::all() {
            assert!(is_known(&rule.metric), "{}: {}", rule.id, rule.metric);
        }
    }
}
