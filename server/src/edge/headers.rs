//! Headers of every answer: what browsers may do with it.
//!
//! The policy for content is in two: nothing at all, for whatever is no page; and, for pages, scripts and styles of this server
//! alone, with a nonce for the script within a page ([CSP 3](https://www.w3.org/TR/CSP3/)).

use super::Peer;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use ring::rand::{SecureRandom, SystemRandom};
use std::fmt::Write as _;

/// For answers that are no pages.
const NOTHING: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// For pages without scripts.
const STILL: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);
/// What no page needs.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), \
     payment=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()",
);
/// A year.
const ENCRYPTED_FOR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// A nonce, and the policy of a page whose own scripts have it. Without chance there is no nonce, and the page has no script.
pub(crate) fn living_page() -> (Option<String>, HeaderValue) {
    let Some(nonce) = nonce() else { return (None, STILL) };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         manifest-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    );
    match HeaderValue::from_str(&policy) {
        Ok(policy) => (Some(nonce), policy),
        Err(_) => (None, STILL),
    }
}

/// 128 bits that nobody can guess, in hexadecimal digits.
fn nonce() -> Option<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes.iter().fold(String::with_capacity(32), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Adds to each answer the headers that it has not.
pub(crate) async fn dress(request: Request, next: Next) -> Response {
    let is_encrypted = request.extensions().get::<Peer>().is_some_and(|peer| peer.is_encrypted);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_page = kind.is_some_and(|kind| kind.starts_with("text/html"));
    let policy = if is_page { STILL } else { NOTHING };
    let usual = [
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (CONTENT_SECURITY_POLICY, policy),
    ];
    // Browsers read these of documents alone; a page loads two dozen files, each with its headers.
    let of_pages = [
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ];
    for (name, value) in usual.into_iter().chain(of_pages.into_iter().filter(|_| is_page)) {
        headers.entry(name).or_insert(value);
    }
    // Only of this server's own encryption it is known that it stays; a proxy says it of its own.
    if is_encrypted {
        headers.insert(STRICT_TRANSPORT_SECURITY, ENCRYPTED_FOR);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_has_a_nonce_of_its_own_and_no_policy_lets_in_what_is_written_in_between() {
        let (one, policy) = living_page();
        let (two, _) = living_page();
        let (one, two) = (one.unwrap(), two.unwrap());
        assert!(one != two && one.len() == 32);
        let policy = policy.to_str().unwrap();
        assert!(policy.contains(&format!("script-src 'self' 'nonce-{one}' 'wasm-unsafe-eval';")), "{policy}");
        for policy in [policy, NOTHING.to_str().unwrap(), STILL.to_str().unwrap()] {
            assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
            for part in ["default-src 'none'", "base-uri 'none'", "form-action ", "frame-ancestors 'none'"] {
                assert!(policy.contains(part), "{part}: {policy}");
            }
        }
    }
}
