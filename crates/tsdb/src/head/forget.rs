//! Removals from the head block.

use super::{HOUR, Head, HeadColumn, HourState, hour_of};
use std::ops::Range;
use std::sync::Arc;

/// Time range that is dropped at once when the head is too large, in milliseconds.
const DROPPED_AT_ONCE: i64 = 900_000;

impl Head {
    /// Whether half of the room is used, and a quarter by series that have ended: it is returned when they are in a block.
    pub(crate) fn is_crowded(&self) -> bool {
        let has_ended = |column: &&HeadColumn| column.id.is_none() && !column.is_empty();
        self.columns.len() > self.limit / 2 && self.columns.iter().filter(has_ended).count() >= self.limit / 4
    }

    /// Removes series without samples.
    pub(super) fn prune(&mut self) {
        if std::mem::take(&mut self.may_prune) {
            self.retain(|column| !column.is_empty());
        }
    }

    fn retain(&mut self, keep: impl Fn(&HeadColumn) -> bool) {
        if !self.columns.iter().all(&keep) {
            self.columns.retain(keep);
            self.by_series.clear();
            self.by_metric.clear();
            self.places.clear();
            let kept: Vec<_> =
                self.columns.iter().map(|column| (Arc::clone(&column.series), column.id)).collect();
            for (place, (series, id)) in (0..).zip(kept) {
                self.index(&series, place);
                if let Some(id) = id {
                    self.number_in_run(id, place);
                }
            }
        }
        self.drop_groups();
    }

    /// Removes groups without series and times.
    fn drop_groups(&mut self) {
        let mut is_used = vec![false; self.groups.len()];
        for column in &self.columns {
            if let Some(used) = is_used.get_mut(column.group as usize) {
                *used = true;
            }
        }
        let groups = &self.groups;
        let vacant = &mut self.vacant;
        self.by_key.retain(|_, group| {
            let place = *group as usize;
            let is_kept = is_used.get(place) == Some(&true)
                || groups.get(place).is_some_and(|group| group.times.first().is_some());
            if !is_kept {
                vacant.push(*group);
            }
            is_kept
        });
    }

    /// Removes the samples of an hour that are in its block, which was written after `before` was its state: all, or
    /// those up to the newest one of `before` if only newer ones have arrived since. If older ones have arrived, it is
    /// unknown which of them the block has: all samples stay.
    pub(crate) fn forget_written(&mut self, hour: i64, before: HourState) {
        let Some(&now) = self.hours.get(&hour) else { return };
        let start = hour.saturating_mul(HOUR);
        if now == before {
            self.hours.remove(&hour);
            self.forget(&(start..start.saturating_add(HOUR)));
        } else if now.late == before.late {
            self.forget(&(start..before.last.saturating_add(1)));
        } else {
            return;
        }
        self.may_prune = true;
        // Series that ended are never written again.
        self.retain(|column| column.id.is_some() || !column.is_empty());
    }

    /// Drops the oldest samples until the rest has at most `most` bytes; returns whether there were too many.
    pub(crate) fn shrink(&mut self, most: usize) -> bool {
        let is_too_large = self.bytes() > most;
        while self.bytes() > most
            && let Some(first) = self.first_time()
        {
            self.forget_before(first.saturating_add(DROPPED_AT_ONCE));
        }
        is_too_large
    }

    /// Removes samples older than `limit`.
    pub(crate) fn forget_before(&mut self, limit: i64) {
        if self.first_time().is_none_or(|first| first >= limit) {
            return;
        }
        self.forget(&(i64::MIN..limit));
        let hour = hour_of(limit);
        self.hours.retain(|&earlier, _| earlier >= hour);
        self.may_prune = true;
    }

    fn forget(&mut self, times: &Range<i64>) {
        let rows: Vec<Range<u32>> = self.groups.iter_mut().map(|group| group.times.forget(times)).collect();
        for column in &mut self.columns {
            column.forget(times, rows.get(column.group as usize).unwrap_or(&(0..0)));
        }
    }
}
