//! Expected heartbeats: receiving, adding and removing. Waits for the disk.

use super::{ErrorKind, ServiceError};
use crate::audit::{Actor, AuditTarget, PermissionDenied};
use crate::heartbeats::{
    AddError, FieldError, Heartbeat, HeartbeatState, Heartbeats, NewHeartbeat, RemoveError, check_name,
};
use crate::persist::NotSaved;
use serde_json::{Value, json};
use std::sync::Arc;
use thiserror::Error;
use watchglass_auth::Permission;
use watchglass_model::Timestamp;

/// Why heartbeats were not changed.
#[derive(Debug, Error)]
pub(crate) enum HeartbeatError {
    #[error(transparent)]
    Denied(#[from] PermissionDenied),
    #[error(transparent)]
    Invalid(#[from] FieldError),
    #[error(transparent)]
    NotAdded(AddError),
    #[error("no heartbeat {0:?} is expected: add it to the configuration file, or on the alerts page")]
    Unknown(String),
    #[error("the heartbeat {0:?} is in the configuration file: remove it there")]
    InFile(String),
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
}

impl ServiceError for HeartbeatError {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        match self {
            Self::Denied(error) => error.kind_and_code(),
            Self::Invalid(_) => (ErrorKind::Invalid, "bad_parameter"),
            Self::NotAdded(AddError::TooMany) => (ErrorKind::Conflict, "too_many_heartbeats"),
            Self::NotAdded(_) => (ErrorKind::Conflict, "exists"),
            Self::Unknown(_) => (ErrorKind::NotFound, "not_found"),
            Self::InFile(_) => (ErrorKind::Conflict, "in_file"),
            Self::NotSaved(error) => error.kind_and_code(),
        }
    }

    fn field(&self) -> Option<&str> {
        if let Self::Invalid(error) = self { Some(error.field) } else { None }
    }

    fn reason(&self) -> Option<String> {
        if let Self::Invalid(error) = self { Some(error.problem.clone()) } else { None }
    }
}

impl From<AddError> for HeartbeatError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::Invalid(error) => Self::Invalid(error),
            other => Self::NotAdded(other),
        }
    }
}

/// Changes of expected heartbeats.
#[derive(Clone, Debug)]
pub(crate) struct HeartbeatService {
    pub(crate) heartbeats: Arc<Heartbeats>,
}

impl HeartbeatService {
    /// Records a signal of a job: a heartbeat, or a failure. It is on disk when this returns. Signals are too frequent to be
    /// audited.
    ///
    /// # Errors
    /// The actor may not ingest, an invalid or unknown name, or a failed write.
    pub(crate) fn receive(
        &self,
        actor: &Actor,
        (name, is_failed): (&str, bool),
        now: Timestamp,
    ) -> Result<HeartbeatState, HeartbeatError> {
        actor.require(Permission::Ingest)?;
        check_name(name)?;
        let received = self.heartbeats.receive(name, is_failed, now);
        let received = received.ok_or_else(|| HeartbeatError::Unknown(name.to_owned()))?;
        self.heartbeats.wait_saved()?;
        Ok(received)
    }

    /// Adds a heartbeat, which is expected from `now` on.
    ///
    /// # Errors
    /// Not an administrator, an invalid field, a known name, too many heartbeats, or a failed write.
    pub(crate) fn add(
        &self,
        actor: &Actor,
        new: &NewHeartbeat,
        now: Timestamp,
    ) -> Result<HeartbeatState, HeartbeatError> {
        actor.require(Permission::Admin)?;
        let added = self.heartbeats.add(new, now)?;
        let name = &added.heartbeat.name;
        actor.record_change(AuditTarget::Heartbeat, name, (None, audit_value(&added.heartbeat)));
        tracing::info!(name, "heartbeat added");
        self.heartbeats.wait_saved()?;
        Ok(added)
    }

    /// Removes a heartbeat. Its alert is resolved.
    ///
    /// # Errors
    /// Not an administrator, an unknown name, a heartbeat of the configuration file, or a failed write.
    pub(crate) fn remove(&self, actor: &Actor, name: &str) -> Result<(), HeartbeatError> {
        actor.require(Permission::Admin)?;
        let shown = || name.chars().take(64).collect();
        let removed = self.heartbeats.remove(name).map_err(|error| match error {
            RemoveError::Unknown => HeartbeatError::Unknown(shown()),
            RemoveError::InFile => HeartbeatError::InFile(shown()),
        })?;
        actor.record_change(AuditTarget::Heartbeat, name, (audit_value(&removed), None));
        tracing::info!(name, "heartbeat removed");
        Ok(self.heartbeats.wait_saved()?)
    }
}

fn audit_value(heartbeat: &Heartbeat) -> Option<Value> {
    let Heartbeat { period_seconds, grace_seconds, .. } = heartbeat;
    Some(json!({ "period_seconds": period_seconds, "grace_seconds": grace_seconds }))
}
