//! Lock-free table of routes with a size limit; routes are never removed.

use super::route::Route;
use foldhash::fast::FixedState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Route of requests without a matched template.
pub const UNMATCHED: &str = "unmatched";

/// Route of requests beyond the route limit, or with a route name of more than 256 bytes.
pub const OTHER: &str = "other";

/// Numbers of the two built-in routes.
const UNMATCHED_NUMBER: u16 = 0;
const OTHER_NUMBER: u16 = 1;
/// Number of built-in routes.
pub(crate) const BUILTIN_ROUTES: usize = 2;

/// Upper bound of the route limit.
const MAX_ROUTES: usize = 10_000;
/// Maximum name length in bytes.
const MAX_NAME_BYTES: usize = 256;

/// Routes, numbered in the order of their first request.
///
/// Hash table with open addressing. Entries are only added, so that readers need no lock: entries stay, and a search
/// ends at the first empty slot.
#[derive(Debug)]
pub(crate) struct Routes {
    /// Route numbers, each in the first free slot from its hash. At most half of the slots are used.
    slots: Box<[OnceLock<u16>]>,
    routes: Box<[OnceLock<Box<Route>>]>,
    /// Number of routes. Written under the lock `adding`.
    len: AtomicUsize,
    adding: Mutex<()>,
}

impl Routes {
    /// Capacity for [`UNMATCHED`], [`OTHER`] and `limit` more, at most 10,000.
    pub(crate) fn new(limit: usize) -> Self {
        let capacity = limit.min(MAX_ROUTES) + BUILTIN_ROUTES;
        let routes = Self {
            slots: (0..(capacity * 2).next_power_of_two()).map(|_| OnceLock::new()).collect(),
            routes: (0..capacity).map(|_| OnceLock::new()).collect(),
            len: AtomicUsize::new(0),
            adding: Mutex::new(()),
        };
        routes.add(UNMATCHED);
        routes.add(OTHER);
        routes
    }

    /// The number of a route; adds a new one.
    pub(crate) fn number(&self, name: Option<&str>) -> u16 {
        let Some(name) = name.filter(|name| !name.is_empty()) else { return UNMATCHED_NUMBER };
        if let Some(number) = self.find(name) {
            return number;
        }
        // Checked before the lock: when the table is full, requests of further routes must not contend.
        if name.len() > MAX_NAME_BYTES || self.len.load(Ordering::Relaxed) == self.routes.len() {
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

    /// The slots where the name may be, in probing order.
    fn search(&self, name: &str) -> impl Iterator<Item = &OnceLock<u16>> {
        // A fixed hash is safe: the cost of crafted collisions is bounded by the limit.
        let start = FixedState::default().hash_one(name) as usize & (self.slots.len() - 1);
        let (before, from) = self.slots.split_at_checked(start).unwrap_or_default();
        from.iter().chain(before)
    }

    fn add(&self, name: &str) -> u16 {
        let _lock = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have added it.
        if let Some(number) = self.find(name) {
            return number;
        }
        let len = self.len.load(Ordering::Relaxed);
        let (Ok(number), Some(place)) = (u16::try_from(len), self.routes.get(len)) else {
            return OTHER_NUMBER;
        };
        let Some(slot) = self.search(name).find(|slot| slot.get().is_none()) else { return OTHER_NUMBER };
        // The route before its number: a reader of the number must find the route.
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
    fn numbers_are_stable_and_surplus_routes_are_other() {
        let routes = Routes::new(2);
        let long = "x".repeat(MAX_NAME_BYTES + 1);
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
    fn any_limit_is_accepted() {
        assert_eq!(Routes::new(0).number(Some("/a")), OTHER_NUMBER);
        assert_eq!(Routes::new(usize::MAX).number(Some("/a")), 2);
    }

    #[test]
    fn concurrent_threads_agree_on_route_numbers() {
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
                assert_eq!(routes.number(Some(name)), number, "{name} has a stable number");
            }
        }
    }

    proptest! {
        #[test]
        fn table_matches_a_plain_model(names in vec("[a-c]{1,3}", 0..60), limit in 0_usize..30) {
            let routes = Routes::new(limit);
            let mut model: Vec<&str> = vec![UNMATCHED, OTHER];
            for name in &names {
                let place = model.iter().position(|known| known == name).or_else(|| {
                    (model.len() < limit + BUILTIN_ROUTES).then(|| {
                        model.push(name);
                        model.len() - 1
                    })
                });
                prop_assert_eq!(usize::from(routes.number(Some(name))), place.unwrap_or(1));
            }
        }
    }
}
