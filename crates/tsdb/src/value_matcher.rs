//! Compiled label value matcher.

use crate::QueryError;
use regex::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::{Extractor, Literal};
use regex_syntax::hir::{Class, Dot, Hir, HirKind, Look};

/// Maximum size of a compiled regular expression in bytes: enough for long alternations, and bounded.
const MAX_REGEX_BYTES: usize = 256 * 1024;
/// Special characters of regular expressions, except for `|`.
const SPECIAL: [char; 13] = ['\\', '.', '+', '*', '?', '(', ')', '[', ']', '{', '}', '^', '$'];
/// Maximum length of a regular expression in bytes.
const MAX_PATTERN_BYTES: usize = 4096;
/// Maximum number of values that an expression is replaced with.
const MAX_WORDS: usize = 1000;
/// Maximum number of characters of a class in such values.
const MAX_CLASS: usize = 64;
/// Maximum number of prefixes of an expression.
const MAX_PREFIXES: usize = 64;

/// Values that a matcher selects, in the cheapest form.
#[derive(Debug)]
pub(crate) enum ValueMatcher {
    /// One of these sorted values.
    Words(Vec<String>),
    /// A prefix, and at least this many bytes.
    Prefix(String, usize),
    /// A substring.
    Contains(String),
    /// A regular expression and the sorted prefixes of all its matches, or none if they are not known.
    Regex(Regex, Vec<String>),
}

impl ValueMatcher {
    /// Selects one value.
    pub(crate) fn equal(value: &str) -> Self {
        Self::Words(vec![value.to_owned()])
    }

    /// Compiles an anchored regular expression, in which the dot matches newlines, as in Prometheus.
    ///
    /// # Errors
    /// The expression is invalid or too large.
    pub(crate) fn by_regex(pattern: &str) -> Result<Self, QueryError> {
        let fail = |reason: String| QueryError::Regex { pattern: pattern.chars().take(80).collect(), reason };
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(fail(format!("{} bytes, at most {MAX_PATTERN_BYTES} are allowed", pattern.len())));
        }
        // Compiling an alternation would take longer than reading a week of a series.
        if !pattern.contains(SPECIAL) {
            return Ok(Self::words(pattern.split('|').map(str::to_owned).collect()));
        }
        // Parsed alone: `a)|(b` would close the anchoring group.
        let parsed = ParserBuilder::new().dot_matches_new_line(true).build().parse(pattern);
        let expression = parsed.map_err(|error| fail(error.to_string()))?;
        let parts = unanchored(&expression);
        if let Some(simple) = Self::simple(&parts) {
            return Ok(simple);
        }
        let mut extractor = Extractor::new();
        extractor.limit_class(MAX_CLASS).limit_total(MAX_WORDS);
        let expression = Hir::concat(parts.into_iter().cloned().collect());
        let found = extractor.extract(&expression);
        let literals = found.literals().unwrap_or_default();
        if found.is_exact() && expression.properties().look_set().is_empty() {
            let words = literals.iter().map(|word| String::from_utf8(word.as_bytes().to_vec()).ok());
            if let Some(words) = words.collect() {
                return Ok(Self::words(words));
            }
        }
        let regex = RegexBuilder::new(&format!("^(?s:{pattern})$")).size_limit(MAX_REGEX_BYTES).build();
        let regex = regex.map_err(|error| fail(error.to_string()))?;
        Ok(Self::Regex(regex, prefixes(literals)))
    }

    fn words(mut words: Vec<String>) -> Self {
        words.sort();
        words.dedup();
        Self::Words(words)
    }

    /// The matcher of `.*`, `.+`, `a.*`, `a.+` and `.*a.*`.
    fn simple(parts: &[&Hir]) -> Option<Self> {
        let prefix = |text: &str, rest: usize| Some(Self::Prefix(text.to_owned(), text.len() + rest));
        match *parts {
            [rest] => prefix("", anything(rest)?),
            [start, rest] => prefix(literal(start)?, anything(rest)?),
            [before, middle, after] if anything(before)? == 0 && anything(after)? == 0 => {
                literal(middle).map(|text| Self::Contains(text.to_owned()))
            }
            _ => None,
        }
    }

    /// Whether the value is selected.
    pub(crate) fn has(&self, value: &str) -> bool {
        match self {
            Self::Words(words) => words.binary_search_by(|word| word.as_str().cmp(value)).is_ok(),
            Self::Prefix(prefix, length) => value.len() >= *length && value.starts_with(prefix),
            Self::Contains(text) => value.contains(text),
            Self::Regex(regex, _) => regex.is_match(value),
        }
    }
}

/// The parts of an expression, without the anchors that all expressions have.
fn unanchored(expression: &Hir) -> Vec<&Hir> {
    let expression = ungrouped(expression);
    let mut parts: Vec<&Hir> = match expression.kind() {
        HirKind::Concat(parts) => parts.iter().map(ungrouped).collect(),
        _ => vec![expression],
    };
    let is = |part: Option<&&Hir>, look: Look| part.is_some_and(|part| *part.kind() == HirKind::Look(look));
    while is(parts.first(), Look::Start) {
        parts.remove(0);
    }
    while is(parts.last(), Look::End) {
        parts.pop();
    }
    parts
}

fn ungrouped(mut expression: &Hir) -> &Hir {
    while let HirKind::Capture(group) = expression.kind() {
        expression = &group.sub;
    }
    expression
}

fn literal(part: &Hir) -> Option<&str> {
    match part.kind() {
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok(),
        _ => None,
    }
}

/// The minimum number of characters of `.*` or `.+`.
fn anything(part: &Hir) -> Option<usize> {
    let HirKind::Repetition(repetition) = part.kind() else { return None };
    let minimum = usize::try_from(repetition.min).ok().filter(|minimum| *minimum <= 1)?;
    let any = Hir::dot(Dot::AnyChar);
    let is_any = match (repetition.sub.kind(), any.kind()) {
        (HirKind::Class(Class::Unicode(class)), HirKind::Class(Class::Unicode(any))) => class == any,
        _ => false,
    };
    (is_any && repetition.max.is_none()).then_some(minimum)
}

/// Sorted prefixes, none of which is a prefix of another.
fn prefixes(literals: &[Literal]) -> Vec<String> {
    if literals.len() > MAX_PREFIXES {
        return Vec::new();
    }
    let text = |literal: &Literal| {
        // A literal may end within a character.
        let valid = literal.as_bytes().utf8_chunks().next()?.valid();
        (!valid.is_empty()).then(|| valid.to_owned())
    };
    let Some(mut prefixes) = literals.iter().map(text).collect::<Option<Vec<String>>>() else {
        return Vec::new();
    };
    prefixes.sort();
    prefixes.dedup_by(|longer, shorter| longer.starts_with(shorter.as_str()));
    prefixes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form(pattern: &str) -> String {
        match ValueMatcher::by_regex(pattern).unwrap() {
            ValueMatcher::Words(words) => format!("words {}", words.join(",")),
            ValueMatcher::Prefix(prefix, length) => format!("prefix {prefix} {length}"),
            ValueMatcher::Contains(text) => format!("contains {text}"),
            ValueMatcher::Regex(_, prefixes) => format!("regex {}", prefixes.join(",")),
        }
    }

    #[test]
    fn expressions_have_their_cheapest_form() {
        for (pattern, expected) in [
            ("", "words "),
            ("b|a|b", "words a,b"),
            ("40[0-2]|5(xx|yy)", "words 400,401,402,5xx,5yy"),
            ("^a?b$", "words ab,b"),
            (r"10\.0\.0\.1:9100", "words 10.0.0.1:9100"),
            (".*", "prefix  0"),
            ("(.+)", "prefix  1"),
            ("node_.*", "prefix node_ 5"),
            ("^(node_)(.+)$", "prefix node_ 6"),
            (".*boot.*", "contains boot"),
            ("node_.*_total", "regex node_"),
            ("(node|redis)_.*", "regex node_,redis_"),
            ("(a|ab)c*", "regex a"),
            ("4..", "regex 4"),
            (".*_total", "regex "),
            (r"\bab", "regex ab"),
            ("(?i)ab", "words AB,Ab,aB,ab"),
            ("a.{2}", "regex a"),
            (r"(?-s:a.*)", "regex a"),
            (r"[^\s\S]", "words "),
        ] {
            assert_eq!(form(pattern), expected, "{pattern}");
        }
    }

    /// Expressions of few letters, so that values match often.
    fn pattern() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec![
            "a", "b", "é", "ab", ".", "[ab]", "[^a]", ".*", ".+", r"\n", r"\b", "^", "$", "(?i:a)", "(?m:^)",
            "(?-s:.)",
        ]);
        leaf.prop_map(str::to_owned).prop_recursive(4, 12, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}{b}")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(?:{a}|{b})")),
                (inner, prop::sample::select(vec!["*", "+", "?", "{2}", "{1,2}", "{0}"]))
                    .prop_map(|(a, repeat)| format!("({a}){repeat}")),
            ]
        })
    }

    proptest! {
        #[test]
        fn matchers_match_like_their_expression(
            pattern in prop_oneof![pattern(), "[ab|#é -]{0,8}"],
            values in proptest::collection::vec("[abAé\n#|-]{0,4}", 1..20),
        ) {
            let matcher = ValueMatcher::by_regex(&pattern).unwrap();
            let expected = Regex::new(&format!("^(?s:{pattern})$")).unwrap();
            for value in values {
                prop_assert_eq!(matcher.has(&value), expected.is_match(&value), "{:?} {:?}", value, matcher);
                if let ValueMatcher::Regex(_, prefixes) = &matcher {
                    let may_match = prefixes.is_empty() || prefixes.iter().any(|prefix| value.starts_with(prefix));
                    prop_assert!(may_match || !expected.is_match(&value), "{:?} {:?}", value, prefixes);
                }
            }
        }
    }
}
