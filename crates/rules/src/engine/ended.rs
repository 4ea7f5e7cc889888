//! Series that end: their numbers are given to other series, and their memory is returned.

use super::Engine;
use std::collections::HashSet;
use watchglass_model::{Series, SeriesId};

/// Number of ended series from which on the engine is cleaned up, unless it has more series than that.
const CLEAN_UP_AFTER: usize = 1000;

impl Engine {
    /// Forgets the numbers of ended series. Their alerts stay: they decide on missing data.
    pub(super) fn end_series(&mut self, ended: &[SeriesId]) {
        if ended.is_empty() {
            return;
        }
        let numbers = ended.iter().map(|id| id.0 as usize).filter(|number| *number < self.known_series);
        self.vacant.extend(numbers);
        self.ended += self.cache.end_series(&ended.iter().copied().collect::<HashSet<_>>());
        if self.ended > CLEAN_UP_AFTER.max(self.cache.series_count() / 2) {
            self.clean_up();
        }
    }

    /// Removes the ended series that have no alert and are not expected by a rule. The cost is that of changing a rule.
    fn clean_up(&mut self) {
        let kept = self.saved_series();
        self.rule_states = self.rule_states.iter().map(super::RuleState::without_subjects).collect();
        let former = std::mem::take(&mut self.cache);
        self.previous_cache.get_or_insert(former);
        self.match_anew();
        self.restore_series(kept);
    }

    /// Matches all series against the rules at the next tick.
    pub(super) fn match_anew(&mut self) {
        (self.known_series, self.ended, self.rejected) = (0, 0, 0);
        self.vacant.clear();
    }

    /// The series that are not matched yet, which count as matched from now on.
    pub(super) fn unmatched<'a>(&mut self, series: &'a [Series]) -> Vec<&'a Series> {
        let is_used = |number: &usize| series.get(*number).is_some_and(|series| !series.is_vacant());
        let again: Vec<usize> = self.vacant.iter().copied().filter(is_used).collect();
        self.vacant.retain(|number| !is_used(number));
        let new = self.known_series.min(series.len())..series.len();
        self.vacant.extend(new.clone().filter(|number| !is_used(number)));
        self.known_series = self.known_series.max(series.len());
        again
            .into_iter()
            .chain(new)
            .filter_map(|number| series.get(number))
            .filter(|new| !new.is_vacant())
            .collect()
    }
}
