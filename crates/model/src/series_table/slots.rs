//! Slots of series ids, which are reused after some time.

use super::budget::Share;
use super::key::Key;
use crate::{Series, SeriesId};
use std::collections::VecDeque;

/// Ticks for which an id is not reused: pages and slow readers have the new list of series by then.
const REUSE_AFTER: u64 = 60;

/// All slots, used or vacant.
#[derive(Debug)]
pub(super) struct Slots {
    series: Vec<Series>,
    slots: Vec<Option<Slot>>,
    /// Vacant ids with the tick in which they became vacant, oldest first.
    vacant: VecDeque<(u64, SeriesId)>,
    /// Number of slots from which on vacant ones are reused at once.
    most: usize,
}

/// A used slot.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) key: Key,
    pub(super) share: Share,
    /// Sampling interval in ticks.
    pub(super) interval: u64,
    /// Tick of the last sample.
    pub(super) last: u64,
    /// Larger for a series that was added later.
    pub(super) born: u64,
}

impl Slot {
    /// Ticks that it may have no sample: `least`, or three of its sampling intervals if they are longer.
    pub(super) fn timeout(&self, least: u64) -> u64 {
        least.max(self.interval.saturating_mul(3))
    }
}

impl Slots {
    /// No slots yet. Twice `limit` are normally enough.
    pub(super) fn new(limit: usize) -> Self {
        let most = limit.saturating_mul(2).max(1024);
        Self { series: Vec::new(), slots: Vec::new(), vacant: VecDeque::new(), most }
    }

    /// All series, indexed by id.
    pub(super) fn series(&self) -> &[Series] {
        &self.series
    }

    /// All used slots.
    pub(super) fn used(&self) -> impl Iterator<Item = (SeriesId, &Slot)> {
        self.series.iter().zip(&self.slots).filter_map(|(series, slot)| Some((series.id, slot.as_ref()?)))
    }

    /// Notes a sample of a series.
    pub(super) fn touch(&mut self, id: SeriesId, tick: u64) {
        if let Some(Some(slot)) = self.slots.get_mut(id.0 as usize) {
            slot.last = tick;
        }
    }

    /// Adds a series; returns its id.
    pub(super) fn take(
        &mut self,
        slot: Slot,
        tick: u64,
        series: impl Fn(SeriesId) -> Series,
    ) -> Option<SeriesId> {
        let is_due =
            |&(since, _): &(u64, SeriesId)| since + REUSE_AFTER <= tick || self.slots.len() >= self.most;
        if self.vacant.front().is_some_and(is_due) {
            let (_, id) = self.vacant.pop_front()?;
            *self.series.get_mut(id.0 as usize)? = series(id);
            *self.slots.get_mut(id.0 as usize)? = Some(slot);
            return Some(id);
        }
        let id = SeriesId(u32::try_from(self.slots.len()).ok()?);
        self.series.push(series(id));
        self.slots.push(Some(slot));
        Some(id)
    }

    /// Ends a series; returns its slot.
    pub(super) fn release(&mut self, id: SeriesId, tick: u64) -> Option<Slot> {
        let slot = self.slots.get_mut(id.0 as usize)?.take()?;
        if let Some(series) = self.series.get_mut(id.0 as usize) {
            *series = Series::vacant(id);
        }
        self.vacant.push_back((tick, id));
        Some(slot)
    }
}
