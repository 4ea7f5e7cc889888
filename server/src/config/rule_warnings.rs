//! Warnings about the rules in a file: a metric that is not known is probably misspelt, and a threshold of a ratio above 1
//! is probably meant in percent. Only warnings, since applications may report any metric.

use super::Settings;
use super::file::line_of;
use std::fmt;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use watchglass_rules::builtin::USER_METRICS;
use watchglass_rules::{Rule, builtin};

/// Names of all metrics that Watchglass can collect, one a line. A test keeps the list up to date.
const COLLECTED: &str = include_str!("metric_names.txt");
/// Ratios that may be above 1: of memory to what is needed, and of CPU time to that of one CPU.
const UNBOUNDED_RATIOS: [&str; 2] = ["redis_memory_fragmentation_ratio", "host_process_cpu_ratio"];
/// Least similarity of a suggested name, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.9;
/// Longer names have no suggestion.
const MAX_COMPARED_BYTES: usize = 100;

/// Rule that probably does not do what it is meant to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RuleWarning {
    /// File and line.
    place: String,
    rule: String,
    metric: String,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq)]
enum Problem {
    /// The metric is not known.
    UnknownMetric {
        /// Known metric with a similar name.
        similar: Option<&'static str>,
    },
    /// A built-in rule loses its critical threshold, which its new warning threshold is beyond.
    CriticalRemoved { critical: f64 },
    /// The metric is never above 1.
    ThresholdInPercent { key: &'static str, threshold: f64 },
}

impl fmt::Display for RuleWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, rule, metric, problem } = self;
        match problem {
            Problem::UnknownMetric { similar } => {
                write!(
                    f,
                    "{place}: rules.metric: Watchglass does not collect {metric:?}, the metric of rule {rule:?}"
                )?;
                match similar {
                    Some(similar) => write!(f, "; did you mean {similar:?}?"),
                    None => write!(f, "; the rule has no effect unless an application reports it"),
                }
            }
            Problem::CriticalRemoved { critical } => write!(
                f,
                "{place}: rules.warning of rule {rule:?} is beyond its critical threshold {critical}, which is removed: set \
                 critical as well"
            ),
            Problem::ThresholdInPercent { key, threshold } => write!(
                f,
                "{place}: rules.{key} of rule {rule:?} is {threshold}, but {metric} is a ratio from 0 to 1: use 0.8 for 80 %"
            ),
        }
    }
}

/// Warnings about the rules of a file.
pub(super) fn rule_warnings(
    table: &DeTable<'_>,
    text: &str,
    path: &Path,
    settings: &Settings,
) -> Vec<RuleWarning> {
    let Some(DeValue::Array(items)) = table.get("rules").map(Spanned::get_ref) else { return Vec::new() };
    // Each item has become a rule, in this order.
    let found = items.iter().zip(&settings.rules).filter_map(|(item, rule)| {
        let (key, problem) = if !is_known(&rule.metric) {
            ("metric", Problem::UnknownMetric { similar: similar(&rule.metric) })
        } else if let Some((key, threshold)) = threshold_in_percent(rule) {
            (key, Problem::ThresholdInPercent { key, threshold })
        } else {
            let critical = builtin::find(&rule.id)?.critical?;
            (rule.critical.is_none() && item.get_ref().get("critical").is_none())
                .then_some(("warning", Problem::CriticalRemoved { critical }))?
        };
        let offset = item.get_ref().get(key).map_or(item.span(), Spanned::span).start;
        Some(RuleWarning {
            place: format!("{}, line {}", path.display(), line_of(text, offset)),
            rule: rule.id.clone(),
            metric: rule.metric.chars().take(MAX_COMPARED_BYTES).collect(),
            problem,
        })
    });
    found.collect()
}

/// The first threshold of a rule that a ratio never reaches.
fn threshold_in_percent(rule: &Rule) -> Option<(&'static str, f64)> {
    let is_bounded = rule.metric.ends_with("_ratio") && !UNBOUNDED_RATIOS.contains(&rule.metric.as_str());
    let thresholds = [("info", rule.info), ("warning", rule.warning), ("critical", rule.critical)];
    let mut given = thresholds.into_iter().filter_map(|(key, threshold)| Some((key, threshold?)));
    given.find(|(_, threshold)| is_bounded && *threshold > 1.0)
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
            |found: &RuleWarning| found.to_string().replace(&format!("{}/", folder.path().display()), "");
        settings.rule_warnings.iter().map(shown).collect()
    }

    #[test]
    fn misspelt_metrics_of_rules_and_overrides_are_named_with_line_and_suggestion() {
        let own = "[[rules]]\nid = 'a'\nname = 'A'\ncomponent = 'c'\nwarning = 1\n";
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
        let in_percent = |line: u32, rule: &str, rest: &str| {
            vec![format!(
                "w.toml, line {line}: rules.{rest} is a ratio from 0 to 1: use 0.8 for 80 %",
                rest = rest.replace("RULE", &format!("of rule {rule:?}"))
            )]
        };
        let fragmentation = "[[rules]]\nid = 'a'\nname = 'A'\ncomponent = 'c'\nwarning = 1.5\n\
                             metric = 'redis_memory_fragmentation_ratio'\n";
        for (text, expected) in [
            (
                "[[rules]]\nid = 'disk'\n\nwarning = 80\nrecovery = 75\n",
                in_percent(4, "disk", "warning RULE is 80, but host_filesystem_used_ratio"),
            ),
            ("[[rules]]\nid = 'disk'\nwarning = 0.8\nrecovery = 0.7\ncritical = 1.0\n", vec![]),
            (fragmentation, vec![]),
            (
                "[[rules]]\nid = 'disk'\nwarning = 0.98\nrecovery = 0.9\n",
                vec![
                    "w.toml, line 3: rules.warning of rule \"disk\" is beyond its critical threshold 0.95, which is removed: \
                     set critical as well"
                        .to_owned(),
                ],
            ),
            ("[[rules]]\nid = 'disk'\nwarning = 0.98\nrecovery = 0.9\ncritical = 0.99\n", vec![]),
        ] {
            assert_eq!(warnings(text), expected, "{text}");
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
