//! Sign-in and sign-out: `/login`, `POST /api/login`, `POST /api/logout`. Accepts forms, which work without scripts, and JSON.

use super::cookie;
use super::pages::theme;
use crate::access::SignInError;
use crate::app_state::AppState;
use crate::assets::PAGE_ASSETS;
use crate::audit::{ActorKind as Through, AuditContext, AuditTarget};
use crate::clock;
use crate::edge::Client;
use crate::http::html::{document, escaped};
use crate::http::{ApiError, Done, Envelope, Failure, bad_request, body};
use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::ToSchema;
use watchglass_auth::{Credential, Principal, Role};

/// Form size limit, in bytes: enough for the longest password with each byte escaped as three.
const MAX_FORM_BYTES: usize = 8 << 10;
/// Length limit of the URL to return to, in bytes.
const MAX_NEXT_BYTES: usize = 2000;
/// `Retry-After` while too many sign-ins run, in seconds.
const RETRY_AFTER_SECONDS: u64 = 2;

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
}

/// Sign-in page. Signed-in users are redirected to `next`; without it they can sign out.
pub(crate) async fn page(
    RawQuery(query): RawQuery,
    pass: Option<Extension<Principal>>,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let next = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next");
    let next = next.map(|(_, next)| local_path(&next).to_owned());
    let user =
        pass.map(|Extension(pass)| pass).filter(|pass| matches!(pass.credential, Credential::Session(_)));
    match (user, next) {
        (Some(_), Some(next)) => redirect_to(&next),
        (Some(user), None) => page_response(&headers, StatusCode::OK, "Signed in", &signed_in_page(&user)),
        (None, next) => sign_in_page(&headers, StatusCode::OK, None, "", next.as_deref().unwrap_or("/")),
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
        (status = 429, description = "Too many failed attempts for this username or from this address; see Retry-After", body = Failure),
        (status = 503, description = "Too many concurrent sign-ins", body = Failure)
    )
)]
pub(crate) async fn login(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    actor: AuditContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let is_form = is_form(&headers);
    let (username, typed, next) = if is_form {
        let fields = body::read_form(&headers, body, MAX_FORM_BYTES).await?;
        let field =
            |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let typed = (field("password").unwrap_or_default(), field("code").unwrap_or_default());
        (field("username").unwrap_or_default(), typed, field("next"))
    } else {
        let expected =
            "The body must be {\"username\":…,\"password\":…}, with \"code\":… if two-factor is enabled";
        let bytes = body::read_json(&headers, body, MAX_FORM_BYTES).await?;
        // The parse error is not returned: it could quote the password.
        let read: Result<Credentials, _> = serde_json::from_slice(&bytes);
        let Credentials { username, password, code } = read.map_err(|_| bad_request(expected.to_owned()))?;
        (username, (password, code), None)
    };
    let next = local_path(next.as_deref().unwrap_or("/")).to_owned();
    if !cookie::may_start_session(&headers, client, state.public_url.as_ref()) {
        let error = not_encrypted();
        return Ok(if is_form {
            sign_in_page(&headers, error.status(), Some(error.message()), &username, &next)
        } else {
            error.into_response()
        });
    }
    let before = cookie::session(&headers);
    let signed = state.access.sign_in(&username, typed, client.address, before, clock::now()).await;
    let signed = match signed {
        Ok(signed) => signed,
        Err(error) => {
            let known =
                state.access.with_accounts(|accounts| accounts.user(&username).map(|user| user.name.clone()));
            match &error {
                SignInError::BadCredentials => actor.record_failure(known.as_deref(), "sign-in failed"),
                SignInError::Throttled(_) => actor.record_failure(known.as_deref(), "kept waiting"),
                SignInError::Busy | SignInError::Internal(_) => {}
            }
            let (error, wait) = sign_in_error(error);
            let mut response = if is_form {
                sign_in_page(&headers, error.status(), Some(error.message()), &username, &next)
            } else {
                error.into_response()
            };
            if let Some(seconds) = wait {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            return Ok(response);
        }
    };
    let name = &signed.principal.name;
    actor.with_actor(Through::User, name).record(AuditTarget::Session, "signed in", name, (None, None));
    tracing::info!(user = signed.principal.name, address = %client.address, "user signed in");
    let user = SignedInUser { user: signed.principal.name, role: signed.principal.role };
    let mut response = if is_form { redirect_to(&next) } else { Envelope::of(user).into_response() };
    if let Some(cookie) = cookie::header(Some(&signed.secret), &headers, client, state.public_url.as_ref()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
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
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    pass: Option<Extension<Principal>>,
    actor: AuditContext,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(Extension(pass)) = pass {
        let (name, is_person) = (pass.name.clone(), matches!(pass.credential, Credential::Session(_)));
        let access = state.access;
        let ended = tokio::task::spawn_blocking(move || access.sign_out(pass.credential)).await;
        if let Err(error) = ended
            .map_err(|error| error.to_string())
            .and_then(|ended| ended.map_err(|error| error.to_string()))
        {
            tracing::error!(error, "sign-out failed");
            return Err(ApiError::internal());
        }
        if is_person {
            actor.record(AuditTarget::Session, "signed out", &name, (None, None));
        }
    }
    let mut response = if is_form(&headers) {
        (StatusCode::SEE_OTHER, [(LOCATION, super::auth_rejection::LOGIN_URL)]).into_response()
    } else {
        Envelope::of(Done::default()).into_response()
    };
    if let Some(cookie) = cookie::header(None, &headers, client, state.public_url.as_ref()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// On an unencrypted connection password and session could be intercepted.
fn not_encrypted() -> ApiError {
    let message =
        "Sign-in needs an encrypted connection: use https, or have the proxy send X-Forwarded-Proto"
            .to_owned();
    ApiError::new(StatusCode::FORBIDDEN, "not_encrypted", message)
}

/// Error response of a failed sign-in, and `Retry-After` in seconds.
fn sign_in_error(error: SignInError) -> (ApiError, Option<u64>) {
    match error {
        SignInError::BadCredentials => {
            let message = "Wrong username, password or two-factor code".to_owned();
            (ApiError::new(StatusCode::UNAUTHORIZED, "bad_credentials", message), None)
        }
        SignInError::Throttled(wait) => {
            let seconds = wait.as_millis().div_ceil(1000);
            let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
            let message = format!("Too many failed attempts: try again in {seconds} s");
            (ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message), Some(seconds))
        }
        SignInError::Busy => {
            let message = format!("Too many concurrent sign-ins: try again in {RETRY_AFTER_SECONDS} s");
            (ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message), Some(RETRY_AFTER_SECONDS))
        }
        SignInError::Internal(error) => {
            tracing::error!(%error, "sign-in failed");
            (ApiError::internal(), None)
        }
    }
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

fn sign_in_page(
    headers: &HeaderMap,
    status: StatusCode,
    error: Option<&str>,
    name: &str,
    next: &str,
) -> Response {
    let alert = error.map_or_else(String::new, |error| {
        format!("<p class=\"flash bad\" role=\"alert\">{}.</p>", escaped(error))
    });
    // After an error the username is already filled in, so the password gets the focus.
    let (name_focus, password_focus) = if name.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
    let body = format!(
        "<main class=\"document standalone\"><h1>Sign in to Watchglass</h1>{alert}\
         <form method=\"post\" action=\"/api/login\"><input type=\"hidden\" name=\"next\" value=\"{}\">\
         <p><label>Username <input name=\"username\" value=\"{}\" autocomplete=\"username\" autocapitalize=\"none\" \
         spellcheck=\"false\" maxlength=\"64\" required{name_focus}></label></p>\
         <p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" \
         maxlength=\"256\" required{password_focus}></label></p>\
         <p><label>Two-factor code (if enabled) <input name=\"code\" autocomplete=\"one-time-code\" \
         autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"40\"></label></p>\
         <p><button class=\"button\">Sign in</button></p></form>\
         <p>Forgot password? Run <code>watchglass user password --name NAME</code> on the server.</p></main>",
        escaped(next),
        escaped(&name.chars().take(64).collect::<String>()),
    );
    page_response(headers, status, "Sign in", &body)
}

fn signed_in_page(user: &Principal) -> String {
    format!(
        "<main class=\"document standalone\"><h1>Signed in</h1><p>Signed in as {} (role {}).</p>\
         <form method=\"post\" action=\"/api/logout\"><p><button class=\"button\">Sign out</button></p></form>\
         <p class=\"ways\"><a href=\"/\">Overview</a></p></main>",
        escaped(&user.name),
        user.role
    )
}

fn page_response(headers: &HeaderMap, status: StatusCode, title: &str, body: &str) -> Response {
    let html = document(title, &PAGE_ASSETS.styles, theme(headers), body);
    (status, Html(html)).into_response()
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

    #[test]
    fn retry_after_is_rounded_up_to_seconds() {
        for (millis, seconds) in [(1, 1), (1000, 1), (1001, 2), (900_000, 900)] {
            let (error, wait) =
                sign_in_error(SignInError::Throttled(std::time::Duration::from_millis(millis)));
            assert_eq!((error.status().as_u16(), wait), (429, Some(seconds)));
        }
    }
}
