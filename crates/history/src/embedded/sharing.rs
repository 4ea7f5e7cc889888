//! What a history that shares this one's samples with other servers asks of it besides.

use super::level::Level;
use super::{EmbeddedHistory, answer};
use crate::head::hour_of;
use crate::selector::Test;
use crate::{Columns, Query, QueryError, StoredSeries};
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;
use watchglass_model::SeriesId;

impl EmbeddedHistory {
    /// Answers a query from the samples at times in `within` alone.
    ///
    /// # Errors
    /// Whatever makes the question impossible; see [`QueryError`].
    pub(crate) fn query_within(&self, query: &Query, within: Range<i64>) -> Result<Columns, QueryError> {
        answer::query(&self.shared, query, within)
    }

    /// The hours that have samples at full resolution.
    pub(crate) fn sampled_hours(&self) -> BTreeSet<i64> {
        let files = self.shared.files();
        let head = self.shared.head();
        files.of(Level::Raw).keys().chain(head.hours().keys()).copied().collect()
    }

    /// The first hour that it knows anything of.
    pub(crate) fn first_hour(&self) -> Option<i64> {
        let files = self.shared.files();
        let stored = files.contents().map(|contents| contents.oldest);
        stored.chain(self.shared.head().first_time()).min().map(hour_of)
    }

    /// The largest time of a sample.
    pub(crate) fn last_time(&self) -> Option<i64> {
        let files = self.shared.files();
        let sealed = files.of(Level::Raw).values().map(|contents| contents.newest).max();
        self.shared.head().last_time().max(sealed)
    }

    /// The series that have samples in the newest hours.
    pub(crate) fn measured_series(&self) -> HashSet<Arc<StoredSeries>> {
        self.shared.head().all().into_iter().collect()
    }

    /// The series of this run that are selected, with their numbers in it.
    pub(crate) fn numbered_series(&self, test: &Test) -> Vec<(Arc<StoredSeries>, Option<SeriesId>)> {
        self.shared.head().select(test)
    }
}
