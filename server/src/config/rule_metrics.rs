//! Metrics of the rules in a file: a name that is not known is probably misspelt. Only a warning, since applications may
//! report metrics of any name.

use super::Settings;
use super::file::line_of;
use std::fmt;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use watchglass_rules::builtin::USER_METRICS;

/// Names of all metrics that Watchglass can collect, one a line. A test keeps the list up to date.
const COLLECTED: &str = include_str!("metric_names.txt");
/// Least similarity of a suggested name, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.9;
/// Longer names have no suggestion.
const MAX_COMPARED_BYTES: usize = 100;

/// Rule with a metric that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnknownMetric {
    /// File and line.
    place: String,
    rule: String,
    metric: String,
    /// Known metric with a similar name.
    similar: Option<&'static str>,
}

impl fmt::Display for UnknownMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, rule, metric, similar } = self;
        write!(
            f,
            "{place}: rules.metric: Watchglass does not collect {metric:?}, the metric of rule {rule:?}"
        )?;
        match similar {
            Some(similar) => write!(f, "; did you mean {similar:?}?"),
            None => write!(f, "; the rule has no effect unless an application reports it"),
        }
    }
}

/// The rules of a file whose metrics are not known.
pub(super) fn unknown_metrics(
    table: &DeTable<'_>,
    text: &str,
    path: &Path,
    settings: &Settings,
) -> Vec<UnknownMetric> {
    let Some(DeValue::Array(items)) = table.get("rules").map(Spanned::get_ref) else { return Vec::new() };
    // Each item has become a rule, in this order.
    let rules = items.iter().zip(&settings.rules).filter(|(_, rule)| !is_known(&rule.metric));
    let unknown = rules.map(|(item, rule)| {
        let offset = item.get_ref().get("metric").map_or(item.span(), Spanned::span).start;
        UnknownMetric {
            place: format!("{}, line {}", path.display(), line_of(text, offset)),
            rule: rule.id.clone(),
            metric: rule.metric.chars().take(MAX_COMPARED_BYTES).collect(),
            similar: similar(&rule.metric),
        }
    });
    unknown.collect()
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
            |found: &UnknownMetric| found.to_string().replace(&format!("{}/", folder.path().display()), "");
        settings.unknown_metrics.iter().map(shown).collect()
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
