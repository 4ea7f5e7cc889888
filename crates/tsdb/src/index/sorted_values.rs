//! Sorted values of a label.

/// Maximum number of values in a block.
const MAX_VALUES: usize = 128;
/// Maximum bytes of text in a block of several values, so that an insertion moves little.
const MAX_TEXT: usize = 16 * 1024;

/// Sorted texts with a number each.
///
/// Neighbours are stored side by side: with one allocation per value, expressions over 200,000 values took several times
/// as long.
#[derive(Clone, Debug, Default)]
pub(super) struct SortedValues {
    /// Sorted blocks, none of them empty.
    blocks: Vec<Block>,
    len: usize,
}

#[derive(Clone, Debug, Default)]
struct Block {
    text: String,
    /// End of each value in the text, and its number.
    entries: Vec<(usize, u32)>,
}

impl Block {
    fn start(&self, place: usize) -> usize {
        place.checked_sub(1).and_then(|before| self.entries.get(before)).map_or(0, |(end, _)| *end)
    }

    fn value(&self, place: usize) -> &str {
        let end = self.entries.get(place).map_or(0, |(end, _)| *end);
        self.text.get(self.start(place)..end).unwrap_or_default()
    }

    fn last(&self) -> &str {
        self.value(self.entries.len().saturating_sub(1))
    }

    /// The place of a value, or of the first one after it.
    fn find(&self, value: &str) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.entries.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.value(middle) < value { low = middle + 1 } else { high = middle }
        }
        if low < self.entries.len() && self.value(low) == value { Ok(low) } else { Err(low) }
    }

    fn insert(&mut self, place: usize, value: &str, number: u32) {
        let start = self.start(place);
        self.text.insert_str(start, value);
        self.entries.insert(place, (start + value.len(), number));
        self.entries.iter_mut().skip(place + 1).for_each(|(end, _)| *end += value.len());
    }

    fn remove(&mut self, place: usize) {
        let start = self.start(place);
        let (end, _) = self.entries.remove(place);
        self.text.replace_range(start..end, "");
        self.entries.iter_mut().skip(place).for_each(|(after, _)| *after -= end - start);
        if self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to_fit();
            self.text.shrink_to_fit();
        }
    }

    /// Splits off the upper half if the block is large.
    fn split(&mut self) -> Option<Self> {
        let count = self.entries.len();
        if count <= MAX_VALUES && (count < 2 || self.text.len() <= MAX_TEXT) {
            return None;
        }
        let start = self.start(count / 2);
        let mut upper = Self { text: self.text.split_off(start), entries: self.entries.split_off(count / 2) };
        upper.entries.iter_mut().for_each(|(end, _)| *end -= start);
        self.text.shrink_to_fit();
        self.entries.shrink_to_fit();
        Some(upper)
    }

    /// Takes the values of the next block if both are small.
    fn is_merged(&mut self, next: &Self) -> bool {
        if self.entries.len() + next.entries.len() > MAX_VALUES / 2
            || self.text.len() + next.text.len() > MAX_TEXT / 2
        {
            return false;
        }
        let start = self.text.len();
        self.text.push_str(&next.text);
        self.entries.extend(next.entries.iter().map(|(end, number)| (end + start, *number)));
        true
    }
}

impl SortedValues {
    /// Number of values.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The block that has a value, or should have it.
    fn block(&self, value: &str) -> usize {
        self.blocks.partition_point(|block| block.last() < value)
    }

    pub(super) fn get(&self, value: &str) -> Option<u32> {
        let block = self.blocks.get(self.block(value))?;
        block.entries.get(block.find(value).ok()?).map(|(_, number)| *number)
    }

    /// Adds a value that is missing.
    pub(super) fn insert(&mut self, value: &str, number: u32) {
        if self.blocks.is_empty() {
            self.blocks.push(Block::default());
        }
        // A value after all others goes to the last block.
        let at = self.block(value).min(self.blocks.len().saturating_sub(1));
        let Some(block) = self.blocks.get_mut(at) else { return };
        let Err(place) = block.find(value) else { return };
        block.insert(place, value, number);
        self.len += 1;
        if let Some(upper) = block.split() {
            self.blocks.insert(at + 1, upper);
        }
    }

    pub(super) fn remove(&mut self, value: &str) {
        let at = self.block(value);
        let Some(block) = self.blocks.get_mut(at) else { return };
        let Ok(place) = block.find(value) else { return };
        block.remove(place);
        self.len -= 1;
        if block.entries.is_empty() {
            self.blocks.remove(at);
        } else if let Some((block, [next, ..])) =
            self.blocks.get_mut(at..).and_then(<[Block]>::split_first_mut)
            && block.is_merged(next)
        {
            self.blocks.remove(at + 1);
        }
        if self.blocks.len() < self.blocks.capacity() / 4 {
            self.blocks.shrink_to(self.blocks.len() * 2);
        }
    }

    /// All values in order with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.from("")
    }

    /// The numbers in the order of their values.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.blocks.iter().flat_map(|block| &block.entries).map(|(_, number)| *number)
    }

    /// The values with a prefix in order, with their numbers.
    pub(super) fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = (&str, u32)> {
        self.from(prefix).take_while(move |(value, _)| value.starts_with(prefix))
    }

    fn from(&self, first: &str) -> impl Iterator<Item = (&str, u32)> {
        let at = self.block(first);
        let skipped = self.blocks.get(at).map_or(0, |block| block.find(first).unwrap_or_else(|place| place));
        let blocks = self.blocks.iter().skip(at).flat_map(|block| {
            let mut start = 0;
            block.entries.iter().map(move |(end, number)| {
                let value = block.text.get(start..*end).unwrap_or_default();
                start = *end;
                (value, *number)
            })
        });
        blocks.skip(skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::collections::btree_map::Entry;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn values_are_a_sorted_map(
            changes in prop::collection::vec(("[abé]{1,6}", 0_u8..5, any::<u32>()), 0..600),
            prefix in "[abé]{0,2}",
        ) {
            let (mut values, mut expected) = (SortedValues::default(), BTreeMap::new());
            // The second half removes more than it adds.
            let half = changes.len() as u32 / 2;
            for (place, (value, change, number)) in (0..).zip(changes) {
                if change < 1 + 3 * u8::from(place > half) {
                    let removed = expected.range(value..).next().map(|(value, _): (&String, &u32)| value.clone());
                    if let Some(value) = removed {
                        values.remove(&value);
                        expected.remove(&value);
                    }
                } else if let Entry::Vacant(entry) = expected.entry(value) {
                    values.insert(entry.key(), number);
                    entry.insert(number);
                }
            }
            let all: Vec<_> = expected.iter().map(|(value, number)| (value.as_str(), *number)).collect();
            prop_assert_eq!((values.len(), values.is_empty()), (all.len(), all.is_empty()));
            prop_assert_eq!(values.iter().collect::<Vec<_>>(), &all[..]);
            prop_assert_eq!(values.numbers().collect::<Vec<_>>(), all.iter().map(|(_, number)| *number).collect::<Vec<_>>());
            let with_prefix: Vec<_> = all.iter().filter(|(value, _)| value.starts_with(&prefix)).copied().collect();
            prop_assert_eq!(values.with_prefix(&prefix).collect::<Vec<_>>(), with_prefix);
            for (value, number) in &all {
                prop_assert_eq!((values.get(value), values.get(&format!("{value}!"))), (Some(*number), None));
            }
            for (value, _) in &all {
                values.remove(value);
            }
            prop_assert_eq!((values.len(), values.blocks.len()), (0, 0));
        }
    }

    #[test]
    fn blocks_follow_the_live_values() {
        let mut values = SortedValues::default();
        let value = |number: u32| format!("{:05}", number * 7919 % 10_000);
        (0..10_000).for_each(|number| values.insert(&value(number), number));
        assert!(
            values.blocks.len() < 400 && values.blocks.iter().all(|block| block.entries.len() <= MAX_VALUES)
        );
        (0..9_900).for_each(|number| values.remove(&value(number)));
        assert_eq!((values.len(), values.iter().count()), (100, 100));
        assert!(values.blocks.capacity() < 100, "{}", values.blocks.len());
    }
}
