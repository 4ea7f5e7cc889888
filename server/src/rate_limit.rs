//! Rate limiter per client. Each class of request has a limit of its own: a client that has used up the REST API can still
//! load pages.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use watchglass_auth::{Credential, Digest, KeyedRateLimiter, Principal, Quota, Rate};
use watchglass_model::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// The largest limit that can be set; use `off` for more.
const MAX_LIMIT: u32 = 1_000_000_000;

/// Class of requests with a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum LimitClass {
    /// The REST API without authentication, per address.
    RestAnonymous,
    /// The REST API, per user or token.
    Rest,
    /// Failed sign-ins, per address.
    SignIn,
    /// New live connections.
    Live,
    /// Pages, with their files, fragments and server functions.
    Pages,
    /// Reports of applications.
    Ingest,
    /// Scrapes of `/metrics`.
    Metrics,
}

impl LimitClass {
    /// All classes.
    pub(crate) const ALL: [Self; 7] =
        [Self::RestAnonymous, Self::Rest, Self::SignIn, Self::Live, Self::Pages, Self::Ingest, Self::Metrics];

    /// The setting of the limit.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RestAnonymous => "limits.rest_anonymous",
            Self::Rest => "limits.rest",
            Self::SignIn => "limits.sign_in",
            Self::Live => "limits.live",
            Self::Pages => "limits.pages",
            Self::Ingest => "limits.ingest",
            Self::Metrics => "limits.metrics",
        }
    }

    /// The default limit.
    pub(crate) const fn default_count(self) -> u32 {
        match self {
            Self::RestAnonymous | Self::SignIn => 100,
            Self::Rest => 1000,
            // Enough for the largest number of open pages to reconnect at once after a restart.
            Self::Live | Self::Pages => 12_000,
            // A thousand processes that report once per second.
            Self::Ingest => 60_000,
            Self::Metrics => 6000,
        }
    }

    /// The time window of the limit.
    const fn window(self) -> Duration {
        match self {
            Self::RestAnonymous | Self::Rest | Self::SignIn => HOUR,
            Self::Live | Self::Pages | Self::Ingest | Self::Metrics => MINUTE,
        }
    }

    /// What is counted, and per whom.
    fn description(self) -> &'static str {
        match self {
            Self::RestAnonymous => "requests per hour and address without a token or session",
            Self::Rest => "requests per hour and user or token",
            Self::SignIn => "failed sign-ins per hour and address",
            Self::Live => "new live connections per minute",
            Self::Pages => "page requests per minute",
            Self::Ingest => "reports per minute and token",
            Self::Metrics => "scrapes per minute",
        }
    }
}

/// The configured limits.
#[derive(Clone, Debug, Default)]
pub(crate) struct RateLimits {
    /// `None` for no limit.
    set: BTreeMap<LimitClass, Option<u32>>,
}

impl RateLimits {
    /// Sets a limit: a number, or `off`.
    ///
    /// # Errors
    /// The accepted form.
    pub(crate) fn set(&mut self, limit: LimitClass, value: &str) -> Result<(), String> {
        let count = match value.trim() {
            "off" | "0" => None,
            number => match number.parse() {
                Ok(count) if count <= MAX_LIMIT => Some(count),
                _ => {
                    return Err(format!(
                        "{value:?} must be a whole number from 1 to {MAX_LIMIT}, or 0 or \"off\" for no limit"
                    ));
                }
            },
        };
        self.set.insert(limit, count);
        Ok(())
    }

    /// `None` for no limit.
    fn count(&self, limit: LimitClass) -> Option<u32> {
        self.set.get(&limit).copied().unwrap_or(Some(limit.default_count()))
    }
}

/// Key of the rate limiter: requests with the same key are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Caller {
    /// Unauthenticated clients of an address; for IPv6 of its /64 prefix, which belongs to one subscriber.
    Address(IpAddr),
    /// A user with all their sessions.
    User(String),
    /// An API token.
    Token(Digest),
}

/// Rate limiters of all classes.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    buckets: BTreeMap<LimitClass, Mutex<KeyedRateLimiter<Caller>>>,
}

/// A request that was counted.
#[derive(Debug)]
pub(crate) struct Permit<'l> {
    limiter: &'l RateLimiter,
    class: LimitClass,
    caller: Caller,
    /// The remaining quota; `None` if there is no limit.
    pub(crate) quota: Option<Quota>,
}

/// A request over the limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exceeded {
    class: LimitClass,
    /// The exhausted quota.
    pub(crate) quota: Quota,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class: limit, quota: level } = self;
        write!(
            f,
            "Rate limit exceeded: {} {} ({}); try again in {} s",
            level.limit,
            limit.description(),
            limit.name(),
            level.retry_after_seconds()
        )
    }
}

impl RateLimiter {
    /// Rate limiters with these limits.
    pub(crate) fn new(limits: &RateLimits) -> Self {
        let bucket = |limit: LimitClass| {
            let rate = Rate { count: limits.count(limit)?, per: limit.window() };
            Some((limit, Mutex::new(KeyedRateLimiter::new(rate))))
        };
        Self { buckets: LimitClass::ALL.into_iter().filter_map(bucket).collect() }
    }

    /// Counts a request of a principal, or of an unauthenticated client, from that address.
    ///
    /// # Errors
    /// The limit is exceeded.
    pub(crate) fn acquire(
        &self,
        limit: LimitClass,
        pass: Option<&Principal>,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Permit<'_>, Exceeded> {
        let caller = match pass {
            // Sign-ins count per address: a client that guesses passwords may be signed in as another user.
            Some(pass) if limit != LimitClass::SignIn => match pass.credential {
                Credential::Token(digest) => Caller::Token(digest),
                Credential::Session(_) => Caller::User(pass.name.clone()),
            },
            _ => Caller::Address(network(address)),
        };
        let level = match self.bucket(limit) {
            Some(mut bucket) => {
                Some(bucket.acquire(&caller, now).map_err(|level| Exceeded { class: limit, quota: level })?)
            }
            None => None,
        };
        Ok(Permit { limiter: self, class: limit, caller, quota: level })
    }

    fn bucket(&self, limit: LimitClass) -> Option<MutexGuard<'_, KeyedRateLimiter<Caller>>> {
        Some(self.buckets.get(&limit)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Permit<'_> {
    /// The class it was counted for.
    pub(crate) fn class(&self) -> LimitClass {
        self.class
    }

    /// Returns the request to the quota: it should not count.
    pub(crate) fn refund(&self) {
        if let Some(mut bucket) = self.limiter.bucket(self.class) {
            bucket.release(&self.caller);
        }
    }
}

/// The address; for IPv6 its /64 prefix.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_auth::{Role, Secret};

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn limiter(settings: &[(LimitClass, &str)]) -> RateLimiter {
        let mut limits = RateLimits::default();
        for (limit, value) in settings {
            limits.set(*limit, value).unwrap();
        }
        RateLimiter::new(&limits)
    }

    fn pass(name: &str, by: Credential) -> Principal {
        Principal { role: Role::Viewer, name: name.to_owned(), credential: by }
    }

    /// How many of 200 requests at once are accepted.
    fn passing(limiter: &RateLimiter, limit: LimitClass, pass: Option<&Principal>, address: &str) -> u32 {
        let address = address.parse().unwrap();
        (0..200).map(|_| u32::from(limiter.acquire(limit, pass, address, NOW).is_ok())).sum()
    }

    #[test]
    fn callers_have_a_quota_per_class() {
        let limiter =
            limiter(&[(LimitClass::RestAnonymous, "3"), (LimitClass::Rest, "5"), (LimitClass::SignIn, "4")]);
        let token = |number| Credential::Token(Secret::new([number; 32]).digest());
        let session = |number| Credential::Session(Secret::new([number; 32]).digest());
        let (one, other) = (pass("t", token(1)), pass("t", token(2)));
        let (ada, again, bob) = (pass("ada", session(3)), pass("ada", session(4)), pass("bob", session(5)));
        for (limit, pass, address, expected) in [
            (LimitClass::RestAnonymous, None, "192.0.2.1", 3),
            (LimitClass::RestAnonymous, None, "192.0.2.1", 0),
            (LimitClass::RestAnonymous, None, "::ffff:192.0.2.1", 0),
            (LimitClass::RestAnonymous, None, "192.0.2.2", 3),
            (LimitClass::RestAnonymous, None, "2001:db8:1:2:3::4", 3),
            (LimitClass::RestAnonymous, None, "2001:db8:1:2:5::6", 0),
            (LimitClass::RestAnonymous, None, "2001:db8:1:3::", 3),
            // Tokens are counted one by one, users with all their sessions, from any address.
            (LimitClass::Rest, Some(&one), "192.0.2.1", 5),
            (LimitClass::Rest, Some(&one), "192.0.2.2", 0),
            (LimitClass::Rest, Some(&other), "192.0.2.1", 5),
            (LimitClass::Rest, Some(&ada), "192.0.2.1", 5),
            (LimitClass::Rest, Some(&again), "192.0.2.1", 0),
            (LimitClass::Rest, Some(&bob), "192.0.2.1", 5),
            // None of these uses up the quota of pages.
            (LimitClass::Pages, Some(&one), "192.0.2.1", 200),
            (LimitClass::Live, Some(&one), "192.0.2.1", 200),
            // Sign-ins are counted per address, also for signed-in users.
            (LimitClass::SignIn, Some(&ada), "192.0.2.1", 4),
            (LimitClass::SignIn, None, "192.0.2.1", 0),
        ] {
            assert_eq!(passing(&limiter, limit, pass, address), expected, "{limit:?} {pass:?} {address}");
        }
    }

    #[test]
    fn zero_and_off_mean_no_limit() {
        for value in ["off", "0", " off "] {
            let limiter = limiter(&[(LimitClass::RestAnonymous, value)]);
            assert_eq!(passing(&limiter, LimitClass::RestAnonymous, None, "192.0.2.1"), 200, "{value:?}");
        }
        for value in ["", "-1", "none", "1.5", "1000000001", "99999999999"] {
            let error = RateLimits::default().set(LimitClass::Rest, value).unwrap_err();
            assert!(error.contains("whole number from 1 to 1000000000"), "{error}");
        }
    }

    #[test]
    fn default_limits_match_the_requirements() {
        let limiter = limiter(&[]);
        assert_eq!(passing(&limiter, LimitClass::RestAnonymous, None, "192.0.2.1"), 100);
        assert_eq!((LimitClass::Rest.default_count(), LimitClass::Rest.window()), (1000, HOUR));
        let exceeded =
            limiter.acquire(LimitClass::RestAnonymous, None, "192.0.2.1".parse().unwrap(), NOW).unwrap_err();
        assert_eq!(
            exceeded.to_string(),
            "Rate limit exceeded: 100 requests per hour and address without a token or session \
             (limits.rest_anonymous); try again in 36 s"
        );
    }

    #[test]
    fn returned_requests_are_not_counted() {
        let limiter = limiter(&[(LimitClass::SignIn, "1"), (LimitClass::Live, "off")]);
        let address = "192.0.2.1".parse().unwrap();
        for _ in 0..3 {
            limiter.acquire(LimitClass::SignIn, None, address, NOW).unwrap().refund();
            limiter.acquire(LimitClass::Live, None, address, NOW).unwrap().refund();
        }
        assert_eq!(passing(&limiter, LimitClass::SignIn, None, "192.0.2.1"), 1);
    }
}
