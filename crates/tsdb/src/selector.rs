//! Series selector with label matchers.

use crate::{QueryError, StoredSeries};
use regex::{Regex, RegexBuilder};
use std::sync::Arc;

/// Label name of the metric name in matchers, as in Prometheus.
const NAME: &str = "__name__";
/// Maximum size of a compiled regular expression in bytes: enough for long alternations, and bounded.
const MAX_REGEX_BYTES: usize = 256 * 1024;
/// Special characters of regular expressions, except for `|`.
const SPECIAL: [char; 13] = ['\\', '.', '+', '*', '?', '(', ')', '[', ']', '{', '}', '^', '$'];
/// Maximum length of a regular expression in bytes.
const MAX_PATTERN_BYTES: usize = 4096;

/// Selects the series of a metric that satisfy all matchers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selector {
    /// Metric name; `None` for all metrics.
    pub metric: Option<String>,
    /// Label matchers.
    pub matchers: Vec<Matcher>,
    /// Only these of the series; `None` for all.
    pub only: Option<Vec<Arc<StoredSeries>>>,
}

/// Label matcher. A missing label counts as empty, as in Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Matcher {
    /// Label name; `__name__` is the metric name.
    pub label: String,
    /// Operator.
    pub operator: Operator,
    /// Value, or a regular expression of at most 4096 bytes.
    pub value: String,
}

/// Matcher operator. Regular expressions are anchored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
}

impl Selector {
    /// All series of a metric.
    pub fn metric(name: &str) -> Self {
        Self { metric: Some(name.to_owned()), ..Self::default() }
    }

    /// Restricts the selector to these series, which are those of an earlier query.
    #[must_use]
    pub fn among(mut self, series: &[Arc<StoredSeries>]) -> Self {
        self.only = Some(series.to_vec());
        self
    }

    /// Adds a matcher.
    #[must_use]
    pub fn with(mut self, label: &str, operator: Operator, value: &str) -> Self {
        self.matchers.push(Matcher { label: label.to_owned(), operator, value: value.to_owned() });
        self
    }

    /// Compiles the selector.
    ///
    /// # Errors
    /// A regular expression is invalid or too large.
    pub(crate) fn compile(&self) -> Result<CompiledSelector, QueryError> {
        let tests = self.matchers.iter().map(|matcher| {
            let wanted = match matcher.operator {
                Operator::Equal | Operator::NotEqual => ValueMatcher::Words(vec![matcher.value.clone()]),
                Operator::Regex | Operator::NotRegex => ValueMatcher::by_regex(&matcher.value)?,
            };
            Ok((matcher.clone(), wanted))
        });
        let mut tests: Vec<(Matcher, ValueMatcher)> = tests.collect::<Result<_, _>>()?;
        // Cheap comparisons first.
        tests.sort_by_key(|(_, wanted)| matches!(wanted, ValueMatcher::Regex(_)));
        let mut only = self.only.clone();
        only.iter_mut().for_each(|only| only.sort_by(|a, b| a.order(b)));
        Ok(CompiledSelector { metric: self.metric.clone(), tests, only })
    }
}

/// Compiled value of a matcher.
#[derive(Debug)]
enum ValueMatcher {
    /// One of these sorted values.
    Words(Vec<String>),
    Regex(Regex),
}

impl ValueMatcher {
    /// Compiles a regular expression. Plain alternations become a list, because compiling them would take longer than
    /// reading a week of a series.
    fn by_regex(pattern: &str) -> Result<Self, QueryError> {
        if pattern.len() > MAX_PATTERN_BYTES || pattern.contains(SPECIAL) {
            return anchored(pattern).map(Self::Regex);
        }
        let mut words: Vec<String> = pattern.split('|').map(str::to_owned).collect();
        words.sort();
        Ok(Self::Words(words))
    }

    fn has(&self, value: &str) -> bool {
        match self {
            Self::Words(words) => words.binary_search_by(|word| word.as_str().cmp(value)).is_ok(),
            Self::Regex(regex) => regex.is_match(value),
        }
    }
}

/// Anchors the pattern; `(?s)` lets the dot match newlines, as in Prometheus.
fn anchored(pattern: &str) -> Result<Regex, QueryError> {
    let fail = |reason: String| QueryError::Regex { pattern: pattern.chars().take(80).collect(), reason };
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(fail(format!("{} bytes, at most {MAX_PATTERN_BYTES} are allowed", pattern.len())));
    }
    let build = |pattern: &str| {
        let regex = RegexBuilder::new(pattern).size_limit(MAX_REGEX_BYTES).build();
        regex.map_err(|error| fail(error.to_string()))
    };
    // Compiled alone first: `a)|(b` would close the anchoring group.
    build(pattern)?;
    build(&format!("^(?s:{pattern})$"))
}

/// A compiled [`Selector`].
#[derive(Debug)]
pub(crate) struct CompiledSelector {
    metric: Option<String>,
    tests: Vec<(Matcher, ValueMatcher)>,
    /// Sorted.
    only: Option<Vec<Arc<StoredSeries>>>,
}

impl CompiledSelector {
    /// Whether `series` is selected.
    pub(crate) fn matches(&self, series: &StoredSeries) -> bool {
        self.metric.as_ref().is_none_or(|name| *name == series.metric)
            && self.tests.iter().all(|(matcher, wanted)| {
                let value = match matcher.label.as_str() {
                    NAME => &series.metric,
                    label => series.labels.get(label).unwrap_or_default(),
                };
                wanted.has(value) == matches!(matcher.operator, Operator::Equal | Operator::Regex)
            })
            && self.only.as_ref().is_none_or(|only| only.binary_search_by(|one| one.order(series)).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operator::{Equal, NotEqual, NotRegex, Regex};
    use proptest::prelude::*;
    use watchglass_model::Kind;

    #[test]
    fn matchers_compare_as_in_prometheus() {
        let series = StoredSeries {
            metric: "http_requests_total".to_owned(),
            labels: [("path", "/a\nb"), ("code", "404")].into_iter().collect(),
            kind: Kind::Counter,
        };
        for (label, operator, value, expected) in [
            ("code", Equal, "404", true),
            ("code", Equal, "40", false),
            ("code", NotEqual, "404", false),
            ("code", NotEqual, "200", true),
            ("code", Regex, "4..", true),
            ("code", Regex, "4", false),
            ("code", Regex, "200|404", true),
            ("code", Regex, "200|40", false),
            ("code", Regex, "4.4|200", true),
            ("code", NotRegex, "200|404", false),
            ("absent", Regex, "404|", true),
            ("absent", NotRegex, "404", true),
            ("code", NotRegex, "5..|404", false),
            ("code", NotRegex, "5..", true),
            ("path", Regex, "/a.*", true),
            ("absent", Equal, "", true),
            ("absent", NotEqual, "", false),
            ("absent", Regex, ".*", true),
            ("absent", Regex, ".+", false),
            ("__name__", Regex, "http_.*", true),
            ("__name__", Equal, "up", false),
        ] {
            let test = Selector::default().with(label, operator, value).compile().unwrap();
            assert_eq!(test.matches(&series), expected, "{label} {operator:?} {value}");
        }
        assert!(Selector::metric("http_requests_total").compile().unwrap().matches(&series));
        assert!(!Selector::metric("up").compile().unwrap().matches(&series));
    }

    #[test]
    fn selectors_can_be_restricted_to_known_series() {
        let series = |disk: &str| {
            let labels = [("disk", disk)].into_iter().collect();
            Arc::new(StoredSeries { metric: "m".to_owned(), labels, kind: Kind::Gauge })
        };
        let all = ["c", "a", "b"].map(series);
        let selector = Selector::metric("m").with("disk", NotEqual, "a");
        for (only, expected) in
            [(&all[..], [true, false, true]), (&all[1..], [false, false, true]), (&[], [false; 3])]
        {
            let test = selector.clone().among(only).compile().unwrap();
            assert_eq!(all.each_ref().map(|series| test.matches(series)), expected, "{only:?}");
        }
    }

    #[test]
    fn invalid_or_large_expressions_are_errors() {
        for (pattern, reason) in [
            ("(".to_owned(), "unclosed group"),
            ("a)|(b".to_owned(), "unopened group"),
            ("x".repeat(5000), "at most 4096"),
            (r"\w{1000}".to_owned(), "size limit"),
        ] {
            let error = Selector::default().with("a", Regex, &pattern).compile().unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
        }
    }

    proptest! {
        #[test]
        fn alternations_match_like_their_expression(pattern in "[ab|#é -]{0,8}", value in "[ab#é -]{0,3}") {
            let words = ValueMatcher::by_regex(&pattern).unwrap();
            prop_assert!(matches!(words, ValueMatcher::Words(_)));
            prop_assert_eq!(words.has(&value), anchored(&pattern).unwrap().is_match(&value));
        }
    }
}
