//! Selection of series.
//!
//! A matcher is answered by the union of the postings of the values that it selects. An expression runs once per value,
//! and only on values with its prefixes. If fewer series are left than values would be tested, the values of these
//! series are tested.

use super::Index;
use super::automaton::{Automaton, Search};
use super::compiled::Compiled;
use super::label_table::{METRIC_NAME, Name};
use super::postings::Union;
use crate::value_matcher::ValueMatcher;
use roaring::RoaringBitmap;

/// Matcher of a label name in use.
struct Test<'a> {
    name: &'a Name,
    wanted: &'a ValueMatcher,
    automaton: Option<&'a Automaton>,
    /// Whether the values are selected rather than excluded.
    is_positive: bool,
    /// Whether series without the label are selected.
    takes_missing: bool,
}

/// Values of a label that a matcher has, as numbers of their pairs.
enum Values {
    These(Vec<u32>),
    /// All but these: the shorter list if most values match.
    AllBut(Vec<u32>),
}

/// Factor by which a search by an expression takes less time per value of a label, in order, than per series. An estimate,
/// not measured.
const SEARCH_GAIN: u64 = 16;

/// Series that are still selected; `None` for all.
type Selection = Option<RoaringBitmap>;

impl Index {
    /// The series that satisfy all matchers.
    pub(super) fn select_compiled(&self, compiled: &Compiled) -> RoaringBitmap {
        let selector = &compiled.selector;
        let metric = selector.metric().map(ValueMatcher::equal);
        let metric = metric.as_ref().map(|metric| ((METRIC_NAME, metric, true), None));
        let automata = compiled.automata.iter().map(Option::as_ref);
        let matchers = metric.into_iter().chain(selector.tests().zip(automata));
        let Some(mut tests) = self.tests(matchers) else {
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
        matchers: impl Iterator<Item = ((&'a str, &'a ValueMatcher, bool), Option<&'a Automaton>)>,
    ) -> Option<Vec<Test<'a>>> {
        let mut tests = Vec::new();
        for ((label, wanted, is_positive), automaton) in matchers {
            let takes_missing = wanted.has("") == is_positive;
            match self.table.matched(label) {
                Some(name) => tests.push(Test { name, wanted, automaton, is_positive, takes_missing }),
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
        if let (Values::These(pairs), true) = (&values, test.keeps_selected())
            && let [pair] = pairs.as_slice()
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
        let having = match values {
            Values::These(pairs) => self.union(&pairs),
            Values::AllBut(pairs) => test.name.series.to_bitmap() - self.union(&pairs),
        };
        test.combine(having, selection, &self.live)
    }

    fn union(&self, pairs: &[u32]) -> RoaringBitmap {
        let mut union = Union::default();
        pairs.iter().filter_map(|pair| self.table.pair(*pair)).for_each(|pair| union.add(&pair.series));
        union.finish()
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
        let mut values = ValueTest::new(test);
        let is_kept = |group: &&[(u32, u32)]| {
            let pair = group.first().and_then(|(pair, _)| self.table.pair(*pair));
            pair.is_some_and(|pair| values.has(&pair.value) == test.is_positive)
        };
        let mut series: Vec<u32> = groups.filter(is_kept).flatten().map(|(_, series)| *series).collect();
        values.finish();
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

    /// The values that the matcher has; `None` if it takes less time to test those of `left` series.
    fn candidates(&self, left: u64) -> Option<Values> {
        let values = &self.name.values;
        match self.wanted {
            ValueMatcher::Words(words) => {
                Some(Values::These(words.iter().filter_map(|word| values.get(word)).collect()))
            }
            // No value is empty.
            ValueMatcher::Prefix(prefix, 0 | 1) if prefix.is_empty() => Some(Values::AllBut(Vec::new())),
            ValueMatcher::Prefix(prefix, _) => Some(Values::These(self.split(values.with_prefix(prefix)).0)),
            ValueMatcher::Regex(_, prefixes) if self.is_rare(prefixes, left) => {
                let found = prefixes.iter().flat_map(|prefix| values.with_prefix(prefix));
                Some(Values::These(self.split(found).0))
            }
            _ if values.len() as u64 > left.saturating_mul(SEARCH_GAIN) => None,
            _ => {
                let (having, others) = self.split(values.iter());
                let is_short = having.len() <= others.len();
                Some(if is_short { Values::These(having) } else { Values::AllBut(others) })
            }
        }
    }

    /// Whether less than half of the values have one of the prefixes, and to test them takes less time than to test the
    /// values of `left` series. Of most values, the others are fewer to unite.
    fn is_rare(&self, prefixes: &[String], left: u64) -> bool {
        let limit = left.saturating_mul(SEARCH_GAIN).min(self.name.values.len() as u64 / 2);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let found = prefixes.iter().flat_map(|prefix| self.name.values.with_prefix(prefix));
        !prefixes.is_empty() && found.take(limit.saturating_add(1)).count() <= limit
    }

    /// The pairs whose values the matcher has, and the others.
    fn split<'v>(&self, values: impl Iterator<Item = (&'v str, u32)>) -> (Vec<u32>, Vec<u32>) {
        let (mut having, mut others) = (Vec::new(), Vec::new());
        let mut test = ValueTest::new(self);
        for (value, pair) in values {
            if test.has(value) { having.push(pair) } else { others.push(pair) }
        }
        test.finish();
        (having, others)
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

/// Test of many values.
struct ValueTest<'a> {
    wanted: &'a ValueMatcher,
    search: Option<Search<'a>>,
}

impl<'a> ValueTest<'a> {
    fn new<'t: 'a>(test: &Test<'t>) -> Self {
        Self { wanted: test.wanted, search: test.automaton.map(Automaton::search) }
    }

    fn has(&mut self, value: &'a str) -> bool {
        match (&mut self.search, self.wanted) {
            (Some(search), ValueMatcher::Regex(regex, _)) => search.has(value, Some(regex)),
            (Some(search), _) => search.has(value, None),
            (None, wanted) => wanted.has(value),
        }
    }

    fn finish(self) {
        if let Some(search) = self.search {
            search.finish();
        }
    }
}
