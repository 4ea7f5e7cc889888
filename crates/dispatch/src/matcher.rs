//! Label matchers of silences and routes.
//!
//! The label of a matcher is `rule`, `severity`, `component`, `subject`, or a label of the series, or else of the
//! rule. A missing label counts as empty, as in Prometheus.

use super::error::{self, FieldError};
use regex::Regex;
use watchglass_model::{Labels, is_label_name};
use watchglass_rules::{Alert, Matcher, Operator, Severity, anchored};

/// Maximum number of matchers of a silence or route.
pub(super) const MAX_MATCHERS: usize = 10;
/// Maximum length of a matcher value, in bytes.
const MAX_VALUE_BYTES: usize = 1024;
/// Maximum size in bytes of a compiled regular expression and of its match cache: enough for long word lists, too
/// small to do harm if every silence has as many as allowed.
const MAX_REGEX_BYTES: usize = 64 * 1024;

/// The regular expression of a matcher; `None` for a plain comparison.
fn compile(matcher: &Matcher) -> Result<Option<Regex>, FieldError> {
    if !is_label_name(&matcher.label) || matcher.label.len() > 64 {
        let shown: String = matcher.label.chars().take(80).collect();
        let expected = "expected rule, severity, component, subject or a label name";
        return Err(FieldError::new("label", format!("invalid label {shown:?}"), expected));
    }
    if matcher.value.len() > MAX_VALUE_BYTES {
        let problem = format!("too long: {} bytes", matcher.value.len());
        return Err(FieldError::new("value", problem, format!("maximum {MAX_VALUE_BYTES} bytes")));
    }
    let is_text = matches!(matcher.operator, Operator::Equal | Operator::NotEqual);
    if is_text && matcher.label == "severity" && Severity::ALL.iter().all(|one| one.as_str() != matcher.value)
    {
        let problem = format!("unknown severity {:?}", matcher.value);
        return Err(FieldError::new("value", problem, "expected info, warning or critical"));
    }
    if is_text { Ok(None) } else { expression(&matcher.value).map(Some) }
}

fn expression(pattern: &str) -> Result<Regex, FieldError> {
    anchored(pattern, |builder| builder.size_limit(MAX_REGEX_BYTES).dfa_size_limit(MAX_REGEX_BYTES)).map_err(
        |error| {
            let shown: String = pattern.chars().take(80).collect();
            // The last line of the error has the reason; those above show the position.
            let what = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
            let problem = format!("invalid regular expression {shown:?} ({what})");
            FieldError::new(
                "value",
                problem,
                "expected the syntax of the Rust crate regex, without look-around",
            )
        },
    )
}

/// Labels of an alert that matchers can use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AlertLabels<'a> {
    pub(super) rule: &'a str,
    pub(super) severity: Severity,
    pub(super) component: &'a str,
    pub(super) subject: &'a str,
    pub(super) series_labels: &'a Labels,
    pub(super) rule_labels: &'a Labels,
}

impl<'a> From<&'a Alert> for AlertLabels<'a> {
    fn from(alert: &'a Alert) -> Self {
        Self {
            rule: &alert.key.rule,
            severity: alert.severity,
            component: &alert.component,
            subject: &alert.subject,
            series_labels: &alert.key.labels,
            rule_labels: &alert.labels,
        }
    }
}

impl<'a> AlertLabels<'a> {
    /// Value of a label; empty when it is missing.
    pub(super) fn get(&self, name: &str) -> &'a str {
        match name {
            "rule" => self.rule,
            "severity" => self.severity.as_str(),
            "component" => self.component,
            "subject" => self.subject,
            label => {
                self.series_labels.get(label).or_else(|| self.rule_labels.get(label)).unwrap_or_default()
            }
        }
    }
}

/// Compiled matchers; all of them must match.
#[derive(Clone, Debug)]
pub(super) struct CompiledMatchers(Vec<(Matcher, Option<Regex>)>);

impl CompiledMatchers {
    /// # Errors
    /// Too many matchers, or an invalid one: the field is `matchers` or like `matchers[0].value`.
    pub(super) fn new(matchers: &[Matcher]) -> Result<Self, FieldError> {
        error::count("matchers", matchers.len(), MAX_MATCHERS)?;
        let ready = matchers.iter().enumerate().map(|(index, matcher)| match compile(matcher) {
            Ok(regex) => Ok((matcher.clone(), regex)),
            Err(error) => Err(error.within(format_args!("matchers[{index}]"))),
        });
        let mut ready: Vec<_> = ready.collect::<Result<_, _>>()?;
        // Cheap comparisons first.
        ready.sort_by_key(|(_, regex)| regex.is_some());
        Ok(Self(ready))
    }

    /// Whether all matchers match; true when there are none.
    pub(super) fn matches(&self, facts: &AlertLabels<'_>) -> bool {
        self.match_values(|label| facts.get(label))
    }

    /// Whether all matchers match a missing label: then they may select every alert.
    pub(super) fn match_missing(&self) -> bool {
        self.match_values(|_| "")
    }

    fn match_values<'a>(&self, value_of: impl Fn(&str) -> &'a str) -> bool {
        self.0.iter().all(|(matcher, regex)| {
            let value = value_of(&matcher.label);
            let is_match = match regex {
                Some(regex) => regex.is_match(value),
                None => matcher.value == value,
            };
            is_match == matches!(matcher.operator, Operator::Equal | Operator::Regex)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{alert, matcher};
    use super::*;
    use Operator::{Equal, NotEqual, NotRegex, Regex};

    #[test]
    fn matchers_follow_prometheus_semantics() {
        let mut alert = alert("disk-full", &[("mountpoint", "/srv\nx"), ("host", "h")]);
        alert.component = "disk".to_owned();
        alert.labels = [("team", "storage"), ("host", "of the rule")].into_iter().collect();
        for (name, operator, value, expected) in [
            ("rule", Equal, "disk-full", true),
            ("severity", Equal, "warning", true),
            ("severity", NotEqual, "critical", true),
            ("severity", Regex, "warning|critical", true),
            ("component", Regex, "dis", false),
            ("component", NotRegex, "cpu|mem.*", true),
            ("team", Equal, "storage", true),
            ("host", Equal, "h", true),
            ("mountpoint", Regex, "/srv.*", true),
            ("absent", Equal, "", true),
            ("absent", NotEqual, "", false),
            ("absent", Regex, ".+", false),
        ] {
            let test = CompiledMatchers::new(&[matcher(name, operator, value)]).unwrap();
            assert_eq!(test.matches(&AlertLabels::from(&alert)), expected, "{name} {operator:?} {value}");
        }
        let both = [matcher("rule", Equal, "disk-full"), matcher("host", Equal, "other")];
        assert!(!CompiledMatchers::new(&both).unwrap().matches(&AlertLabels::from(&alert)));
    }

    #[test]
    fn invalid_matchers_are_reported_with_their_field() {
        for (matcher, field, problem) in [
            (matcher("a-b", Equal, ""), "matchers[0].label", "invalid label"),
            (matcher("severity", Equal, "high"), "matchers[0].value", "unknown severity \"high\""),
            (matcher("rule", Regex, "("), "matchers[0].value", "unclosed group"),
            (matcher("rule", Regex, "a)|(b"), "matchers[0].value", "unopened group"),
            (matcher("rule", Equal, &"x".repeat(2000)), "matchers[0].value", "2000 bytes"),
            (matcher("rule", Regex, r"\w{1000}"), "matchers[0].value", "size limit"),
        ] {
            let error = CompiledMatchers::new(&[matcher]).unwrap_err();
            assert_eq!(error.field, field);
            assert!(error.problem.contains(problem), "{error}");
        }
        let many = vec![matcher("rule", Equal, "a"); 11];
        assert_eq!(
            CompiledMatchers::new(&many).unwrap_err().to_string(),
            "matchers: too many: 11; maximum 10"
        );
    }

    #[test]
    fn operators_are_written_as_symbols() {
        let written = r#"{"label":"rule","operator":"!~","value":"a.*"}"#;
        let read: Matcher = serde_json::from_str(written).unwrap();
        assert_eq!(read, matcher("rule", NotRegex, "a.*"));
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        assert!(serde_json::from_str::<Matcher>(r#"{"label":"rule","value":"a","op":"="}"#).is_err());
    }
}
