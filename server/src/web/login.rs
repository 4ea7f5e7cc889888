//! Sign-in and sign-out: `/login`, `POST /api/login`, `POST /api/logout`. Accepts forms, which work without scripts, and JSON.

use super::cookie;
use super::login_pages::{page_response, sign_in_page, signed_in_page, unsaved_session_page};
use crate::access::SignInOrigin;
use crate::audit::Actor;
use crate::clock;
use crate::config::PublicUrl;
use crate::edge::Client;
use crate::http::{ApiError, Done, Envelope, Failure, bad_request, body, run_blocking};
use crate::services::{SessionService, SignInRequest};
use app::path_of_url;
use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::ToSchema;
use watchglass_auth::{Credential, Principal, Role};

/// URL of the sign-in page.
pub(crate) const LOGIN_URL: &str = "/login";
/// Form size limit, in bytes: enough for the longest password with each byte escaped as three.
const MAX_FORM_BYTES: usize = 8 << 10;
/// Length limit of the URL to return to, in bytes.
const MAX_NEXT_BYTES: usize = 2000;

/// Sign-in request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// Username, case-insensitive.
    username: String,
    /// Password.
    password: String,
    /// Two-factor code, if enabled for the user.
    #[serde(default)]
    code: String,
}

/// Signed-in user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub(crate) struct SignedInUser {
    /// Username.
    user: String,
    /// `admin` or `viewer`.
    #[schema(value_type = String)]
    role: Role,
    /// Why the session is in memory only and ends at a restart; missing if it is saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_saved: Option<String>,
}

/// Sign-in page. Signed-in users are redirected to `next`; without it they can sign out.
pub(crate) async fn page(
    RawQuery(query): RawQuery,
    State(public_url): State<Option<PublicUrl>>,
    Extension(client): Extension<Client>,
    pass: Option<Extension<Principal>>,
    headers: HeaderMap,
) -> Response {
    let warning = cookie::insecure_warning(&headers, client, public_url.as_ref());
    let query = query.unwrap_or_default();
    let next = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next");
    let next = next.map(|(_, next)| local_path(path_of_url(&next)).to_owned());
    let user =
        pass.map(|Extension(pass)| pass).filter(|pass| matches!(pass.credential, Credential::Session(_)));
    match (user, next) {
        (Some(_), Some(next)) => redirect_to(&next),
        (Some(user), None) => page_response(&headers, StatusCode::OK, "Signed in", &signed_in_page(&user)),
        (None, next) => sign_in_page(&headers, warning, None, "", next.as_deref().unwrap_or("/")),
    }
}

/// Signs in: starts a session and sets its cookie.
#[utoipa::path(
    post,
    path = "/api/login",
    tag = "server",
    request_body(content = Credentials, description = "As JSON, or as a form with an optional `next`: the URL to redirect to"),
    responses(
        (status = 200, description = "Signed in; the cookie has the session", body = Envelope<SignedInUser>),
        (status = 303, description = "As 200, for a form"),
        (status = 400, description = "Invalid request body", body = Failure),
        (status = 401, description = "Wrong username, password or two-factor code", body = Failure),
        (status = 403, description = "The connection is neither encrypted nor local", body = Failure),
        (status = 408, description = "The body did not arrive within 10 s", body = Failure),
        (status = 413, description = "The body is longer than 8 KiB", body = Failure),
        (status = 415, description = "Content-Type is neither JSON nor a form", body = Failure),
        (status = 429, description = "Too many failed attempts for this username from this address; see Retry-After", body = Failure),
        (status = 503, description = "Too many concurrent sign-ins", body = Failure)
    )
)]
pub(crate) async fn login(
    State(sessions): State<SessionService>,
    State(public_url): State<Option<PublicUrl>>,
    Extension(client): Extension<Client>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let is_form = is_form(&headers);
    let (request, next) =
        if is_form { read_form(&headers, body).await? } else { read_json(&headers, body).await? };
    let next = local_path(path_of_url(&next)).to_owned();
    let name = request.name.clone();
    let outcome = if cookie::may_start_session(&headers, client, public_url.as_ref()) {
        let now = clock::moment();
        let browser = cookie::browser(&headers);
        let origin = SignInOrigin {
            address: client.address,
            browser: browser.and_then(|cookie| sessions.access.known_browser(cookie, now.time)),
            before: cookie::session(&headers),
        };
        sessions.sign_in(&actor, request, origin, now).await.map_err(ApiError::from)
    } else {
        Err(not_encrypted())
    };
    let signed_in = match outcome {
        Ok(signed_in) => signed_in,
        Err(error) if is_form => {
            let warning = cookie::insecure_warning(&headers, client, public_url.as_ref());
            return Ok(sign_in_page(&headers, warning, Some(&error), &name, &next));
        }
        Err(error) => return Err(error),
    };
    let mut response = match (is_form, &signed_in.not_saved) {
        (true, None) => redirect_to(&next),
        (true, Some(reason)) => unsaved_session_page(&headers, &signed_in.principal, reason, &next),
        (false, not_saved) => Envelope::of(SignedInUser {
            user: signed_in.principal.name,
            role: signed_in.principal.role,
            not_saved: not_saved.as_ref().map(|not_saved| not_saved.reason().to_owned()),
        })
        .into_response(),
    };
    let is_secure = cookie::is_encrypted(&headers, client, public_url.as_ref());
    let session = cookie::header(Some(&signed_in.secret), is_secure);
    let browser = signed_in.browser.and_then(|browser| cookie::browser_header(&browser, is_secure));
    for cookie in session.into_iter().chain(browser) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Reads the form, and the URL to return to.
async fn read_form(headers: &HeaderMap, body: Body) -> Result<(SignInRequest, String), ApiError> {
    let fields = body::read_form(headers, body, MAX_FORM_BYTES).await?;
    let field = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let text = |wanted| field(wanted).unwrap_or_default();
    let request = SignInRequest { name: text("username"), password: text("password"), code: text("code") };
    Ok((request, field("next").unwrap_or_else(|| "/".to_owned())))
}

async fn read_json(headers: &HeaderMap, body: Body) -> Result<(SignInRequest, String), ApiError> {
    let bytes = body::read_json(headers, body, MAX_FORM_BYTES).await?;
    // The parse error is not returned: it could quote the password.
    let read: Result<Credentials, _> = serde_json::from_slice(&bytes);
    let Credentials { username, password, code } = read.map_err(|_| {
        bad_request(
            "The body must be {\"username\":…,\"password\":…}, with \"code\":… if two-factor is enabled"
                .to_owned(),
        )
    })?;
    Ok((SignInRequest { name: username, password, code }, "/".to_owned()))
}

/// Signs out: ends the session of the cookie and its live connections.
#[utoipa::path(
    post,
    path = "/api/logout",
    tag = "server",
    responses(
        (status = 200, description = "Signed out", body = Envelope<Done>),
        (status = 303, description = "As 200, for a form")
    )
)]
pub(crate) async fn logout(
    State(sessions): State<SessionService>,
    State(public_url): State<Option<PublicUrl>>,
    Extension(client): Extension<Client>,
    actor: Actor,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    run_blocking(move || sessions.sign_out(&actor, clock::now())).await??;
    let mut response = if is_form(&headers) {
        (StatusCode::SEE_OTHER, [(LOCATION, LOGIN_URL)]).into_response()
    } else {
        Envelope::of(Done::default()).into_response()
    };
    if let Some(cookie) = cookie::header(None, cookie::is_encrypted(&headers, client, public_url.as_ref())) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// On an unencrypted connection password and session could be intercepted.
fn not_encrypted() -> ApiError {
    let message =
        "Sign-in needs an encrypted connection: use https, have the proxy send X-Forwarded-Proto, or set \
                   insecure_http = true to allow plain HTTP"
            .to_owned();
    ApiError::new(StatusCode::FORBIDDEN, "not_encrypted", message)
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// The URL if it is a page of this server, or else the overview: prevents open redirects.
fn local_path(next: &str) -> &str {
    let is_plain =
        next.len() <= MAX_NEXT_BYTES && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_local = next.starts_with('/') && !next.starts_with("//");
    let is_page = ["/login", "/api/login", "/api/logout"].iter().all(|path| !next.starts_with(path));
    if is_plain && is_local && is_page { next } else { "/" }
}

fn redirect_to(next: &str) -> Response {
    let place = HeaderValue::from_str(next).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_redirects_to_local_pages_only() {
        for (next, expected) in [
            ("/", "/"),
            ("/alerts?view=rules&id=a%20b", "/alerts?view=rules&id=a%20b"),
            ("/api/docs", "/api/docs"),
            ("", "/"),
            ("alerts", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("\\\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/a\r\nSet-Cookie: x=y", "/"),
            ("/a b", "/"),
            ("/ä", "/"),
            ("/login?next=/login", "/"),
            ("/api/logout", "/"),
        ] {
            assert_eq!(local_path(next), expected, "{next:?}");
        }
        let long = format!("/{}", "a".repeat(MAX_NEXT_BYTES));
        assert_eq!(local_path(&long), "/");
    }
}
