//! Rate limiter per client. Each class of request has a limit of its own: a client that has used up the REST API can still
//! load pages.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use watchglass_auth::{Credential, Digest, KeyedRateLimiter, KnownBrowser, Principal, Quota, Rate};

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
    /// Failed sign-ins, per user name and address or known browser.
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
            Self::SignIn => "failed sign-ins per hour, user name and address or known browser",
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
pub(crate) enum Caller {
    /// Unauthenticated clients of an address; for IPv6 of its /64 prefix, which belongs to one subscriber.
    Address(IpAddr),
    /// A user with all their sessions.
    User(String),
    /// An API token.
    Token(Digest),
    /// A browser from which users have signed in before, by its id: others behind the same address must not use up its limit.
    Browser(String),
    /// Failed sign-ins as a user from an address or a known browser: a client must not use up the limit of another user behind
    /// the same address.
    SignIn { name: String, source: String },
}

impl Caller {
    /// The principal of a request, or else the known browser, or else the address.
    pub(crate) fn new(pass: Option<&Principal>, browser: Option<&KnownBrowser>, address: IpAddr) -> Self {
        match (pass, browser) {
            (Some(pass), _) => match pass.credential {
                Credential::Token(digest) => Self::Token(digest),
                Credential::Session(_) => Self::User(pass.name.clone()),
            },
            (None, Some(browser)) => Self::Browser(browser.id().to_owned()),
            (None, None) => Self::Address(network(address)),
        }
    }
}

/// Stored bytes of a user name; no user has a longer one.
const MAX_NAME_BYTES: usize = 64;

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

    /// Counts a request.
    ///
    /// # Errors
    /// The limit is exceeded.
    pub(crate) fn acquire(
        &self,
        limit: LimitClass,
        caller: Caller,
        now: Duration,
    ) -> Result<Permit<'_>, Exceeded> {
        let level = match self.bucket(limit) {
            Some(mut bucket) => {
                Some(bucket.acquire(&caller, now).map_err(|level| Exceeded { class: limit, quota: level })?)
            }
            None => None,
        };
        Ok(Permit { limiter: self, class: limit, caller, quota: level })
    }

    /// Counts a sign-in as failed, until it is refunded. `source` is the address or the known browser.
    ///
    /// # Errors
    /// The limit is exceeded.
    pub(crate) fn acquire_sign_in(
        &self,
        name: &str,
        source: String,
        now: Duration,
    ) -> Result<Permit<'_>, Exceeded> {
        let mut name = name.to_ascii_lowercase();
        name.truncate(name.floor_char_boundary(MAX_NAME_BYTES));
        self.acquire(LimitClass::SignIn, Caller::SignIn { name, source }, now)
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
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

#[cfg(test)]
#[path = "rate_limit_tests.rs"]
mod tests;
