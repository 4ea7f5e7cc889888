//! Base path of the server behind a reverse proxy: it is taken off requests before they are routed, and added to the headers
//! of responses, so that nothing in between knows of it.
//!
//! - `/watchglass/alerts` is the path `/alerts` of the server.
//! - Programs may leave it out: `/api/live`, `/metrics` and `/ws/live` work as well, for load balancers and scrapers.
//! - Pages without it are redirected to it, since their links and scripts are below it. A proxy that takes it off by itself
//!   says so with `X-Forwarded-Prefix`.

use super::authorize::METRICS_PATH;
use crate::edge;
use crate::web::pages::is_below_api;
use app::url;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LOCATION, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;

/// Header with the prefix that a proxy has taken off.
const FORWARDED_PREFIX: &str = "x-forwarded-prefix";

/// What to do with a request.
#[derive(Debug, PartialEq, Eq)]
enum Destination {
    /// Handle it as it is.
    Same,
    /// Handle it at this path, with its query.
    Inside(String),
    /// Redirect it below the base path.
    Outside,
}

/// The router below a base path; the same router without one.
pub(super) fn below(base: &'static str, router: Router) -> Router {
    if base.is_empty() {
        return router;
    }
    // Around the router: a layer of its own would run after routing.
    let service = ServiceBuilder::new()
        .layer(middleware::from_fn(edge::security_headers))
        .layer(middleware::from_fn_with_state(base, handle))
        .service(router);
    Router::new().fallback_service(service)
}

async fn handle(State(base): State<&'static str>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    match destination(base, path, request.headers()) {
        Destination::Same => {}
        Destination::Inside(path) => match with_path(request.uri(), &path) {
            Some(uri) => *request.uri_mut() = uri,
            None => return StatusCode::BAD_REQUEST.into_response(),
        },
        Destination::Outside => return redirect(base, path),
    }
    let mut response = next.run(request).await;
    for name in [LOCATION, CONTENT_LOCATION] {
        let place = response.headers().get(&name).and_then(|place| place.to_str().ok());
        if let Some(place) = place.and_then(|place| HeaderValue::try_from(url(place)).ok()) {
            response.headers_mut().insert(name, place);
        }
    }
    response
}

fn destination(base: &str, path: &str, headers: &HeaderMap) -> Destination {
    match path.strip_prefix(base) {
        Some(rest) if rest.starts_with('/') => return Destination::Inside(rest.to_owned()),
        // The overview is at `base/`, where the scope of cookies begins.
        Some(rest) if rest.is_empty() || rest.starts_with('?') => return Destination::Outside,
        _ => {}
    }
    let is_stripped = headers
        .get_all(FORWARDED_PREFIX)
        .iter()
        .filter_map(|prefix| prefix.to_str().ok())
        .any(|prefix| prefix.trim().trim_end_matches('/') == base);
    let plain = path.split('?').next().unwrap_or(path);
    if is_stripped || is_below_api(plain) || plain == METRICS_PATH {
        Destination::Same
    } else {
        Destination::Outside
    }
}

/// Redirects to the same path and query below `base`. The method is kept.
fn redirect(base: &str, path: &str) -> Response {
    let (plain, query) = path.split_once('?').map_or((path, None), |(plain, query)| (plain, Some(query)));
    let plain = if plain == base { "/" } else { plain };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    match HeaderValue::try_from(format!("{base}{plain}{query}")) {
        Ok(place) => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, place)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// `uri` with another path and query.
fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path.parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_handled_below_the_base_path_or_redirected_to_it() {
        let inside = |path: &str| Destination::Inside(path.to_owned());
        for (path, prefix, expected) in [
            ("/watch/", None, inside("/")),
            ("/watch/alerts?view=rules", None, inside("/alerts?view=rules")),
            ("/watch/api/live", None, inside("/api/live")),
            ("/watch/watch/x", None, inside("/watch/x")),
            ("/watch//evil.example/", None, inside("//evil.example/")),
            // Even from a proxy that would take it off.
            ("/watch/alerts", Some("/watch"), inside("/alerts")),
            ("/watch", None, Destination::Outside),
            ("/watch?a=/b", None, Destination::Outside),
            ("/", None, Destination::Outside),
            ("/?kiosk", None, Destination::Outside),
            ("/alerts", None, Destination::Outside),
            ("/watchers", None, Destination::Outside),
            ("/alerts", Some("/other"), Destination::Outside),
            ("/", Some("/watch"), Destination::Same),
            ("/alerts?a", Some("/watch/"), Destination::Same),
            ("/api/live", None, Destination::Same),
            ("/api/admin/rules?a", None, Destination::Same),
            ("/ws/live", None, Destination::Same),
            ("/metrics?a", None, Destination::Same),
            ("/metrics.txt", None, Destination::Outside),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(prefix) = prefix {
                headers.insert(FORWARDED_PREFIX, prefix.parse().unwrap());
            }
            assert_eq!(destination("/watch", path, &headers), expected, "{path} {prefix:?}");
        }
    }

    #[test]
    fn redirects_keep_path_and_query_on_this_host() {
        for (path, expected) in [
            ("/", "/watch/"),
            ("/watch", "/watch/"),
            ("/watch?kiosk", "/watch/?kiosk"),
            ("/alerts?view=rules&a=/b?c", "/watch/alerts?view=rules&a=/b?c"),
            ("//evil.example/", "/watch//evil.example/"),
        ] {
            let response = redirect("/watch", path);
            assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
            assert_eq!(response.headers()[LOCATION], expected, "{path}");
        }
    }

    #[test]
    fn scheme_and_host_of_a_request_stay() {
        let uri = "http://host:1/watch/a?b".parse().unwrap();
        assert_eq!(with_path(&uri, "/a?b").unwrap(), "http://host:1/a?b");
        assert_eq!(with_path(&"/watch/a".parse().unwrap(), "/a").unwrap(), "/a");
    }
}
