//! Series dictionary of a source: numbers of the series in buckets.

use crate::StoredSeries;
use crate::embedded::key;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use watchglass_remote::redis::{Value, as_bytes};

/// Series of a source by number. A number is never reused and remains while Redis has samples of the series.
#[derive(Debug)]
pub(crate) struct SeriesDict {
    by_number: BTreeMap<u32, Arc<StoredSeries>>,
    by_series: HashMap<Arc<StoredSeries>, u32>,
    /// Unreadable fields of the hash.
    unreadable: usize,
    /// Next number; `None` if exhausted.
    next: Option<u32>,
}

impl SeriesDict {
    /// Parses the fields and values of the hash, skipping unreadable ones.
    pub(crate) fn read(fields: &[Value]) -> Self {
        let mut table =
            Self { by_number: BTreeMap::new(), by_series: HashMap::new(), unreadable: 0, next: Some(0) };
        for pair in fields.chunks_exact(2) {
            let [number, series] = pair else { continue };
            let number: Option<u32> =
                as_bytes(number).and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
            let series = as_bytes(series).and_then(|bytes| key::decode(bytes).ok());
            table.next = table.next.zip(number).map_or(table.next, |(next, number)| {
                if number < next { Some(next) } else { number.checked_add(1) }
            });
            match (number, series) {
                (Some(number), Some(series)) => table.insert(number, &Arc::new(series)),
                _ => table.unreadable += 1,
            }
        }
        table
    }

    fn insert(&mut self, number: u32, series: &Arc<StoredSeries>) {
        self.by_number.insert(number, Arc::clone(series));
        self.by_series.insert(Arc::clone(series), number);
    }

    /// The number of a series.
    pub(crate) fn number(&self, series: &StoredSeries) -> Option<u32> {
        self.by_series.get(series).copied()
    }

    /// The series of a number.
    pub(crate) fn series(&self, number: u32) -> Option<&Arc<StoredSeries>> {
        self.by_number.get(&number)
    }

    /// Number of fields in the hash.
    pub(crate) fn len(&self) -> usize {
        self.by_number.len() + self.unreadable
    }

    /// All entries.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Arc<StoredSeries>)> {
        self.by_number.iter().map(|(&number, series)| (number, series))
    }

    /// Assigns numbers to new `series` and returns them.
    pub(crate) fn add<'a>(
        &mut self,
        series: impl Iterator<Item = &'a Arc<StoredSeries>>,
    ) -> Vec<(u32, Arc<StoredSeries>)> {
        let mut added = Vec::new();
        for series in series {
            let Some(number) = self.next.filter(|_| self.number(series).is_none()) else { continue };
            self.next = number.checked_add(1);
            self.insert(number, series);
            added.push((number, Arc::clone(series)));
        }
        added
    }

    /// Removes a number.
    pub(crate) fn remove(&mut self, number: u32) {
        if let Some(series) = self.by_number.remove(&number) {
            self.by_series.remove(&series);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::Kind;

    fn series(name: &str) -> Arc<StoredSeries> {
        let labels = [("host", "a")].into_iter().collect();
        Arc::new(StoredSeries { metric: name.to_owned(), labels, kind: Kind::Gauge })
    }

    #[test]
    fn numbers_are_unique_and_persistent() {
        let text = |text: &[u8]| Value::BulkString(text.to_vec());
        let (one, two, three) = (series("one"), series("two"), series("three"));
        let mut table = SeriesDict::read(&[
            text(b"4"),
            text(&key::encode(&one)),
            text(b"x"),
            text(&key::encode(&two)),
            text(b"9"),
            text(b"rubbish"),
        ]);
        let added = table.add([&one, &two, &three, &two].into_iter());
        // A number is not reused, even if its series is unreadable.
        assert_eq!(added, [(10, Arc::clone(&two)), (11, Arc::clone(&three))]);
        assert_eq!((table.number(&one), table.series(11), table.len()), (Some(4), Some(&three), 5));
        table.remove(10);
        assert_eq!((table.number(&two), table.iter().count()), (None, 2));
    }
}
