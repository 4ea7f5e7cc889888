//! Table of all series: resolves raw samples to series ids, ends series without samples, and refuses what is over the
//! budget.
//!
//! Finding a series and refusing one take the same time however many there are.

mod budget;
mod key;
mod refused;
mod slots;
mod sources;

pub use refused::{RefusedSeries, RefusedSource};

use crate::{APP, RawSample, Sample, SampleBuffer, Series, SeriesId};
use budget::{Budget, Share};
use key::KeyIndex;
use slots::{Slot, Slots};
use std::collections::HashMap;

/// Ticks without a sample after which a series ends, unless three of its sampling intervals are longer.
const END_AFTER: u64 = 600;
/// Ticks without a sample after which a series may end early when the budget is used up, unless three of its sampling
/// intervals are longer.
const END_EARLY_AFTER: u64 = 10;

/// All series, with ids from zero in order of first appearance. Ids of series that ended are given to new ones, but not
/// for some time: whatever still refers to the former series has noticed by then.
#[derive(Debug)]
pub struct SeriesTable {
    base: Vec<(String, String)>,
    /// Sampling intervals, in ticks, of metrics that have no sample in every tick.
    intervals: HashMap<&'static str, u64>,
    budget: Budget,
    slots: Slots,
    index: KeyIndex,
    refused: RefusedSeries,
    tick: u64,
    version: u64,
    ended: Vec<SeriesId>,
}

impl SeriesTable {
    /// An empty table for at most `limit` series, all with the `base` labels.
    pub fn new(base: &[(&str, &str)], limit: usize) -> Self {
        Self {
            base: base.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            intervals: HashMap::new(),
            budget: Budget::new(limit),
            slots: Slots::new(limit),
            index: KeyIndex::default(),
            refused: RefusedSeries::default(),
            tick: 0,
            version: 0,
            ended: Vec::new(),
        }
    }

    /// Sets the sampling interval of a metric in ticks, if it is not 1.
    pub fn set_interval(&mut self, metric: &'static str, ticks: u64) {
        self.intervals.insert(metric, ticks);
    }

    /// All series, indexed by id. Ids that belong to no series have a vacant one; see [`Series::is_vacant`].
    pub fn series(&self) -> &[Series] {
        self.slots.series()
    }

    /// Changes whenever a series is added or ends.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The series that ended at the start of this tick. Their ids may belong to new series from now on.
    pub fn ended(&self) -> &[SeriesId] {
        &self.ended
    }

    /// Series refused because of the budget, by source.
    pub fn refused(&self) -> &RefusedSeries {
        &self.refused
    }

    /// Starts a tick: ends series without samples. If series were refused in the previous tick, it ends series for them:
    /// those without samples for the longest time, then the newest ones of sources that have more than their share.
    pub fn begin_tick(&mut self) {
        self.tick += 1;
        self.ended.clear();
        let (mut over, mut silent) = (Vec::new(), Vec::new());
        for (id, slot) in self.slots.used() {
            let age = self.tick.saturating_sub(slot.last);
            if age > slot.timeout(END_AFTER) {
                over.push(id);
            } else if self.refused.is_any()
                && slot.share != Share::Status
                && age > slot.timeout(END_EARLY_AFTER)
            {
                silent.push((slot.last, slot.share, id));
            }
        }
        over.into_iter().for_each(|id| self.end(id));
        self.end_silent(silent);
        self.end_over_share(self.budget.missing_over_share(self.budget.refused_in_share()));
        self.budget.begin_tick();
        self.refused.begin_tick();
    }

    /// Ends as many series without samples as were refused. Sources that have more than their share get only series of
    /// such sources.
    fn end_silent(&mut self, mut silent: Vec<(u64, Share, SeriesId)>) {
        let mut in_share = self.budget.missing_in_share();
        let mut over_share = self.budget.missing_over_share(self.refused.in_tick()).saturating_sub(in_share);
        silent.sort_unstable_by_key(|&(last, _, id)| (last, id));
        for (_, share, id) in silent {
            if !self.budget.can_spare(share) {
                continue;
            }
            if over_share > 0 && self.budget.is_over_share(share) {
                over_share -= 1;
            } else if in_share > 0 {
                in_share -= 1;
            } else {
                continue;
            }
            self.end(id);
        }
    }

    /// Ends up to `count` series of the sources that have more than their share, the newest first.
    fn end_over_share(&mut self, mut count: usize) {
        while count > 0 {
            let Some((share, excess)) = self.budget.largest_excess() else { return };
            let of_share = self.slots.used().filter(|(_, slot)| slot.share == share);
            let mut newest: Vec<(u64, SeriesId)> = of_share.map(|(id, slot)| (slot.born, id)).collect();
            newest.sort_unstable();
            let ending = excess.min(count).min(newest.len());
            if ending == 0 {
                return;
            }
            newest.into_iter().rev().take(ending).for_each(|(_, id)| self.end(id));
            count -= ending;
        }
    }

    fn end(&mut self, id: SeriesId) {
        if let Some(slot) = self.slots.release(id, self.tick) {
            self.index.remove(&slot.key);
            self.budget.release(slot.share);
            self.ended.push(id);
            self.version += 1;
        }
    }

    /// Resolves the series of `buffer` to ids and adds their values to `samples`, sorted by id. Of a duplicate series
    /// only the first value is kept.
    ///
    /// `probe` has measured them. Series with the label `app` belong to the source `app:NAME`, all others to `probe`.
    pub fn resolve(&mut self, probe: &str, buffer: &SampleBuffer, samples: &mut Vec<Sample>) {
        for row in buffer.raw_samples() {
            match self.id_for(probe, &row) {
                Some(series) => samples.push(Sample { series, value: row.value }),
                None => self.refused.add(probe, app_of(&row)),
            }
        }
        samples.sort_by_key(|sample| sample.series);
        samples.dedup_by_key(|sample| sample.series);
    }

    fn id_for(&mut self, probe: &str, row: &RawSample<'_>) -> Option<SeriesId> {
        if let Some(id) = self.index.find(row) {
            self.slots.touch(id, self.tick);
            return Some(id);
        }
        let share = self.budget.admit(row.metric.name, probe, app_of(row))?;
        let key = self.index.last_searched();
        let interval = self.intervals.get(row.metric.name).copied().unwrap_or(1);
        let slot = Slot { key: key.clone(), share, interval, last: self.tick, born: self.version };
        let Some(id) = self.slots.take(slot, self.tick, |id| new_series(&self.base, id, row)) else {
            self.budget.release(share);
            return None;
        };
        self.index.insert(key, id);
        self.version += 1;
        Some(id)
    }
}

fn new_series(base: &[(String, String)], id: SeriesId, row: &RawSample<'_>) -> Series {
    let own = row.metric.labels.iter().copied().zip(row.label_values());
    // In Prometheus an empty label equals a missing one: optional labels of a metric are left empty.
    let own = own.filter(|(_, value)| !value.is_empty());
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Series { id, metric: row.metric.name.to_owned(), labels: base.iter().cloned().chain(own).collect() }
}

/// The application of a sample; empty without one.
fn app_of<'a>(row: &RawSample<'a>) -> &'a str {
    let place = row.metric.labels.iter().position(|&label| label == APP);
    place.and_then(|place| row.label_values().nth(place)).unwrap_or_default()
}

#[cfg(test)]
mod churn_tests;
#[cfg(test)]
mod tests;
