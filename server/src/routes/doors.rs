//! Who may pass: every request goes through [`check`], which looks up what its route needs in one table. A route that is not
//! in it is refused.

use super::refused::Refused;
use super::{audited, cookie, limiting};
use crate::access::Access;
use crate::audit::{Actor, Audit};
use crate::edge::Client;
use crate::limits::Limiter;
use crate::{assets, ticker};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use watchglass_access::{By, Door, Refusal, Secret};

pub(super) const METRICS: &str = "/metrics";

/// Each route, what it needs to be read (GET, HEAD), and what for everything else.
const DOORS: &[(&str, Door, Door)] = &[
    ("/login", Door::Anyone, Door::Anyone),
    ("/api/login", Door::Anyone, Door::Anyone),
    ("/api/logout", Door::Anyone, Door::Anyone),
    ("/api/live", Door::Anyone, Door::Anyone),
    // The signed token in the address is the right to do what it says.
    ("/do/{token}", Door::Anyone, Door::Anyone),
    ("/alerts", Door::Viewer, Door::Admin),
    // Everybody arranges panels for themselves alone.
    ("/arrange", Door::Viewer, Door::Viewer),
    ("/api/layout.css", Door::Viewer, Door::Viewer),
    ("/find", Door::Viewer, Door::Viewer),
    ("/panels/{panel}", Door::Viewer, Door::Viewer),
    ("/panels/{panel}/csv", Door::Viewer, Door::Viewer),
    // Everybody changes their own password there, and ends their own sessions; it looks itself who asks for more.
    ("/settings", Door::Viewer, Door::Viewer),
    ("/ws/live", Door::Viewer, Door::Viewer),
    (METRICS, Door::Viewer, Door::Viewer),
    ("/api/openapi.json", Door::Viewer, Door::Viewer),
    ("/api/docs", Door::Viewer, Door::Viewer),
    ("/api/ingest", Door::Ingest, Door::Ingest),
    ("/api/snapshot.html", Door::Viewer, Door::Viewer),
    ("/api/annotations", Door::Ingest, Door::Ingest),
    ("/api/admin/annotations", Door::Viewer, Door::Admin),
    ("/api/admin/annotations/{id}", Door::Viewer, Door::Admin),
    ("/api/fragment/{page}", Door::Viewer, Door::Admin),
    ("/api/fn/{function}", Door::Viewer, Door::Viewer),
    ("/api/admin/system/metrics", Door::Viewer, Door::Viewer),
    ("/api/admin/system/health", Door::Viewer, Door::Viewer),
    ("/api/admin/system/alerts", Door::Viewer, Door::Viewer),
    ("/api/admin/system/history", Door::Viewer, Door::Viewer),
    ("/api/core/admin/system/metrics", Door::Viewer, Door::Viewer),
    ("/api/core/admin/system/health", Door::Viewer, Door::Viewer),
    ("/api/core/admin/system/alerts", Door::Viewer, Door::Viewer),
    ("/api/core/admin/system/history", Door::Viewer, Door::Viewer),
    ("/api/admin/rules", Door::Viewer, Door::Admin),
    // It asks what a rule would have done, and changes nothing.
    ("/api/admin/rules/preview", Door::Viewer, Door::Viewer),
    ("/api/admin/rules/{id}", Door::Viewer, Door::Admin),
    ("/api/admin/rules/{id}/enabled", Door::Admin, Door::Admin),
    ("/api/admin/silences", Door::Viewer, Door::Admin),
    ("/api/admin/silences/{id}", Door::Viewer, Door::Admin),
    ("/api/admin/channels", Door::Viewer, Door::Admin),
    ("/api/admin/channels/{name}/test", Door::Admin, Door::Admin),
    ("/api/admin/deliveries", Door::Viewer, Door::Admin),
    ("/api/admin/deliveries/resend", Door::Admin, Door::Admin),
    ("/api/admin/alerts/acknowledge", Door::Admin, Door::Admin),
    ("/api/admin/alerts/acknowledge/withdraw", Door::Admin, Door::Admin),
    ("/api/admin/users", Door::Admin, Door::Admin),
    ("/api/admin/users/{name}", Door::Admin, Door::Admin),
    ("/api/admin/tokens", Door::Admin, Door::Admin),
    ("/api/admin/tokens/{id}", Door::Admin, Door::Admin),
    ("/api/admin/sessions", Door::Admin, Door::Admin),
    ("/api/admin/sessions/{id}", Door::Admin, Door::Admin),
    ("/api/admin/audit", Door::Admin, Door::Admin),
];

/// Who stands at the doors, and what is set about them.
#[derive(Clone)]
pub(crate) struct Doors {
    /// Who may call.
    pub(crate) access: Arc<Access>,
    /// Where it is noted what they do.
    pub(crate) audit: Arc<Audit>,
    /// Whether anyone may scrape.
    pub(crate) metrics_open: bool,
    /// How often.
    pub(crate) limiter: Arc<Limiter>,
}

/// Lets a request through, with the [`Pass`](watchglass_access::Pass) of whoever sent it among its extensions, or answers it
/// with the reason why not.
pub(super) async fn check(State(doors): State<Doors>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let door = doors.door(route, request.uri().path(), request.method());
    let now = ticker::now();
    let pass = match proof(request.headers()) {
        Some(Ok(by)) => Some(doors.access.pass_of_any(by, now).await),
        Some(Err(refusal)) => Some(Err(refusal)),
        None => None,
    };
    let known = pass.as_ref().and_then(|pass| pass.as_ref().ok());
    let limit = limiting::limit(route, known.is_some());
    let client = limiting::client(request.extensions());
    let taken = match doors.limiter.take(limit, known, client, now) {
        Ok(taken) => taken,
        Err(exceeded) => return limiting::refused(&exceeded, &request),
    };
    let refused = match (door, &pass) {
        (Some(Door::Anyone), _) => None,
        (_, None) => Some(Refused::Nobody),
        (_, Some(Err(refusal))) => Some(Refused::NoProof(*refusal)),
        (None, Some(Ok(_))) => Some(Refused::Unknown),
        (Some(door), Some(Ok(pass))) => (!pass.opens(door)).then_some(Refused::Role(door)),
    };
    if let Some(refused) = refused {
        return limiting::told(&taken, refused.answer(&request, known));
    }
    let pass = pass.and_then(Result::ok);
    let address = request.extensions().get::<Client>().map(|client| client.address);
    let actor = Actor::new(Arc::clone(&doors.audit), pass.as_ref(), address);
    request.extensions_mut().insert(actor.clone());
    if let Some(pass) = pass {
        request.extensions_mut().insert(pass);
    }
    limiting::told(&taken, audited::run(actor, request, next).await)
}

impl Doors {
    /// What a route needs; `None` where nobody has said. What has no route is a page or a file of the front end, or is not
    /// there, which only those learn who may see.
    fn door(&self, route: Option<&str>, path: &str, method: &Method) -> Option<Door> {
        let is_read = matches!(*method, Method::GET | Method::HEAD);
        let Some(route) = route else {
            let is_file = assets::find(path).is_some();
            return Some(match (is_file, is_read) {
                (true, _) => Door::Anyone,
                (false, true) => Door::Viewer,
                (false, false) => Door::Admin,
            });
        };
        if route == METRICS && self.metrics_open {
            return Some(Door::Anyone);
        }
        of(route, method)
    }
}

/// What a route of the table needs.
pub(super) fn of(route: &str, method: &Method) -> Option<Door> {
    // Lists answer with and without a slash at their end.
    let route = route.strip_suffix('/').unwrap_or(route);
    let (_, read, change) = DOORS.iter().find(|(known, ..)| *known == route)?;
    Some(if matches!(*method, Method::GET | Method::HEAD) { *read } else { *change })
}

/// What a request has to show: a token, or else the session of a browser.
fn proof(headers: &HeaderMap) -> Option<Result<By, Refusal>> {
    let mut found = headers.get_all(AUTHORIZATION).iter();
    if let Some(value) = found.next() {
        let token = value.to_str().ok().and_then(|value| value.split_once(' '));
        let token =
            token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer") && found.next().is_none());
        let secret = token.and_then(|(_, token)| Secret::parse(token.trim()));
        return Some(secret.map(|secret| By::Token(secret.digest())).ok_or(Refusal::UnknownToken));
    }
    Some(Ok(By::Session(cookie::session(headers)?)))
}

#[cfg(test)]
mod tests {
    use super::super::routes;
    use super::*;

    #[test]
    fn what_changes_something_is_noted_or_excused() {
        for (path, ..) in DOORS {
            assert!(audited::is_classified(path), "{path}: is it noted who changes something there?");
        }
    }

    /// The paths of all routes. The router tells them to nobody but whoever prints it for finding mistakes.
    fn all_routes() -> Vec<String> {
        let printed = format!("{:?}", routes());
        let texts = printed.split('"').skip(1).step_by(2).filter(|text| text.starts_with('/'));
        // These two are how the fallback is kept.
        let texts = texts.filter(|text| *text != "/" && !text.contains("axum_fallback"));
        let mut paths: Vec<String> = texts.map(|text| text.trim_end_matches('/').to_owned()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    #[test]
    fn every_route_is_in_the_table_and_nothing_else() {
        let mut known: Vec<&str> = DOORS.iter().map(|(path, ..)| *path).collect();
        known.sort_unstable();
        assert_eq!(all_routes(), known);
        for path in super::super::DESCRIBED {
            assert!(known.contains(&path.trim_end_matches('/')), "{path}");
        }
    }

    fn door(route: Option<&str>, path: &str, method: Method) -> Option<Door> {
        let folder = tempfile::tempdir().unwrap();
        let access = Arc::new(Access::open(folder.path()).unwrap());
        let limiter = Arc::new(Limiter::new(&crate::limits::Limits::default()));
        let audit = Arc::new(Audit::open(folder.path()).unwrap());
        Doors { access, audit, metrics_open: false, limiter }.door(route, path, &method)
    }

    #[test]
    fn reading_and_changing_are_different_doors() {
        for (route, path, method, expected) in [
            (Some("/api/admin/rules/"), "", Method::GET, Some(Door::Viewer)),
            (Some("/api/admin/rules"), "", Method::POST, Some(Door::Admin)),
            (Some("/api/admin/rules"), "", Method::HEAD, Some(Door::Viewer)),
            (Some("/api/admin/rules/preview"), "", Method::POST, Some(Door::Viewer)),
            (Some("/alerts"), "/alerts", Method::POST, Some(Door::Admin)),
            (Some("/no/such/route"), "", Method::GET, None),
            (None, "/database", Method::GET, Some(Door::Viewer)),
            (None, "/api/other", Method::GET, Some(Door::Viewer)),
            (None, "/database", Method::PUT, Some(Door::Admin)),
        ] {
            assert_eq!(door(route, path, method.clone()), expected, "{method} {route:?} {path}");
        }
    }

    #[test]
    fn what_is_shown_is_a_bearer_token_or_a_session() {
        let secret = Secret::new([1; 32]);
        let (token, session) = (By::Token(secret.digest()), By::Session(secret.digest()));
        let bearer = |scheme: &str| ("authorization", format!("{scheme} {}", secret.text()));
        let cookie = || ("cookie", format!("theme=dark; watchglass={}", secret.text()));
        for (headers, expected) in [
            (vec![], None),
            (vec![bearer("Bearer")], Some(Ok(token))),
            (vec![bearer("bearer"), cookie()], Some(Ok(token))),
            (vec![cookie()], Some(Ok(session))),
            (vec![bearer("Basic")], Some(Err(Refusal::UnknownToken))),
            (vec![("authorization", "Bearer x".to_owned()), cookie()], Some(Err(Refusal::UnknownToken))),
            (vec![bearer("Bearer"), bearer("Bearer")], Some(Err(Refusal::UnknownToken))),
            (vec![("cookie", "watchglass=x".to_owned())], None),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &headers {
                map.append(*name, value.parse().unwrap());
            }
            assert_eq!(proof(&map), expected, "{headers:?}");
        }
    }
}
