//! Rate limits over HTTP: the limit of each request, and the response headers.
//!
//! The headers follow draft-ietf-httpapi-ratelimit-headers-06: `RateLimit-Limit`, requests per time window;
//! `RateLimit-Remaining`, requests left; `RateLimit-Reset`, seconds until the full quota is available. The quota refills one by
//! one; `Retry-After` is the time until the next request is possible.

use crate::edge::Client;
use crate::http::ApiError;
use crate::rate_limit::{Exceeded, LimitClass, Permit};
use crate::web::pages::accepts_html;
use axum::extract::Request;
use axum::http::header::RETRY_AFTER;
use axum::http::{Extensions, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use std::net::{IpAddr, Ipv4Addr};
use watchglass_auth::Quota;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Client address of a request.
pub(super) fn client_address(extensions: &Extensions) -> IpAddr {
    // Requests without a known address share one quota.
    extensions.get::<Client>().map_or(Ipv4Addr::UNSPECIFIED.into(), |client| client.address)
}

/// Limit class of a request to a route with the class `route`: the REST API has another one for requests without
/// authentication.
pub(super) fn class(route: LimitClass, is_known: bool) -> LimitClass {
    match route {
        LimitClass::Rest if !is_known => LimitClass::RestAnonymous,
        class => class,
    }
}

/// 429 response.
pub(super) fn too_many_requests(exceeded: &Exceeded, request: &Request) -> Response {
    let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", exceeded.to_string());
    let mut response = error.into_response_for(accepts_html(request.headers()));
    set_headers(&mut response, &exceeded.quota);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(exceeded.quota.retry_after_seconds()));
    response
}

/// Adds rate limit headers for API clients.
pub(super) fn with_headers(taken: Option<&Permit<'_>>, mut response: Response) -> Response {
    let Some(taken) = taken else { return response };
    let is_for_programs = matches!(
        taken.class(),
        LimitClass::RestAnonymous | LimitClass::Rest | LimitClass::Ingest | LimitClass::Metrics
    );
    if is_for_programs && let Some(quota) = &taken.quota {
        set_headers(&mut response, quota);
    }
    response
}

fn set_headers(response: &mut Response, level: &Quota) {
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(level.limit));
    headers.insert(REMAINING, HeaderValue::from(level.remaining));
    headers.insert(RESET, HeaderValue::from(level.reset_seconds()));
}

#[cfg(test)]
mod tests {
    use super::super::route_policies::RoutePolicies;
    use super::super::table;
    use super::*;
    use axum::http::Method;

    #[test]
    fn each_route_has_its_limit() {
        let policies = RoutePolicies::new(&table::routes());
        for (route, known, unknown) in [
            ("/api/admin/rules/", LimitClass::Rest, LimitClass::RestAnonymous),
            ("/api/admin/system/history/", LimitClass::Rest, LimitClass::RestAnonymous),
            ("/api/core/admin/system/health", LimitClass::Rest, LimitClass::RestAnonymous),
            ("/api/openapi.json", LimitClass::Rest, LimitClass::RestAnonymous),
            ("/api/login", LimitClass::Pages, LimitClass::Pages),
            ("/api/ingest", LimitClass::Ingest, LimitClass::Ingest),
            ("/metrics", LimitClass::Metrics, LimitClass::Metrics),
            ("/ws/live", LimitClass::Live, LimitClass::Live),
            // Requests of pages.
            ("/api/fn/{function}", LimitClass::Pages, LimitClass::Pages),
            ("/api/fragment/{page}", LimitClass::Pages, LimitClass::Pages),
            ("/alerts", LimitClass::Pages, LimitClass::Pages),
            ("/api/logout", LimitClass::Pages, LimitClass::Pages),
            ("/api/docs", LimitClass::Pages, LimitClass::Pages),
        ] {
            // All methods of a path have one limit, also those that it does not support.
            for method in [Method::GET, Method::POST, Method::OPTIONS] {
                let limit = policies.find(route, &method).unwrap().limit.unwrap();
                assert_eq!((class(limit, true), class(limit, false)), (known, unknown), "{method} {route}");
            }
        }
        assert_eq!(policies.find("/api/live", &Method::GET).unwrap().limit, None);
    }
}
