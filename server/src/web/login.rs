//! Sign-in and sign-out: `/login`, `POST /api/login`, `POST /api/logout`. Accepts forms, which work without scripts, and JSON.

use super::cookie;
use super::pages::theme;
use crate::assets::PAGE_ASSETS;
use crate::audit::Actor;
use crate::clock;
use crate::config::PublicUrl;
use crate::edge::Client;
use crate::http::html::{document, escaped};
use crate::http::{ApiError, Done, Envelope, Failure, bad_request, body, run_blocking};
use crate::services::{SessionService, SignInRequest};
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
    let next = next.map(|(_, next)| local_path(&next).to_owned());
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
        (status = 429, description = "Too many failed attempts for this username or from this address; see Retry-After", body = Failure),
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
    let next = local_path(&next).to_owned();
    let name = request.name.clone();
    let outcome = if cookie::may_start_session(&headers, client, public_url.as_ref()) {
        let before = cookie::session(&headers);
        sessions.sign_in(&actor, request, client.address, before, clock::now()).await.map_err(ApiError::from)
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
    let user = SignedInUser { user: signed_in.principal.name, role: signed_in.principal.role };
    let mut response = if is_form { redirect_to(&next) } else { Envelope::of(user).into_response() };
    if let Some(cookie) = cookie::header(Some(&signed_in.secret), &headers, client, public_url.as_ref()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
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
    run_blocking(move || sessions.sign_out(&actor)).await??;
    let mut response = if is_form(&headers) {
        (StatusCode::SEE_OTHER, [(LOCATION, LOGIN_URL)]).into_response()
    } else {
        Envelope::of(Done::default()).into_response()
    };
    if let Some(cookie) = cookie::header(None, &headers, client, public_url.as_ref()) {
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

/// Sign-in page, with a warning about the connection, and the error of the previous attempt.
fn sign_in_page(
    headers: &HeaderMap,
    warning: Option<&str>,
    error: Option<&ApiError>,
    name: &str,
    next: &str,
) -> Response {
    let warning = warning.map_or_else(String::new, |text| {
        format!("<p class=\"page-warning\" role=\"note\">{}</p>", escaped(text))
    });
    let alert = error.map_or_else(String::new, |error| {
        format!("<p class=\"flash bad\" role=\"alert\">{}.</p>", escaped(error.message()))
    });
    // After an error the username is already filled in, so the password gets the focus.
    let (name_focus, password_focus) = if name.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
    let body = format!(
        "{warning}<main class=\"document standalone\"><h1>Sign in to Watchglass</h1>{alert}\
         <form method=\"post\" action=\"/api/login\"><input type=\"hidden\" name=\"next\" value=\"{}\">\
         <p><label>Username <input name=\"username\" value=\"{}\" autocomplete=\"username\" autocapitalize=\"none\" \
         spellcheck=\"false\" maxlength=\"64\" required{name_focus}></label></p>\
         <p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" \
         maxlength=\"256\" required{password_focus}></label></p>\
         <p><label>Two-factor code (if enabled) <input name=\"code\" autocomplete=\"one-time-code\" \
         autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"40\"></label></p>\
         <p><button type=\"submit\" class=\"button\">Sign in</button></p></form>\
         <p>Forgot password? Run <code>watchglass user password --name NAME</code> on the server.</p></main>",
        escaped(next),
        escaped(&name.chars().take(64).collect::<String>()),
    );
    let mut response =
        page_response(headers, error.map_or(StatusCode::OK, ApiError::status), "Sign in", &body);
    if let Some(seconds) = error.and_then(ApiError::retry_after) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn signed_in_page(user: &Principal) -> String {
    format!(
        "<main class=\"document standalone\"><h1>Signed in</h1><p>Signed in as {} (role {}).</p>\
         <form method=\"post\" action=\"/api/logout\"><p><button type=\"submit\" class=\"button\">Sign out</button></p></form>\
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
}
