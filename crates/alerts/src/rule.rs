//! A rule: which series, what of them, and from where on it is an alert.

use crate::{Aggregation, Matcher, Severity};
use serde::{Deserialize, Serialize};
use watchglass_model::Labels;

/// What is judged and how. Levels are in the base unit of the metric's readings (a counter's reading is its rate per
/// second), durations in seconds. [`Rule::check`] says what a rule may be.
///
/// A rule with levels fires when the value is beyond one of them for `for_seconds`; each level has a clock of its own, so
/// that a rule that fires becomes worse only when the next level has held for as long. A rule with `absent_seconds`
/// fires as well, or only, when a series that was there has given no data for that long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it is called in the API and by its alerts, unique: 1 to 64 of `a-z`, `0-9` and `-`.
    pub id: String,
    /// What is judged, in a few words: `Use of the memory`. A message begins with it.
    pub name: String,
    /// Whether it is judged.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// The metric.
    pub metric: String,
    /// Which of its series; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matchers: Vec<Matcher>,
    /// What is made of the readings of the window.
    #[serde(default)]
    pub aggregation: Aggregation,
    /// Length of the window; 0 for `last`, which has none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub window_seconds: u32,
    /// On which side of its levels a value is bad.
    #[serde(default)]
    pub comparison: Comparison,
    /// Beyond this it is good to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<f64>,
    /// Beyond this it is worth a look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<f64>,
    /// Beyond this somebody should act now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical: Option<f64>,
    /// An alert that fires is over when the value is no longer beyond this; without it, beyond no level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<f64>,
    /// For how long a level must hold before the alert fires; 0 fires at once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub for_seconds: u32,
    /// For how long the value must be good before the alert is over.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub keep_firing_seconds: u32,
    /// After how long without data a series is an alert; never without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_seconds: Option<u32>,
    /// How bad that is.
    #[serde(default = "warning")]
    pub absent_severity: Severity,
    /// Whether an alert is over when its series is there no more. Right for what says good-bye: `up` is there, if only as
    /// a zero, as long as its probe is. Otherwise the alert stays, and says that it has no data: no news is not good
    /// news.
    #[serde(default, skip_serializing_if = "is_no")]
    pub ends_when_gone: bool,
    /// The component: `cpu`, `disk`, `database`.
    pub component: String,
    /// The label that says which of several; without it the rule has one subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_label: Option<String>,
    /// What is said behind the subject in place of value and level: `is down`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrase: Option<String>,
    /// Labels of its alerts, such as `team`, for those who are told of them.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub labels: Labels,
    /// What it means when it fires, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// What to do first, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// Where to read more: an address with `http://` or `https://`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

/// On which side of a level a value is bad. A value that is equal to it is good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Values above it are bad.
    #[default]
    Above,
    /// Values below it are bad.
    Below,
}

impl Comparison {
    /// Whether `value` is on the bad side of `level`. What is no number is not.
    pub fn is_beyond(self, value: f64, level: f64) -> bool {
        match self {
            Self::Above => value > level,
            Self::Below => value < level,
        }
    }

    /// The word for it: `above`, `below`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

impl Rule {
    /// A rule that judges the newest readings of `metric`, and has no level yet.
    pub fn new(id: &str, name: &str, metric: &str, component: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            enabled: true,
            metric: metric.to_owned(),
            matchers: Vec::new(),
            aggregation: Aggregation::Last,
            window_seconds: 0,
            comparison: Comparison::Above,
            info: None,
            warning: None,
            critical: None,
            recovery: None,
            for_seconds: 0,
            keep_firing_seconds: 0,
            absent_seconds: None,
            absent_severity: warning(),
            ends_when_gone: false,
            component: component.to_owned(),
            subject_label: None,
            phrase: None,
            labels: Labels::default(),
            summary: String::new(),
            action: String::new(),
            runbook: None,
        }
    }

    /// The level of a severity.
    pub const fn level(&self, severity: Severity) -> Option<f64> {
        match severity {
            Severity::Info => self.info,
            Severity::Warning => self.warning,
            Severity::Critical => self.critical,
        }
    }

    /// Its levels, the least severe first.
    pub fn levels(&self) -> impl Iterator<Item = (Severity, f64)> {
        Severity::ALL.into_iter().filter_map(|severity| Some((severity, self.level(severity)?)))
    }
}

const fn yes() -> bool {
    true
}

const fn warning() -> Severity {
    Severity::Warning
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_yes(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_no(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

fn is_empty(labels: &Labels) -> bool {
    labels.iter().next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_written_as_briefly_as_it_can_be_read() {
        let text = r#"{"id":"cpu","name":"Use of the processors","metric":"host_cpu_usage_ratio","aggregation":"mean","window_seconds":60,"comparison":"above","warning":0.8,"absent_severity":"warning","component":"cpu"}"#;
        let rule: Rule = serde_json::from_str(text).unwrap();
        assert!(rule.enabled && rule.critical.is_none() && rule.for_seconds == 0);
        assert_eq!(serde_json::to_string(&rule).unwrap(), text);
        let least = r#"{"id":"cpu","name":"Use","metric":"m","component":"cpu","for":1}"#;
        let error = serde_json::from_str::<Rule>(least).unwrap_err().to_string();
        assert!(error.contains("unknown field `for`"), "{error}");
    }

    #[test]
    fn a_value_at_its_level_is_good() {
        for (comparison, value, expected) in [
            (Comparison::Above, 1.0, false),
            (Comparison::Above, 1.1, true),
            (Comparison::Above, f64::NAN, false),
            (Comparison::Below, 1.0, false),
            (Comparison::Below, 0.9, true),
            (Comparison::Below, f64::NAN, false),
        ] {
            assert_eq!(comparison.is_beyond(value, 1.0), expected, "{comparison:?} {value}");
        }
    }
}
