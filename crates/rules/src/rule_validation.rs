//! Validation of rules. Every length and duration has a limit.

use crate::selector::SeriesSelector;
use crate::{Aggregation, Rule};
use thiserror::Error;
use watchglass_model::{Kind, Metric, is_label_name, is_metric_name};

/// Maximum id length, in bytes.
const MAX_ID_BYTES: usize = 64;
/// Maximum length of name, component, message and label value, in bytes.
const MAX_NAME_BYTES: usize = 200;
/// Maximum length of summary, action and runbook, in bytes.
const MAX_TEXT_BYTES: usize = 2000;
/// Maximum number of matchers, and of labels.
const MAX_ITEMS: usize = 20;
/// Maximum duration: one day.
const MAX_SECONDS: u32 = 86_400;
/// Minimum absence: less cannot be told from a probe slower than the tick.
const MIN_ABSENT_SECONDS: u32 = 5;

/// Invalid field of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("rule {rule:?}: {field}: {reason}")]
pub struct RuleError {
    /// Rule id, truncated.
    pub rule: String,
    /// Field name.
    pub field: &'static str,
    /// What is invalid, and the accepted form.
    pub reason: String,
}

impl Rule {
    /// Validates the rule.
    ///
    /// # Errors
    /// The first invalid field.
    pub fn check(&self) -> Result<(), RuleError> {
        self.validate().map_err(|(field, reason)| RuleError {
            rule: self.id.chars().take(MAX_ID_BYTES).collect(),
            field,
            reason,
        })
    }

    /// Validates the rule against its metric.
    ///
    /// # Errors
    /// The aggregation `increase` on a metric that is not a counter.
    pub fn check_metric(&self, metric: &Metric) -> Result<(), RuleError> {
        if self.aggregation == Aggregation::Increase && metric.kind != Kind::Counter {
            let reason = format!("increase needs a counter, and {} is not one; use max or mean", metric.name);
            return Err(RuleError { rule: self.id.clone(), field: "aggregation", reason });
        }
        Ok(())
    }

    fn validate(&self) -> Result<(), (&'static str, String)> {
        self.check_texts()?;
        self.check_selection()?;
        self.check_durations()?;
        self.check_thresholds()
    }

    fn check_texts(&self) -> Result<(), (&'static str, String)> {
        let is_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.id.is_empty() || self.id.len() > MAX_ID_BYTES || !self.id.bytes().all(is_id) {
            return Err(("id", format!("must be 1 to {MAX_ID_BYTES} of a-z, 0-9 and -")));
        }
        let message = self.message.as_deref().unwrap_or("-");
        for (field, text) in [("name", &*self.name), ("component", &*self.component), ("message", message)] {
            if text.trim().is_empty() {
                return Err((field, "must not be empty".to_owned()));
            }
            one_line(field, text, MAX_NAME_BYTES)?;
        }
        one_line("summary", &self.summary, MAX_TEXT_BYTES)?;
        one_line("next_steps", &self.next_steps, MAX_TEXT_BYTES)?;
        if let Some(runbook) = &self.runbook {
            one_line("runbook", runbook, MAX_TEXT_BYTES)?;
            if !runbook.starts_with("https://") && !runbook.starts_with("http://") {
                return Err(("runbook", "must begin with https:// or http://".to_owned()));
            }
        }
        if self.labels.iter().count() > MAX_ITEMS {
            return Err(("labels", format!("too many labels (maximum {MAX_ITEMS})")));
        }
        for (name, value) in self.labels.iter() {
            label_name("labels", name)?;
            one_line("labels", value, MAX_NAME_BYTES)?;
        }
        Ok(())
    }

    fn check_selection(&self) -> Result<(), (&'static str, String)> {
        if self.metric.len() > MAX_NAME_BYTES || !is_metric_name(&self.metric) {
            return Err((
                "metric",
                format!("must match [a-zA-Z_:][a-zA-Z0-9_:]*, at most {MAX_NAME_BYTES} bytes"),
            ));
        }
        if self.matchers.len() > MAX_ITEMS {
            let count = self.matchers.len();
            return Err(("matchers", format!("too many matchers: {count} (maximum {MAX_ITEMS})")));
        }
        for matcher in &self.matchers {
            label_name("matchers", &matcher.label)?;
        }
        SeriesSelector::new(&self.matchers).map_err(|(place, reason)| {
            let label = self.matchers.get(place).map_or("", |matcher| matcher.label.as_str());
            ("matchers", format!("invalid regular expression for label {label}: {reason}"))
        })?;
        self.subject_label.as_deref().map_or(Ok(()), |label| label_name("subject_label", label))
    }

    fn check_durations(&self) -> Result<(), (&'static str, String)> {
        for (field, seconds) in [
            ("window_seconds", self.window_seconds),
            ("for_seconds", self.for_seconds),
            ("keep_firing_seconds", self.keep_firing_seconds),
            ("no_data_seconds", self.no_data_seconds.unwrap_or(MIN_ABSENT_SECONDS)),
        ] {
            if seconds > MAX_SECONDS {
                return Err((field, format!("{seconds} s is too long (maximum {MAX_SECONDS} s, one day)")));
            }
        }
        if self.no_data_seconds.is_some_and(|seconds| seconds < MIN_ABSENT_SECONDS) {
            return Err(("no_data_seconds", format!("must be at least {MIN_ABSENT_SECONDS} s")));
        }
        if self.no_data_seconds.is_some() && self.resolve_when_gone {
            return Err(("resolve_when_gone", "cannot be combined with no_data_seconds".to_owned()));
        }
        match (self.aggregation, self.window_seconds) {
            (Aggregation::Last, 0) => Ok(()),
            (Aggregation::Last, _) => {
                Err(("window_seconds", "must be 0 with the aggregation last".to_owned()))
            }
            (_, 0) => {
                Err(("window_seconds", "must be at least 1 s, unless the aggregation is last".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn check_thresholds(&self) -> Result<(), (&'static str, String)> {
        let mut before: Option<f64> = None;
        for (severity, level) in self.thresholds() {
            let field = severity.as_str();
            if !level.is_finite() {
                return Err((field, "must be a finite number".to_owned()));
            }
            if let Some(before) = before
                && self.comparison.is_beyond(before, level)
            {
                let word = self.comparison.name();
                return Err((
                    field,
                    format!("{level} is out of order: the less severe threshold {before} is {word} it"),
                ));
            }
            before = Some(level);
        }
        let Some((_, lowest)) = self.thresholds().next() else {
            return match (self.no_data_seconds, self.recovery) {
                (None, _) => Err((
                    "warning",
                    "a threshold or no_data_seconds is required: the rule would never fire".to_owned(),
                )),
                (_, Some(_)) => Err(("recovery", "there is no threshold to recover from".to_owned())),
                _ => Ok(()),
            };
        };
        match self.recovery {
            Some(level) if !level.is_finite() => Err(("recovery", "must be a finite number".to_owned())),
            Some(level) if self.comparison.is_beyond(level, lowest) => {
                let word = self.comparison.name();
                Err(("recovery", format!("{level} must not be {word} the threshold {lowest}")))
            }
            _ => Ok(()),
        }
    }
}

fn one_line(field: &'static str, text: &str, max: usize) -> Result<(), (&'static str, String)> {
    if text.len() > max {
        return Err((field, format!("too long: {} bytes (maximum {max})", text.len())));
    }
    if text.chars().any(char::is_control) {
        return Err((field, "contains a control character; must be one line of text".to_owned()));
    }
    Ok(())
}

fn label_name(field: &'static str, name: &str) -> Result<(), (&'static str, String)> {
    if name.len() > MAX_NAME_BYTES || !is_label_name(name) {
        let begin: String = name.chars().take(40).collect();
        return Err((field, format!("invalid label name {begin:?}: must match [a-zA-Z_][a-zA-Z0-9_]*")));
    }
    Ok(())
}

#[cfg(test)]
#[path = "rule_validation_tests.rs"]
mod tests;
