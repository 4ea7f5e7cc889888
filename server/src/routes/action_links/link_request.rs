//! Opened action link: its action, and the current state of its alerts.

use crate::app_state::AppState;
use crate::audit::{ActorKind, AuditContext, edit_silence, record_acknowledgement};
use crate::notifications::{LINK_TTL, alert_fingerprint};
use std::time::Duration;
use watchglass_dispatch::{AcknowledgeError, Acknowledgement, FieldError, Silence, spans_hosts};
use watchglass_model::Timestamp;
use watchglass_notify::{ActionToken, ActionTokenError, AlertFingerprint, LinkAction, token_id};
use watchglass_rules::{Alert, AlertKey, Matcher, Operator, Phase};

/// Label names with a different meaning in silence matchers.
const RESERVED_LABELS: [&str; 4] = ["rule", "severity", "component", "subject"];

/// Opened action link.
#[derive(Debug)]
pub(super) struct LinkRequest {
    pub(super) action: LinkAction,
    /// Creation time of the message.
    pub(super) created: Timestamp,
    /// Alerts of the link that still exist.
    pub(super) alerts: Vec<LinkedAlert>,
    /// Number of alerts of the link that no longer exist.
    pub(super) missing: usize,
    /// Time of this state.
    pub(super) now: Timestamp,
}

/// Alert of the link, with its acknowledgement and silence.
#[derive(Debug)]
pub(super) struct LinkedAlert {
    pub(super) alert: Alert,
    pub(super) acknowledged: Option<Acknowledgement>,
    /// Active silence of the alert; preferably the one that this link created.
    pub(super) silence: Option<Silence>,
    /// Id of the silence that this link creates.
    pub(super) silence_id: String,
}

impl LinkRequest {
    /// Verifies `token`, and looks up its alerts.
    ///
    /// # Errors
    /// Not signed by this server, or expired.
    pub(super) fn from_token(
        state: &AppState,
        token: &str,
        now: Timestamp,
    ) -> Result<Self, ActionTokenError> {
        let links = state.notifications.links().ok_or(ActionTokenError::Invalid)?;
        let ActionToken { action, fingerprints: marks, expires_at: expires } = links.verify(token, now)?;
        let alerts = find(state, &marks);
        let unknown = marks.len() - alerts.len();
        let acknowledgements = state.notifications.acknowledgements();
        let silences = state.notifications.silences();
        let name = token_id(token);
        let subjects = alerts.into_iter().enumerate().map(|(place, alert)| {
            let silence_id = format!("link-{name}-{}", place + 1);
            let holds =
                |silence: &&Silence| silence.id == silence_id && silence.end.is_none_or(|end| now < end);
            let of_other = || {
                let id = state.notifications.suppressed_by(&alert, now).0?;
                silences.iter().find(|silence| silence.id == id)
            };
            let is_it = |acknowledgement: &&Acknowledgement| acknowledgement.key == alert.key;
            LinkedAlert {
                acknowledged: acknowledgements.iter().find(is_it).cloned(),
                silence: silences.iter().find(holds).or_else(of_other).cloned(),
                silence_id,
                alert,
            }
        });
        Ok(Self { action, created: expires - LINK_TTL, alerts: subjects.collect(), missing: unknown, now })
    }

    /// Whether the action applies to any alert.
    pub(super) fn is_applicable(&self) -> bool {
        self.alerts.iter().any(|subject| self.applies_to(subject))
    }

    /// Runs the action on all alerts that it still applies to, and returns their number.
    ///
    /// # Errors
    /// Invalid `who` or `why`, or too many silences. Changes before the error stay.
    pub(super) fn execute(
        &self,
        state: &AppState,
        actor: &AuditContext,
        who: &str,
        why: &str,
    ) -> Result<usize, FieldError> {
        let actor = actor.with_actor(ActorKind::Link, who);
        let mut count = 0;
        for subject in self.alerts.iter().filter(|subject| self.applies_to(subject)) {
            let key = &subject.alert.key;
            match self.action {
                LinkAction::Acknowledge => {
                    match state.notifications.acknowledge(key, (who, why), self.now) {
                        Ok(()) => record_acknowledgement(&actor, key, Some((who, why))),
                        // Resolved in the meantime.
                        Err(AcknowledgeError::NotFiring(_) | AcknowledgeError::NotAcknowledged(_)) => {
                            continue;
                        }
                        Err(AcknowledgeError::Field(error)) => return Err(error),
                    }
                }
                LinkAction::Silence { minutes } => {
                    let silence = Silence {
                        id: subject.silence_id.clone(),
                        name: String::new(),
                        matchers: matchers(key),
                        start: self.now,
                        end: Some(self.now + Duration::from_secs(60 * u64::from(minutes))),
                        weekly: None,
                        author: who.to_owned(),
                        reason: why.to_owned(),
                    };
                    let id = silence.id.clone();
                    edit_silence(&state.notifications, &actor, &id, || {
                        state.notifications.put_silence(silence, self.now)
                    })?;
                }
            }
            count += 1;
            tracing::info!(rule = key.rule, who, action = ?self.action, "action link used");
        }
        Ok(count)
    }

    fn applies_to(&self, subject: &LinkedAlert) -> bool {
        match self.action {
            LinkAction::Acknowledge => !subject.is_resolved() && subject.acknowledged.is_none(),
            LinkAction::Silence { .. } => !subject.is_silenced_by_link(),
        }
    }
}

impl LinkedAlert {
    /// Whether the alert is resolved. A flapping one may fire again at any moment.
    pub(super) fn is_resolved(&self) -> bool {
        self.alert.phase == Phase::Resolved && !self.alert.flapping
    }

    fn is_silenced_by_link(&self) -> bool {
        self.silence.as_ref().is_some_and(|silence| silence.id == self.silence_id)
    }
}

/// Alerts with these marks: the firing one of each, or else the latest resolved one.
fn find(state: &AppState, marks: &[AlertFingerprint]) -> Vec<Alert> {
    let mut found: Vec<Option<Alert>> = marks.iter().map(|_| None).collect();
    let mut take = |alerts: Vec<Alert>| {
        for alert in alerts {
            let mark = alert_fingerprint(&alert.key);
            let place =
                marks.iter().zip(&mut found).find(|(wanted, place)| **wanted == mark && place.is_none());
            if let Some((_, place)) = place {
                *place = Some(alert);
            }
        }
    };
    take(state.rules.active());
    take(state.rules.past());
    found.into_iter().flatten().collect()
}

/// Matchers of one alert: its rule and all labels of its series.
fn matchers(key: &AlertKey) -> Vec<Matcher> {
    let equal = |label: &str, value: &str| Matcher {
        label: label.to_owned(),
        operator: Operator::Equal,
        value: value.to_owned(),
    };
    // Alerts that several hosts report are silenced on all of them.
    let is_any_host = spans_hosts(&key.labels);
    let labels = key.labels.iter().filter(|(name, _)| !RESERVED_LABELS.contains(name));
    let labels = labels.filter(|(name, _)| !is_any_host || *name != "host");
    let labels = labels.map(|(name, value)| equal(name, value));
    std::iter::once(equal("rule", &key.rule)).chain(labels).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_matches_one_rule_and_series() {
        let key = AlertKey {
            rule: "disk".to_owned(),
            labels: [("host", "h"), ("component", "c"), ("device", "sda")].into_iter().collect(),
        };
        let found: Vec<String> =
            matchers(&key).iter().map(|matcher| format!("{}={}", matcher.label, matcher.value)).collect();
        assert_eq!(found, ["rule=disk", "device=sda", "host=h"]);
    }
}
