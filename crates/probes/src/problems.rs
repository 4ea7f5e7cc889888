//! Current probe failures with start time and reason.

use std::sync::Arc;
use watchglass_model::{Problem, Timestamp};

/// Current problems with change detection.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Problem>,
    changed: bool,
    published: Arc<[Problem]>,
}

impl Problems {
    /// Updates the state of `probe`: failing for `reason`, or OK. A problem keeps its start time when its reason changes.
    pub(crate) fn note(&mut self, probe: &str, reason: Option<String>, now: Timestamp) {
        let index = self.list.iter().position(|problem| problem.probe == probe);
        match (index.and_then(|index| self.list.get_mut(index)), reason) {
            (Some(problem), Some(reason)) => {
                self.changed |= problem.reason != reason;
                problem.reason = reason;
            }
            (None, Some(reason)) => {
                self.changed = true;
                self.list.push(Problem { probe: probe.to_owned(), since: now, reason });
            }
            (Some(_), None) => {
                self.changed = true;
                self.list.retain(|problem| problem.probe != probe);
            }
            (None, None) => {}
        }
    }

    /// Whether anything changed since the last call; publishes the changes.
    pub(crate) fn take_changed(&mut self) -> bool {
        let changed = std::mem::take(&mut self.changed);
        if changed {
            self.published = self.list.as_slice().into();
        }
        changed
    }

    /// The problems as of the last call of [`Problems::take_changed`], oldest first.
    pub(crate) fn published(&self) -> Arc<[Problem]> {
        Arc::clone(&self.published)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Start time and reason of a problem.
    type Found = (i64, &'static str);

    #[test]
    fn start_end_and_reason_changes_are_detected() {
        let mut problems = Problems::default();
        let steps: [(Option<&str>, bool, &[Found]); 6] = [
            (None, false, &[]),
            (Some("gone"), true, &[(1, "gone")]),
            (Some("gone"), false, &[(1, "gone")]),
            (Some("late"), true, &[(1, "late")]),
            (None, true, &[]),
            (Some("gone"), true, &[(5, "gone")]),
        ];
        for (time, (reason, changed, expected)) in (0..).zip(steps) {
            problems.note("disk", reason.map(str::to_owned), Timestamp::from_millis(time));
            assert_eq!(problems.take_changed(), changed, "at {time}");
            let published = problems.published();
            let found: Vec<_> =
                published.iter().map(|problem| (problem.since.millis(), problem.reason.as_str())).collect();
            assert_eq!(found, expected, "at {time}");
        }
    }
}
