//! Acknowledging alerts. Waits for the disk.

use super::{ErrorKind, ServiceError};
use crate::audit::{Actor, AuditTarget, PermissionDenied};
use crate::metric_store::MetricStore;
use crate::notifications::Notifications;
use crate::persist::NotSaved;
use serde_json::json;
use std::sync::Arc;
use thiserror::Error;
use watchglass_auth::Permission;
use watchglass_dispatch::AcknowledgeError;
use watchglass_rules::AlertKey;

/// Why an acknowledgement was not changed.
#[derive(Debug, Error)]
pub(crate) enum AcknowledgementError {
    #[error(transparent)]
    Denied(#[from] PermissionDenied),
    #[error(transparent)]
    Alert(#[from] AcknowledgeError),
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
}

impl ServiceError for AcknowledgementError {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        match self {
            Self::Denied(error) => error.kind_and_code(),
            Self::NotSaved(error) => error.kind_and_code(),
            Self::Alert(AcknowledgeError::NotFiring(_)) => (ErrorKind::NotFound, "not_firing"),
            Self::Alert(AcknowledgeError::NotAcknowledged(_)) => (ErrorKind::NotFound, "not_acknowledged"),
            Self::Alert(AcknowledgeError::Field(_)) => (ErrorKind::Invalid, "bad_parameter"),
        }
    }

    fn field(&self) -> Option<&str> {
        if let Self::Alert(AcknowledgeError::Field(error)) = self { Some(&error.field) } else { None }
    }

    fn reason(&self) -> Option<String> {
        match self {
            Self::Alert(AcknowledgeError::Field(error)) => {
                Some(format!("{}; {}", error.problem, error.expected))
            }
            _ => None,
        }
    }
}

/// Changes of acknowledgements.
#[derive(Clone, Debug)]
pub(crate) struct AcknowledgementService {
    pub(crate) metrics: Arc<MetricStore>,
    pub(crate) notifications: Arc<Notifications>,
}

impl AcknowledgementService {
    /// Acknowledges an alert: no repeats or escalations until it resolves.
    ///
    /// # Errors
    /// Not an administrator, the alert is not firing, a text is missing or too long, or a failed write.
    pub(crate) fn add(
        &self,
        actor: &Actor,
        key: &AlertKey,
        (author, comment): (&str, &str),
    ) -> Result<(), AcknowledgementError> {
        actor.require(Permission::Admin)?;
        let now = self.metrics.current_time();
        let saving = self.notifications.acknowledge(key, (author, comment), now)?;
        let to = json!({ "labels": key.labels, "who": author, "why": comment });
        actor.record(AuditTarget::Acknowledgement, "added", &key.rule, (None, Some(to)));
        tracing::info!(rule = key.rule, author, "alert acknowledged");
        Ok(saving.wait()?)
    }

    /// Removes an acknowledgement: repeats and escalations start again from now.
    ///
    /// # Errors
    /// Not an administrator, the alert is not firing or not acknowledged, or a failed write.
    pub(crate) fn remove(&self, actor: &Actor, key: &AlertKey) -> Result<(), AcknowledgementError> {
        actor.require(Permission::Admin)?;
        let now = self.metrics.current_time();
        let (removed, saving) = self.notifications.unacknowledge(key, now)?;
        let from = json!({ "labels": key.labels });
        actor.record(AuditTarget::Acknowledgement, "removed", &key.rule, (Some(from), None));
        tracing::info!(rule = key.rule, author = removed.who, "alert unacknowledged");
        Ok(saving.wait()?)
    }
}
