//! Which series a rule is about: those of a metric whose labels satisfy all matchers.

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use watchglass_model::Labels;

/// The largest compiled regular expression, in bytes: enough for long lists of words, too little to do harm.
const REGEX_BYTES: usize = 256 * 1024;
/// The longest regular expression, in bytes.
const PATTERN_BYTES: usize = 4096;

/// What one label must be. A label that a series does not have counts as empty, as in Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matcher {
    /// The label's name.
    pub label: String,
    /// How it is compared.
    pub operator: Operator,
    /// What it is compared with: a text, or a regular expression of at most 4096 bytes.
    pub value: String,
}

/// How a matcher compares. A regular expression must match the whole value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// The label is the value.
    #[serde(rename = "=")]
    Equal,
    /// It is not.
    #[serde(rename = "!=")]
    NotEqual,
    /// The regular expression matches it.
    #[serde(rename = "=~")]
    Regex,
    /// It does not.
    #[serde(rename = "!~")]
    NotRegex,
}

/// Matchers, ready to be compared with many series.
#[derive(Debug)]
pub(crate) struct Selection(Vec<(Matcher, Option<Regex>)>);

impl Selection {
    /// Compiles `matchers`.
    ///
    /// # Errors
    /// The place of the matcher whose regular expression is none or is too large, and what is wrong with it.
    pub(crate) fn new(matchers: &[Matcher]) -> Result<Self, (usize, String)> {
        let tests = matchers.iter().enumerate().map(|(place, matcher)| {
            let regex = match matcher.operator {
                Operator::Equal | Operator::NotEqual => None,
                Operator::Regex | Operator::NotRegex => {
                    Some(compile(&matcher.value).map_err(|reason| (place, reason))?)
                }
            };
            Ok((matcher.clone(), regex))
        });
        tests.collect::<Result<_, _>>().map(Self)
    }

    /// Whether all matchers agree to `labels`.
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
    if pattern.len() > PATTERN_BYTES {
        return Err(format!("it has {} bytes: at most {PATTERN_BYTES} can be", pattern.len()));
    }
    anchored(pattern, |builder| builder.size_limit(REGEX_BYTES)).map_err(|error| error.to_string())
}

/// An expression that must match a whole value, as in Prometheus, within the limits that `limit` sets: `(?s)` lets the dot
/// match a line break.
///
/// # Errors
/// It is none, or is too large.
pub(crate) fn anchored(
    pattern: &str,
    limit: impl Fn(&mut RegexBuilder) -> &mut RegexBuilder,
) -> Result<Regex, regex::Error> {
    let build = |pattern: &str| limit(&mut RegexBuilder::new(pattern)).build();
    // On its own first: `a)|(b` would close the group around it.
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
    fn matchers_compare_as_in_prometheus() {
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
            let selection = Selection::new(&[matcher(label, operator, value)]).unwrap();
            assert_eq!(selection.matches(&labels), expected, "{label} {operator:?} {value}");
        }
        let both = [matcher("code", Equal, "404"), matcher("code", Regex, "2..")];
        assert!(!Selection::new(&both).unwrap().matches(&labels));
        assert!(Selection::new(&[]).unwrap().matches(&labels));
    }

    #[test]
    fn expressions_that_are_none_or_too_large_are_named() {
        for (pattern, expected) in [
            ("(".to_owned(), "unclosed group"),
            ("a)|(b".to_owned(), "unopened group"),
            ("x".repeat(5000), "at most 4096"),
            (r"\w{1000}".to_owned(), "size limit"),
        ] {
            let (place, reason) =
                Selection::new(&[matcher("a", Equal, "("), matcher("a", Regex, &pattern)]).unwrap_err();
            assert!(place == 1 && reason.contains(expected), "{reason}");
        }
    }
}
