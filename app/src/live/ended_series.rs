//! Series with rows in the time window that have ended.

use super::store::SeriesState;
use crate::api::FIRST_ENDED;
use watchglass_model::{Series, SeriesId};

/// Maximum number of series that ended while the page is open, until it fetches a history.
const MAX_ENDED: usize = 200;

/// Ended series with ids of their own: theirs may belong to other series.
#[derive(Clone, Debug, Default)]
pub(super) struct EndedSeries {
    known: Vec<(Series, SeriesState)>,
    next: u32,
}

impl EndedSeries {
    /// Adds a series that has ended, if it has rows.
    pub(super) fn add(&mut self, series: &Series, state: SeriesState) {
        if series.is_vacant() || state.buffer.times.is_empty() || self.known.len() >= MAX_ENDED {
            return;
        }
        self.next = self.next.max(FIRST_ENDED);
        self.known.push((Series { id: SeriesId(self.next), ..series.clone() }, state));
        self.next = self.next.saturating_add(1);
    }

    /// Removes a series that is collected again.
    pub(super) fn take(&mut self, series: &Series) -> Option<SeriesState> {
        if self.known.is_empty() {
            return None;
        }
        let is_it = |(known, _): &(Series, SeriesState)| {
            known.metric == series.metric && known.labels == series.labels
        };
        let place = self.known.iter().position(is_it)?;
        Some(self.known.remove(place).1)
    }

    /// Replaces all by those of a history; returns whether their list has changed.
    pub(super) fn replace(&mut self, ended: &[Series], state: impl Fn(&str) -> SeriesState) -> bool {
        let changed = !self.series().eq(ended);
        self.known = ended.iter().map(|series| (series.clone(), state(&series.metric))).collect();
        self.next = ended.iter().map(|series| series.id.0.saturating_add(1)).max().unwrap_or(FIRST_ENDED);
        changed
    }

    /// The series, with their ids.
    pub(super) fn series(&self) -> impl Iterator<Item = &Series> {
        self.known.iter().map(|(series, _)| series)
    }

    pub(super) fn states(&self) -> impl Iterator<Item = &SeriesState> {
        self.known.iter().map(|(_, state)| state)
    }

    pub(super) fn name(&self, id: SeriesId) -> Option<&Series> {
        self.series().find(|series| series.id == id)
    }

    pub(super) fn get(&self, id: SeriesId) -> Option<&SeriesState> {
        self.known.iter().find(|(series, _)| series.id == id).map(|(_, state)| state)
    }

    pub(super) fn get_mut(&mut self, id: SeriesId) -> Option<&mut SeriesState> {
        self.known.iter_mut().find(|(series, _)| series.id == id).map(|(_, state)| state)
    }
}
