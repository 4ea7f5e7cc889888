//! Creating and expiring silences. Waits for the disk.

use super::{ErrorKind, ServiceError};
use crate::audit::{Actor, AuditTarget, PermissionDenied};
use crate::metric_store::MetricStore;
use crate::notifications::Notifications;
use crate::persist::NotSaved;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use watchglass_auth::Permission;
use watchglass_dispatch::{FieldError, Silence, TimeInterval, spans_hosts};
use watchglass_model::Timestamp;
use watchglass_rules::{AlertKey, Matcher, Operator};

/// Duration of a silence without an end.
const DEFAULT_SILENCE_DURATION: Duration = Duration::from_secs(2 * 3600);
/// Names in matchers that are not those of labels.
const PROPERTIES: [&str; 4] = ["rule", "severity", "component", "subject"];
/// Maximum number of matchers of a silence.
const MAX_MATCHERS: usize = 10;

/// Silence to create.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewSilence {
    /// Id; generated if missing. That of an existing silence replaces it.
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) matchers: Vec<Matcher>,
    /// `None` for now.
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: SilenceEnd,
    pub(crate) weekly: Option<TimeInterval>,
    pub(crate) author: String,
    pub(crate) comment: String,
}

/// End of a silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SilenceEnd {
    /// Two hours after the start; none with a weekly schedule.
    #[default]
    Default,
    At(Timestamp),
    /// After the start.
    After(Duration),
}

/// Why a silence was not changed.
#[derive(Debug, Error)]
pub(crate) enum SilenceError {
    #[error(transparent)]
    Denied(#[from] PermissionDenied),
    #[error(transparent)]
    Invalid(#[from] FieldError),
    #[error("there is no active or pending silence {0:?}")]
    Unknown(String),
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
}

impl ServiceError for SilenceError {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        match self {
            Self::Denied(error) => error.kind_and_code(),
            Self::Invalid(_) => (ErrorKind::Invalid, "bad_parameter"),
            Self::Unknown(_) => (ErrorKind::NotFound, "not_found"),
            Self::NotSaved(error) => error.kind_and_code(),
        }
    }

    fn field(&self) -> Option<&str> {
        if let Self::Invalid(error) = self { Some(&error.field) } else { None }
    }

    fn reason(&self) -> Option<String> {
        match self {
            Self::Invalid(error) => Some(format!("{}; {}", error.problem, error.expected)),
            _ => None,
        }
    }
}

/// Changes of silences.
#[derive(Clone, Debug)]
pub(crate) struct SilenceService {
    pub(crate) metrics: Arc<MetricStore>,
    pub(crate) notifications: Arc<Notifications>,
}

impl SilenceService {
    /// Creates or replaces a silence: matching alerts are recorded without notifications.
    ///
    /// # Errors
    /// Not an administrator, an invalid field, too many silences, or a failed write.
    pub(crate) fn create(&self, actor: &Actor, new: NewSilence) -> Result<Silence, SilenceError> {
        actor.require(Permission::Admin)?;
        let now = self.metrics.current_time();
        let start = new.start.unwrap_or(now);
        let silence = Silence {
            id: new.id.unwrap_or_else(|| self.notifications.free_silence_id(now)),
            name: new.name,
            matchers: new.matchers,
            start,
            end: match new.end {
                SilenceEnd::At(end) => Some(end),
                SilenceEnd::After(duration) => Some(start + duration),
                SilenceEnd::Default if new.weekly.is_some() => None,
                SilenceEnd::Default => Some(start + DEFAULT_SILENCE_DURATION),
            },
            weekly: new.weekly,
            author: new.author,
            reason: new.comment,
        };
        let before = self.audit_value(&silence.id);
        let saving = self.notifications.put_silence(silence.clone(), now)?;
        let is_new = before.is_none();
        if actor.record_change(AuditTarget::Silence, &silence.id, (before, self.audit_value(&silence.id))) {
            let event = if is_new { "silence created" } else { "silence changed" };
            tracing::info!(id = silence.id, author = silence.author, "{event}");
        }
        saving.wait()?;
        Ok(silence)
    }

    /// Expires a silence now; one that has not started is removed.
    ///
    /// # Errors
    /// Not an administrator, no active or pending silence with this id, or a failed write.
    pub(crate) fn expire(&self, actor: &Actor, id: &str) -> Result<(), SilenceError> {
        actor.require(Permission::Admin)?;
        let before = self.audit_value(id);
        let saving = self.notifications.expire_silence(id, self.metrics.current_time());
        let saving = saving.ok_or_else(|| SilenceError::Unknown(id.chars().take(64).collect()))?;
        actor.record_change(AuditTarget::Silence, id, (before, self.audit_value(id)));
        tracing::info!(id, "silence expired");
        Ok(saving.wait()?)
    }

    fn audit_value(&self, id: &str) -> Option<Value> {
        let silence = self.notifications.silences().into_iter().find(|silence| silence.id == id)?;
        serde_json::to_value(silence).ok()
    }
}

/// Matchers of one alert: its rule and the labels of its series. An alert that other hosts raise as well is matched on all of
/// them.
pub(crate) fn alert_matchers(key: &AlertKey) -> Vec<Matcher> {
    let equal = |(label, value): (&str, &str)| Matcher {
        label: label.to_owned(),
        operator: Operator::Equal,
        value: value.to_owned(),
    };
    let is_any_host = spans_hosts(&key.labels);
    let labels = key.labels.iter().filter(|(label, _)| !PROPERTIES.contains(label));
    let labels = labels.filter(|(label, _)| !is_any_host || *label != "host").map(equal);
    std::iter::once(equal(("rule", &key.rule))).chain(labels).take(MAX_MATCHERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alert_is_matched_by_its_rule_and_labels() {
        for (labels, expected) in [
            (&[("host", "h"), ("component", "c"), ("device", "sda")][..], "rule=disk device=sda host=h"),
            (&[("host", "web-1")][..], "rule=disk host=web-1"),
            (&[][..], "rule=disk"),
        ] {
            let key = AlertKey { rule: "disk".to_owned(), labels: labels.iter().copied().collect() };
            let found: Vec<String> = alert_matchers(&key)
                .iter()
                .map(|matcher| format!("{}={}", matcher.label, matcher.value))
                .collect();
            assert_eq!(found.join(" "), expected);
        }
    }
}
