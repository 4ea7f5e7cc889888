//! Slots with dense numbers.

use roaring::RoaringBitmap;

/// Values by number. A new value gets the lowest free number, and free numbers at the end are given back, so that the
/// size follows the values that are live.
#[derive(Clone, Debug)]
pub(super) struct Slots<T> {
    slots: Vec<Option<T>>,
    free: RoaringBitmap,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: RoaringBitmap::new() }
    }
}

impl<T> Slots<T> {
    /// Stores a value and returns its number; `None` if all numbers are used.
    pub(super) fn insert(&mut self, value: T) -> Option<u32> {
        if let Some(number) = self.free.min() {
            *self.slots.get_mut(number as usize)? = Some(value);
            self.free.remove(number);
            return Some(number);
        }
        let number = u32::try_from(self.slots.len()).ok()?;
        self.slots.push(Some(value));
        Some(number)
    }

    /// Removes the value of a number, which is free from then on.
    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        let value = self.slots.get_mut(number as usize)?.take()?;
        self.free.insert(number);
        while let Some(None) = self.slots.last() {
            self.slots.pop();
            self.free.remove(self.slots.len() as u32);
        }
        if self.slots.len() < self.slots.capacity() / 4 {
            self.slots.shrink_to(self.slots.len() * 2);
        }
        Some(value)
    }

    /// The value of a number.
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.slots.get(number as usize)?.as_ref()
    }

    /// The value of a number.
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.slots.get_mut(number as usize)?.as_mut()
    }

    /// Number of values.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowest_free_number_is_reused_and_free_numbers_at_the_end_are_dropped() {
        let mut slots = Slots::default();
        let numbers: Vec<u32> = "abcd".chars().filter_map(|letter| slots.insert(letter)).collect();
        assert_eq!(numbers, [0, 1, 2, 3]);
        assert_eq!((slots.remove(2), slots.remove(2), slots.remove(9)), (Some('c'), None, None));
        assert_eq!((slots.remove(1), slots.len(), slots.get(1)), (Some('b'), 2, None));
        assert_eq!(slots.insert('e'), Some(1));
        assert_eq!(slots.remove(3), Some('d'));
        assert_eq!(slots.slots, [Some('a'), Some('e')]);
        assert_eq!((slots.slots.len(), slots.insert('f')), (2, Some(2)));
    }

    #[test]
    fn capacity_follows_the_live_values() {
        let mut slots = Slots::default();
        (0..1000).for_each(|value| assert!(slots.insert(value).is_some()));
        (1..1000).for_each(|number| assert!(slots.remove(number).is_some()));
        assert_eq!((slots.len(), slots.slots.capacity() < 10), (1, true));
    }
}
