//! How often whoever calls may call. Each kind of call has a limit of its own, so that none is starved by another: who has used
//! up the REST API still has the pages.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use watchglass_access::{Buckets, By, Digest, Level, Pass, Rate};
use watchglass_model::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// The largest limit that can be set. What is to be larger is to be `off`.
const LARGEST: u32 = 1_000_000_000;

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Limit {
    /// The public REST API, by nobody who is known: each address.
    RestAnonymous,
    /// The public REST API, by each person and each token.
    Rest,
    /// Attempts to sign in that fail, from each address.
    SignIn,
    /// Opening live connections.
    Live,
    /// What the pages need: themselves, their files, fragments and server functions.
    Pages,
    /// Reports of applications.
    Ingest,
    /// Scrapes.
    Metrics,
}

impl Limit {
    /// All of them.
    pub(crate) const ALL: [Self; 7] =
        [Self::RestAnonymous, Self::Rest, Self::SignIn, Self::Live, Self::Pages, Self::Ingest, Self::Metrics];

    /// The setting that says how many.
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

    /// How many, unless something else is set.
    pub(crate) const fn usual(self) -> u32 {
        match self {
            Self::RestAnonymous | Self::SignIn => 100,
            Self::Rest => 1000,
            // Room for as many pages as there may be at all, when all of them come back after a restart.
            Self::Live | Self::Pages => 12_000,
            // A thousand processes that report once a second.
            Self::Ingest => 60_000,
            Self::Metrics => 6000,
        }
    }

    /// Within how long.
    const fn per(self) -> Duration {
        match self {
            Self::RestAnonymous | Self::Rest | Self::SignIn => HOUR,
            Self::Live | Self::Pages | Self::Ingest | Self::Metrics => MINUTE,
        }
    }

    /// What is counted, and for whom.
    fn words(self) -> &'static str {
        match self {
            Self::RestAnonymous => "requests an hour from an address without a token or session",
            Self::Rest => "requests an hour for each person and each token",
            Self::SignIn => "failed attempts to sign in an hour from an address",
            Self::Live => "live connections opened a minute",
            Self::Pages => "requests for pages and their parts a minute",
            Self::Ingest => "reports a minute for each token",
            Self::Metrics => "scrapes a minute",
        }
    }
}

/// How many of each kind, as it was set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    /// Nothing for no limit.
    set: BTreeMap<Limit, Option<u32>>,
}

impl Limits {
    /// Takes over a value: a number, or `off`.
    ///
    /// # Errors
    /// What would be right.
    pub(crate) fn set(&mut self, limit: Limit, value: &str) -> Result<(), String> {
        let count = match value.trim() {
            "off" | "0" => None,
            number => match number.parse() {
                Ok(count) if count <= LARGEST => Some(count),
                _ => {
                    return Err(format!(
                        "{value:?} must be a whole number from 1 to {LARGEST}, or 0 or \"off\" for no limit"
                    ));
                }
            },
        };
        self.set.insert(limit, count);
        Ok(())
    }

    /// `None` is no limit.
    fn count(&self, limit: Limit) -> Option<u32> {
        self.set.get(&limit).copied().unwrap_or(Some(limit.usual()))
    }
}

/// Whose calls are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    /// Nobody who is known, there. Of IPv6 the first 64 bits: who has one address has all of them.
    Address(IpAddr),
    /// A person, however many sessions they have.
    Person(String),
    /// Whoever has this token.
    Token(Digest),
}

/// Counts calls.
#[derive(Debug)]
pub(crate) struct Limiter {
    buckets: BTreeMap<Limit, Mutex<Buckets<Who>>>,
}

/// A call that was counted.
#[derive(Debug)]
pub(crate) struct Taken<'l> {
    limiter: &'l Limiter,
    limit: Limit,
    who: Who,
    /// What is left; `None` where there is no limit.
    pub(crate) level: Option<Level>,
}

/// A call that is one too many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exceeded {
    limit: Limit,
    /// How it stands.
    pub(crate) level: Level,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, level } = self;
        write!(
            f,
            "{} {} are the limit ({}): try again in {} s",
            level.limit,
            limit.words(),
            limit.name(),
            level.wait_seconds()
        )
    }
}

impl Limiter {
    /// Counts as `limits` says.
    pub(crate) fn new(limits: &Limits) -> Self {
        let bucket = |limit: Limit| {
            let rate = Rate { count: limits.count(limit)?, per: limit.per() };
            Some((limit, Mutex::new(Buckets::new(rate))))
        };
        Self { buckets: Limit::ALL.into_iter().filter_map(bucket).collect() }
    }

    /// Counts a call of `pass`, or of nobody who is known, from that address.
    ///
    /// # Errors
    /// It is one too many.
    pub(crate) fn take(
        &self,
        limit: Limit,
        pass: Option<&Pass>,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Taken<'_>, Exceeded> {
        let who = match pass {
            // Who guesses passwords may well be signed in as somebody else.
            Some(pass) if limit != Limit::SignIn => match pass.by {
                By::Token(digest) => Who::Token(digest),
                By::Session(_) => Who::Person(pass.name.clone()),
            },
            _ => Who::Address(network(address)),
        };
        let level = match self.bucket(limit) {
            Some(mut bucket) => Some(bucket.take(&who, now).map_err(|level| Exceeded { limit, level })?),
            None => None,
        };
        Ok(Taken { limiter: self, limit, who, level })
    }

    fn bucket(&self, limit: Limit) -> Option<MutexGuard<'_, Buckets<Who>>> {
        Some(self.buckets.get(&limit)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Taken<'_> {
    /// Which limit it is counted for.
    pub(crate) fn limit(&self) -> Limit {
        self.limit
    }

    /// It was none of those that are to be counted.
    pub(crate) fn give_back(&self) {
        if let Some(mut bucket) = self.limiter.bucket(self.limit) {
            bucket.give_back(&self.who);
        }
    }
}

/// The address, or of IPv6 the network of whoever has it.
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
    use watchglass_access::{Role, Secret};

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn limiter(settings: &[(Limit, &str)]) -> Limiter {
        let mut limits = Limits::default();
        for (limit, value) in settings {
            limits.set(*limit, value).unwrap();
        }
        Limiter::new(&limits)
    }

    fn pass(name: &str, by: By) -> Pass {
        Pass { role: Role::Viewer, name: name.to_owned(), by }
    }

    /// How many of a kind pass at once.
    fn passing(limiter: &Limiter, limit: Limit, pass: Option<&Pass>, address: &str) -> u32 {
        let address = address.parse().unwrap();
        (0..200).map(|_| u32::from(limiter.take(limit, pass, address, NOW).is_ok())).sum()
    }

    #[test]
    fn each_has_a_bucket_for_each_kind() {
        let limiter = limiter(&[(Limit::RestAnonymous, "3"), (Limit::Rest, "5"), (Limit::SignIn, "4")]);
        let token = |number| By::Token(Secret::new([number; 32]).digest());
        let session = |number| By::Session(Secret::new([number; 32]).digest());
        let (one, other) = (pass("t", token(1)), pass("t", token(2)));
        let (ada, again, bob) = (pass("ada", session(3)), pass("ada", session(4)), pass("bob", session(5)));
        for (limit, pass, address, expected) in [
            (Limit::RestAnonymous, None, "192.0.2.1", 3),
            (Limit::RestAnonymous, None, "192.0.2.1", 0),
            (Limit::RestAnonymous, None, "::ffff:192.0.2.1", 0),
            (Limit::RestAnonymous, None, "192.0.2.2", 3),
            (Limit::RestAnonymous, None, "2001:db8:1:2:3::4", 3),
            (Limit::RestAnonymous, None, "2001:db8:1:2:5::6", 0),
            (Limit::RestAnonymous, None, "2001:db8:1:3::", 3),
            // Tokens count for themselves, people for all their sessions, wherever they are.
            (Limit::Rest, Some(&one), "192.0.2.1", 5),
            (Limit::Rest, Some(&one), "192.0.2.2", 0),
            (Limit::Rest, Some(&other), "192.0.2.1", 5),
            (Limit::Rest, Some(&ada), "192.0.2.1", 5),
            (Limit::Rest, Some(&again), "192.0.2.1", 0),
            (Limit::Rest, Some(&bob), "192.0.2.1", 5),
            // Nothing of this takes from the pages.
            (Limit::Pages, Some(&one), "192.0.2.1", 200),
            (Limit::Live, Some(&one), "192.0.2.1", 200),
            // Guessing is counted by address, whoever is signed in there.
            (Limit::SignIn, Some(&ada), "192.0.2.1", 4),
            (Limit::SignIn, None, "192.0.2.1", 0),
        ] {
            assert_eq!(passing(&limiter, limit, pass, address), expected, "{limit:?} {pass:?} {address}");
        }
    }

    #[test]
    fn what_is_off_has_no_limit() {
        for value in ["off", "0", " off "] {
            let limiter = limiter(&[(Limit::RestAnonymous, value)]);
            assert_eq!(passing(&limiter, Limit::RestAnonymous, None, "192.0.2.1"), 200, "{value:?}");
        }
        for value in ["", "-1", "none", "1.5", "1000000001", "99999999999"] {
            let error = Limits::default().set(Limit::Rest, value).unwrap_err();
            assert!(error.contains("whole number from 1 to 1000000000"), "{error}");
        }
    }

    #[test]
    fn the_limits_of_the_requirements_are_the_usual_ones() {
        let limiter = limiter(&[]);
        assert_eq!(passing(&limiter, Limit::RestAnonymous, None, "192.0.2.1"), 100);
        assert_eq!((Limit::Rest.usual(), Limit::Rest.per()), (1000, HOUR));
        let exceeded =
            limiter.take(Limit::RestAnonymous, None, "192.0.2.1".parse().unwrap(), NOW).unwrap_err();
        assert_eq!(
            exceeded.to_string(),
            "100 requests an hour from an address without a token or session are the limit \
             (limits.rest_anonymous): try again in 36 s"
        );
    }

    #[test]
    fn what_is_given_back_is_not_counted() {
        let limiter = limiter(&[(Limit::SignIn, "1"), (Limit::Live, "off")]);
        let address = "192.0.2.1".parse().unwrap();
        for _ in 0..3 {
            limiter.take(Limit::SignIn, None, address, NOW).unwrap().give_back();
            limiter.take(Limit::Live, None, address, NOW).unwrap().give_back();
        }
        assert_eq!(passing(&limiter, Limit::SignIn, None, "192.0.2.1"), 1);
    }
}
