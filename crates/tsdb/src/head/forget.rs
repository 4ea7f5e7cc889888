//! Removals from the head block.

use super::{HOUR, Head, HeadColumn, HourState, hour_of};
use std::ops::Range;
use std::sync::Arc;

/// Capacity that a series keeps: one hour at one value per second, plus the values until its block is written.
const KEPT_CAPACITY: usize = 4096;

impl Head {
    /// Whether half of the room is used, and a quarter by series that have ended: it is returned when they are in a block.
    pub(crate) fn is_crowded(&self) -> bool {
        let has_ended = |column: &&HeadColumn| column.id.is_none() && !column.values.is_empty();
        self.columns.len() > self.limit / 2 && self.columns.iter().filter(has_ended).count() >= self.limit / 4
    }

    /// Removes the samples of an hour that are in its block, which was written after `before` was its state: all, or
    /// those up to the newest one of `before` if only newer ones have arrived since. If older ones have arrived, it is
    /// unknown which of them the block has: all samples stay.
    pub(crate) fn forget_written(&mut self, hour: i64, before: HourState) {
        let Some(&now) = self.hours.get(&hour) else { return };
        let start = hour.saturating_mul(HOUR);
        if now == before {
            self.hours.remove(&hour);
            self.forget_range(start..start.saturating_add(HOUR));
        } else if now.late == before.late {
            self.forget_range(start..before.last.saturating_add(1));
        }
    }

    fn forget_range(&mut self, range: Range<i64>) {
        let rows = self.rows(&range);
        self.times.drain(rows.clone());
        for column in &mut self.columns {
            let end = rows.end.min(column.values.len());
            column.values.drain(rows.start.min(end)..end);
            // Series that ended must become empty.
            if column.values.iter().all(|value| value.is_nan()) {
                column.values.clear();
            }
            // Avoids reallocating every hour.
            let room = if column.values.is_empty() { 0 } else { KEPT_CAPACITY };
            column.values.shrink_to(room);
        }
        self.may_prune = true;
        // Series that ended are never written again.
        self.retain(|column| column.id.is_some() || !column.values.is_empty());
    }

    /// Removes the oldest samples if there are more than `most` values; returns whether it did.
    pub(crate) fn shrink(&mut self, most: usize) -> bool {
        let rows = most / self.columns.len().max(1);
        let limit = self.times.len().checked_sub(rows).filter(|&excess| excess > 0);
        let limit = limit.and_then(|excess| self.times.get(excess).copied());
        if let Some(limit) = limit {
            self.forget_before(limit);
        }
        limit.is_some()
    }

    /// Removes samples older than `limit`.
    pub(crate) fn forget_before(&mut self, limit: i64) {
        let old = self.times.partition_point(|&time| time < limit);
        self.times.drain(..old);
        for column in &mut self.columns {
            column.values.drain(..old.min(column.values.len()));
        }
        let hour = hour_of(limit);
        self.hours.retain(|&earlier, _| earlier >= hour);
        self.may_prune |= old > 0;
    }

    /// Removes series without samples.
    pub(super) fn prune(&mut self) {
        if std::mem::take(&mut self.may_prune) {
            self.retain(|column| !column.values.is_empty());
        }
    }

    fn retain(&mut self, keep: impl Fn(&HeadColumn) -> bool) {
        if self.columns.iter().all(&keep) {
            return;
        }
        self.columns.retain(keep);
        self.by_series.clear();
        self.places.clear();
        for place in 0..self.columns.len() {
            let Some(column) = self.columns.get(place) else { continue };
            self.by_series.insert(Arc::clone(&column.series), place);
            if let Some(id) = column.id {
                self.number_in_run(id, place);
            }
        }
    }
}
