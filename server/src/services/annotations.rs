//! Adding and removing annotations of charts. Waits for the disk.

use super::{ErrorKind, ServiceError};
use crate::annotations::{self, Annotations, NewAnnotation};
use crate::audit::{Actor, AuditTarget, PermissionDenied};
use crate::metric_store::MetricStore;
use crate::persist::NotSaved;
use serde_json::{Value, json};
use std::sync::Arc;
use thiserror::Error;
use watchglass_auth::Permission;
use watchglass_live::Hub;
use watchglass_model::Annotation;

/// Why annotations were not changed.
#[derive(Debug, Error)]
pub(crate) enum AnnotationError {
    #[error(transparent)]
    Denied(#[from] PermissionDenied),
    #[error(transparent)]
    Invalid(#[from] annotations::AnnotationError),
    #[error("there is no annotation {0:?}")]
    Unknown(String),
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
}

impl ServiceError for AnnotationError {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        match self {
            Self::Denied(error) => error.kind_and_code(),
            Self::Invalid(_) => (ErrorKind::Invalid, "bad_parameter"),
            Self::Unknown(_) => (ErrorKind::NotFound, "not_found"),
            Self::NotSaved(error) => error.kind_and_code(),
        }
    }
}

/// Changes of annotations.
#[derive(Clone, Debug)]
pub(crate) struct AnnotationService {
    pub(crate) metrics: Arc<MetricStore>,
    pub(crate) annotations: Arc<Annotations>,
    pub(crate) hub: Arc<Hub>,
}

impl AnnotationService {
    /// Adds an annotation to all charts. Its author is the actor; its time defaults to that of the newest samples, so that charts
    /// reach it.
    ///
    /// # Errors
    /// The actor may not ingest, an invalid field, or a failed write.
    pub(crate) fn add(&self, actor: &Actor, new: NewAnnotation) -> Result<Annotation, AnnotationError> {
        actor.require(Permission::Ingest)?;
        let now = self.metrics.current_time();
        let new = NewAnnotation { author: actor.name().to_owned(), ..new };
        let added = annotations::add_and_publish(&self.annotations, &self.hub, new, now)?;
        actor.record(AuditTarget::Annotation, "added", &added.id.to_string(), (None, audit_value(&added)));
        tracing::info!(id = added.id, author = added.author, text = added.text, "annotation added");
        self.annotations.wait_saved()?;
        Ok(added)
    }

    /// Removes an annotation.
    ///
    /// # Errors
    /// Not an administrator, an unknown id, or a failed write.
    pub(crate) fn remove(&self, actor: &Actor, id: &str) -> Result<(), AnnotationError> {
        actor.require(Permission::Admin)?;
        let remove = |id| annotations::remove_and_publish(&self.annotations, &self.hub, id);
        let removed = id.parse().ok().and_then(remove);
        let removed = removed.ok_or_else(|| AnnotationError::Unknown(id.chars().take(64).collect()))?;
        actor.record(AuditTarget::Annotation, "removed", id, (audit_value(&removed), None));
        tracing::info!(id = removed.id, text = removed.text, "annotation removed");
        self.annotations.wait_saved()?;
        Ok(())
    }
}

fn audit_value(annotation: &Annotation) -> Option<Value> {
    Some(json!({ "kind": annotation.kind.as_str(), "text": annotation.text }))
}
