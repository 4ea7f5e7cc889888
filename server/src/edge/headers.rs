//! Security headers of every response.
//!
//! There are two content security policies: nothing is allowed, for responses that are not pages; and scripts and styles of
//! this server only, for pages, with a nonce for the inline script ([CSP 3](https://www.w3.org/TR/CSP3/)).

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

/// Content security policy of responses that are not pages.
const DENY_ALL_CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// Content security policy of pages without scripts.
const STATIC_PAGE_CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);
/// Browser features that no page needs.
const PERMISSIONS_POLICY: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), \
     payment=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()",
);
/// One year.
const HSTS_MAX_AGE: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// A nonce and the content security policy of a hydrated page. Without random numbers there is no nonce, and the page has no
/// script.
pub(crate) fn hydrated_csp() -> (Option<String>, HeaderValue) {
    let Some(nonce) = nonce() else { return (None, STATIC_PAGE_CSP) };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         manifest-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    );
    match HeaderValue::from_str(&policy) {
        Ok(policy) => (Some(nonce), policy),
        Err(_) => (None, STATIC_PAGE_CSP),
    }
}

/// 128 random bits in hexadecimal.
fn nonce() -> Option<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes.iter().fold(String::with_capacity(32), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Middleware that adds the security headers a response does not have yet.
pub(crate) async fn security_headers(request: Request, next: Next) -> Response {
    let is_encrypted = request.extensions().get::<Peer>().is_some_and(|peer| peer.is_encrypted);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_page = kind.is_some_and(|kind| kind.starts_with("text/html"));
    let policy = if is_page { STATIC_PAGE_CSP } else { DENY_ALL_CSP };
    let defaults = [
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (CONTENT_SECURITY_POLICY, policy),
    ];
    // Browsers read these on documents only; a page loads two dozen files, each with its own headers.
    let for_pages = [
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ];
    for (name, value) in defaults.into_iter().chain(for_pages.into_iter().filter(|_| is_page)) {
        headers.entry(name).or_insert(value);
    }
    // Only where this server terminates TLS it may promise to keep it; a proxy sets its own header.
    if is_encrypted {
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS_MAX_AGE);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_unique_and_policies_forbid_inline_scripts() {
        let (one, policy) = hydrated_csp();
        let (two, _) = hydrated_csp();
        let (one, two) = (one.unwrap(), two.unwrap());
        assert!(one != two && one.len() == 32);
        let policy = policy.to_str().unwrap();
        assert!(policy.contains(&format!("script-src 'self' 'nonce-{one}' 'wasm-unsafe-eval';")), "{policy}");
        for policy in [policy, DENY_ALL_CSP.to_str().unwrap(), STATIC_PAGE_CSP.to_str().unwrap()] {
            assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
            for directive in
                ["default-src 'none'", "base-uri 'none'", "form-action ", "frame-ancestors 'none'"]
            {
                assert!(policy.contains(directive), "{directive}: {policy}");
            }
        }
    }
}
