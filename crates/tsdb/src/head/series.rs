//! Series of the head block: registration, and their ids of this run.

use super::{Head, HeadColumn};
use crate::StoredSeries;
use std::sync::Arc;
use watchglass_model::{Catalogue, Series, SeriesId};

impl Head {
    /// The index of a series, if the limit allows it. A new series belongs to the group.
    pub(crate) fn register(&mut self, series: &Arc<StoredSeries>, group: &str) -> Option<u32> {
        let group = self.group(group)?;
        self.register_in(series, group)
    }

    fn register_in(&mut self, series: &Arc<StoredSeries>, group: u32) -> Option<u32> {
        if let Some(&place) = self.by_series.get(series) {
            return Some(place);
        }
        if self.columns.len() >= self.limit {
            self.prune();
        }
        if self.columns.len() >= self.limit {
            return None;
        }
        let number = self.next_number;
        self.next_number = number.checked_add(1)?;
        let place = u32::try_from(self.columns.len()).ok()?;
        self.columns.push(HeadColumn::new(Arc::clone(series), number, group));
        self.index(series, place);
        Some(place)
    }

    /// Makes a series findable.
    pub(super) fn index(&mut self, series: &Arc<StoredSeries>, place: u32) {
        self.by_series.insert(Arc::clone(series), place);
        match self.by_metric.get_mut(series.metric.as_str()) {
            Some(places) => places.push(place),
            None => drop(self.by_metric.insert(series.metric.as_str().into(), vec![place])),
        }
    }

    /// The index of a series of this run, if the limit allows it.
    pub(super) fn place(&mut self, series: &Series, catalogue: &Catalogue, group: u32) -> Option<u32> {
        let id = series.id.0 as usize;
        if let Some(Some(place)) = self.places.get(id) {
            return Some(*place);
        }
        if self.columns.len() >= self.limit && !self.may_prune {
            let known = self.by_series.get(&StoredSeries::new(series, catalogue)).copied();
            return known.inspect(|&place| self.number_in_run(series.id, place));
        }
        let place = self.register_in(&Arc::new(StoredSeries::new(series, catalogue)), group)?;
        self.number_in_run(series.id, place);
        Some(place)
    }

    /// Forgets the ids of series that have ended. Their samples remain.
    pub(crate) fn end_series(&mut self, ended: &[SeriesId]) {
        for id in ended {
            let place = self.places.get_mut(id.0 as usize).and_then(Option::take);
            if let Some(column) = place.and_then(|place| self.columns.get_mut(place as usize)) {
                column.id = None;
            }
        }
    }

    pub(super) fn number_in_run(&mut self, id: SeriesId, place: u32) {
        let index = id.0 as usize;
        if self.places.len() <= index {
            self.places.resize(index + 1, None);
        }
        if let (Some(slot), Some(column)) = (self.places.get_mut(index), self.columns.get_mut(place as usize))
        {
            *slot = Some(place);
            column.id = Some(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::TICK;
    use super::*;
    use crate::{Operator, Selector};
    use proptest::prelude::*;
    use watchglass_model::Kind;

    proptest! {
        #[test]
        fn selectors_find_the_same_series_with_and_without_a_metric(
            steps in proptest::collection::vec((0_u8..4, 0_u8..4, any::<bool>()), 1..40),
        ) {
            let mut head = Head::new(6);
            for (time, (metric, label, is_forgotten)) in (0_i64..).step_by(1000).zip(steps) {
                let labels = [("n", label.to_string())].into_iter().collect();
                let series = StoredSeries { metric: format!("m{metric}"), labels, kind: Kind::Gauge };
                if let Some(place) = head.register(&Arc::new(series), TICK) {
                    head.restore(TICK, time, std::iter::once((place, 1.0)));
                }
                if is_forgotten {
                    head.forget_before(time - 2000);
                }
                for metric in ["m0", "m3"] {
                    let test = Selector::metric(metric).with("n", Operator::NotEqual, "2").compile().unwrap();
                    let by_name = Selector::default().with("__name__", Operator::Equal, metric);
                    let by_name = by_name.with("n", Operator::NotEqual, "2").compile().unwrap();
                    prop_assert_eq!(head.select(&test), head.select(&by_name));
                    prop_assert_eq!(head.select_sampled(&test), head.select_sampled(&by_name));
                }
            }
        }
    }
}
