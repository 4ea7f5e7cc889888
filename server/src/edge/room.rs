//! How many connections there may be: in all, and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why there is no room for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// There are as many as can be.
    All,
    /// There are as many as can be from this address.
    Address,
}

/// Counts connections.
#[derive(Debug)]
pub(crate) struct Room {
    /// The most there may be.
    most: usize,
    /// The most there may be from one address.
    most_of_one: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// None of them is zero.
    by_address: HashMap<IpAddr, usize>,
}

/// A place for a connection; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    room: Arc<Room>,
    address: Option<IpAddr>,
}

impl Room {
    /// Room for `most` connections, `most_of_one` of them from one address.
    pub(crate) fn new(most: usize, most_of_one: usize) -> Self {
        Self { most, most_of_one, taken: Mutex::default() }
    }

    /// A place for a connection from `address`. Where that stands for many people, such as a proxy's, it is not counted by address.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr, is_many: bool) -> Result<Place, Full> {
        let address = (!is_many).then(|| subscriber(address));
        let mut taken = self.taken();
        if taken.all >= self.most {
            return Err(Full::All);
        }
        if let Some(address) = address {
            let count = taken.by_address.entry(address).or_default();
            if *count >= self.most_of_one {
                return Err(Full::Address);
            }
            *count += 1;
        }
        taken.all += 1;
        Ok(Place { room: Arc::clone(self), address })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.room.taken();
        taken.all = taken.all.saturating_sub(1);
        let Some(address) = self.address else { return };
        if let Some(count) = taken.by_address.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

/// What one subscriber of a network has: an address of IPv4, or all of IPv6 that begin with the same 64 bits
/// ([RFC 6177, section 2](https://www.rfc-editor.org/rfc/rfc6177#section-2)).
fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn there_is_room_for_so_many_in_all_and_from_one_address() {
        let room = Arc::new(Room::new(4, 2));
        let take = |from: &str, is_many| room.take(address(from), is_many);
        let one = take("192.0.2.1", false).unwrap();
        let _two = take("192.0.2.1", false).unwrap();
        assert_eq!(take("192.0.2.1", false).unwrap_err(), Full::Address);
        // A proxy stands for many.
        let _three = take("192.0.2.1", true).unwrap();
        drop(one);
        let _one = take("192.0.2.1", false).unwrap();
        let four = take("192.0.2.2", false).unwrap();
        assert_eq!(take("192.0.2.3", false).unwrap_err(), Full::All);
        drop(four);
        assert!(take("192.0.2.3", false).is_ok());
    }

    #[test]
    fn whoever_has_a_network_of_ipv6_has_one_address() {
        let room = Arc::new(Room::new(10, 1));
        let _one = room.take(address("2001:db8:0:1::1"), false).unwrap();
        assert_eq!(room.take(address("2001:db8:0:1:ffff::2"), false).unwrap_err(), Full::Address);
        assert!(room.take(address("2001:db8:0:2::1"), false).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_given_back_is_there_again(steps in proptest::collection::vec((0u8..3, any::<bool>(), any::<bool>()), 0..60)) {
            let room = Arc::new(Room::new(6, 3));
            let mut places = Vec::new();
            for (from, is_many, gives_back) in steps {
                if gives_back {
                    places.pop();
                } else if let Ok(place) = room.take([192, 0, 2, from].into(), is_many) {
                    places.push(place);
                }
                prop_assert!(room.taken().all == places.len() && places.len() <= 6);
            }
            drop(places);
            prop_assert!(room.taken().all == 0 && room.taken().by_address.is_empty());
        }
    }
}
