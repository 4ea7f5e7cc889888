//! Series selector with label matchers.

use crate::embedded::bytes::CorruptData;
use crate::embedded::key::{self, KeyView};
use crate::value_matcher::ValueMatcher;
use crate::{QueryError, StoredSeries};
use std::sync::Arc;

/// Label name of the metric name in matchers, as in Prometheus.
const NAME: &str = "__name__";

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

impl Operator {
    /// Whether the values are selected rather than excluded.
    fn is_positive(self) -> bool {
        matches!(self, Self::Equal | Self::Regex)
    }
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
                Operator::Equal | Operator::NotEqual => ValueMatcher::equal(&matcher.value),
                Operator::Regex | Operator::NotRegex => ValueMatcher::by_regex(&matcher.value)?,
            };
            Ok((matcher.clone(), wanted))
        });
        let mut tests: Vec<(Matcher, ValueMatcher)> = tests.collect::<Result<_, _>>()?;
        // Cheap comparisons first.
        tests.sort_by_key(|(_, wanted)| matches!(wanted, ValueMatcher::Regex(..)));
        let mut only = self.only.clone();
        only.iter_mut().for_each(|only| only.sort_by(|a, b| a.order(b)));
        Ok(CompiledSelector { metric: self.metric.clone(), tests, only })
    }
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
    /// Metric name; `None` for all metrics.
    pub(crate) fn metric(&self) -> Option<&str> {
        self.metric.as_deref()
    }

    /// Label name of each matcher, its values, and whether these are selected rather than excluded.
    pub(crate) fn tests(&self) -> impl Iterator<Item = (&str, &ValueMatcher, bool)> {
        self.tests
            .iter()
            .map(|(matcher, wanted)| (matcher.label.as_str(), wanted, matcher.operator.is_positive()))
    }

    /// Whether `series` is selected.
    pub(crate) fn matches(&self, series: &StoredSeries) -> bool {
        let label = |name: &str| series.labels.get(name).unwrap_or_default();
        self.accepts(&series.metric, label) && self.is_among_only(series)
    }

    /// The series of a key, if it is selected. Others are not decoded: there may be many.
    ///
    /// # Errors
    /// Corrupt key.
    pub(crate) fn decode(&self, bytes: &[u8]) -> Result<Option<StoredSeries>, CorruptData> {
        let view = KeyView::new(bytes)?;
        if !self.accepts(view.metric(), |name| view.label(name)) {
            return Ok(None);
        }
        Ok(Some(key::decode(bytes)?).filter(|series| self.is_among_only(series)))
    }

    fn accepts<'a>(&self, metric: &'a str, label: impl Fn(&str) -> &'a str) -> bool {
        self.metric.as_ref().is_none_or(|name| name == metric)
            && self.tests.iter().all(|(matcher, wanted)| {
                let value = match matcher.label.as_str() {
                    NAME => metric,
                    name => label(name),
                };
                wanted.has(value) == matcher.operator.is_positive()
            })
    }

    fn is_among_only(&self, series: &StoredSeries) -> bool {
        self.only.as_ref().is_none_or(|only| only.binary_search_by(|one| one.order(series)).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operator::{Equal, NotEqual, NotRegex, Regex};
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
            let decoded = test.decode(&key::encode(&series)).unwrap();
            assert_eq!(decoded, expected.then(|| series.clone()), "{label} {operator:?} {value}");
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
            let is_decoded =
                |series: &Arc<StoredSeries>| test.decode(&key::encode(series)).unwrap().is_some();
            assert_eq!(all.each_ref().map(is_decoded), expected, "{only:?}");
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
}
