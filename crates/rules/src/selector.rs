//! Selector of a rule: the series of its metric whose labels satisfy all matchers.

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use watchglass_model::Labels;

/// Maximum size of a compiled regular expression, in bytes: enough for long word lists, too small to do harm.
const MAX_REGEX_BYTES: usize = 256 * 1024;
/// Maximum length of a regular expression, in bytes.
const MAX_PATTERN_BYTES: usize = 4096;

/// Label matcher. A missing label counts as empty, as in Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matcher {
    /// Label name.
    pub label: String,
    /// Comparison operator.
    pub operator: Operator,
    /// Text, or a regular expression of at most 4096 bytes.
    pub value: String,
}

/// Operator of a matcher. A regular expression must match the whole value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// Equal.
    #[serde(rename = "=")]
    Equal,
    /// Not equal.
    #[serde(rename = "!=")]
    NotEqual,
    /// Regular expression match.
    #[serde(rename = "=~")]
    Regex,
    /// No regular expression match.
    #[serde(rename = "!~")]
    NotRegex,
}

/// Compiled matchers.
#[derive(Clone, Debug)]
pub(crate) struct SeriesSelector(Vec<(Matcher, Option<Regex>)>);

impl SeriesSelector {
    /// Compiles `matchers`.
    ///
    /// # Errors
    /// Index of the matcher whose regular expression is invalid or too large, and the reason.
    pub(crate) fn new(matchers: &[Matcher]) -> Result<Self, (usize, String)> {
        let tests = matchers.iter().enumerate().map(|(index, matcher)| {
            let regex = match matcher.operator {
                Operator::Equal | Operator::NotEqual => None,
                Operator::Regex | Operator::NotRegex => {
                    Some(compile(&matcher.value).map_err(|reason| (index, reason))?)
                }
            };
            Ok((matcher.clone(), regex))
        });
        tests.collect::<Result<_, _>>().map(Self)
    }

    /// Whether all matchers match `labels`.
    pub(crate) fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|(matcher, regex)| {
            let value = labels.get(&matcher.label).unwrap_or_default();
            let is_match = match regex {
                Some(regex) => regex.is_match(value),
                None => matcher.value == value,
            };
            is_match == matches!(matcher.operator, Operator::Equal | Operator::Regex)
        })
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(format!("too long: {} bytes (maximum {MAX_PATTERN_BYTES})", pattern.len()));
    }
    anchored(pattern, |builder| builder.size_limit(MAX_REGEX_BYTES)).map_err(|error| error.to_string())
}

/// A regular expression that must match the whole value, as in Prometheus, with the limits set by `limit`. `(?s)` lets
/// the dot match a line break.
///
/// # Errors
/// Invalid or too large.
pub fn anchored(
    pattern: &str,
    limit: impl Fn(&mut RegexBuilder) -> &mut RegexBuilder,
) -> Result<Regex, regex::Error> {
    let build = |pattern: &str| limit(&mut RegexBuilder::new(pattern)).build();
    // Compiled alone first: `a)|(b` would close the surrounding group.
    build(pattern)?;
    build(&format!("^(?s:{pattern})$"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operator::{Equal, NotEqual, NotRegex, Regex};

    fn matcher(label: &str, operator: Operator, value: &str) -> Matcher {
        Matcher { label: label.to_owned(), operator, value: value.to_owned() }
    }

    #[test]
    fn matchers_follow_prometheus_semantics() {
        let labels: Labels = [("probe", "redis:a\nb"), ("code", "404")].into_iter().collect();
        for (label, operator, value, expected) in [
            ("code", Equal, "404", true),
            ("code", NotEqual, "404", false),
            ("code", Regex, "4", false),
            ("code", Regex, "200|404", true),
            ("code", NotRegex, "5..|404", false),
            ("code", NotRegex, "5..", true),
            ("probe", Regex, "redis:.*", true),
            ("probe", NotRegex, "postgres:.*|redis:.*", false),
            ("absent", Equal, "", true),
            ("absent", Regex, ".+", false),
        ] {
            let selection = SeriesSelector::new(&[matcher(label, operator, value)]).unwrap();
            assert_eq!(selection.matches(&labels), expected, "{label} {operator:?} {value}");
        }
        let both = [matcher("code", Equal, "404"), matcher("code", Regex, "2..")];
        assert!(!SeriesSelector::new(&both).unwrap().matches(&labels));
        assert!(SeriesSelector::new(&[]).unwrap().matches(&labels));
    }

    #[test]
    fn invalid_or_large_expressions_are_reported() {
        for (pattern, expected) in [
            ("(".to_owned(), "unclosed group"),
            ("a)|(b".to_owned(), "unopened group"),
            ("x".repeat(5000), "maximum 4096"),
            (r"\w{1000}".to_owned(), "size limit"),
        ] {
            let (index, reason) =
                SeriesSelector::new(&[matcher("a", Equal, "("), matcher("a", Regex, &pattern)]).unwrap_err();
            assert!(index == 1 && reason.contains(expected), "{reason}");
        }
    }
}
