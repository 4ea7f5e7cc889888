//! Connection limiter: in total and per address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The limit that a connection would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LimitReached {
    /// The limit of all connections.
    Total,
    /// The limit of connections from one address.
    PerAddress,
}

/// Counts open connections.
#[derive(Debug)]
pub(crate) struct ConnectionLimiter {
    max_total: usize,
    max_per_address: usize,
    open: Mutex<OpenConnections>,
}

#[derive(Debug, Default)]
struct OpenConnections {
    total: usize,
    /// No count is zero.
    by_address: HashMap<IpAddr, usize>,
}

/// Permit for a connection, released when it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionPermit {
    limiter: Arc<ConnectionLimiter>,
    address: Option<IpAddr>,
}

impl ConnectionLimiter {
    /// A limiter for `max_total` connections, at most `max_per_address` of them from one address.
    pub(crate) fn new(max_total: usize, max_per_address: usize) -> Self {
        Self { max_total, max_per_address, open: Mutex::default() }
    }

    /// A permit for a connection from `address`. An address that many clients share, such as a proxy's, has no limit of its own.
    pub(super) fn acquire(
        self: &Arc<Self>,
        address: IpAddr,
        is_shared: bool,
    ) -> Result<ConnectionPermit, LimitReached> {
        let address = (!is_shared).then(|| subscriber(address));
        let mut open = self.open();
        if open.total >= self.max_total {
            return Err(LimitReached::Total);
        }
        if let Some(address) = address {
            let count = open.by_address.entry(address).or_default();
            if *count >= self.max_per_address {
                return Err(LimitReached::PerAddress);
            }
            *count += 1;
        }
        open.total += 1;
        Ok(ConnectionPermit { limiter: Arc::clone(self), address })
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut open = self.limiter.open();
        open.total = open.total.saturating_sub(1);
        let Some(address) = self.address else { return };
        if let Some(count) = open.by_address.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}

/// The addresses of one subscriber: a single IPv4 address, or an IPv6 /64 prefix
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
    fn connections_are_limited_in_total_and_per_address() {
        let limiter = Arc::new(ConnectionLimiter::new(4, 2));
        let take = |from: &str, is_shared| limiter.acquire(address(from), is_shared);
        let one = take("192.0.2.1", false).unwrap();
        let _two = take("192.0.2.1", false).unwrap();
        assert_eq!(take("192.0.2.1", false).unwrap_err(), LimitReached::PerAddress);
        // A proxy's address is shared by many clients.
        let _three = take("192.0.2.1", true).unwrap();
        drop(one);
        let _one = take("192.0.2.1", false).unwrap();
        let four = take("192.0.2.2", false).unwrap();
        assert_eq!(take("192.0.2.3", false).unwrap_err(), LimitReached::Total);
        drop(four);
        assert!(take("192.0.2.3", false).is_ok());
    }

    #[test]
    fn an_ipv6_prefix_counts_as_one_address() {
        let limiter = Arc::new(ConnectionLimiter::new(10, 1));
        let _one = limiter.acquire(address("2001:db8:0:1::1"), false).unwrap();
        assert_eq!(
            limiter.acquire(address("2001:db8:0:1:ffff::2"), false).unwrap_err(),
            LimitReached::PerAddress
        );
        assert!(limiter.acquire(address("2001:db8:0:2::1"), false).is_ok());
    }

    proptest! {
        #[test]
        fn released_permits_are_available_again(steps in proptest::collection::vec((0u8..3, any::<bool>(), any::<bool>()), 0..60)) {
            let limiter = Arc::new(ConnectionLimiter::new(6, 3));
            let mut permits = Vec::new();
            for (from, is_shared, releases) in steps {
                if releases {
                    permits.pop();
                } else if let Ok(permit) = limiter.acquire([192, 0, 2, from].into(), is_shared) {
                    permits.push(permit);
                }
                prop_assert!(limiter.open().total == permits.len() && permits.len() <= 6);
            }
            drop(permits);
            prop_assert!(limiter.open().total == 0 && limiter.open().by_address.is_empty());
        }
    }
}
