//! Interned label names and label pairs with their postings.

use super::postings::Postings;
use super::slots::Slots;
use super::sorted_values::SortedValues;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Number of the name whose values are the metric names.
pub(super) const METRIC: u32 = 0;
/// Label name of the metric name.
pub(super) const METRIC_NAME: &str = "__name__";

/// All label names and label pairs in use.
#[derive(Clone, Debug)]
pub(super) struct LabelTable {
    /// Numbers of the label names by text, without that of the metric name.
    by_text: BTreeMap<Arc<str>, u32>,
    names: Slots<Name>,
    pairs: Slots<Pair>,
}

/// Label name.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: Arc<str>,
    /// Numbers of the pairs by value. No value is empty.
    pub(super) values: SortedValues,
    /// Series with this label.
    pub(super) series: Postings,
}

/// Label name and value.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) name: u32,
    pub(super) value: Arc<str>,
    /// Series with this pair. No series is in two pairs of one name.
    pub(super) series: Postings,
}

impl Default for LabelTable {
    fn default() -> Self {
        let mut names = Slots::default();
        names.insert(Name::new(METRIC_NAME));
        Self { by_text: BTreeMap::new(), names, pairs: Slots::default() }
    }
}

impl Name {
    fn new(text: &str) -> Self {
        Self { text: text.into(), values: SortedValues::default(), series: Postings::default() }
    }
}

impl LabelTable {
    /// The number of a pair; `None` if no series has it.
    pub(super) fn find(&self, name: u32, value: &str) -> Option<u32> {
        self.names.get(name)?.values.get(value)
    }

    /// The number of a label name. A label that is named like the metric name is not found by its text.
    pub(super) fn name(&self, text: &str) -> Option<u32> {
        self.by_text.get(text).copied()
    }

    /// The number of a label name, added if missing; `None` if all numbers are used.
    pub(super) fn add_name(&mut self, text: &str) -> Option<u32> {
        if let Some(number) = self.name(text) {
            return Some(number);
        }
        let name = Name::new(text);
        let shared = Arc::clone(&name.text);
        let number = self.names.insert(name)?;
        self.by_text.insert(shared, number);
        Some(number)
    }

    /// The number of a pair, added if missing; `None` if all numbers are used.
    pub(super) fn add_pair(&mut self, name: u32, value: &str) -> Option<u32> {
        let values = &mut self.names.get_mut(name)?.values;
        if let Some(pair) = values.get(value) {
            return Some(pair);
        }
        let pair = Pair { name, value: value.into(), series: Postings::default() };
        let number = self.pairs.insert(pair)?;
        values.insert(value, number);
        Some(number)
    }

    /// Adds a series to a pair and its name.
    pub(super) fn add_series(&mut self, pair: u32, series: u32) {
        let Some(pair) = self.pairs.get_mut(pair) else { return };
        pair.series.insert(series);
        if let Some(name) = self.names.get_mut(pair.name) {
            name.series.insert(series);
        }
    }

    /// Removes a series from a pair and its name. Without series, they are freed.
    pub(super) fn remove_series(&mut self, number: u32, series: u32) {
        let Some(pair) = self.pairs.get_mut(number) else { return };
        pair.series.remove(series);
        let name_number = pair.name;
        let Some(name) = self.names.get_mut(name_number) else { return };
        name.series.remove(series);
        if pair.series.is_empty() {
            name.values.remove(&pair.value);
            self.pairs.remove(number);
        }
        if name.values.is_empty() && name_number != METRIC {
            self.by_text.remove(&name.text);
            self.names.remove(name_number);
        }
    }

    /// A label name by the text that matchers use.
    pub(super) fn matched(&self, text: &str) -> Option<&Name> {
        self.names.get(if text == METRIC_NAME { METRIC } else { self.name(text)? })
    }

    pub(super) fn name_of(&self, pair: &Pair) -> Option<&Name> {
        self.names.get(pair.name)
    }

    pub(super) fn pair(&self, number: u32) -> Option<&Pair> {
        self.pairs.get(number)
    }

    /// Label names in use by text, the metric name included.
    pub(super) fn names(&self) -> impl Iterator<Item = &Name> {
        let metric = self.names.get(METRIC).filter(|name| !name.values.is_empty());
        let others = self.by_text.values().filter_map(|number| self.names.get(*number));
        let others = others.filter(|name| name.text.as_ref() != METRIC_NAME);
        metric.into_iter().chain(others)
    }

    /// Number of pairs in use.
    pub(super) fn pair_count(&self) -> usize {
        self.pairs.len()
    }
}
