//! Which probes fail at the moment, since when and why.

use std::sync::Arc;
use watchglass_model::{Problem, Timestamp};

/// The problems there are, and whether they are others than before.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Problem>,
    changed: bool,
    published: Arc<[Problem]>,
}

impl Problems {
    /// Notes that `probe` fails for that `reason`, or that all is well with it. A problem keeps its beginning
    /// while its reason changes.
    pub(crate) fn note(&mut self, probe: &str, reason: Option<String>, now: Timestamp) {
        let place = self.list.iter().position(|problem| problem.probe == probe);
        match (place.and_then(|place| self.list.get_mut(place)), reason) {
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

    /// Whether anything changed since this was last asked.
    pub(crate) fn take_changed(&mut self) -> bool {
        let changed = std::mem::take(&mut self.changed);
        if changed {
            self.published = self.list.as_slice().into();
        }
        changed
    }

    /// The problems as they were when [`Problems::take_changed`] was last asked, the longest-standing first.
    pub(crate) fn published(&self) -> Arc<[Problem]> {
        Arc::clone(&self.published)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beginning and reason of a problem.
    type Found = (i64, &'static str);

    #[test]
    fn only_a_beginning_an_end_or_another_reason_is_a_change() {
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
