//! Selection of series.
//!
//! A matcher is answered by the union of the postings of the values that it selects. An expression runs once per value,
//! and only on values with its prefixes. If fewer series are left than values would be tested, the values of these
//! series are tested.

use super::Index;
use super::label_table::{METRIC_NAME, Name};
use super::postings::Union;
use crate::selector::CompiledSelector;
use crate::value_matcher::ValueMatcher;
use roaring::RoaringBitmap;
use std::ops::Bound;
use std::sync::Arc;

/// Matcher of a label name in use.
struct Test<'a> {
    name: &'a Name,
    wanted: &'a ValueMatcher,
    /// Whether the values are selected rather than excluded.
    is_positive: bool,
    /// Whether series without the label are selected.
    takes_missing: bool,
}

/// Series that are still selected; `None` for all.
type Selection = Option<RoaringBitmap>;

impl Index {
    /// The series that satisfy all matchers.
    pub(crate) fn select_compiled(&self, selector: &CompiledSelector) -> RoaringBitmap {
        let metric = selector.metric().map(ValueMatcher::equal);
        let metric = metric.as_ref().map(|metric| (METRIC_NAME, metric, true));
        let Some(mut tests) = self.tests(metric.into_iter().chain(selector.tests())) else {
            return RoaringBitmap::new();
        };
        tests.sort_by_cached_key(Test::rank);
        let mut selection = None;
        for test in &tests {
            selection = Some(self.apply(test, selection));
            if selection.as_ref().is_some_and(RoaringBitmap::is_empty) {
                break;
            }
        }
        selection.unwrap_or_else(|| self.live.clone())
    }

    /// The matchers that decide something; `None` if one of them selects nothing.
    fn tests<'a>(
        &'a self,
        matchers: impl Iterator<Item = (&'a str, &'a ValueMatcher, bool)>,
    ) -> Option<Vec<Test<'a>>> {
        let mut tests = Vec::new();
        for (label, wanted, is_positive) in matchers {
            let takes_missing = wanted.has("") == is_positive;
            match self.table.matched(label) {
                Some(name) => tests.push(Test { name, wanted, is_positive, takes_missing }),
                None if takes_missing => {}
                None => return None,
            }
        }
        Some(tests)
    }

    fn apply(&self, test: &Test<'_>, selection: Selection) -> RoaringBitmap {
        let left = selection.as_ref().map_or(self.live.len(), RoaringBitmap::len);
        let Some(values) = test.candidates(left) else {
            return self.test_series(test, selection.as_ref().unwrap_or(&self.live));
        };
        // The only value of the most common matchers, without a union.
        if let ([pair], true) = (values.as_slice(), test.keeps_selected())
            && let Some(pair) = self.table.pair(*pair)
        {
            return match selection {
                None => pair.series.to_bitmap(),
                Some(mut left) => {
                    pair.series.keep_in(&mut left);
                    left
                }
            };
        }
        let mut union = Union::default();
        values.iter().filter_map(|pair| self.table.pair(*pair)).for_each(|pair| union.add(&pair.series));
        test.combine(union.finish(), selection, &self.live)
    }

    /// Tests the values of the selected series, equal ones once.
    fn test_series(&self, test: &Test<'_>, selection: &RoaringBitmap) -> RoaringBitmap {
        let mut labelled = Vec::new();
        let mut kept = RoaringBitmap::new();
        for series in selection {
            match self.pair_of(series, test.name) {
                Some(pair) => labelled.push((pair, series)),
                None if test.takes_missing => drop(kept.insert(series)),
                None => {}
            }
        }
        labelled.sort_unstable();
        let groups = labelled.chunk_by(|(pair, _), (next, _)| pair == next);
        let is_kept = |group: &&[(u32, u32)]| {
            let pair = group.first().and_then(|(pair, _)| self.table.pair(*pair));
            pair.is_some_and(|pair| test.wanted.has(&pair.value) == test.is_positive)
        };
        let mut series: Vec<u32> = groups.filter(is_kept).flatten().map(|(_, series)| *series).collect();
        series.sort_unstable();
        kept.extend(series);
        kept
    }

    /// The pair of a series with a label name.
    pub(super) fn pair_of(&self, series: u32, name: &Name) -> Option<u32> {
        let pairs = self.series.get(series)?.iter().copied();
        let is_of_name = |pair: &u32| {
            let found = self.table.pair(*pair).and_then(|pair| self.table.name_of(pair));
            found.is_some_and(|found| std::ptr::eq(found, name))
        };
        pairs.into_iter().find(is_of_name)
    }
}

impl Test<'_> {
    /// Order of evaluation: what is cheap and leaves few series comes first.
    fn rank(&self) -> (u8, usize) {
        match self.wanted {
            ValueMatcher::Words(words) if !self.takes_missing => (0, words.len()),
            ValueMatcher::Words(words) => (1, words.len()),
            ValueMatcher::Prefix(..) => (2, self.name.values.len()),
            ValueMatcher::Regex(_, prefixes) if !prefixes.is_empty() => (3, self.name.values.len()),
            ValueMatcher::Contains(_) => (4, self.name.values.len()),
            ValueMatcher::Regex(..) => (5, self.name.values.len()),
        }
    }

    /// Whether the matcher keeps the series whose values it has, and no others.
    fn keeps_selected(&self) -> bool {
        self.is_positive && !self.takes_missing
    }

    /// The pairs whose values the matcher has; `None` if more than `limit` would be tested by an expression.
    fn candidates(&self, limit: u64) -> Option<Vec<u32>> {
        let values = &self.name.values;
        match self.wanted {
            ValueMatcher::Words(words) => {
                Some(words.iter().filter_map(|word| values.get(word.as_str()).copied()).collect())
            }
            ValueMatcher::Regex(_, prefixes) if !prefixes.is_empty() => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let found = prefixes.iter().flat_map(|prefix| self.with_prefix(prefix));
                let found: Vec<_> = found.take(limit.saturating_add(1)).collect();
                (found.len() <= limit).then(|| self.matching(found.into_iter()))
            }
            ValueMatcher::Prefix(prefix, _) => Some(self.matching(self.with_prefix(prefix))),
            _ if values.len() as u64 > limit => None,
            _ => Some(self.matching(values.iter())),
        }
    }

    fn matching<'a>(&self, values: impl Iterator<Item = (&'a Arc<str>, &'a u32)>) -> Vec<u32> {
        values.filter(|(value, _)| self.wanted.has(value)).map(|(_, pair)| *pair).collect()
    }

    fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = (&Arc<str>, &u32)> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        self.name.values.range::<str, _>(from).take_while(move |(value, _)| value.starts_with(prefix))
    }

    /// Applies the matcher, given all series whose values it has.
    fn combine(&self, having: RoaringBitmap, selection: Selection, live: &RoaringBitmap) -> RoaringBitmap {
        match (self.is_positive, self.takes_missing) {
            (true, false) => match selection {
                None => having,
                Some(left) => left & having,
            },
            (false, true) => selection.unwrap_or_else(|| live.clone()) - having,
            (false, false) => {
                let mut left = selection.unwrap_or_else(|| live.clone());
                self.name.series.keep_in(&mut left);
                left - having
            }
            (true, true) => {
                let mut missing = selection.unwrap_or_else(|| live.clone());
                let having = having & &missing;
                self.name.series.drop_from(&mut missing);
                missing | having
            }
        }
    }
}
