//! Additional API for the Redis store.

use super::resolution::Resolution;
use super::{EmbeddedHistory, executor};
use crate::head::hour_of;
use crate::selector::CompiledSelector;
use crate::{Columns, Query, QueryError, StoredSeries};
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;
use watchglass_model::SeriesId;

impl EmbeddedHistory {
    /// Runs a query over the times in `within`.
    ///
    /// # Errors
    /// The query is invalid; see [`QueryError`].
    pub(crate) fn query_within(&self, query: &Query, within: Range<i64>) -> Result<Columns, QueryError> {
        executor::query(&self.shared, query, within)
    }

    /// Hours with raw samples.
    pub(crate) fn sampled_hours(&self) -> BTreeSet<i64> {
        let files = self.shared.files();
        let head = self.shared.head();
        files.of(Resolution::Raw).keys().chain(head.hours().keys()).copied().collect()
    }

    /// The first hour with data.
    pub(crate) fn first_hour(&self) -> Option<i64> {
        let files = self.shared.files();
        let stored = files.contents().map(|contents| contents.oldest);
        stored.chain(self.shared.head().first_time()).min().map(hour_of)
    }

    /// Largest sample time.
    pub(crate) fn last_time(&self) -> Option<i64> {
        let files = self.shared.files();
        let sealed = files.of(Resolution::Raw).values().map(|contents| contents.newest).max();
        self.shared.head().last_time().max(sealed)
    }

    /// Series with samples in the newest hours.
    pub(crate) fn measured_series(&self) -> HashSet<Arc<StoredSeries>> {
        self.shared.head().grouped().map(|(series, _)| Arc::clone(series)).collect()
    }

    /// The selected series of this run with their ids.
    pub(crate) fn numbered_series(
        &self,
        test: &CompiledSelector,
    ) -> Vec<(Arc<StoredSeries>, Option<SeriesId>)> {
        self.shared.head().select(test)
    }
}
