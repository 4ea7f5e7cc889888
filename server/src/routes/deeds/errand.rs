//! What a link that was opened does, and to which alerts, as they are now.

use crate::audit::{Actor, By, edit_silence, note_acknowledgement};
use crate::core::Core;
use crate::telling::{GOOD_FOR, mark};
use std::time::Duration;
use watchglass_alerts::telling::{AcknowledgeError, Acknowledgement, FieldError, Silence, spans_hosts};
use watchglass_alerts::{Alert, AlertKey, Matcher, Operator, Phase};
use watchglass_model::Timestamp;
use watchglass_notify::{Action, AlertMark, Deed, DeedError, deed_name};

/// Labels of series whose names mean something else to a silence.
const OTHER_MEANING: [&str; 4] = ["rule", "severity", "component", "subject"];

/// A link that was opened.
#[derive(Debug)]
pub(super) struct Errand {
    /// What it does.
    pub(super) action: Action,
    /// When its message was made.
    pub(super) made: Timestamp,
    /// The alerts that it is about and that are still known.
    pub(super) subjects: Vec<Subject>,
    /// How many it is about that are known no more.
    pub(super) unknown: usize,
    /// The moment that all of this is of.
    pub(super) now: Timestamp,
}

/// An alert, and what was said to it.
#[derive(Debug)]
pub(super) struct Subject {
    /// The alert.
    pub(super) alert: Alert,
    /// Who looks after it.
    pub(super) acknowledged: Option<Acknowledgement>,
    /// The silence that keeps it quiet; the one of this link where that holds.
    pub(super) silence: Option<Silence>,
    /// Id of the silence of this link.
    pub(super) silence_id: String,
}

impl Errand {
    /// What `token` does at `now`.
    ///
    /// # Errors
    /// It is not one of this server, or is good no more.
    pub(super) fn open(core: &Core, token: &str, now: Timestamp) -> Result<Self, DeedError> {
        let links = core.telling().links().ok_or(DeedError::NotOurs)?;
        let Deed { action, marks, expires } = links.read(token, now)?;
        let alerts = find(core, &marks);
        let unknown = marks.len() - alerts.len();
        let acknowledgements = core.telling().acknowledgements();
        let silences = core.telling().silences();
        let name = deed_name(token);
        let subjects = alerts.into_iter().enumerate().map(|(place, alert)| {
            let silence_id = format!("link-{name}-{}", place + 1);
            let holds =
                |silence: &&Silence| silence.id == silence_id && silence.end.is_none_or(|end| now < end);
            let of_other = || {
                let id = core.telling().quiet(&alert, now).0?;
                silences.iter().find(|silence| silence.id == id)
            };
            let is_it = |acknowledgement: &&Acknowledgement| acknowledgement.key == alert.key;
            Subject {
                acknowledged: acknowledgements.iter().find(is_it).cloned(),
                silence: silences.iter().find(holds).or_else(of_other).cloned(),
                silence_id,
                alert,
            }
        });
        Ok(Self { action, made: expires - GOOD_FOR, subjects: subjects.collect(), unknown, now })
    }

    /// Whether there is anything left to do.
    pub(super) fn is_open(&self) -> bool {
        self.subjects.iter().any(|subject| self.is_wanted(subject))
    }

    /// Does it, as far as it is not done, and tells to how many alerts.
    ///
    /// # Errors
    /// `who` or `why` cannot be used, or there are too many silences. What was done before stays.
    pub(super) fn carry_out(
        &self,
        core: &Core,
        actor: &Actor,
        who: &str,
        why: &str,
    ) -> Result<usize, FieldError> {
        let actor = actor.known_as(By::Link, who);
        let mut count = 0;
        for subject in self.subjects.iter().filter(|subject| self.is_wanted(subject)) {
            let key = &subject.alert.key;
            match self.action {
                Action::Acknowledge => match core.telling().acknowledge(key, (who, why), self.now) {
                    Ok(()) => note_acknowledgement(&actor, key, Some((who, why))),
                    // It was over in this moment.
                    Err(AcknowledgeError::NotFiring(_) | AcknowledgeError::NotAcknowledged(_)) => continue,
                    Err(AcknowledgeError::Field(error)) => return Err(error),
                },
                Action::Silence { minutes } => {
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
                    edit_silence(core, &actor, &id, |core| core.telling().put_silence(silence, self.now))?;
                }
            }
            count += 1;
            tracing::info!(rule = key.rule, who, action = ?self.action, "a link of a message was used");
        }
        Ok(count)
    }

    fn is_wanted(&self, subject: &Subject) -> bool {
        match self.action {
            Action::Acknowledge => !subject.is_over() && subject.acknowledged.is_none(),
            Action::Silence { .. } => !subject.is_silenced_by_link(),
        }
    }
}

impl Subject {
    /// Whether it fires no more. One that flaps may fire again at any moment.
    pub(super) fn is_over(&self) -> bool {
        self.alert.phase == Phase::Resolved && !self.alert.flapping
    }

    fn is_silenced_by_link(&self) -> bool {
        self.silence.as_ref().is_some_and(|silence| silence.id == self.silence_id)
    }
}

/// The alerts with these marks: those that fire, or else the latest that was over.
fn find(core: &Core, marks: &[AlertMark]) -> Vec<Alert> {
    let mut found: Vec<Option<Alert>> = marks.iter().map(|_| None).collect();
    let mut take = |alerts: Vec<Alert>| {
        for alert in alerts {
            let mark = mark(&alert.key);
            let place =
                marks.iter().zip(&mut found).find(|(wanted, place)| **wanted == mark && place.is_none());
            if let Some((_, place)) = place {
                *place = Some(alert);
            }
        }
    };
    take(core.active_alerts());
    take(core.past_alerts());
    found.into_iter().flatten().collect()
}

/// A silence of one alert: of its rule and all labels of its series.
fn matchers(key: &AlertKey) -> Vec<Matcher> {
    let equal = |label: &str, value: &str| Matcher {
        label: label.to_owned(),
        operator: Operator::Equal,
        value: value.to_owned(),
    };
    // What another host finds as well is to be quiet there, too.
    let is_any_host = spans_hosts(&key.labels);
    let labels = key.labels.iter().filter(|(name, _)| !OTHER_MEANING.contains(name));
    let labels = labels.filter(|(name, _)| !is_any_host || *name != "host");
    let labels = labels.map(|(name, value)| equal(name, value));
    std::iter::once(equal("rule", &key.rule)).chain(labels).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_of_one_rule_and_series() {
        let key = AlertKey {
            rule: "disk".to_owned(),
            labels: [("host", "h"), ("component", "c"), ("device", "sda")].into_iter().collect(),
        };
        let found: Vec<String> =
            matchers(&key).iter().map(|matcher| format!("{}={}", matcher.label, matcher.value)).collect();
        assert_eq!(found, ["rule=disk", "device=sda", "host=h"]);
    }
}
