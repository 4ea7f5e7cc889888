//! Annotations: adding, removing, live events to open pages, and marks on charts.

use super::AppState;
use crate::annotations::{AnnotationError, Annotations, NewAnnotation};
use app::api::{ChartBand, RangeQuery};
use watchglass_live::{AnnotationChange, AnnotationMessage};
use watchglass_model::{Annotation, Severity, TimeRange, Timestamp};

/// Limit of marks per page; the latest are kept. More could not be told apart on a chart.
const MAX_MARKS: usize = 50;
/// Limit of a list, above the number of annotations that can be stored.
const MAX_LISTED: usize = 2000;

impl AppState {
    /// Sets the annotations.
    pub(crate) fn with_annotations(self, annotations: Annotations) -> Self {
        Self { annotations, ..self }
    }

    /// Adds an annotation and publishes it to open pages. Its time defaults to that of the newest values, so that charts reach
    /// it, or to `now` before the first tick.
    ///
    /// # Errors
    /// Invalid text, time, end or tags.
    pub(crate) fn add_annotation(
        &self,
        new: NewAnnotation,
        now: Timestamp,
    ) -> Result<Annotation, AnnotationError> {
        let added = self.annotations.add(new, self.newest_time().unwrap_or(now))?;
        self.publish_annotations(AnnotationChange::Added, vec![added.clone()]);
        Ok(added)
    }

    /// Removes an annotation and publishes the removal to open pages. `None` for an unknown id.
    pub(crate) fn remove_annotation(&self, id: u64) -> Option<Annotation> {
        let removed = self.annotations.remove(id)?;
        self.publish_annotations(AnnotationChange::Removed, vec![removed.clone()]);
        Some(removed)
    }

    /// Annotations that overlap `range`, newest first.
    pub(crate) fn annotations_in_range(&self, range: TimeRange) -> Vec<Annotation> {
        self.annotations.in_range(range, MAX_LISTED)
    }

    /// Adds annotations for restarts detected in the samples of `time`.
    pub(super) fn annotate_restarts(&self, time: Timestamp) {
        let restarts = self.with_latest(|current, _| self.annotations.observe(time, current));
        for restart in &restarts {
            tracing::info!(text = restart.text, "restart detected");
        }
        self.publish_annotations(AnnotationChange::Added, restarts);
    }

    /// Chart marks of the time window. A window that ends now also has the annotations of the future.
    pub(super) fn annotation_marks(&self, window: RangeQuery) -> impl Iterator<Item = ChartBand> + use<> {
        let range = self.range(window);
        let end = if window.end.is_some() { range.end } else { Timestamp::from_millis(i64::MAX) };
        let annotations = self.annotations.in_range(TimeRange { end, ..range }, MAX_MARKS);
        annotations.into_iter().map(|annotation| ChartBand {
            panel: String::new(),
            start: annotation.time,
            end: Some(annotation.end.unwrap_or(annotation.time)),
            severity: Severity::Info,
            text: annotation.text,
            threshold: None,
            annotation: annotation.kind.title().to_owned(),
        })
    }

    fn publish_annotations(&self, change: AnnotationChange, annotations: Vec<Annotation>) {
        let messages = annotations.into_iter().map(|annotation| AnnotationMessage { change, annotation });
        self.hub.publish_annotations(messages.collect());
    }
}
