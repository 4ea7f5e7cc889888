//! Tests of the rate limits of callers.

use super::*;
use watchglass_auth::{Role, Secret};
use watchglass_model::Timestamp;

const NOW: Duration = Duration::from_secs(3600);

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
    passing_caller(limiter, limit, &Caller::new(pass, None, address.parse().unwrap()))
}

fn passing_caller(limiter: &RateLimiter, limit: LimitClass, caller: &Caller) -> u32 {
    (0..200).map(|_| u32::from(limiter.acquire(limit, caller.clone(), NOW).is_ok())).sum()
}

#[test]
fn known_browsers_have_a_quota_of_their_own() {
    let limiter = limiter(&[(LimitClass::Pages, "3")]);
    let address = "192.0.2.1".parse().unwrap();
    let browser = |number| KnownBrowser::new([number; 16], Timestamp::default());
    let passing = |browser: Option<&KnownBrowser>, pass: Option<&Principal>| {
        passing_caller(&limiter, LimitClass::Pages, &Caller::new(pass, browser, address))
    };
    assert_eq!([passing(None, None), passing(None, None)], [3, 0]);
    for number in [1, 2] {
        assert_eq!([passing(Some(&browser(number)), None), passing(Some(&browser(number)), None)], [3, 0]);
    }
    // Users are counted with all their browsers.
    let ada = pass("ada", Credential::Session(Secret::new([3; 32]).digest()));
    assert_eq!([passing(Some(&browser(4)), Some(&ada)), passing(Some(&browser(5)), Some(&ada))], [3, 0]);
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
    ] {
        assert_eq!(passing(&limiter, limit, pass, address), expected, "{limit:?} {pass:?} {address}");
    }
}

#[test]
fn failed_sign_ins_are_counted_per_name_and_source() {
    let limiter = limiter(&[(LimitClass::SignIn, "4")]);
    let passing = |name: &str, source: &str| {
        let passes = |_: &usize| limiter.acquire_sign_in(name, source.to_owned(), NOW).is_ok();
        (0..200).filter(passes).count()
    };
    for (name, source, expected) in [
        ("ada", "192.0.2.1", 4),
        ("ADA", "192.0.2.1", 0),
        ("bob", "192.0.2.1", 4),
        ("ada", "192.0.2.2", 4),
        ("ada", "browser 07", 4),
        (&"é".repeat(100), "192.0.2.1", 4),
        (&"é".repeat(101), "192.0.2.1", 0),
    ] {
        assert_eq!(passing(name, source), expected, "{name} {source}");
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
    let caller = Caller::Address("192.0.2.1".parse().unwrap());
    let exceeded = limiter.acquire(LimitClass::RestAnonymous, caller, NOW).unwrap_err();
    assert_eq!(
        exceeded.to_string(),
        "Rate limit exceeded: 100 requests per hour and address without a token or session \
         (limits.rest_anonymous); try again in 36 s"
    );
}

#[test]
fn returned_requests_are_not_counted() {
    let limiter = limiter(&[(LimitClass::SignIn, "1"), (LimitClass::Live, "off")]);
    let caller = Caller::Address("192.0.2.1".parse().unwrap());
    for _ in 0..3 {
        limiter.acquire_sign_in("ada", "192.0.2.1".to_owned(), NOW).unwrap().refund();
        limiter.acquire(LimitClass::Live, caller.clone(), NOW).unwrap().refund();
    }
    assert!(limiter.acquire_sign_in("ada", "192.0.2.1".to_owned(), NOW).is_ok());
    assert!(limiter.acquire_sign_in("ada", "192.0.2.1".to_owned(), NOW).is_err());
}
