//! A history in memory: the last while at full resolution, gone with the process.
//!
//! All series share one column of times, because all samples of a tick share its time; each series then costs
//! eight bytes a tick. A missing value is NaN, which no sample can be.

use crate::bucket::Gatherer;
use crate::{Columns, Query, QueryError};
use std::collections::VecDeque;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use watchglass_model::{Batch, Series, Timestamp};

/// Keeps every sample of the newest `length` of time.
#[derive(Debug)]
pub struct MemoryHistory {
    length: Duration,
    store: RwLock<Store>,
}

#[derive(Debug, Default)]
struct Store {
    times: VecDeque<i64>,
    series: Vec<(Series, VecDeque<f64>)>,
}

impl MemoryHistory {
    /// An empty history that keeps samples until they are `length` older than the newest.
    pub fn new(length: Duration) -> Self {
        Self { length, store: RwLock::default() }
    }

    /// Keeps a batch. `series` are all the series known, in the order of their numbers.
    ///
    /// A batch older than the newest (the clock was set back) takes its place in time; one of a time that is there
    /// already adds to it, and its values replace those of the same series. Samples of unknown series are left out.
    pub fn append(&self, batch: &Batch, series: &[Series]) {
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        let store = &mut *store;
        let known = store.series.len();
        for new in series.iter().skip(known) {
            store.series.push((new.clone(), VecDeque::new()));
        }
        let time = batch.time.millis();
        let place = store.times.partition_point(|&earlier| earlier < time);
        if store.times.get(place) != Some(&time) {
            store.times.insert(place, time);
            for (_, values) in &mut store.series {
                // A column that ends early is filled up only when something comes behind its end.
                if place < values.len() {
                    values.insert(place, f64::NAN);
                }
            }
        }
        for sample in &batch.samples {
            let Some((_, values)) = store.series.get_mut(sample.series.0 as usize) else { continue };
            if values.len() <= place {
                values.resize(place + 1, f64::NAN);
            }
            if let Some(value) = values.get_mut(place) {
                *value = sample.value;
            }
        }
        store.forget_before(store.newest().map(|newest| newest - self.length));
    }

    /// Answers a query.
    ///
    /// # Errors
    /// Whatever makes the question impossible; see [`QueryError`].
    pub fn query(&self, query: &Query) -> Result<Columns, QueryError> {
        let (start, rows) = query.rows()?;
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        let first = store.times.partition_point(|&time| time < query.range.start.millis());
        let columns = store
            .series
            .iter()
            .filter(|(series, _)| query.selector.matches(series))
            .filter_map(|(series, values)| {
                let mut gatherer = Gatherer::new(series.id, rows);
                // The value before the range gives the first rate inside it.
                let mut before = store.last_before(first, values);
                for (&time, &value) in store.times.iter().zip(values).skip(first) {
                    if time >= query.range.end.millis() {
                        break;
                    }
                    if value.is_nan() {
                        continue;
                    }
                    if let Some(reading) = query.kind.reading(before, (time, value)) {
                        let offset = Timestamp::from_millis(time).millis_since(start) / query.step_millis;
                        gatherer.add(usize::try_from(offset).unwrap_or(usize::MAX), reading);
                    }
                    before = Some((time, value));
                }
                gatherer.finish()
            })
            .collect();
        Ok(Columns { start, step_millis: query.step_millis, rows, columns })
    }

    /// Time of the newest sample.
    pub fn newest(&self) -> Option<Timestamp> {
        self.store.read().unwrap_or_else(PoisonError::into_inner).newest()
    }
}

impl Store {
    fn newest(&self) -> Option<Timestamp> {
        self.times.back().copied().map(Timestamp::from_millis)
    }

    fn last_before(&self, place: usize, values: &VecDeque<f64>) -> Option<(i64, f64)> {
        let end = place.min(values.len());
        self.times
            .range(..end)
            .zip(values.range(..end))
            .rev()
            .find(|(_, value)| !value.is_nan())
            .map(|(&t, &v)| (t, v))
    }

    fn forget_before(&mut self, limit: Option<Timestamp>) {
        let Some(limit) = limit else { return };
        let old = self.times.partition_point(|&time| time < limit.millis());
        self.times.drain(..old);
        for (_, values) in &mut self.series {
            values.drain(..old.min(values.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Selector;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use watchglass_model::{Kind, Sample, SeriesId, TimeRange};

    fn series(count: u32) -> Vec<Series> {
        let name = |id| if id % 2 == 0 { "even" } else { "odd" };
        (0..count)
            .map(|id| Series {
                id: SeriesId(id),
                metric: name(id).to_owned(),
                labels: [("n", id.to_string())].into_iter().collect(),
            })
            .collect()
    }

    fn batch(time: i64, values: &[(u32, f64)]) -> Batch {
        let samples = values.iter().map(|&(id, value)| Sample { series: SeriesId(id), value }).collect();
        Batch { time: Timestamp::from_millis(time), samples }
    }

    fn ask(
        history: &MemoryHistory,
        selector: Selector,
        range: (i64, i64),
        step_millis: i64,
        kind: Kind,
    ) -> Columns {
        let range =
            TimeRange { start: Timestamp::from_millis(range.0), end: Timestamp::from_millis(range.1) };
        history.query(&Query { selector, range, step_millis, kind }).unwrap()
    }

    /// Rows as text, so that NaN compares and a failure is readable: `low..high ~mean`.
    fn rows(columns: &Columns, id: u32) -> Vec<String> {
        let Some(column) = columns.columns.iter().find(|column| column.series == SeriesId(id)) else {
            return Vec::new();
        };
        column
            .low
            .iter()
            .zip(&column.high)
            .zip(&column.mean)
            .map(
                |((low, high), mean)| {
                    if low.is_nan() { "-".into() } else { format!("{low}..{high} ~{mean}") }
                },
            )
            .collect()
    }

    fn filled() -> MemoryHistory {
        let history = MemoryHistory::new(Duration::from_secs(60));
        let series = series(3);
        history.append(&batch(1000, &[(0, 1.0), (1, 10.0)]), &series[..2]);
        history.append(&batch(2000, &[(0, 5.0), (1, 20.0)]), &series[..2]);
        history.append(&batch(3000, &[(1, 40.0), (2, 7.0)]), &series);
        history.append(&batch(4000, &[(0, 3.0), (1, 30.0), (2, 8.0)]), &series);
        history
    }

    #[test]
    fn gauges_come_back_with_their_gaps() {
        let columns = ask(&filled(), Selector::metric("even"), (0, 5000), 1000, Kind::Gauge);
        assert_eq!((columns.start.millis(), columns.rows, columns.columns.len()), (0, 5, 2));
        assert_eq!(rows(&columns, 0), ["-", "1..1 ~1", "5..5 ~5", "-", "3..3 ~3"]);
        assert_eq!(rows(&columns, 2), ["-", "-", "-", "7..7 ~7", "8..8 ~8"]);
    }

    #[test]
    fn a_longer_step_keeps_minimum_and_maximum() {
        let columns = ask(&filled(), Selector::metric("even"), (0, 5000), 4000, Kind::Gauge);
        assert_eq!(rows(&columns, 0), ["1..5 ~3", "3..3 ~3"]);
    }

    #[test]
    fn counters_come_back_as_rates_and_a_restart_is_a_gap() {
        let columns = ask(&filled(), Selector::metric("odd"), (2000, 5000), 1000, Kind::Counter);
        assert_eq!(rows(&columns, 1), ["10..10 ~10", "20..20 ~20", "-"]);
    }

    #[test]
    fn labels_select() {
        let selector = Selector { metric: None, labels: vec![("n".to_owned(), "2".to_owned())] };
        let columns = ask(&filled(), selector, (0, 5000), 1000, Kind::Gauge);
        assert_eq!(columns.columns.iter().map(|column| column.series.0).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn what_is_too_old_is_forgotten() {
        let history = filled();
        history.append(&batch(63_000, &[(0, 9.0)]), &series(3));
        let columns = ask(&history, Selector::metric("even"), (0, 64_000), 32_000, Kind::Gauge);
        assert_eq!(rows(&columns, 0), ["3..3 ~3", "9..9 ~9"]);
    }

    proptest! {
        /// Whatever the order of the times, repeated ones included, the answer is a plain map's.
        #[test]
        fn answers_like_a_map(
            ticks in vec((0_i64..40, vec((0_u32..4, -100_f64..100.0), 0..4)), 1..60),
            start in 0_i64..40, length in 0_i64..50,
        ) {
            let history = MemoryHistory::new(Duration::from_secs(1000));
            let mut map: BTreeMap<(u32, i64), f64> = BTreeMap::new();
            for (second, values) in &ticks {
                history.append(&batch(second * 1000, values), &series(4));
                map.extend(values.iter().map(|&(id, value)| ((id, second * 1000), value)));
            }
            let range = (start * 1000, (start + length) * 1000);
            let columns = ask(&history, Selector::default(), range, 1000, Kind::Gauge);
            let mut found = BTreeMap::new();
            for column in &columns.columns {
                for (row, &mean) in column.mean.iter().enumerate().filter(|(_, mean)| !mean.is_nan()) {
                    prop_assert_eq!((column.low[row], column.high[row]), (mean, mean));
                    found.insert((column.series.0, columns.start.millis() + row as i64 * 1000), mean);
                }
            }
            map.retain(|&(_, time), _| range.0 <= time && time < range.1);
            prop_assert_eq!(found, map);
        }
    }
}
