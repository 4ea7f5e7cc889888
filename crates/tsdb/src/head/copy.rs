//! All samples of the head as batches, for a new WAL file.
//!
//! They go by time, with all series at once: each batch is a record of the file, and the keys of all series are repeated
//! every so many records.

use super::{Entry, HOUR, Head, HeadColumn};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

impl Head {
    /// Ranges of times with about this many samples each, if no series has more than one a second. Together they have all
    /// times of the head.
    pub(crate) fn windows(&self, samples: usize) -> Vec<Range<i64>> {
        let seconds = (samples / self.active().max(1)).clamp(1, 3600);
        let length = seconds as i64 * 1000;
        let windows = |hour: &i64| {
            let (start, end) = (hour * HOUR, (hour + 1) * HOUR);
            (start..end).step_by(seconds * 1000).map(move |start| start..(start + length).min(end))
        };
        self.hours.keys().flat_map(windows).collect()
    }

    /// All samples within a range of times, as batches sorted by group and time.
    pub(crate) fn entries(&self, times: &Range<i64>) -> Vec<Entry> {
        let mut columns: Vec<_> = self.columns.iter().filter(|column| !column.is_empty()).collect();
        columns.sort_by_key(|column| column.group);
        let groups = columns.chunk_by(|one, next| one.group == next.group);
        groups.flat_map(|columns| self.batches_of(columns, times)).collect()
    }

    /// The samples of series of one group.
    fn batches_of(&self, columns: &[&HeadColumn], times: &Range<i64>) -> Vec<Entry> {
        let group = columns.first().and_then(|first| Some((first, self.groups.get(first.group as usize)?)));
        let Some((first, group)) = group else { return Vec::new() };
        let rows = self.rows_of(first, times);
        let entry = |time| Entry { group: Arc::clone(&group.key), time, samples: Vec::new() };
        let mut batches: Vec<Entry> = rows.iter().map(|&(_, time)| entry(time)).collect();
        // Those of late samples whose time is not that of a row.
        let mut others: BTreeMap<i64, Entry> = BTreeMap::new();
        for column in columns {
            let mut ahead = batches.iter_mut().peekable();
            for (time, value) in column.samples(&rows, times) {
                while ahead.next_if(|batch| batch.time < time).is_some() {}
                let batch = match ahead.peek_mut() {
                    Some(batch) if batch.time == time => &mut **batch,
                    _ => others.entry(time).or_insert_with(|| entry(time)),
                };
                batch.samples.push((column.number, value));
            }
        }
        batches.retain(|batch| !batch.samples.is_empty());
        batches.extend(others.into_values());
        batches.sort_by_key(|batch| batch.time);
        batches
    }
}

#[cfg(test)]
mod tests {
    use super::super::TICK;
    use super::*;
    use crate::StoredSeries;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use watchglass_model::Kind;

    const START: i64 = 472_222 * HOUR;

    proptest! {
        #[test]
        fn windows_have_all_samples_once(
            batches in vec((0_usize..3, -4_000_000_i64..4_000_000, vec(0_u32..6, 1..5)), 1..60),
            samples in 1_usize..20_000,
        ) {
            let (mut head, mut expected) = (Head::new(10), BTreeMap::new());
            for (group, time, numbers) in batches {
                let group = [TICK, "a", "b"][group];
                let places: Vec<_> = numbers.iter().map(|number| {
                    let labels = [("n", number.to_string())].into_iter().collect();
                    let series = StoredSeries { metric: "m".to_owned(), labels, kind: Kind::Gauge };
                    (*number, head.register(&Arc::new(series), group).unwrap())
                }).collect();
                for (number, place) in places {
                    // Of equal times the newer sample wins.
                    let value = expected.len() as f64;
                    head.restore(group, START + time, std::iter::once((place, value)));
                    expected.insert((START + time, number), value);
                }
            }
            let windows = head.windows(samples);
            prop_assert!(windows.windows(2).all(|pair| pair[0].end <= pair[1].start));
            let entries: Vec<_> = windows.iter().map(|times| head.entries(times)).collect();
            for (window, entries) in windows.iter().zip(&entries) {
                prop_assert!(entries.iter().all(|entry| window.contains(&entry.time) && !entry.samples.is_empty()));
                let order = entries.iter().map(|entry| entry.time);
                prop_assert!(order.is_sorted() || head.group_count() > 1);
            }
            let copied = entries.iter().flatten().flat_map(|entry| {
                entry.samples.iter().map(|(number, value)| {
                    let series = head.numbered(*number).unwrap();
                    ((entry.time, series.labels.get("n").unwrap().parse().unwrap()), *value)
                })
            });
            let all: Vec<((i64, u32), f64)> = copied.collect();
            prop_assert_eq!(all.len(), expected.len(), "each once");
            prop_assert_eq!(all.into_iter().collect::<BTreeMap<_, _>>(), expected);
        }
    }
}
