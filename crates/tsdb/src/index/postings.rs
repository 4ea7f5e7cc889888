//! Series numbers of a label pair.

use roaring::RoaringBitmap;

/// Maximum numbers in a sorted list. A bitmap takes some 120 bytes and two per number, a list four per number.
const MAX_LISTED: usize = 64;
/// A bitmap that has fewer numbers becomes a list again. Lower than the maximum, so that a number that comes and goes
/// does not convert each time.
const MIN_BITMAP: u64 = 32;

/// Sorted set of series numbers. Most label pairs of churning labels have very few.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Postings {
    One(u32),
    /// Sorted.
    Few(Vec<u32>),
    Many(Box<RoaringBitmap>),
}

impl Default for Postings {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Postings {
    /// Adds a number.
    pub(super) fn insert(&mut self, number: u32) {
        match self {
            Self::One(other) if *other == number => {}
            Self::One(other) => *self = Self::Few(vec![number.min(*other), number.max(*other)]),
            Self::Few(list) if list.is_empty() => *self = Self::One(number),
            Self::Few(list) => {
                let Err(place) = list.binary_search(&number) else { return };
                if list.len() < MAX_LISTED {
                    if list.len() == list.capacity() {
                        list.reserve_exact(list.len() / 2 + 1);
                    }
                    list.insert(place, number);
                } else {
                    let mut bitmap: RoaringBitmap = list.iter().copied().collect();
                    bitmap.insert(number);
                    *self = Self::Many(Box::new(bitmap));
                }
            }
            Self::Many(bitmap) => drop(bitmap.insert(number)),
        }
    }

    /// Removes a number.
    pub(super) fn remove(&mut self, number: u32) {
        match self {
            Self::One(only) if *only == number => *self = Self::default(),
            Self::One(_) => {}
            Self::Few(list) => {
                if let Ok(place) = list.binary_search(&number) {
                    list.remove(place);
                }
                match list.as_slice() {
                    [only] => *self = Self::One(*only),
                    few if few.len() < list.capacity() / 4 => list.shrink_to_fit(),
                    _ => {}
                }
            }
            Self::Many(bitmap) => {
                if bitmap.remove(number) && bitmap.len() < MIN_BITMAP {
                    *self = Self::Few(bitmap.iter().collect());
                }
            }
        }
    }

    /// Number of series.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::One(_) => 1,
            Self::Few(list) => list.len() as u64,
            Self::Many(bitmap) => bitmap.len(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Few(list) if list.is_empty())
    }

    /// Whether any number is in `set`.
    pub(super) fn intersects(&self, set: &RoaringBitmap) -> bool {
        match self {
            Self::One(number) => set.contains(*number),
            Self::Few(list) => list.iter().any(|number| set.contains(*number)),
            Self::Many(bitmap) => !bitmap.is_disjoint(set),
        }
    }

    /// The numbers as a set.
    pub(super) fn to_bitmap(&self) -> RoaringBitmap {
        match self {
            Self::One(number) => std::iter::once(*number).collect(),
            Self::Few(list) => list.iter().copied().collect(),
            Self::Many(bitmap) => bitmap.as_ref().clone(),
        }
    }

    /// Removes all other numbers from `set`.
    pub(super) fn keep_in(&self, set: &mut RoaringBitmap) {
        match self {
            Self::Many(bitmap) => *set &= bitmap.as_ref(),
            few => *set = few.listed().iter().copied().filter(|number| set.contains(*number)).collect(),
        }
    }

    /// Removes these numbers from `set`.
    pub(super) fn drop_from(&self, set: &mut RoaringBitmap) {
        match self {
            Self::Many(bitmap) => *set -= bitmap.as_ref(),
            few => few.listed().iter().for_each(|number| {
                set.remove(*number);
            }),
        }
    }

    /// The numbers of a short list; empty for a bitmap.
    fn listed(&self) -> &[u32] {
        match self {
            Self::One(number) => std::slice::from_ref(number),
            Self::Few(list) => list,
            Self::Many(_) => &[],
        }
    }
}

/// Union of many postings.
#[derive(Debug, Default)]
pub(super) struct Union {
    listed: Vec<u32>,
    bitmap: RoaringBitmap,
}

impl Union {
    pub(super) fn add(&mut self, postings: &Postings) {
        match postings {
            Postings::Many(bitmap) => self.bitmap |= bitmap.as_ref(),
            few => self.listed.extend_from_slice(few.listed()),
        }
    }

    pub(super) fn finish(mut self) -> RoaringBitmap {
        let end = self.listed.iter().max().map_or(0, |last| *last as usize + 1);
        // Linear, while sorting is not; the array has at most eight bytes per number.
        if self.listed.len() > end / 64 {
            let mut bytes = vec![0_u8; end.div_ceil(8)];
            for number in self.listed {
                if let Some(byte) = bytes.get_mut(number as usize / 8) {
                    *byte |= 1 << (number % 8);
                }
            }
            self.bitmap |= RoaringBitmap::from_lsb0_bytes(0, &bytes);
            return self.bitmap;
        }
        // Ascending insertion is several times as fast.
        self.listed.sort_unstable();
        self.bitmap.extend(self.listed);
        self.bitmap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn postings_are_a_set(changes in vec((0_u32..150, 0_u8..3), 0..400), others in vec(0_u32..150, 0..60)) {
            let (mut postings, mut expected) = (Postings::default(), BTreeSet::new());
            for (number, change) in changes {
                if change == 0 {
                    postings.remove(number);
                    expected.remove(&number);
                } else {
                    postings.insert(number);
                    expected.insert(number);
                }
                prop_assert_eq!((postings.len(), postings.is_empty()), (expected.len() as u64, expected.is_empty()));
            }
            let set: RoaringBitmap = others.iter().copied().collect();
            prop_assert_eq!(postings.to_bitmap(), expected.iter().copied().collect());
            prop_assert_eq!(postings.intersects(&set), others.iter().any(|number| expected.contains(number)));
            let (mut kept, mut rest) = (set.clone(), set.clone());
            postings.keep_in(&mut kept);
            postings.drop_from(&mut rest);
            prop_assert_eq!(kept, set.iter().filter(|number| expected.contains(number)).collect());
            prop_assert_eq!(rest, set.iter().filter(|number| !expected.contains(number)).collect());
            let mut union = Union { bitmap: set.clone(), ..Union::default() };
            union.add(&postings);
            prop_assert_eq!(union.finish(), set.iter().chain(expected).collect());
        }
    }

    #[test]
    fn size_classes_follow_the_number_of_series() {
        let mut postings = Postings::default();
        postings.insert(7);
        assert_eq!(postings, Postings::One(7));
        (0..64).for_each(|number| postings.insert(number));
        assert!(matches!(postings, Postings::Few(_)));
        postings.insert(64);
        assert!(matches!(postings, Postings::Many(_)));
        (32..65).for_each(|number| postings.remove(number));
        assert!(matches!(postings, Postings::Many(_)));
        postings.remove(0);
        assert!(matches!(postings, Postings::Few(_)));
    }
}
