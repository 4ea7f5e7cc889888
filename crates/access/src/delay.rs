//! Guessing passwords gets slower with every failure, for each pair of a name and an address, and never stops for ever: who
//! forgot the password can try again, and nobody can lock another person out from another address.

use std::collections::HashMap;
use std::time::Duration;
use watchglass_model::Timestamp;

/// So many failures cost nothing: people mistype.
const FREE: u32 = 3;
/// The wait after the first failure that costs something. It doubles with each further one.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// After so long without an attempt, failures are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// The most pairs that are remembered: those of an hour, as a rule. The oldest is forgotten for a new one.
const MOST: usize = 10_000;
/// A longer name is of nobody; its beginning is enough to remember it by.
const LONGEST_NAME: usize = 64;

type Who = (String, String);

#[derive(Clone, Copy, Debug)]
struct Attempts {
    count: u32,
    last: Timestamp,
}

/// Who tried to sign in and failed.
#[derive(Debug, Default)]
pub struct Delays {
    failed: HashMap<Who, Attempts>,
}

impl Delays {
    /// Lets an attempt begin, or says how long to wait. Until [`succeeded`](Self::succeeded) it counts as failed, so that
    /// many at once are not faster than one after the other.
    ///
    /// # Errors
    /// The time to wait.
    pub fn attempt(&mut self, name: &str, address: &str, now: Timestamp) -> Result<(), Duration> {
        let who = who(name, address);
        let known = self.failed.get(&who).filter(|known| known.last + FORGOTTEN > now).copied();
        let count = known.map_or(0, |known| known.count);
        if let Some(known) = known {
            let until = known.last + wait(known.count);
            if until > now {
                return Err(Duration::from_millis(u64::try_from(until.millis_since(now)).unwrap_or(0)));
            }
        }
        self.make_room(&who, now);
        self.failed.insert(who, Attempts { count: count.saturating_add(1), last: now });
        Ok(())
    }

    /// Forgets the failures of whoever has shown to know the password.
    pub fn succeeded(&mut self, name: &str, address: &str) {
        self.failed.remove(&who(name, address));
    }

    fn make_room(&mut self, who: &Who, now: Timestamp) {
        if self.failed.len() < MOST || self.failed.contains_key(who) {
            return;
        }
        self.failed.retain(|_, known| known.last + FORGOTTEN > now);
        if self.failed.len() >= MOST
            && let Some(oldest) =
                self.failed.iter().min_by_key(|(_, known)| known.last).map(|(who, _)| who.clone())
        {
            self.failed.remove(&oldest);
        }
    }
}

/// The wait after that many failures.
fn wait(count: u32) -> Duration {
    match count.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(more) => FIRST.saturating_mul(2_u32.saturating_pow(more)).min(LONGEST),
    }
}

fn who(name: &str, address: &str) -> Who {
    (name.chars().take(LONGEST_NAME).collect::<String>().to_ascii_lowercase(), address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000) + Duration::from_secs(seconds)
    }

    #[test]
    fn each_failure_after_the_third_doubles_the_wait() {
        let mut delays = Delays::default();
        for _ in 0..3 {
            assert_eq!(delays.attempt("ada", "a", at(0)), Ok(()));
        }
        let mut time = 0;
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(delays.attempt("ADA", "a", at(time)), Err(Duration::from_secs(expected)));
            time += expected;
            assert_eq!(delays.attempt("ada", "a", at(time)), Ok(()));
        }
        // Others, and the same person elsewhere, do not wait.
        assert_eq!(delays.attempt("ada", "b", at(time)), Ok(()));
        assert_eq!(delays.attempt("bob", "a", at(time)), Ok(()));
    }

    #[test]
    fn a_success_and_an_hour_make_good_for_everything() {
        for success in [true, false] {
            let mut delays = Delays::default();
            for _ in 0..3 {
                delays.attempt("ada", "a", at(0)).unwrap();
            }
            if success {
                delays.succeeded("Ada", "a");
            }
            let start = if success { 0 } else { 3600 };
            for _ in 0..3 {
                assert_eq!(delays.attempt("ada", "a", at(start)), Ok(()), "{success}");
            }
            assert!(delays.attempt("ada", "a", at(start)).is_err(), "{success}");
        }
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let mut delays = Delays::default();
        for number in 0..MOST + 10 {
            delays.attempt(&number.to_string(), "a", at(0)).unwrap();
        }
        assert_eq!(delays.failed.len(), MOST);
        delays.attempt("later", "a", at(4000)).unwrap();
        assert_eq!(delays.failed.len(), 1);
    }

    proptest! {
        /// However somebody tries, the next attempt is possible within a quarter of an hour, and an hour of guessing gives
        /// only a few.
        #[test]
        fn never_for_ever_and_never_fast(pauses in prop::collection::vec(0_u64..5, 1..4000)) {
            let mut delays = Delays::default();
            let (mut time, mut tried) = (0, 0);
            for pause in pauses {
                time += pause;
                if time >= 3600 {
                    break;
                }
                match delays.attempt("ada", "a", at(time)) {
                    Ok(()) => tried += 1,
                    Err(wait) => prop_assert!(wait <= LONGEST && wait > Duration::ZERO),
                }
            }
            prop_assert!(tried <= 3 + 12 + 4, "{} attempts", tried);
        }
    }
}
