//! Keyed rate limiter: a token bucket per key, in bounded memory.
//!
//! A bucket holds the number of permits allowed per period and refills evenly. Only one time is stored per key: when the
//! bucket is full again (generic cell rate algorithm, ITU-T I.371, Annex A). A full bucket is the same as an unknown key.
//!
//! Time is monotonic: with a clock that can be set back, all buckets would be empty until it is where it was.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// Default maximum of stored keys.
const DEFAULT_CAPACITY: usize = 20_000;
/// An eviction removes one of so many entries at once, because it scans all of them.
const EVICTION_DIVISOR: usize = 8;

/// Number of requests per period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests per period, and maximum burst.
    pub count: u32,
    /// Period.
    pub per: Duration,
}

/// State of a bucket after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Permits of a full bucket.
    pub limit: u32,
    /// Permits available now.
    pub remaining: u32,
    /// Time until the bucket is full again.
    pub reset_after: Duration,
    /// Time until the next permit; zero if one is available.
    pub retry_after: Duration,
}

impl Quota {
    /// [`retry_after`](Self::retry_after) in whole seconds, rounded up.
    #[must_use]
    pub fn retry_after_seconds(&self) -> u64 {
        rounded_up(self.retry_after)
    }

    /// [`reset_after`](Self::reset_after) in whole seconds, rounded up.
    #[must_use]
    pub fn reset_seconds(&self) -> u64 {
        rounded_up(self.reset_after)
    }
}

/// Rate limiter per key `K`.
#[derive(Debug)]
pub struct KeyedRateLimiter<K> {
    rate: Rate,
    capacity: usize,
    /// Time at which each bucket is full again, in nanoseconds of monotonic time.
    full_at: HashMap<K, i128>,
}

impl<K: Clone + Eq + Hash> KeyedRateLimiter<K> {
    /// Full buckets. A `rate` with a zero is replaced by one per second.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self::with_capacity(rate, DEFAULT_CAPACITY)
    }

    /// The same with another maximum of stored keys; at least one.
    #[must_use]
    pub fn with_capacity(rate: Rate, capacity: usize) -> Self {
        let rate = if rate.count == 0 || rate.per.is_zero() {
            Rate { count: 1, per: Duration::from_secs(1) }
        } else {
            rate
        };
        Self { rate, capacity: capacity.max(1), full_at: HashMap::new() }
    }

    /// Takes a permit of a key at a monotonic time.
    ///
    /// # Errors
    /// The bucket is empty: its state. Nothing was taken.
    pub fn acquire(&mut self, key: &K, now: Duration) -> Result<Quota, Quota> {
        let now = nanos(now);
        let full_at = self.full_at.get(key).copied().unwrap_or(now).max(now);
        let after = full_at + self.each();
        if after > now + self.per() {
            return Err(self.level(full_at, now));
        }
        self.make_room(key, now);
        self.full_at.insert(key.clone(), after);
        Ok(self.level(after, now))
    }

    /// Returns a permit: the request does not count.
    pub fn release(&mut self, key: &K) {
        let each = self.each();
        if let Some(full_at) = self.full_at.get_mut(key) {
            *full_at -= each;
        }
    }

    /// Number of stored keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.full_at.len()
    }

    /// Whether no keys are stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.full_at.is_empty()
    }

    fn level(&self, full_at: i128, now: i128) -> Quota {
        let available = now + self.per() - full_at;
        Quota {
            limit: self.rate.count,
            remaining: u32::try_from(available.max(0) / self.each()).unwrap_or(u32::MAX).min(self.rate.count),
            reset_after: duration(full_at - now),
            retry_after: duration(self.each() - available),
        }
    }

    /// Evicts full buckets, then the fullest ones: an eviction resets the limit of a key, and these gain the least.
    fn make_room(&mut self, key: &K, now: i128) {
        if self.full_at.len() < self.capacity || self.full_at.contains_key(key) {
            return;
        }
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.len() < self.capacity {
            return;
        }
        let mut times: Vec<i128> = self.full_at.values().copied().collect();
        let (_, &mut last, _) = times.select_nth_unstable(self.capacity / EVICTION_DIVISOR);
        let mut to_evict = self.capacity / EVICTION_DIVISOR + 1;
        self.full_at.retain(|_, full_at| {
            let evict = *full_at <= last && to_evict > 0;
            to_evict -= usize::from(evict);
            !evict
        });
    }

    /// Refill time of one permit; at least a nanosecond.
    fn each(&self) -> i128 {
        (self.per() / i128::from(self.rate.count)).max(1)
    }

    fn per(&self) -> i128 {
        i128::try_from(self.rate.per.as_nanos()).unwrap_or(i128::MAX / 4)
    }
}

fn nanos(time: Duration) -> i128 {
    i128::try_from(time.as_nanos()).unwrap_or(i128::MAX / 4)
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
    use proptest::prelude::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    const HUNDRED: Rate = Rate { count: 100, per: Duration::from_secs(3600) };

    #[test]
    fn burst_is_limited_then_refills_evenly() {
        let mut buckets = KeyedRateLimiter::new(HUNDRED);
        for remaining in (0..100).rev() {
            let level = buckets.acquire(&"a", at(0)).unwrap();
            assert_eq!(
                (level.limit, level.remaining, level.retry_after.is_zero()),
                (100, remaining, remaining > 0)
            );
        }
        let empty = buckets.acquire(&"a", at(0)).unwrap_err();
        assert_eq!(
            (empty.retry_after, empty.reset_after),
            (Duration::from_secs(36), Duration::from_secs(3600))
        );
        assert!(buckets.acquire(&"a", at(35)).is_err());
        assert_eq!(buckets.acquire(&"a", at(36)).unwrap().remaining, 0);
        assert!(buckets.acquire(&"a", at(36)).is_err());
        // Keys are independent.
        assert_eq!(buckets.acquire(&"b", at(36)).unwrap().remaining, 99);
        // After an hour it is full again.
        assert_eq!(buckets.acquire(&"a", at(36 + 3600)).unwrap().remaining, 99);
    }

    #[test]
    fn steady_rate_below_the_limit_is_never_rejected() {
        let mut buckets = KeyedRateLimiter::new(HUNDRED);
        for minute in 0..10_000 {
            assert!(buckets.acquire(&(), at(60 * minute)).is_ok(), "{minute}");
        }
    }

    #[test]
    fn returned_permit_does_not_count() {
        let mut buckets = KeyedRateLimiter::new(Rate { count: 2, per: Duration::from_secs(10) });
        for _ in 0..100 {
            buckets.acquire(&(), at(0)).unwrap();
            buckets.release(&());
        }
        assert_eq!(buckets.acquire(&(), at(0)).unwrap().remaining, 1);
    }

    #[test]
    fn emptiest_buckets_survive_eviction() {
        let mut buckets =
            KeyedRateLimiter::with_capacity(Rate { count: 10, per: Duration::from_secs(1000) }, 64);
        while buckets.acquire(&u32::MAX, at(0)).is_ok() {}
        for number in 0..10_000 {
            buckets.acquire(&number, at(0)).unwrap();
            assert!(buckets.len() <= 64);
        }
        assert!(buckets.acquire(&u32::MAX, at(0)).is_err());
        // Full buckets are dropped for free.
        buckets.acquire(&1, at(2000)).unwrap();
        assert!(buckets.len() <= 64);
    }

    #[test]
    fn zero_rate_is_one_per_second() {
        for (count, per) in [(0, 1), (1, 0), (u32::MAX, 1), (u32::MAX, u64::MAX)] {
            let mut buckets =
                KeyedRateLimiter::with_capacity(Rate { count, per: Duration::from_secs(per) }, 0);
            assert!(buckets.acquire(&(), at(0)).is_ok(), "{count} {per}");
        }
    }

    proptest! {
        /// For any request pattern: within any interval at most a full bucket plus its refill passes; the reported remaining
        /// permits are available; after the reported wait a permit is available.
        #[test]
        fn rate_is_never_exceeded(count in 1_u32..50, per in 1_u64..1000, pauses in prop::collection::vec(0_u64..30, 1..400)) {
            let per = Duration::from_secs(per);
            let mut buckets = KeyedRateLimiter::new(Rate { count, per });
            let (mut time, mut passed, mut before) = (0, Vec::new(), None);
            for pause in pauses {
                time += pause;
                match buckets.acquire(&(), at(time)) {
                    Ok(level) => {
                        passed.push(time);
                        prop_assert!(level.remaining < count && level.reset_after <= per);
                        before = Some(level.remaining);
                    }
                    Err(level) => {
                        prop_assert!(pause > 0 || before.is_none_or(|remaining| remaining == 0));
                        prop_assert!(level.remaining == 0 && level.retry_after > Duration::ZERO && level.retry_after <= per);
                        let seconds = level.retry_after_seconds();
                        let mut later = KeyedRateLimiter { rate: buckets.rate, capacity: 1, full_at: buckets.full_at.clone() };
                        prop_assert!(later.acquire(&(), at(time + seconds)).is_ok());
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
