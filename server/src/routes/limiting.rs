//! Limits over HTTP: which one a request counts for, and how that is told.
//!
//! The headers are those of draft-ietf-httpapi-ratelimit-headers-06: `RateLimit-Limit`, how many within the limit's stretch of time;
//! `RateLimit-Remaining`, how many are left; `RateLimit-Reset`, in how many seconds all of them are there again. They come
//! back one by one. `Retry-After` says when the next one can be.

use super::ApiError;
use super::doors::METRICS;
use super::pages::takes_html;
use crate::edge::Client;
use crate::limits::{Exceeded, Limit, Taken};
use axum::extract::Request;
use axum::http::header::RETRY_AFTER;
use axum::http::{Extensions, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use std::net::{IpAddr, Ipv4Addr};
use watchglass_access::Level;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Where a request comes from.
pub(super) fn client(extensions: &Extensions) -> IpAddr {
    // All that come from nowhere share what one address may do.
    extensions.get::<Client>().map_or(Ipv4Addr::UNSPECIFIED.into(), |client| client.address)
}

/// What a request to this route counts for. `is_known` says whether it has shown who sends it.
pub(super) fn limit(route: Option<&str>, is_known: bool) -> Limit {
    match route {
        Some("/api/login") => Limit::SignIn,
        Some("/api/ingest") => Limit::Ingest,
        Some("/ws/live") => Limit::Live,
        Some(METRICS) => Limit::Metrics,
        Some(route) if is_rest(route) && is_known => Limit::Rest,
        Some(route) if is_rest(route) => Limit::RestAnonymous,
        _ => Limit::Pages,
    }
}

fn is_rest(route: &str) -> bool {
    ["/api/admin/", "/api/core/", "/api/openapi.json"].iter().any(|rest| route.starts_with(rest))
}

/// The answer to a request that is one too many.
pub(super) fn refused(exceeded: &Exceeded, request: &Request) -> Response {
    let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", exceeded.to_string());
    let mut response = error.into_response_for(takes_html(request.headers()));
    tell(&mut response, &exceeded.level);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(exceeded.level.wait_seconds()));
    response
}

/// Says in an answer what is left, to programs. Gives back what is not to be counted: of attempts to sign in those that
/// succeed, and those that were not even tried because others before them failed.
pub(super) fn told(taken: &Taken<'_>, mut response: Response) -> Response {
    match (taken.limit(), &taken.level) {
        (Limit::SignIn, _) => {
            let status = response.status();
            let is_refused =
                [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
            if status.is_success() || status.is_redirection() || is_refused {
                taken.give_back();
            }
        }
        (Limit::RestAnonymous | Limit::Rest | Limit::Ingest | Limit::Metrics, Some(level)) => {
            tell(&mut response, level);
        }
        _ => {}
    }
    response
}

fn tell(response: &mut Response, level: &Level) {
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(level.limit));
    headers.insert(REMAINING, HeaderValue::from(level.remaining));
    headers.insert(RESET, HeaderValue::from(level.full_seconds()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_counts_for_its_own_limit() {
        for (route, known, unknown) in [
            (Some("/api/admin/rules/"), Limit::Rest, Limit::RestAnonymous),
            (Some("/api/admin/system/history/"), Limit::Rest, Limit::RestAnonymous),
            (Some("/api/core/admin/system/health"), Limit::Rest, Limit::RestAnonymous),
            (Some("/api/openapi.json"), Limit::Rest, Limit::RestAnonymous),
            (Some("/api/login"), Limit::SignIn, Limit::SignIn),
            (Some("/api/ingest"), Limit::Ingest, Limit::Ingest),
            (Some("/metrics"), Limit::Metrics, Limit::Metrics),
            (Some("/ws/live"), Limit::Live, Limit::Live),
            // What pages need, and what asks whether the server is there.
            (Some("/api/fn/{function}"), Limit::Pages, Limit::Pages),
            (Some("/api/fragment/{page}"), Limit::Pages, Limit::Pages),
            (Some("/alerts"), Limit::Pages, Limit::Pages),
            (Some("/api/logout"), Limit::Pages, Limit::Pages),
            (Some("/api/docs"), Limit::Pages, Limit::Pages),
            (Some("/api/live"), Limit::Pages, Limit::Pages),
            (None, Limit::Pages, Limit::Pages),
        ] {
            assert_eq!((limit(route, true), limit(route, false)), (known, unknown), "{route:?}");
        }
    }
}
