//! Ring buffer of the newest events, shared by all subscribers, so that slow readers get them without a queue of their own.

use std::collections::VecDeque;
use std::sync::Arc;

/// Maximum number of events. A subscriber that falls further behind misses the oldest.
pub(crate) const CAPACITY: usize = 256;

/// Events with consecutive numbers from 1.
#[derive(Debug)]
pub(crate) struct Ring<T>(VecDeque<(u64, Arc<T>)>);

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Ring<T> {
    /// Adds an event. The oldest is dropped when there are [`CAPACITY`].
    pub(crate) fn push(&mut self, event: T) {
        let number = self.newest() + 1;
        if self.0.len() >= CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back((number, Arc::new(event)));
    }

    /// Number of the newest event; 0 before the first.
    pub(crate) fn newest(&self) -> u64 {
        self.0.back().map_or(0, |(number, _)| *number)
    }

    /// The oldest available event after `number`, with its own number.
    pub(crate) fn after(&self, number: u64) -> Option<(u64, Arc<T>)> {
        self.0.get(self.0.partition_point(|(known, _)| *known <= number)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_events_are_kept_and_found_by_number() {
        let mut ring = Ring::default();
        assert_eq!((ring.newest(), ring.after(0)), (0, None));
        let alert = |number: u64| number.to_string();
        for number in 1..=CAPACITY as u64 + 3 {
            ring.push(alert(number));
            assert_eq!(ring.newest(), number);
            assert_eq!(ring.after(number - 1), Some((number, Arc::new(alert(number)))));
            assert_eq!(ring.after(number), None);
        }
        for (after, expected) in [(0, 4), (2, 4), (3, 4), (4, 5), (258, 259)] {
            assert_eq!(ring.after(after), Some((expected, Arc::new(alert(expected)))), "after {after}");
        }
        assert_eq!(ring.0.len(), CAPACITY);
    }
}
