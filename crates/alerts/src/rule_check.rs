//! What a rule may be. Every length and duration has a limit.

use crate::selection::Selection;
use crate::{Aggregation, Rule};
use thiserror::Error;
use watchglass_model::{Kind, Metric, is_label_name, is_metric_name};

/// The longest id, in bytes.
const ID: usize = 64;
/// The longest name, component, phrase and label value, in bytes.
const WORDS: usize = 200;
/// The longest summary, action and runbook, in bytes.
const TEXT: usize = 2000;
/// The most matchers, and the most labels.
const MANY: usize = 20;
/// The longest duration: a day.
const SECONDS: u32 = 86_400;
/// The shortest absence that can be told from a probe that is slower than the tick.
const LEAST_ABSENCE: u32 = 5;

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("rule {rule:?}: {field}: {reason}")]
pub struct RuleError {
    /// Its id, or the beginning of it.
    pub rule: String,
    /// The field.
    pub field: &'static str,
    /// What was wrong, and what would be right.
    pub reason: String,
}

impl Rule {
    /// Whether the rule can be judged.
    ///
    /// # Errors
    /// The first field that cannot be as it is.
    pub fn check(&self) -> Result<(), RuleError> {
        self.faults().map_err(|(field, reason)| RuleError {
            rule: self.id.chars().take(ID).collect(),
            field,
            reason,
        })
    }

    /// Whether the rule fits its metric.
    ///
    /// # Errors
    /// It asks for the increase of what is no counter.
    pub fn check_metric(&self, metric: &Metric) -> Result<(), RuleError> {
        if self.aggregation == Aggregation::Increase && metric.kind != Kind::Counter {
            let reason = format!("increase is of counters, and {} is none: take max or mean", metric.name);
            return Err(RuleError { rule: self.id.clone(), field: "aggregation", reason });
        }
        Ok(())
    }

    fn faults(&self) -> Result<(), (&'static str, String)> {
        self.check_words()?;
        self.check_selection()?;
        self.check_durations()?;
        self.check_levels()
    }

    fn check_words(&self) -> Result<(), (&'static str, String)> {
        let is_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.id.is_empty() || self.id.len() > ID || !self.id.bytes().all(is_id) {
            return Err(("id", format!("it must be 1 to {ID} of a-z, 0-9 and -")));
        }
        let phrase = self.phrase.as_deref().unwrap_or("-");
        for (field, text) in [("name", &*self.name), ("component", &*self.component), ("phrase", phrase)] {
            if text.trim().is_empty() {
                return Err((field, "it is empty: a few words are needed".to_owned()));
            }
            one_line(field, text, WORDS)?;
        }
        one_line("summary", &self.summary, TEXT)?;
        one_line("action", &self.action, TEXT)?;
        if let Some(runbook) = &self.runbook {
            one_line("runbook", runbook, TEXT)?;
            if !runbook.starts_with("https://") && !runbook.starts_with("http://") {
                return Err(("runbook", "it must begin with https:// or http://".to_owned()));
            }
        }
        if self.labels.iter().count() > MANY {
            return Err(("labels", format!("there are more than {MANY}: at most {MANY} can be")));
        }
        for (name, value) in self.labels.iter() {
            label_name("labels", name)?;
            one_line("labels", value, WORDS)?;
        }
        Ok(())
    }

    fn check_selection(&self) -> Result<(), (&'static str, String)> {
        if self.metric.len() > WORDS || !is_metric_name(&self.metric) {
            return Err(("metric", format!("it must match [a-zA-Z_:][a-zA-Z0-9_:]*, {WORDS} bytes at most")));
        }
        if self.matchers.len() > MANY {
            let count = self.matchers.len();
            return Err(("matchers", format!("there are {count}: at most {MANY} can be")));
        }
        for matcher in &self.matchers {
            label_name("matchers", &matcher.label)?;
        }
        Selection::new(&self.matchers).map_err(|(place, reason)| {
            let label = self.matchers.get(place).map_or("", |matcher| matcher.label.as_str());
            ("matchers", format!("the regular expression for {label} cannot be used: {reason}"))
        })?;
        self.subject_label.as_deref().map_or(Ok(()), |label| label_name("subject_label", label))
    }

    fn check_durations(&self) -> Result<(), (&'static str, String)> {
        for (field, seconds) in [
            ("window_seconds", self.window_seconds),
            ("for_seconds", self.for_seconds),
            ("keep_firing_seconds", self.keep_firing_seconds),
            ("absent_seconds", self.absent_seconds.unwrap_or(LEAST_ABSENCE)),
        ] {
            if seconds > SECONDS {
                return Err((field, format!("it is {seconds}: at most {SECONDS}, a day, can be")));
            }
        }
        if self.absent_seconds.is_some_and(|seconds| seconds < LEAST_ABSENCE) {
            return Err(("absent_seconds", format!("it must be at least {LEAST_ABSENCE}")));
        }
        if self.absent_seconds.is_some() && self.ends_when_gone {
            return Err(("ends_when_gone", "what is an alert when it is gone cannot end by it".to_owned()));
        }
        match (self.aggregation, self.window_seconds) {
            (Aggregation::Last, 0) => Ok(()),
            (Aggregation::Last, _) => {
                Err(("window_seconds", "the newest reading has no window: it must be 0".to_owned()))
            }
            (_, 0) => Err(("window_seconds", "it must be at least 1, or the aggregation last".to_owned())),
            _ => Ok(()),
        }
    }

    fn check_levels(&self) -> Result<(), (&'static str, String)> {
        let mut before: Option<f64> = None;
        for (severity, level) in self.levels() {
            let field = severity.word();
            if !level.is_finite() {
                return Err((field, "it must be a finite number".to_owned()));
            }
            if let Some(before) = before
                && self.comparison.is_beyond(before, level)
            {
                let word = self.comparison.word();
                return Err((field, format!("it is {level}: the level before it, {before}, is {word} it")));
            }
            before = Some(level);
        }
        let Some((_, mildest)) = self.levels().next() else {
            return match (self.absent_seconds, self.recovery) {
                (None, _) => Err((
                    "warning",
                    "a rule needs a level, or absent_seconds: it would never fire".to_owned(),
                )),
                (_, Some(_)) => Err(("recovery", "there is no level to recover from".to_owned())),
                _ => Ok(()),
            };
        };
        match self.recovery {
            Some(level) if !level.is_finite() => Err(("recovery", "it must be a finite number".to_owned())),
            Some(level) if self.comparison.is_beyond(level, mildest) => {
                let word = self.comparison.word();
                Err(("recovery", format!("it is {level}: it must not be {word} the level {mildest}")))
            }
            _ => Ok(()),
        }
    }
}

fn one_line(field: &'static str, text: &str, most: usize) -> Result<(), (&'static str, String)> {
    if text.len() > most {
        return Err((field, format!("it has {} bytes: at most {most} can be", text.len())));
    }
    if text.chars().any(char::is_control) {
        return Err((field, "it has a control character: it must be one line of text".to_owned()));
    }
    Ok(())
}

fn label_name(field: &'static str, name: &str) -> Result<(), (&'static str, String)> {
    if name.len() > WORDS || !is_label_name(name) {
        let begin: String = name.chars().take(40).collect();
        return Err((field, format!("the label name {begin:?} must match [a-zA-Z_][a-zA-Z0-9_]*")));
    }
    Ok(())
}

#[cfg(test)]
#[path = "rule_check_tests.rs"]
mod tests;
