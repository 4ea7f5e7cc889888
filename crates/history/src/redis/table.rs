//! The numbers of a source's series: buckets name series by them.

use crate::StoredSeries;
use crate::embedded::key;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use watchglass_remote::redis::{Value, bytes};

/// The series of a source and their numbers. A number is given once and stays as long as Redis has samples of it.
#[derive(Debug)]
pub(crate) struct Table {
    by_number: BTreeMap<u32, Arc<StoredSeries>>,
    by_series: HashMap<Arc<StoredSeries>, u32>,
    /// Fields of the hash that are left out.
    unreadable: usize,
    /// The next number to give; `None` when there is none left.
    next: Option<u32>,
}

impl Table {
    /// The table from the fields and values of its hash. What cannot be read is left out.
    pub(crate) fn read(fields: &[Value]) -> Self {
        let mut table =
            Self { by_number: BTreeMap::new(), by_series: HashMap::new(), unreadable: 0, next: Some(0) };
        for pair in fields.chunks_exact(2) {
            let [number, series] = pair else { continue };
            let number: Option<u32> =
                bytes(number).and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
            let series = bytes(series).and_then(|bytes| key::decode(bytes).ok());
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

    /// The number of a series, if it has one.
    pub(crate) fn number(&self, series: &StoredSeries) -> Option<u32> {
        self.by_series.get(series).copied()
    }

    /// The series of a number.
    pub(crate) fn series(&self, number: u32) -> Option<&Arc<StoredSeries>> {
        self.by_number.get(&number)
    }

    /// How many fields its hash has.
    pub(crate) fn len(&self) -> usize {
        self.by_number.len() + self.unreadable
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Arc<StoredSeries>)> {
        self.by_number.iter().map(|(&number, series)| (number, series))
    }

    /// Gives numbers to those of `series` that have none; these are returned.
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

    /// Forgets a number.
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
    fn numbers_are_given_once_and_read_again() {
        let text = |text: &[u8]| Value::BulkString(text.to_vec());
        let (one, two, three) = (series("one"), series("two"), series("three"));
        let mut table = Table::read(&[
            text(b"4"),
            text(&key::encode(&one)),
            text(b"x"),
            text(&key::encode(&two)),
            text(b"9"),
            text(b"rubbish"),
        ]);
        let added = table.add([&one, &two, &three, &two].into_iter());
        // A number is not given a second time, even if it is not known for what the first was.
        assert_eq!(added, [(10, Arc::clone(&two)), (11, Arc::clone(&three))]);
        assert_eq!((table.number(&one), table.series(11), table.len()), (Some(4), Some(&three), 5));
        table.remove(10);
        assert_eq!((table.number(&two), table.iter().count()), (None, 2));
    }
}
