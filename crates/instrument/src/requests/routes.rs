//! The routes met so far: found without a lock, never forgotten, no more than a limit.

use super::route::Route;
use foldhash::fast::FixedState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The route of requests that no template matched.
pub const UNMATCHED: &str = "unmatched";

/// The route of requests whose route would have been one too many, or has a name of more than 256 bytes.
pub const OTHER: &str = "other";

/// Numbers of the two that are always there.
const UNMATCHED_NUMBER: u16 = 0;
const OTHER_NUMBER: u16 = 1;
/// How many those are.
pub(crate) const ALWAYS: usize = 2;

/// The most routes there can be, whatever limit is asked for.
const MOST: usize = 10_000;
/// The longest name in bytes.
const LONGEST_NAME: usize = 256;

/// The routes met so far, numbered in the order of their first request.
///
/// A table of hashes with open addressing. Entries are only ever added, so that a reader needs no lock: what it
/// finds stays, and a search ends at the first slot that was never filled.
#[derive(Debug)]
pub(crate) struct Routes {
    /// Numbers of routes, each in the first free slot from where its hash points. At most half are filled.
    slots: Box<[OnceLock<u16>]>,
    routes: Box<[OnceLock<Box<Route>>]>,
    /// How many routes there are. Written under the lock of `adding`.
    len: AtomicUsize,
    adding: Mutex<()>,
}

impl Routes {
    /// Room for [`UNMATCHED`], [`OTHER`] and `limit` more, 10,000 at most.
    pub(crate) fn new(limit: usize) -> Self {
        let most = limit.min(MOST) + ALWAYS;
        let routes = Self {
            slots: (0..(most * 2).next_power_of_two()).map(|_| OnceLock::new()).collect(),
            routes: (0..most).map(|_| OnceLock::new()).collect(),
            len: AtomicUsize::new(0),
            adding: Mutex::new(()),
        };
        routes.add(UNMATCHED);
        routes.add(OTHER);
        routes
    }

    /// The number of the route of that name, which is added when it is new.
    pub(crate) fn number(&self, name: Option<&str>) -> u16 {
        let Some(name) = name.filter(|name| !name.is_empty()) else { return UNMATCHED_NUMBER };
        if let Some(number) = self.find(name) {
            return number;
        }
        // Asked before the lock: once it is full, requests of further routes must not wait for each other.
        if name.len() > LONGEST_NAME || self.len.load(Ordering::Relaxed) == self.routes.len() {
            return OTHER_NUMBER;
        }
        self.add(name)
    }

    /// The route with that number.
    pub(crate) fn get(&self, number: u16) -> Option<&Route> {
        self.routes.get(usize::from(number)).and_then(OnceLock::get).map(Box::as_ref)
    }

    /// All routes, in the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().map_while(OnceLock::get).map(Box::as_ref)
    }

    fn find(&self, name: &str) -> Option<u16> {
        self.search(name)
            .map_while(OnceLock::get)
            .copied()
            .find(|&number| self.get(number).is_some_and(|route| route.name().as_ref() == name))
    }

    /// The slots in which that name may stand, in the order in which they are tried.
    fn search(&self, name: &str) -> impl Iterator<Item = &OnceLock<u16>> {
        // A fixed hash will do: what it may cost to meet names made to collide is bounded by the limit.
        let start = FixedState::default().hash_one(name) as usize & (self.slots.len() - 1);
        let (before, from) = self.slots.split_at_checked(start).unwrap_or_default();
        from.iter().chain(before)
    }

    fn add(&self, name: &str) -> u16 {
        let _lock = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        // Another request may have been quicker.
        if let Some(number) = self.find(name) {
            return number;
        }
        let len = self.len.load(Ordering::Relaxed);
        let (Ok(number), Some(place)) = (u16::try_from(len), self.routes.get(len)) else {
            return OTHER_NUMBER;
        };
        let Some(slot) = self.search(name).find(|slot| slot.get().is_none()) else { return OTHER_NUMBER };
        // The route first: who finds its number must find the route.
        place.get_or_init(|| Box::new(Route::new(name)));
        slot.get_or_init(|| number);
        self.len.store(len + 1, Ordering::Relaxed);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::thread;

    fn names(routes: &Routes) -> Vec<&str> {
        routes.iter().map(|route| route.name().as_ref()).collect()
    }

    #[test]
    fn numbers_stay_and_what_is_too_much_is_other() {
        let routes = Routes::new(2);
        let long = "x".repeat(LONGEST_NAME + 1);
        for _ in 0..2 {
            for (name, expected) in [
                (Some("/a"), 2),
                (None, UNMATCHED_NUMBER),
                (Some(""), UNMATCHED_NUMBER),
                (Some(long.as_str()), OTHER_NUMBER),
                (Some("/b"), 3),
                (Some("/c"), OTHER_NUMBER),
                (Some("unmatched"), UNMATCHED_NUMBER),
                (Some("other"), OTHER_NUMBER),
            ] {
                assert_eq!(routes.number(name), expected, "{name:?}");
            }
        }
        assert_eq!(names(&routes), ["unmatched", "other", "/a", "/b"]);
        assert!(routes.get(4).is_none() && routes.get(u16::MAX).is_none());
    }

    #[test]
    fn a_limit_of_any_size_is_taken() {
        assert_eq!(Routes::new(0).number(Some("/a")), OTHER_NUMBER);
        assert_eq!(Routes::new(usize::MAX).number(Some("/a")), 2);
    }

    #[test]
    fn threads_that_meet_a_route_at_once_agree_on_its_number() {
        let routes = Routes::new(50);
        let names: Vec<String> = (0..100).map(|number| format!("/route/{number}")).collect();
        let seen: Vec<Vec<u16>> = thread::scope(|scope| {
            let meet = || names.iter().map(|name| routes.number(Some(name))).collect();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(meet)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(routes.iter().count(), 52);
        for numbers in seen {
            for (name, number) in names.iter().zip(numbers) {
                let found = routes.get(number).unwrap().name();
                assert!(found.as_ref() == name || number == OTHER_NUMBER, "{name} is {found}");
                assert_eq!(routes.number(Some(name)), number, "{name} keeps its number");
            }
        }
    }

    proptest! {
        #[test]
        fn is_a_map_that_takes_the_first_names(names in vec("[a-c]{1,3}", 0..60), limit in 0_usize..30) {
            let routes = Routes::new(limit);
            let mut model: Vec<&str> = vec![UNMATCHED, OTHER];
            for name in &names {
                let place = model.iter().position(|known| known == name).or_else(|| {
                    (model.len() < limit + ALWAYS).then(|| {
                        model.push(name);
                        model.len() - 1
                    })
                });
                prop_assert_eq!(usize::from(routes.number(Some(name))), place.unwrap_or(1));
            }
        }
    }
}
