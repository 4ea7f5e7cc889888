//! Which series a question is about.

use crate::{QueryError, StoredSeries};
use regex::{Regex, RegexBuilder};

/// The label under which a matcher asks for the metric's name, as in Prometheus.
const NAME: &str = "__name__";
/// The largest compiled regular expression, in bytes: enough for long lists of words, too little to do harm.
const REGEX_BYTES: usize = 256 * 1024;
/// What does not stand for itself in a regular expression, besides `|`.
const SPECIAL: [char; 13] = ['\\', '.', '+', '*', '?', '(', ')', '[', ']', '{', '}', '^', '$'];
/// The longest regular expression, in bytes.
const PATTERN_BYTES: usize = 4096;

/// Which series: those of a metric that satisfy all the matchers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selector {
    /// The metric's name; `None` for every metric.
    pub metric: Option<String>,
    /// What the labels must be.
    pub matchers: Vec<Matcher>,
}

/// What one label must be. A label that a series does not have counts as empty, as in Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Matcher {
    /// The label's name; `__name__` is the metric's name.
    pub label: String,
    /// How it is compared.
    pub operator: Operator,
    /// What it is compared with: a text, or a regular expression of at most 4096 bytes.
    pub value: String,
}

/// How a matcher compares. A regular expression must match the whole value.
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
        Self { metric: Some(name.to_owned()), matchers: Vec::new() }
    }

    /// Makes the selector ask for one more thing.
    #[must_use]
    pub fn with(mut self, label: &str, operator: Operator, value: &str) -> Self {
        self.matchers.push(Matcher { label: label.to_owned(), operator, value: value.to_owned() });
        self
    }

    /// The selector, ready to be compared with many series.
    ///
    /// # Errors
    /// A regular expression that is none, or is too large.
    pub(crate) fn compile(&self) -> Result<Test, QueryError> {
        let tests = self.matchers.iter().map(|matcher| {
            let wanted = match matcher.operator {
                Operator::Equal | Operator::NotEqual => Wanted::Words(vec![matcher.value.clone()]),
                Operator::Regex | Operator::NotRegex => Wanted::by_regex(&matcher.value)?,
            };
            Ok((matcher.clone(), wanted))
        });
        let mut tests: Vec<(Matcher, Wanted)> = tests.collect::<Result<_, _>>()?;
        // What is quickly compared comes first.
        tests.sort_by_key(|(_, wanted)| matches!(wanted, Wanted::Regex(_)));
        Ok(Test { metric: self.metric.clone(), tests })
    }
}

/// What a value is compared with.
#[derive(Debug)]
enum Wanted {
    /// One of these, which are sorted.
    Words(Vec<String>),
    Regex(Regex),
}

impl Wanted {
    /// What a regular expression stands for. Most are lists of words: to compile such a one takes longer than to read a
    /// week of a series.
    fn by_regex(pattern: &str) -> Result<Self, QueryError> {
        if pattern.len() > PATTERN_BYTES || pattern.contains(SPECIAL) {
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

/// `(?s)` lets the dot match a line break: a value is matched as a whole, as in Prometheus.
fn anchored(pattern: &str) -> Result<Regex, QueryError> {
    let fail = |reason: String| QueryError::Regex { pattern: pattern.chars().take(80).collect(), reason };
    if pattern.len() > PATTERN_BYTES {
        return Err(fail(format!("it has {} bytes, at most {PATTERN_BYTES} can be", pattern.len())));
    }
    let build = |pattern: &str| {
        let regex = RegexBuilder::new(pattern).size_limit(REGEX_BYTES).build();
        regex.map_err(|error| fail(error.to_string()))
    };
    // On its own first: `a)|(b` would close the group around it.
    build(pattern)?;
    build(&format!("^(?s:{pattern})$"))
}

/// A compiled [`Selector`].
#[derive(Debug)]
pub(crate) struct Test {
    metric: Option<String>,
    tests: Vec<(Matcher, Wanted)>,
}

impl Test {
    /// Whether `series` is one that was asked for.
    pub(crate) fn matches(&self, series: &StoredSeries) -> bool {
        self.metric.as_ref().is_none_or(|name| *name == series.metric)
            && self.tests.iter().all(|(matcher, wanted)| {
                let value = match matcher.label.as_str() {
                    NAME => &series.metric,
                    label => series.labels.get(label).unwrap_or_default(),
                };
                wanted.has(value) == matches!(matcher.operator, Operator::Equal | Operator::Regex)
            })
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
    fn expressions_that_are_none_or_too_large_are_named() {
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
        fn a_list_of_words_is_what_its_expression_is(pattern in "[ab|#é -]{0,8}", value in "[ab#é -]{0,3}") {
            let words = Wanted::by_regex(&pattern).unwrap();
            prop_assert!(matches!(words, Wanted::Words(_)));
            prop_assert_eq!(words.has(&value), anchored(&pattern).unwrap().is_match(&value));
        }
    }
}
