//! How often somebody may ask: a token bucket for each of them, in bounded memory.
//!
//! A bucket holds as many tokens as may be taken within its stretch of time, and fills up evenly. Kept of it is one moment:
//! when it will be full again (the generic cell rate algorithm, ITU-T I.371, Annex A). One that is full already is the same
//! as one that is not known.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;
use watchglass_model::Timestamp;

/// The most buckets that are kept, unless another number is said.
const MOST: usize = 20_000;
/// Room is made for so many at once, as a part of all: looking for the fullest ones takes a look at each.
const PART: usize = 8;
const NANOS: i128 = 1_000_000;

/// So many within a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many: also the most at once.
    pub count: u32,
    /// Within how long.
    pub per: Duration,
}

/// What is left in a bucket after something was taken, or what is missing in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// How many a full bucket holds.
    pub limit: u32,
    /// How many can be taken at once now.
    pub remaining: u32,
    /// How long until it is full again, if nothing is taken.
    pub full_in: Duration,
    /// How long until one can be taken; nothing where one can be now.
    pub wait: Duration,
}

impl Level {
    /// [`wait`](Self::wait) in whole seconds, rounded up: who waits so long can take one.
    #[must_use]
    pub fn wait_seconds(&self) -> u64 {
        rounded_up(self.wait)
    }

    /// [`full_in`](Self::full_in) in whole seconds, rounded up.
    #[must_use]
    pub fn full_seconds(&self) -> u64 {
        rounded_up(self.full_in)
    }
}

/// A bucket for each `K`.
#[derive(Debug)]
pub struct Buckets<K> {
    rate: Rate,
    most: usize,
    /// When each is full again, in nanoseconds since the epoch.
    full_at: HashMap<K, i128>,
}

impl<K: Clone + Eq + Hash> Buckets<K> {
    /// Full ones. A `rate` of none within no time is taken for one a second.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self::with_most(rate, MOST)
    }

    /// The same, with another number of buckets that are kept; at least one.
    #[must_use]
    pub fn with_most(rate: Rate, most: usize) -> Self {
        let rate = if rate.count == 0 || rate.per.is_zero() {
            Rate { count: 1, per: Duration::from_secs(1) }
        } else {
            rate
        };
        Self { rate, most: most.max(1), full_at: HashMap::new() }
    }

    /// Takes one from the bucket of `who`. A clock that was put back keeps nobody waiting for longer than an empty bucket.
    ///
    /// # Errors
    /// It is empty: how it stands. Nothing was taken.
    pub fn take(&mut self, who: &K, now: Timestamp) -> Result<Level, Level> {
        let now = nanos(now);
        let full_at = self.full_at.get(who).copied().unwrap_or(now).clamp(now, now + self.per());
        let after = full_at + self.each();
        if after > now + self.per() {
            // Not later than that, should the clock have been put back.
            self.full_at.insert(who.clone(), full_at);
            return Err(self.level(full_at, now));
        }
        self.make_room(who, now);
        self.full_at.insert(who.clone(), after);
        Ok(self.level(after, now))
    }

    /// Gives back one that was taken: what it was taken for is not to be counted.
    pub fn give_back(&mut self, who: &K) {
        let each = self.each();
        if let Some(full_at) = self.full_at.get_mut(who) {
            *full_at -= each;
        }
    }

    /// How many buckets are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.full_at.len()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.full_at.is_empty()
    }

    fn level(&self, full_at: i128, now: i128) -> Level {
        let room = now + self.per() - full_at;
        Level {
            limit: self.rate.count,
            remaining: u32::try_from(room.max(0) / self.each()).unwrap_or(u32::MAX).min(self.rate.count),
            full_in: duration(full_at - now),
            wait: duration(self.each() - room),
        }
    }

    /// Those that are full again are forgotten, then those that are the nearest to it: to forget one is a present to its owner,
    /// and these lose the least by being kept no longer.
    fn make_room(&mut self, who: &K, now: i128) {
        if self.full_at.len() < self.most || self.full_at.contains_key(who) {
            return;
        }
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.len() < self.most {
            return;
        }
        let mut moments: Vec<i128> = self.full_at.values().copied().collect();
        let (_, &mut last, _) = moments.select_nth_unstable(self.most / PART);
        let mut left = self.most / PART + 1;
        self.full_at.retain(|_, full_at| {
            let goes = *full_at <= last && left > 0;
            left -= usize::from(goes);
            !goes
        });
    }

    /// How long one of them takes to come back; at least a nanosecond.
    fn each(&self) -> i128 {
        (self.per() / i128::from(self.rate.count)).max(1)
    }

    fn per(&self) -> i128 {
        i128::try_from(self.rate.per.as_nanos()).unwrap_or(i128::MAX / 4)
    }
}

fn nanos(moment: Timestamp) -> i128 {
    i128::from(moment.millis()) * NANOS
}

fn rounded_up(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

fn duration(nanos: i128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;
    use proptest::prelude::*;

    const HUNDRED: Rate = Rate { count: 100, per: Duration::from_secs(3600) };

    #[test]
    fn as_many_as_the_rate_says_and_then_one_at_a_time() {
        let mut buckets = Buckets::new(HUNDRED);
        for left in (0..100).rev() {
            let level = buckets.take(&"a", at(0)).unwrap();
            assert_eq!((level.limit, level.remaining, level.wait.is_zero()), (100, left, left > 0));
        }
        let empty = buckets.take(&"a", at(0)).unwrap_err();
        assert_eq!((empty.wait, empty.full_in), (Duration::from_secs(36), Duration::from_secs(3600)));
        assert!(buckets.take(&"a", at(35)).is_err());
        assert_eq!(buckets.take(&"a", at(36)).unwrap().remaining, 0);
        assert!(buckets.take(&"a", at(36)).is_err());
        // Another one is another one's.
        assert_eq!(buckets.take(&"b", at(36)).unwrap().remaining, 99);
        // After an hour it is full again.
        assert_eq!(buckets.take(&"a", at(36 + 3600)).unwrap().remaining, 99);
    }

    #[test]
    fn one_a_minute_never_waits() {
        let mut buckets = Buckets::new(HUNDRED);
        for minute in 0..10_000 {
            assert!(buckets.take(&(), at(60 * minute)).is_ok(), "{minute}");
        }
    }

    #[test]
    fn what_is_given_back_was_not_taken() {
        let mut buckets = Buckets::new(Rate { count: 2, per: Duration::from_secs(10) });
        for _ in 0..100 {
            buckets.take(&(), at(0)).unwrap();
            buckets.give_back(&());
        }
        assert_eq!(buckets.take(&(), at(0)).unwrap().remaining, 1);
    }

    #[test]
    fn a_clock_that_was_put_back_keeps_nobody_out() {
        let mut buckets = Buckets::new(HUNDRED);
        while buckets.take(&(), at(1_000_000)).is_ok() {}
        let wait = buckets.take(&(), at(0)).unwrap_err().wait;
        assert!(wait <= Duration::from_secs(36), "{wait:?}");
        assert!(buckets.take(&(), at(36)).is_ok());
    }

    #[test]
    fn the_emptiest_are_kept_when_there_are_too_many() {
        let mut buckets = Buckets::with_most(Rate { count: 10, per: Duration::from_secs(1000) }, 64);
        while buckets.take(&u32::MAX, at(0)).is_ok() {}
        for number in 0..10_000 {
            buckets.take(&number, at(0)).unwrap();
            assert!(buckets.len() <= 64);
        }
        assert!(buckets.take(&u32::MAX, at(0)).is_err());
        // Those that are full again cost nothing.
        buckets.take(&1, at(2000)).unwrap();
        assert!(buckets.len() <= 64);
    }

    #[test]
    fn a_rate_that_cannot_be_is_one() {
        for (count, per) in [(0, 1), (1, 0), (u32::MAX, 1), (u32::MAX, u64::MAX)] {
            let mut buckets = Buckets::with_most(Rate { count, per: Duration::from_secs(per) }, 0);
            assert!(buckets.take(&(), at(0)).is_ok(), "{count} {per}");
        }
    }

    proptest! {
        /// However somebody asks: within any stretch no more pass than were in a full bucket and came into it meanwhile; what
        /// is said to remain can be taken; who waits as long as was said gets one.
        #[test]
        fn the_rate_holds(count in 1_u32..50, per in 1_u64..1000, pauses in prop::collection::vec(0_u64..30, 1..400)) {
            let per = Duration::from_secs(per);
            let mut buckets = Buckets::new(Rate { count, per });
            let (mut time, mut passed, mut before) = (0, Vec::new(), None);
            for pause in pauses {
                time += pause;
                match buckets.take(&(), at(time)) {
                    Ok(level) => {
                        passed.push(time);
                        prop_assert!(level.remaining < count && level.full_in <= per);
                        before = Some(level.remaining);
                    }
                    Err(level) => {
                        prop_assert!(pause > 0 || before.is_none_or(|left| left == 0));
                        prop_assert!(level.remaining == 0 && level.wait > Duration::ZERO && level.wait <= per);
                        let seconds = level.wait_seconds();
                        let mut later = Buckets { rate: buckets.rate, most: 1, full_at: buckets.full_at.clone() };
                        prop_assert!(later.take(&(), at(time + seconds)).is_ok());
                    }
                }
            }
            for (index, &start) in passed.iter().enumerate() {
                for (more, &end) in passed[index..].iter().enumerate() {
                    let came = (end - start) as f64 * f64::from(count) / per.as_secs_f64();
                    prop_assert!((more + 1) as f64 <= f64::from(count) + came + 1.0);
                }
            }
        }
    }
}
