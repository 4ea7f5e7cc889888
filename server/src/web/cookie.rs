//! Session cookie, and the cookie of known browsers.
//!
//! On encrypted connections they have the prefix `__Host-`, which no other host and no unencrypted page can
//! set ([RFC 6265bis, section 4.1.3](https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#section-4.1.3)). On a
//! loopback address connections are not encrypted, and browsers reject such a cookie. `__Host-` needs the path `/`: below a
//! base path the prefix is `__Secure-`, and the path keeps the servers of one host apart.

use crate::config::PublicUrl;
use crate::edge::Client;
use app::{base_path, url};
use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};
use std::time::Duration;
use watchglass_auth::{BROWSER_MAX_AGE, Digest, SESSION_MAX_AGE, Secret};

/// Cookie of the session.
const SESSION: &str = "watchglass";
/// Cookie of a known browser.
const BROWSER: &str = "watchglass_browser";
const INSECURE_WARNING: &str =
    "This connection is not encrypted (insecure_http = true): passwords and data can be read on the way.";

/// Session digest of the cookies. The one of encrypted connections, which is harder to forge, takes precedence.
pub(crate) fn session(headers: &HeaderMap) -> Option<Digest> {
    let found = |is_secure| value(headers, &name(base_path(), SESSION, is_secure)).and_then(Secret::parse);
    found(true).or_else(|| found(false)).map(|secret| secret.digest())
}

/// Cookie of a known browser, unverified.
pub(crate) fn browser(headers: &HeaderMap) -> Option<&str> {
    let found = |is_secure| value(headers, &name(base_path(), BROWSER, is_secure));
    found(true).or_else(|| found(false))
}

/// Name of a cookie below `base`, on encrypted connections or on others.
fn name(base: &str, name: &str, is_secure: bool) -> String {
    let prefix = match (is_secure, base) {
        (false, _) => "",
        (true, "") => "__Host-",
        (true, _) => "__Secure-",
    };
    format!("{prefix}{name}")
}

/// Value of the first cookie with a name.
fn value<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut cookies =
        lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// `Set-Cookie` header that starts a session, or ends it without a secret.
pub(crate) fn header(secret: Option<&Secret>, is_secure: bool) -> Option<HeaderValue> {
    let (value, max_age) =
        secret.map_or((String::new(), Duration::ZERO), |secret| (secret.text(), SESSION_MAX_AGE));
    set_cookie(SESSION, &value, max_age, is_secure)
}

/// `Set-Cookie` header of a known browser.
pub(crate) fn browser_header(value: &str, is_secure: bool) -> Option<HeaderValue> {
    set_cookie(BROWSER, value, BROWSER_MAX_AGE, is_secure)
}

fn set_cookie(name: &str, value: &str, max_age: Duration, is_secure: bool) -> Option<HeaderValue> {
    let (seconds, secure) = (max_age.as_secs(), if is_secure { "; Secure" } else { "" });
    let (name, path) = (self::name(base_path(), name, is_secure), url("/"));
    let text = format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

/// Whether a session may be started: the connection is encrypted or local, so the cookie cannot be intercepted, or plain HTTP
/// is allowed explicitly.
pub(crate) fn may_start_session(headers: &HeaderMap, client: Client, public: Option<&PublicUrl>) -> bool {
    client.may_use_plain_http || is_encrypted(headers, client, public)
}

/// Warning for users of another machine whose connection is plain HTTP.
pub(crate) fn insecure_warning(
    headers: &HeaderMap,
    client: Client,
    public: Option<&PublicUrl>,
) -> Option<&'static str> {
    let is_insecure =
        client.may_use_plain_http && !client.address.is_loopback() && !is_encrypted(headers, client, public);
    is_insecure.then_some(INSECURE_WARNING)
}

/// Whether the browser's connection is encrypted, from the connection itself, what a trusted proxy reports, the `Origin`
/// header, or a `Host` that matches the configured public URL.
pub(crate) fn is_encrypted(headers: &HeaderMap, client: Client, public: Option<&PublicUrl>) -> bool {
    if client.is_encrypted || client.is_reported_plain {
        return client.is_encrypted;
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match text(ORIGIN) {
        Some(origin) => origin.starts_with("https://"),
        None => {
            text(HOST).zip(public).is_some_and(|(host, public)| public.origin() == format!("https://{host}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(headers: &[(&'static str, &str)]) -> HeaderMap {
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn secure_cookies_are_set_on_encrypted_connections_only() {
        let public = PublicUrl::parse("https://watch.example:8443").unwrap();
        let secret = Secret::new([1; 32]);
        let client = |is_encrypted| Client {
            address: [192, 0, 2, 1].into(),
            is_encrypted,
            is_reported_plain: false,
            may_use_plain_http: false,
        };
        for (headers, is_encrypted, is_secure) in [
            (vec![("host", "127.0.0.1:7070")], false, false),
            (vec![("host", "127.0.0.1:7070")], true, true),
            (vec![("host", "watch.example:8443")], false, true),
            (vec![("host", "watch.example")], false, false),
            (vec![("host", "watch.example"), ("origin", "https://watch.example")], true, true),
            (vec![("host", "x"), ("origin", "https://x")], false, true),
            (vec![("host", "watch.example:8443"), ("origin", "http://watch.example:8443")], false, false),
        ] {
            let is_encrypted_for_browser =
                super::is_encrypted(&map(&headers), client(is_encrypted), Some(&public));
            let set = header(Some(&secret), is_encrypted_for_browser).unwrap();
            assert_eq!(
                may_start_session(&map(&headers), client(is_encrypted), Some(&public)),
                is_secure,
                "{headers:?}"
            );
            let set = set.to_str().unwrap();
            let expected = if is_secure { "__Host-watchglass=wg_" } else { "watchglass=wg_" };
            assert!(
                set.starts_with(expected) && set.ends_with("; Secure") == is_secure,
                "{headers:?}: {set}"
            );
            for part in ["; Path=/;", "; Max-Age=2592000;", "; HttpOnly;", "; SameSite=Lax"] {
                assert!(set.contains(part), "{set}");
            }
        }
        let local = Client {
            address: [127, 0, 0, 1].into(),
            is_encrypted: false,
            is_reported_plain: false,
            may_use_plain_http: true,
        };
        let end = header(None, super::is_encrypted(&map(&[]), local, None)).unwrap();
        assert!(may_start_session(&map(&[]), local, None));
        assert_eq!(end, "watchglass=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn prefix_of_the_name_allows_the_path() {
        for (base, is_secure, expected) in [
            ("", false, "watchglass"),
            ("", true, "__Host-watchglass"),
            ("/watch", false, "watchglass"),
            ("/watch", true, "__Secure-watchglass"),
        ] {
            assert_eq!(name(base, SESSION, is_secure), expected);
        }
    }

    #[test]
    fn cookie_of_a_browser_is_kept_for_a_year() {
        for (is_secure, expected) in [
            (
                true,
                "__Host-watchglass_browser=b1:x; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure",
            ),
            (false, "watchglass_browser=b1:x; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"),
        ] {
            let set = browser_header("b1:x", is_secure).unwrap();
            assert_eq!(set, expected);
            let line = set.to_str().unwrap().split(';').next().unwrap();
            assert_eq!(browser(&map(&[("cookie", &format!("watchglass=wg_x; {line}"))])), Some("b1:x"));
        }
        assert_eq!(browser(&map(&[("cookie", "watchglass=wg_x")])), None);
    }

    #[test]
    fn session_is_found_among_other_cookies() {
        let (one, two) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let (one_text, two_text) = (one.text(), two.text());
        for (line, expected) in [
            (format!("watchglass={one_text}"), Some(&one)),
            (format!("a=b;watchglass={one_text} ; c"), Some(&one)),
            (format!("watchglass={one_text}; __Host-watchglass={two_text}"), Some(&two)),
            (format!("xwatchglass={one_text}"), None),
            ("watchglass=".to_owned(), None),
        ] {
            assert_eq!(session(&map(&[("cookie", &line)])), expected.map(Secret::digest), "{line}");
        }
    }
}
