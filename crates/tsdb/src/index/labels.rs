//! Label names, values and their cardinality.

use super::label_table::{Name, Pair};
use super::{Index, SelectError, SeriesSet};
use crate::Selector;
use roaring::RoaringBitmap;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Size of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelCardinality {
    /// Label name.
    pub name: Arc<str>,
    /// Number of different values.
    pub values: usize,
    /// Number of series with the label.
    pub series: u64,
}

impl Index {
    /// The first `limit` label names of the selected series in alphabetical order. `__name__`, the metric name, comes
    /// before all others.
    ///
    /// # Errors
    /// Those of [`Index::select`].
    pub fn label_names(&self, selector: &Selector, limit: usize) -> Result<Vec<Arc<str>>, SelectError> {
        let SeriesSet(selected) = self.select(selector)?;
        let names = self.table.names().filter(|name| name.series.intersects(&selected));
        Ok(names.take(limit).map(|name| Arc::clone(&name.text)).collect())
    }

    /// The first `limit` values of a label of the selected series in alphabetical order.
    ///
    /// # Errors
    /// Those of [`Index::select`].
    pub fn label_values(
        &self,
        name: &str,
        selector: &Selector,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, SelectError> {
        let SeriesSet(mut selected) = self.select(selector)?;
        let Some(name) = self.table.matched(name) else { return Ok(Vec::new()) };
        name.series.keep_in(&mut selected);
        let is_all = selected.len() == name.series.len();
        if !is_all && selected.len() < name.values.len() as u64 {
            return Ok(self.values_of(&selected, name).into_iter().take(limit).cloned().collect());
        }
        let is_selected = |pair: &Pair| is_all || pair.series.intersects(&selected);
        let values = name.values.numbers().filter_map(|pair| self.table.pair(pair));
        let values = values.filter(|pair| is_selected(pair)).take(limit);
        Ok(values.map(|pair| Arc::clone(&pair.value)).collect())
    }

    fn values_of(&self, selected: &RoaringBitmap, name: &Name) -> BTreeSet<&Arc<str>> {
        let pairs = selected.iter().filter_map(|series| self.pair_of(series, name));
        pairs.filter_map(|pair| self.table.pair(pair)).map(|pair| &pair.value).collect()
    }

    /// Size of all labels, those with the most values first.
    pub fn cardinality(&self) -> Vec<LabelCardinality> {
        let sizes = self.table.names().map(|name| LabelCardinality {
            name: Arc::clone(&name.text),
            values: name.values.len(),
            series: name.series.len(),
        });
        let mut sizes: Vec<_> = sizes.collect();
        sizes.sort_by(|a, b| b.values.cmp(&a.values).then_with(|| a.name.cmp(&b.name)));
        sizes
    }

    /// Up to `limit` values of a label with their numbers of series, those with the most series first.
    pub fn largest_values(&self, name: &str, limit: usize) -> Vec<(Arc<str>, u64)> {
        let pairs = self.table.matched(name).into_iter().flat_map(|name| name.values.numbers());
        let pairs = pairs.filter_map(|pair| self.table.pair(pair));
        let mut sizes: Vec<_> = pairs.map(|pair| (Reverse(pair.series.len()), &pair.value)).collect();
        if limit < sizes.len() {
            sizes.select_nth_unstable(limit);
            sizes.truncate(limit);
        }
        sizes.sort_unstable();
        sizes.into_iter().map(|(Reverse(series), value)| (Arc::clone(value), series)).collect()
    }
}
