//! Resolving alerts manually. Waits for the disk.

use super::{ErrorKind, ServiceError};
use crate::audit::{Actor, AuditTarget, PermissionDenied};
use crate::evaluation::RuleEvaluator;
use crate::metric_store::MetricStore;
use crate::persist::NotSaved;
use serde_json::json;
use std::sync::Arc;
use thiserror::Error;
use watchglass_auth::Permission;
use watchglass_rules::{AlertKey, DismissError};

/// Why an alert was not resolved.
#[derive(Debug, Error)]
pub(crate) enum ResolveError {
    #[error(transparent)]
    Denied(#[from] PermissionDenied),
    #[error(transparent)]
    Alert(#[from] DismissError),
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
}

impl ServiceError for ResolveError {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        match self {
            Self::Denied(error) => error.kind_and_code(),
            Self::NotSaved(error) => error.kind_and_code(),
            Self::Alert(DismissError::NotFiring) => (ErrorKind::NotFound, "not_firing"),
            Self::Alert(DismissError::HasData) => (ErrorKind::Conflict, "has_data"),
        }
    }
}

/// Manual changes of alerts.
#[derive(Clone, Debug)]
pub(crate) struct AlertService {
    pub(crate) metrics: Arc<MetricStore>,
    pub(crate) rules: Arc<RuleEvaluator>,
}

impl AlertService {
    /// Resolves a firing alert without data, whose series will not come back. Its receivers are notified at the next tick.
    ///
    /// # Errors
    /// Not an administrator, the alert is not firing on this server or has data, or a failed write.
    pub(crate) fn resolve(&self, actor: &Actor, key: &AlertKey) -> Result<(), ResolveError> {
        actor.require(Permission::Admin)?;
        let alert = self.rules.dismiss(self.metrics.current_time(), key)?;
        let from = json!({ "labels": key.labels, "message": alert.message });
        actor.record(AuditTarget::Alert, "resolved", &key.rule, (Some(from), None));
        Ok(self.rules.wait_saved()?)
    }
}
