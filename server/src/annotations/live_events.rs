//! Live events of annotation changes.

use super::{AnnotationError, Annotations, NewAnnotation};
use watchglass_live::{AnnotationChange, AnnotationMessage, Hub};
use watchglass_model::{Annotation, Timestamp};
use watchglass_reports::Current;

/// Adds an annotation and publishes it to open pages. Its time defaults to `now`.
///
/// # Errors
/// Invalid text, time, end or tags.
pub(crate) fn add_and_publish(
    annotations: &Annotations,
    hub: &Hub,
    new: NewAnnotation,
    now: Timestamp,
) -> Result<Annotation, AnnotationError> {
    let added = annotations.add(new, now)?;
    publish(hub, AnnotationChange::Added, vec![added.clone()]);
    Ok(added)
}

/// Removes an annotation and publishes the removal to open pages. `None` for an unknown id.
pub(crate) fn remove_and_publish(annotations: &Annotations, hub: &Hub, id: u64) -> Option<Annotation> {
    let removed = annotations.remove(id)?;
    publish(hub, AnnotationChange::Removed, vec![removed.clone()]);
    Some(removed)
}

/// Adds annotations for restarts detected in the samples of `time`, and publishes them to open pages.
pub(crate) fn annotate_restarts(
    annotations: &Annotations,
    hub: &Hub,
    time: Timestamp,
    current: &Current<'_>,
) {
    let restarts = annotations.observe(time, current);
    for restart in &restarts {
        tracing::info!(text = restart.text, "restart detected");
    }
    publish(hub, AnnotationChange::Added, restarts);
}

fn publish(hub: &Hub, change: AnnotationChange, annotations: Vec<Annotation>) {
    let messages = annotations.into_iter().map(|annotation| AnnotationMessage { change, annotation });
    hub.publish_annotations(messages.collect());
}
