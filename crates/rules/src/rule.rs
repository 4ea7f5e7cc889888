//! Rule: selected series, aggregation and thresholds.

use crate::{Aggregation, Matcher, Severity};
use serde::{Deserialize, Serialize};
use watchglass_model::Labels;

/// An alert rule. Thresholds are in the base unit of the metric's readings (a counter's reading is its rate per
/// second), durations in seconds. [`Rule::check`] validates it.
///
/// A rule with thresholds fires when the value exceeds one of them for `for_seconds`. Each threshold has its own
/// timer, so a firing rule becomes more severe only after the next threshold has been exceeded for as long. A rule
/// with `no_data_seconds` fires as well, or only, when a known series has given no data for that long.
///
/// The fields of [`RENAMED_FIELDS`](crate::RENAMED_FIELDS) have another name in JSON that is written; both are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Unique id in the API and in alerts: 1 to 64 of `a-z`, `0-9` and `-`.
    pub id: String,
    /// Title of its alerts and beginning of their messages: `High memory usage`.
    pub name: String,
    /// Whether it is evaluated.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// Metric name.
    pub metric: String,
    /// Label matchers; all series when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matchers: Vec<Matcher>,
    /// Aggregation over the window.
    #[serde(default)]
    pub aggregation: Aggregation,
    /// Window in seconds; 0 for `last`, which has no window.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub window_seconds: u32,
    /// Whether values above or below the thresholds are alerts.
    #[serde(default)]
    pub comparison: Comparison,
    /// Info threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<f64>,
    /// Warning threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<f64>,
    /// Critical threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical: Option<f64>,
    /// Recovery threshold: the alert resolves when the value no longer exceeds it. Default: the lowest threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<f64>,
    /// Pending period in seconds; 0 fires immediately.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub for_seconds: u32,
    /// How many seconds the value must stay recovered before the alert resolves.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub keep_firing_seconds: u32,
    /// Seconds without data after which a series is an alert; `None`: never.
    #[serde(
        rename = "absent_seconds",
        alias = "no_data_seconds",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub no_data_seconds: Option<u32>,
    /// Severity of the no-data alert.
    #[serde(rename = "absent_severity", alias = "no_data_severity", default = "warning")]
    pub no_data_severity: Severity,
    /// Whether the alert resolves when its series disappears. Set it for metrics that end with a last report, such as
    /// `up`, which exists as long as its probe does, if only as zero. Otherwise the alert stays and says that there is
    /// no data: missing data keeps an alert.
    #[serde(rename = "ends_when_gone", alias = "resolve_when_gone", default, skip_serializing_if = "is_no")]
    pub resolve_when_gone: bool,
    /// The component: `cpu`, `disk`, `database`.
    pub component: String,
    /// Label whose value is the subject of the alert (one alert per value); without it the rule has one subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_label: Option<String>,
    /// Text after the subject that replaces value and threshold: `is down`.
    #[serde(rename = "phrase", alias = "message", default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Extra labels of its alerts, such as `team`, for routing.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub labels: Labels,
    /// Summary: what the alert means.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Next steps: what to do first.
    #[serde(rename = "action", alias = "next_steps", default, skip_serializing_if = "String::is_empty")]
    pub next_steps: String,
    /// Runbook URL, `http://` or `https://`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

/// Side of the threshold that is an alert. A value equal to the threshold is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Values above the threshold are alerts.
    #[default]
    Above,
    /// Values below the threshold are alerts.
    Below,
}

impl Comparison {
    /// Whether `value` exceeds `level` in this direction; false for NaN.
    pub fn is_beyond(self, value: f64, level: f64) -> bool {
        match self {
            Self::Above => value > level,
            Self::Below => value < level,
        }
    }

    /// Name in the API: `above`, `below`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

impl Rule {
    /// A rule for the newest readings of `metric`, without thresholds.
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
            no_data_seconds: None,
            no_data_severity: warning(),
            resolve_when_gone: false,
            component: component.to_owned(),
            subject_label: None,
            message: None,
            labels: Labels::default(),
            summary: String::new(),
            next_steps: String::new(),
            runbook: None,
        }
    }

    /// Threshold of a severity.
    pub const fn threshold(&self, severity: Severity) -> Option<f64> {
        match severity {
            Severity::Info => self.info,
            Severity::Warning => self.warning,
            Severity::Critical => self.critical,
        }
    }

    /// Thresholds, the least severe first.
    pub fn thresholds(&self) -> impl Iterator<Item = (Severity, f64)> {
        Severity::ALL.into_iter().filter_map(|severity| Some((severity, self.threshold(severity)?)))
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
    fn rule_json_omits_defaults_and_rejects_unknown_fields() {
        let text = r#"{"id":"cpu","name":"High CPU usage","metric":"host_cpu_usage_ratio","aggregation":"mean","window_seconds":60,"comparison":"above","warning":0.8,"absent_severity":"warning","component":"cpu"}"#;
        let rule: Rule = serde_json::from_str(text).unwrap();
        assert!(rule.enabled && rule.critical.is_none() && rule.for_seconds == 0);
        assert_eq!(serde_json::to_string(&rule).unwrap(), text);
        let unknown = r#"{"id":"cpu","name":"Use","metric":"m","component":"cpu","for":1}"#;
        let error = serde_json::from_str::<Rule>(unknown).unwrap_err().to_string();
        assert!(error.contains("unknown field `for`"), "{error}");
    }

    #[test]
    fn value_equal_to_threshold_does_not_alert() {
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
