//! Login throttling: exponential backoff per pair of user name and source, which is an address or a known browser. It never
//! locks permanently, so users can retry, and nobody can lock out a user from another address, or a known browser at all.
//!
//! Time is monotonic: a clock that is set back must not make a delay longer.

use std::collections::HashMap;
use std::time::Duration;

/// Failures without a delay, for typing errors.
const FREE_FAILURES: u32 = 3;
/// First delay. It doubles with each further failure.
const MIN_DELAY: Duration = Duration::from_secs(1);
/// Maximum delay.
const MAX_DELAY: Duration = Duration::from_secs(15 * 60);
/// Failures are forgotten after this time without an attempt.
const RESET_AFTER: Duration = Duration::from_secs(3600);
/// Maximum stored pairs: usually those of the last hour. The one with the fewest failures is evicted.
const MAX_ENTRIES: usize = 10_000;
/// Stored characters of a name; no user has a longer one.
const MAX_NAME: usize = 64;

type Key = (String, String);

#[derive(Clone, Copy, Debug)]
struct Attempts {
    count: u32,
    last: Duration,
}

/// Failed login attempts.
#[derive(Debug, Default)]
pub struct LoginThrottle {
    failed: HashMap<Key, Attempts>,
}

impl LoginThrottle {
    /// Registers an attempt. It counts as failed until [`succeeded`](Self::succeeded), so that parallel attempts are not
    /// faster than sequential ones.
    ///
    /// # Errors
    /// The remaining delay.
    pub fn try_login(&mut self, name: &str, source: &str, now: Duration) -> Result<(), Duration> {
        let key = key(name, source);
        let known = self.failed.get(&key).filter(|known| known.last + RESET_AFTER > now).copied();
        let count = known.map_or(0, |known| known.count);
        if let Some(known) = known {
            let until = known.last + delay(known.count);
            if until > now {
                return Err(until.saturating_sub(now));
            }
        }
        self.evict(&key, now);
        self.failed.insert(key, Attempts { count: count.saturating_add(1), last: now });
        Ok(())
    }

    /// Resets the failures after a correct password.
    pub fn succeeded(&mut self, name: &str, source: &str) {
        self.failed.remove(&key(name, source));
    }

    /// Takes an attempt back whose password was not checked.
    pub fn cancelled(&mut self, name: &str, source: &str) {
        let key = key(name, source);
        if let Some(known) = self.failed.get_mut(&key) {
            known.count = known.count.saturating_sub(1);
            if known.count == 0 {
                self.failed.remove(&key);
            }
        }
    }

    fn evict(&mut self, key: &Key, now: Duration) {
        if self.failed.len() < MAX_ENTRIES || self.failed.contains_key(key) {
            return;
        }
        self.failed.retain(|_, known| known.last + RESET_AFTER > now);
        // Those with the fewest failures first: attempts with many names must not end the delay of another one.
        let least = |(_, known): &(&Key, &Attempts)| (known.count, known.last);
        if self.failed.len() >= MAX_ENTRIES
            && let Some(evicted) = self.failed.iter().min_by_key(least).map(|(key, _)| key.clone())
        {
            self.failed.remove(&evicted);
        }
    }
}

/// Delay after so many failures.
fn delay(count: u32) -> Duration {
    match count.checked_sub(FREE_FAILURES) {
        None => Duration::ZERO,
        Some(more) => MIN_DELAY.saturating_mul(2_u32.saturating_pow(more)).min(MAX_DELAY),
    }
}

fn key(name: &str, source: &str) -> Key {
    (name.chars().take(MAX_NAME).collect::<String>().to_ascii_lowercase(), source.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn delay_doubles_after_the_third_failure() {
        let mut throttle = LoginThrottle::default();
        for _ in 0..3 {
            assert_eq!(throttle.try_login("ada", "a", at(0)), Ok(()));
        }
        let mut time = 0;
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(throttle.try_login("ADA", "a", at(time)), Err(Duration::from_secs(expected)));
            time += expected;
            assert_eq!(throttle.try_login("ada", "a", at(time)), Ok(()));
        }
        // Other users, and the same user from another address, are not delayed.
        assert_eq!(throttle.try_login("ada", "b", at(time)), Ok(()));
        assert_eq!(throttle.try_login("bob", "a", at(time)), Ok(()));
    }

    #[test]
    fn success_or_an_hour_resets_failures() {
        for success in [true, false] {
            let mut throttle = LoginThrottle::default();
            for _ in 0..3 {
                throttle.try_login("ada", "a", at(0)).unwrap();
            }
            if success {
                throttle.succeeded("Ada", "a");
            }
            let start = if success { 0 } else { 3600 };
            for _ in 0..3 {
                assert_eq!(throttle.try_login("ada", "a", at(start)), Ok(()), "{success}");
            }
            assert!(throttle.try_login("ada", "a", at(start)).is_err(), "{success}");
        }
    }

    #[test]
    fn cancelled_attempts_do_not_count() {
        let mut throttle = LoginThrottle::default();
        for _ in 0..20 {
            throttle.try_login("ada", "a", at(0)).unwrap();
            throttle.cancelled("Ada", "a");
        }
        assert!(throttle.failed.is_empty());
        while throttle.try_login("ada", "a", at(0)).is_ok() {}
        throttle.try_login("ada", "a", at(1)).unwrap();
        throttle.cancelled("ada", "a");
        assert_eq!(throttle.try_login("ada", "a", at(1)), Err(Duration::from_secs(1)), "as before");
    }

    #[test]
    fn stored_entries_are_bounded() {
        let mut throttle = LoginThrottle::default();
        for number in 0..MAX_ENTRIES + 10 {
            throttle.try_login(&number.to_string(), "a", at(0)).unwrap();
        }
        assert_eq!(throttle.failed.len(), MAX_ENTRIES);
        throttle.try_login("later", "a", at(4000)).unwrap();
        assert_eq!(throttle.failed.len(), 1);
    }

    #[test]
    fn attempts_with_many_names_do_not_end_the_delay_of_another_one() {
        let mut throttle = LoginThrottle::default();
        for _ in 0..5 {
            let _ = throttle.try_login("ada", "a", at(0));
        }
        for number in 0..2 * MAX_ENTRIES {
            throttle.try_login(&number.to_string(), "a", at(0)).unwrap();
        }
        assert!(throttle.try_login("ada", "a", at(0)).is_err());
        assert_eq!(throttle.failed.len(), MAX_ENTRIES);
    }

    proptest! {
        /// For any pattern of attempts, the delay is at most 15 minutes, and an hour allows only a few attempts.
        #[test]
        fn delay_is_bounded_and_guessing_is_slow(pauses in prop::collection::vec(0_u64..5, 1..4000)) {
            let mut throttle = LoginThrottle::default();
            let (mut time, mut tried) = (0, 0);
            for pause in pauses {
                time += pause;
                if time >= 3600 {
                    break;
                }
                match throttle.try_login("ada", "a", at(time)) {
                    Ok(()) => tried += 1,
                    Err(wait) => prop_assert!(wait <= MAX_DELAY && wait > Duration::ZERO),
                }
            }
            prop_assert!(tried <= 3 + 12 + 4, "{} attempts", tried);
        }
    }
}
