//! What explains charts: adds it, tells open pages, and gives it to charts as marks.

use super::Core;
use crate::annotations::{AnnotationError, Annotations, NewAnnotation};
use app::api::{Mark, Stretch};
use watchglass_live::{AnnotationChange, AnnotationMessage};
use watchglass_model::{Annotation, Severity, TimeRange, Timestamp};

/// How many a page is given at most, the latest. More letters on a chart nobody can tell apart.
const MOST_MARKS: usize = 50;
/// How many are listed at most: more than are kept.
const MOST_LISTED: usize = 2000;

impl Core {
    /// The same core, which marks what is in `annotations`.
    pub(crate) fn with_annotations(self, annotations: Annotations) -> Self {
        Self { annotations, ..self }
    }

    /// Adds an annotation, and tells open pages. Without a time it is at the newest values, so that their charts reach it, or
    /// at `now` before there are any.
    ///
    /// # Errors
    /// What cannot be marked.
    pub(crate) fn annotate(&self, new: NewAnnotation, now: Timestamp) -> Result<Annotation, AnnotationError> {
        let added = self.annotations.add(new, self.newest().unwrap_or(now))?;
        self.tell_annotations(AnnotationChange::Added, vec![added.clone()]);
        Ok(added)
    }

    /// Takes an annotation away, and tells open pages. `None` when there is none with that id.
    pub(crate) fn remove_annotation(&self, id: u64) -> Option<Annotation> {
        let removed = self.annotations.remove(id)?;
        self.tell_annotations(AnnotationChange::Removed, vec![removed.clone()]);
        Some(removed)
    }

    /// The annotations that reach into `range`, the latest first.
    pub(crate) fn annotations_within(&self, range: TimeRange) -> Vec<Annotation> {
        self.annotations.within(range, MOST_LISTED)
    }

    /// Marks the restarts that are seen in what was measured at `time`.
    pub(super) fn mark_restarts(&self, time: Timestamp) {
        let restarts = self.look(|current, _| self.annotations.observe(time, current));
        for restart in &restarts {
            tracing::info!(says = restart.text, "a restart is marked");
        }
        self.tell_annotations(AnnotationChange::Added, restarts);
    }

    /// The marks of `stretch`. Of one that goes on, those that are still to come as well.
    pub(super) fn annotation_marks(&self, stretch: Stretch) -> impl Iterator<Item = Mark> + use<> {
        let range = self.range(stretch);
        let end = if stretch.end.is_some() { range.end } else { Timestamp::from_millis(i64::MAX) };
        let annotations = self.annotations.within(TimeRange { end, ..range }, MOST_MARKS);
        annotations.into_iter().map(|annotation| Mark {
            panel: String::new(),
            start: annotation.time,
            end: Some(annotation.end.unwrap_or(annotation.time)),
            severity: Severity::Info,
            text: annotation.text,
            value: None,
            sign: annotation.kind.title().to_owned(),
        })
    }

    fn tell_annotations(&self, change: AnnotationChange, annotations: Vec<Annotation>) {
        let messages = annotations.into_iter().map(|annotation| AnnotationMessage { change, annotation });
        self.hub.annotate(messages.collect());
    }
}
