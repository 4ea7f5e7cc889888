//! Action links of messages: a signed token names an action and its alerts.

use super::acknowledgements::AcknowledgementError;
use super::silences::SilenceError;
use super::{
    AcknowledgementService, ErrorKind, NewSilence, ServiceError, SilenceEnd, SilenceService, alert_matchers,
};
use crate::audit::Actor;
use crate::evaluation::RuleEvaluator;
use crate::notifications::{LINK_TTL, alert_fingerprint};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use watchglass_dispatch::{Acknowledgement, Silence};
use watchglass_model::Timestamp;
use watchglass_notify::{ActionToken, ActionTokenError, AlertFingerprint, LinkAction, token_id};
use watchglass_rules::{Alert, Phase};

/// Opened action link: its action, and the current state of its alerts.
#[derive(Debug)]
pub(crate) struct LinkRequest {
    pub(crate) action: LinkAction,
    /// Creation time of the message.
    pub(crate) created: Timestamp,
    /// Alerts of the link that still exist.
    pub(crate) alerts: Vec<LinkedAlert>,
    /// Number of alerts of the link that no longer exist.
    pub(crate) missing: usize,
    /// Time of this state.
    pub(crate) now: Timestamp,
}

/// Alert of the link, with its acknowledgement and silence.
#[derive(Debug)]
pub(crate) struct LinkedAlert {
    pub(crate) alert: Alert,
    pub(crate) acknowledged: Option<Acknowledgement>,
    /// Active silence of the alert; preferably the one that this link created.
    pub(crate) silence: Option<Silence>,
    /// Id of the silence that this link creates.
    pub(crate) silence_id: String,
}

/// Why the action of a link failed.
#[derive(Debug, Error)]
pub(crate) enum ActionLinkError {
    #[error(transparent)]
    Silence(#[from] SilenceError),
    #[error(transparent)]
    Acknowledgement(#[from] AcknowledgementError),
}

impl ServiceError for ActionLinkError {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        match self {
            Self::Silence(error) => error.kind_and_code(),
            Self::Acknowledgement(error) => error.kind_and_code(),
        }
    }
}

/// Use of action links.
#[derive(Clone, Debug)]
pub(crate) struct ActionLinkService {
    pub(crate) rules: Arc<RuleEvaluator>,
    pub(crate) silences: SilenceService,
    pub(crate) acknowledgements: AcknowledgementService,
}

impl ActionLinkService {
    /// Verifies `token`, and looks up its alerts. Changes nothing.
    ///
    /// # Errors
    /// Not signed by this server, or expired.
    pub(crate) fn open(&self, token: &str, now: Timestamp) -> Result<LinkRequest, ActionTokenError> {
        let notifications = &self.silences.notifications;
        let links = notifications.links().ok_or(ActionTokenError::Invalid)?;
        let ActionToken { action, fingerprints, expires_at } = links.verify(token, now)?;
        let alerts = self.find(&fingerprints);
        let missing = fingerprints.len() - alerts.len();
        let acknowledgements = notifications.acknowledgements();
        let silences = notifications.silences();
        let name = token_id(token);
        let alerts = alerts.into_iter().enumerate().map(|(place, alert)| {
            let silence_id = format!("link-{name}-{}", place + 1);
            let holds =
                |silence: &&Silence| silence.id == silence_id && silence.end.is_none_or(|end| now < end);
            let of_other = || {
                let id = notifications.suppressed_by(&alert, now).0?;
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
        Ok(LinkRequest { action, created: expires_at - LINK_TTL, alerts: alerts.collect(), missing, now })
    }

    /// Runs the action of the link on all alerts that it still applies to, on behalf of `author`, and returns their number.
    ///
    /// # Errors
    /// Invalid author or comment, too many silences, or a failed write. Changes before the error stay; after a failed write
    /// all alerts are changed.
    pub(crate) fn run(
        &self,
        actor: &Actor,
        link: &LinkRequest,
        (author, comment): (&str, &str),
    ) -> Result<usize, ActionLinkError> {
        let actor = actor.by_link(author);
        let (mut count, mut not_saved) = (0, None);
        for linked in link.alerts.iter().filter(|linked| link.applies_to(linked)) {
            let key = &linked.alert.key;
            match link.action {
                LinkAction::Acknowledge => match self.acknowledgements.add(&actor, key, (author, comment)) {
                    // Resolved in the meantime.
                    Err(error) if error.kind_and_code().0 == ErrorKind::NotFound => continue,
                    Err(error @ AcknowledgementError::NotSaved(_)) => not_saved = Some(error.into()),
                    result => result?,
                },
                LinkAction::Silence { minutes } => {
                    let new = NewSilence {
                        id: Some(linked.silence_id.clone()),
                        matchers: alert_matchers(key),
                        end: SilenceEnd::After(Duration::from_secs(60 * u64::from(minutes))),
                        author: author.to_owned(),
                        comment: comment.to_owned(),
                        ..NewSilence::default()
                    };
                    match self.silences.create(&actor, new) {
                        Err(error @ SilenceError::NotSaved(_)) => not_saved = Some(error.into()),
                        result => drop(result?),
                    }
                }
            }
            count += 1;
            tracing::info!(rule = key.rule, author, action = ?link.action, "action link used");
        }
        not_saved.map_or(Ok(count), Err)
    }

    /// Alerts with these fingerprints: the firing one of each, or else the latest resolved one.
    fn find(&self, fingerprints: &[AlertFingerprint]) -> Vec<Alert> {
        let mut found: Vec<Option<Alert>> = fingerprints.iter().map(|_| None).collect();
        for alert in self.rules.active().into_iter().chain(self.rules.past()) {
            let fingerprint = alert_fingerprint(&alert.key);
            let mut places = fingerprints.iter().zip(&mut found);
            if let Some((_, place)) =
                places.find(|(wanted, place)| **wanted == fingerprint && place.is_none())
            {
                *place = Some(alert);
            }
        }
        found.into_iter().flatten().collect()
    }
}

impl LinkRequest {
    /// Whether the action applies to any alert.
    pub(crate) fn is_applicable(&self) -> bool {
        self.alerts.iter().any(|linked| self.applies_to(linked))
    }

    fn applies_to(&self, linked: &LinkedAlert) -> bool {
        match self.action {
            LinkAction::Acknowledge => !linked.is_resolved() && linked.acknowledged.is_none(),
            LinkAction::Silence { .. } => !linked.is_silenced_by_link(),
        }
    }
}

impl LinkedAlert {
    /// Whether the alert is resolved. A flapping one may fire again at any moment.
    pub(crate) fn is_resolved(&self) -> bool {
        self.alert.phase == Phase::Resolved && !self.alert.flapping
    }

    fn is_silenced_by_link(&self) -> bool {
        self.silence.as_ref().is_some_and(|silence| silence.id == self.silence_id)
    }
}
