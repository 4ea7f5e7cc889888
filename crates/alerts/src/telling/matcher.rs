//! Which alerts a silence or a route is about.
//!
//! The label of a matcher is `rule`, `severity`, `component`, `subject`, or a label: of the series, or else of the rule. What an
//! alert does not have counts as empty, as in Prometheus.

use super::error::{self, FieldError};
use crate::Severity;
use crate::alert::Alert;
use crate::selection::anchored;
use crate::{Matcher, Operator};
use regex::Regex;
use watchglass_model::{Labels, is_label_name};

/// The most matchers that a silence or a route can have.
pub(super) const MOST_MATCHERS: usize = 10;
/// The longest value of a matcher, in bytes.
const VALUE_BYTES: usize = 1024;
/// The largest compiled regular expression, in bytes, and the most that it may remember while it compares: enough for
/// long lists of words, and too little to do harm if every silence has as many as it can.
const REGEX_BYTES: usize = 64 * 1024;

impl Matcher {
    fn compile(&self) -> Result<Option<Regex>, FieldError> {
        if !is_label_name(&self.label) || self.label.len() > 64 {
            let shown: String = self.label.chars().take(80).collect();
            let right = "rule, severity, component, subject and names of labels are right";
            return Err(FieldError::new("label", format!("{shown:?} is no label"), right));
        }
        if self.value.len() > VALUE_BYTES {
            let wrong = format!("it has {} bytes", self.value.len());
            return Err(FieldError::new("value", wrong, format!("at most {VALUE_BYTES} can be")));
        }
        let is_text = matches!(self.operator, Operator::Equal | Operator::NotEqual);
        if is_text && self.label == "severity" && Severity::ALL.iter().all(|one| one.word() != self.value) {
            let wrong = format!("{:?} is no severity", self.value);
            return Err(FieldError::new("value", wrong, "info, warning and critical are"));
        }
        if is_text { Ok(None) } else { expression(&self.value).map(Some) }
    }
}

fn expression(pattern: &str) -> Result<Regex, FieldError> {
    anchored(pattern, |builder| builder.size_limit(REGEX_BYTES).dfa_size_limit(REGEX_BYTES)).map_err(
        |error| {
            let shown: String = pattern.chars().take(80).collect();
            // The last line of an error says what; those above draw where.
            let what = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
            let wrong = format!("{shown:?} is no regular expression that can be used ({what})");
            FieldError::new(
                "value",
                wrong,
                "one in the syntax of the crate regex, without look-around, is right",
            )
        },
    )
}

/// The properties of an alert that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Facts<'a> {
    pub(super) rule: &'a str,
    pub(super) severity: Severity,
    pub(super) component: &'a str,
    pub(super) subject: &'a str,
    pub(super) of_series: &'a Labels,
    pub(super) of_rule: &'a Labels,
}

impl<'a> From<&'a Alert> for Facts<'a> {
    fn from(alert: &'a Alert) -> Self {
        Self {
            rule: &alert.key.rule,
            severity: alert.severity,
            component: &alert.component,
            subject: &alert.subject,
            of_series: &alert.key.labels,
            of_rule: &alert.labels,
        }
    }
}

impl<'a> Facts<'a> {
    /// The property called `name`; empty when there is none.
    pub(super) fn get(&self, name: &str) -> &'a str {
        match name {
            "rule" => self.rule,
            "severity" => self.severity.word(),
            "component" => self.component,
            "subject" => self.subject,
            label => self.of_series.get(label).or_else(|| self.of_rule.get(label)).unwrap_or_default(),
        }
    }
}

/// Matchers, ready to be compared with many alerts. All of them must hold.
#[derive(Clone, Debug)]
pub(super) struct Test(Vec<(Matcher, Option<Regex>)>);

impl Test {
    /// # Errors
    /// Too many matchers, or one that can't be used: the field is `matchers` or `matchers[0].value`.
    pub(super) fn new(matchers: &[Matcher]) -> Result<Self, FieldError> {
        error::count("matchers", matchers.len(), MOST_MATCHERS)?;
        let ready = matchers.iter().enumerate().map(|(index, matcher)| match matcher.compile() {
            Ok(regex) => Ok((matcher.clone(), regex)),
            Err(error) => Err(error.within(format_args!("matchers[{index}]"))),
        });
        let mut ready: Vec<_> = ready.collect::<Result<_, _>>()?;
        // What is quickly compared comes first.
        ready.sort_by_key(|(_, regex)| regex.is_some());
        Ok(Self(ready))
    }

    /// Whether all matchers hold; true when there are none.
    pub(super) fn holds(&self, facts: &Facts<'_>) -> bool {
        self.0.iter().all(|(matcher, regex)| {
            let value = facts.get(&matcher.label);
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
    use super::super::samples::{alert, matcher};
    use super::*;
    use Operator::{Equal, NotEqual, NotRegex, Regex};

    #[test]
    fn compare_as_in_prometheus() {
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
            let test = Test::new(&[matcher(name, operator, value)]).unwrap();
            assert_eq!(test.holds(&Facts::from(&alert)), expected, "{name} {operator:?} {value}");
        }
        let both = [matcher("rule", Equal, "disk-full"), matcher("host", Equal, "other")];
        assert!(!Test::new(&both).unwrap().holds(&Facts::from(&alert)));
    }

    #[test]
    fn those_that_cannot_be_used_are_named() {
        for (matcher, field, wrong) in [
            (matcher("a-b", Equal, ""), "matchers[0].label", "is no label"),
            (matcher("severity", Equal, "high"), "matchers[0].value", "\"high\" is no severity"),
            (matcher("rule", Regex, "("), "matchers[0].value", "unclosed group"),
            (matcher("rule", Regex, "a)|(b"), "matchers[0].value", "unopened group"),
            (matcher("rule", Equal, &"x".repeat(2000)), "matchers[0].value", "2000 bytes"),
            (matcher("rule", Regex, r"\w{1000}"), "matchers[0].value", "size limit"),
        ] {
            let error = Test::new(&[matcher]).unwrap_err();
            assert_eq!(error.field, field);
            assert!(error.wrong.contains(wrong), "{error}");
        }
        let many = vec![matcher("rule", Equal, "a"); 11];
        assert_eq!(Test::new(&many).unwrap_err().to_string(), "matchers: there are 11; at most 10 can be");
    }

    #[test]
    fn are_written_with_their_signs() {
        let written = r#"{"label":"rule","operator":"!~","value":"a.*"}"#;
        let read: Matcher = serde_json::from_str(written).unwrap();
        assert_eq!(read, matcher("rule", NotRegex, "a.*"));
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        assert!(serde_json::from_str::<Matcher>(r#"{"label":"rule","value":"a","op":"="}"#).is_err());
    }
}
