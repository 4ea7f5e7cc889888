//! Known browsers: a signed cookie that says which users have signed in from a browser, so that failed sign-ins of others
//! cannot delay these users there. After the
//! [device cookies](https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies) of OWASP.
//!
//! The cookie is no credential: it only gives its browser a throttle of its own.

use crate::normalise_user_name;
use ring::hmac;
use std::fmt;
use std::time::Duration;
use watchglass_model::Timestamp;

/// Maximum age of the cookie.
pub const BROWSER_MAX_AGE: Duration = Duration::from_secs(365 * 86_400);
/// Users that a browser is known for; one more replaces the one that signed in longest ago.
const MAX_USERS: usize = 4;
/// Random bytes of an id.
const ID_BYTES: usize = 16;
/// Hexadecimal digits of a signature.
const SIGNATURE_DIGITS: usize = 64;
/// Maximum bytes of a cookie: more than the longest.
const MAX_BYTES: usize = 512;
/// Prefix of the signed text, with the version of its form.
const PREFIX: &str = "b1";

/// Key that signs the cookies. `Debug` does not reveal it.
pub struct BrowserKey(hmac::Key);

/// A browser from which users have signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBrowser {
    id: String,
    /// Time of the last sign-in.
    seen: Timestamp,
    /// The latest first.
    users: Vec<String>,
}

impl KnownBrowser {
    /// A browser that nobody has signed in from.
    pub fn new(random: [u8; ID_BYTES], now: Timestamp) -> Self {
        Self { id: random.iter().map(|byte| format!("{byte:02x}")).collect(), seen: now, users: Vec::new() }
    }

    /// Adds a user who has signed in.
    #[must_use]
    pub fn signed_in(mut self, name: &str, now: Timestamp) -> Self {
        if let Ok(name) = normalise_user_name(name) {
            self.users.retain(|user| *user != name);
            self.users.insert(0, name);
            self.users.truncate(MAX_USERS);
        }
        Self { seen: now, ..self }
    }

    /// Random id of the browser, the same at each sign-in.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Key of the throttle of a user who has signed in from this browser; `None` for other users.
    pub fn throttle_source(&self, name: &str) -> Option<String> {
        let name = normalise_user_name(name).ok()?;
        self.users.contains(&name).then(|| format!("browser {}", self.id))
    }
}

impl BrowserKey {
    /// Key from random bytes.
    pub fn new(random: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, random))
    }

    /// Key of 64 hexadecimal digits; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self::new(&bytes_of(text.trim_end())?.try_into().ok()?))
    }

    /// Value of the cookie: `b1:ID:MILLIS:USER/USER:SIGNATURE`.
    pub fn sign(&self, browser: &KnownBrowser) -> String {
        let KnownBrowser { id, seen, users } = browser;
        self.sign_text(format!("{PREFIX}:{id}:{}:{}", seen.millis(), users.join("/")))
    }

    /// A text with its signature.
    pub(crate) fn sign_text(&self, text: String) -> String {
        let signature = hmac::sign(&self.0, text.as_bytes());
        signature.as_ref().iter().fold(text + ":", |text, byte| format!("{text}{byte:02x}"))
    }

    /// The browser of a cookie; `None` if it is not signed by this key, or expired.
    pub fn verify(&self, cookie: &str, now: Timestamp) -> Option<KnownBrowser> {
        let (text, signature) = Some(cookie).filter(|cookie| cookie.len() <= MAX_BYTES)?.rsplit_once(':')?;
        hmac::verify(&self.0, text.as_bytes(), &bytes_of(signature)?).ok()?;
        let mut fields = text.split(':');
        let (PREFIX, id, millis, users) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?)
        else {
            return None;
        };
        let seen = Timestamp::from_millis(millis.parse().ok()?);
        let users = users.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        (now < seen + BROWSER_MAX_AGE).then(|| KnownBrowser { id: id.to_owned(), seen, users })
    }
}

impl fmt::Debug for BrowserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserKey")
    }
}

fn bytes_of(signature: &str) -> Option<Vec<u8>> {
    if signature.len() != SIGNATURE_DIGITS || !signature.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = signature.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;
    use proptest::prelude::*;

    fn browser() -> KnownBrowser {
        KnownBrowser::new([7; ID_BYTES], at(0)).signed_in("Ada", at(10)).signed_in("b.o-b_@x", at(20))
    }

    #[test]
    fn cookie_names_the_users_who_signed_in() {
        let key = BrowserKey::new(&[1; 32]);
        let cookie = key.sign(&browser());
        let found = key.verify(&cookie, at(30)).unwrap();
        assert_eq!(found, browser());
        assert_eq!(found.throttle_source("ADA"), Some(format!("browser {}", "07".repeat(16))));
        assert_eq!(found.throttle_source("b.o-b_@x"), found.throttle_source("ada"));
        assert_eq!((found.throttle_source("eve"), found.throttle_source("a/b")), (None, None));
        assert_eq!(BrowserKey::new(&[2; 32]).verify(&cookie, at(30)), None);
        assert_eq!(key.verify(&cookie, at(20) + BROWSER_MAX_AGE), None, "expired");
        assert!(BrowserKey::parse(&"01".repeat(32)).unwrap().verify(&cookie, at(30)).is_some());
        assert!(
            BrowserKey::parse(&"01".repeat(31)).is_none() && BrowserKey::parse(&"0g".repeat(32)).is_none()
        );
        let is_cookie_octet = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
        assert!(cookie.bytes().all(is_cookie_octet), "{cookie}");
    }

    #[test]
    fn users_of_a_browser_are_bounded() {
        let long = |number: u8| format!("{number}{}", "x".repeat(63));
        let all = (0..9).fold(browser(), |browser, number| browser.signed_in(&long(number), at(30)));
        let key = BrowserKey::new(&[1; 32]);
        let cookie = key.sign(&all);
        assert!(cookie.len() <= MAX_BYTES, "{}", cookie.len());
        let found = key.verify(&cookie, at(30)).unwrap();
        let known: Vec<u8> =
            (0..9).filter(|number| found.throttle_source(&long(*number)).is_some()).collect();
        assert_eq!(known, [5, 6, 7, 8]);
    }

    proptest! {
        #[test]
        fn changed_cookies_are_rejected(at_byte: usize, letter in "[ -~]", cut: usize) {
            let key = BrowserKey::new(&[1; 32]);
            let cookie = key.sign(&browser());
            let at_byte = at_byte % cookie.len();
            let mut changed = cookie.clone();
            changed.replace_range(at_byte..=at_byte, &letter);
            // Hexadecimal digits of the signature have no case.
            prop_assume!(!changed.eq_ignore_ascii_case(&cookie));
            prop_assert_eq!(key.verify(&changed, at(30)), None);
            prop_assert_eq!(key.verify(&cookie[..cut % cookie.len()], at(30)), None);
        }

        #[test]
        fn arbitrary_text_never_panics(text in ".{0,600}") {
            prop_assert_eq!(BrowserKey::new(&[1; 32]).verify(&text, at(0)), None);
        }
    }
}
