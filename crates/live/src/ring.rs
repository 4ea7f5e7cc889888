//! The newest alerts, kept once for all subscribers: one that reads slowly still gets them, without a queue of its own.

use bytes::Bytes;
use std::collections::VecDeque;

/// How many are kept. One that has not read for so many alerts misses the oldest.
pub(crate) const MOST: usize = 256;

/// Encoded alerts with their numbers, which grow by one from 1.
#[derive(Debug, Default)]
pub(crate) struct Ring(VecDeque<(u64, Bytes)>);

impl Ring {
    /// Adds an alert. The oldest gives way when there are [`MOST`].
    pub(crate) fn push(&mut self, alert: Bytes) {
        let number = self.newest() + 1;
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back((number, alert));
    }

    /// Number of the newest alert; 0 before the first.
    pub(crate) fn newest(&self) -> u64 {
        self.0.back().map_or(0, |(number, _)| *number)
    }

    /// The oldest alert that is there of those after `number`, with its own number.
    pub(crate) fn after(&self, number: u64) -> Option<(u64, Bytes)> {
        self.0.get(self.0.partition_point(|(known, _)| *known <= number)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_found_by_the_number_before() {
        let mut ring = Ring::default();
        assert_eq!((ring.newest(), ring.after(0)), (0, None));
        let alert = |number: u64| Bytes::from(number.to_string());
        for number in 1..=MOST as u64 + 3 {
            ring.push(alert(number));
            assert_eq!(ring.newest(), number);
            assert_eq!(ring.after(number - 1), Some((number, alert(number))));
            assert_eq!(ring.after(number), None);
        }
        for (after, expected) in [(0, 4), (2, 4), (3, 4), (4, 5), (258, 259)] {
            assert_eq!(ring.after(after), Some((expected, alert(expected))), "after {after}");
        }
        assert_eq!(ring.0.len(), MOST);
    }
}
