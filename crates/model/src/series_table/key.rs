//! Index of series by metric and label values.

use crate::{RawSample, SeriesId};
use std::collections::HashMap;
use std::sync::Arc;

/// Separator of the parts of a key. It is no byte of any text in UTF-8.
const SEPARATOR: u8 = 0xff;

/// Key of a series: the name of the metric and its label values.
pub(super) type Key = Arc<[u8]>;

/// Series ids by key. The hash is keyed at random, because label values come from outside.
#[derive(Debug, Default)]
pub(super) struct KeyIndex {
    ids: HashMap<Key, SeriesId>,
    /// Key of the last search; reused so that a search allocates nothing.
    searched: Vec<u8>,
}

impl KeyIndex {
    /// The id of the series of a sample.
    pub(super) fn find(&mut self, row: &RawSample<'_>) -> Option<SeriesId> {
        self.searched.clear();
        self.searched.extend_from_slice(row.metric.name.as_bytes());
        for value in row.label_values() {
            self.searched.push(SEPARATOR);
            self.searched.extend_from_slice(value.as_bytes());
        }
        self.ids.get(self.searched.as_slice()).copied()
    }

    /// Key of the last search.
    pub(super) fn last_searched(&self) -> Key {
        self.searched.as_slice().into()
    }

    /// Adds a series.
    pub(super) fn insert(&mut self, key: Key, id: SeriesId) {
        self.ids.insert(key, id);
    }

    /// Removes a series.
    pub(super) fn remove(&mut self, key: &Key) {
        self.ids.remove(key);
    }
}
