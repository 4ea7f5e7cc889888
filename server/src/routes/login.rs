//! Signing in and out: `/login`, `POST /api/login`, `POST /api/logout`. Forms do without scripts; programs send JSON.

use super::html::{document, escaped};
use super::pages::{PAGE_ASSETS, theme};
use super::{ApiError, Envelope, Failure, Shared, bad, body, cookie};
use crate::access::SignInError;
use crate::audit::{Actor, By as Through, What};
use crate::edge::Client;
use crate::ticker;
use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::ToSchema;
use watchglass_access::{By, Pass, Role};

/// The longest form that is read, in bytes: room for the longest password, each byte escaped as three.
const LONGEST: usize = 8 << 10;
/// A longer address is not come back to.
const LONGEST_NEXT: usize = 2000;
/// When to try again while many others sign in.
const BUSY_SECONDS: u64 = 2;

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// The name; capitals do not matter.
    username: String,
    /// The password.
    password: String,
    /// The code of the second factor, where one is switched on.
    #[serde(default)]
    code: String,
}

/// Who is signed in now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    /// The name.
    user: String,
    /// `admin` or `viewer`.
    #[schema(value_type = String)]
    role: Role,
}

/// The page on which people sign in. Who is signed in already goes on, or can sign out where there is nothing to go on to.
pub(crate) async fn page(
    RawQuery(query): RawQuery,
    pass: Option<Extension<Pass>>,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let next = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next");
    let next = next.map(|(_, next)| local(&next).to_owned());
    let person = pass.map(|Extension(pass)| pass).filter(|pass| matches!(pass.by, By::Session(_)));
    match (person, next) {
        (Some(_), Some(next)) => go_on(&next),
        (Some(person), None) => answer(&headers, StatusCode::OK, "Signed in", &signed_in(&person)),
        (None, next) => show(&headers, StatusCode::OK, None, "", next.as_deref().unwrap_or("/")),
    }
}

/// Begins a session: answers with a cookie.
#[utoipa::path(
    post,
    path = "/api/login",
    tag = "server",
    request_body(content = Credentials, description = "As JSON, or as a form with an optional `next`: where to go on"),
    responses(
        (status = 200, description = "The session is in the cookie", body = Envelope<Person>),
        (status = 303, description = "The same, for a form"),
        (status = 400, description = "It is not what it should be", body = Failure),
        (status = 401, description = "The name, the password or the code is wrong", body = Failure),
        (status = 403, description = "The connection is not encrypted, and does not come from the same machine", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 413, description = "It is longer than 8 KiB", body = Failure),
        (status = 415, description = "It is neither JSON nor a form", body = Failure),
        (status = 429, description = "Too many attempts failed, with this name or from this address: Retry-After says how long to wait", body = Failure),
        (status = 503, description = "Too many sign in at the same time", body = Failure)
    )
)]
pub(crate) async fn login(
    State(shared): State<Shared>,
    Extension(client): Extension<Client>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let is_form = is_form(&headers);
    let (username, typed, next) = if is_form {
        let fields = body::read_form(&headers, body, LONGEST).await?;
        let field =
            |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let typed = (field("password").unwrap_or_default(), field("code").unwrap_or_default());
        (field("username").unwrap_or_default(), typed, field("next"))
    } else {
        let otherwise =
            "The body must be {\"username\":…,\"password\":…}, with \"code\":… where a second factor is on";
        let bytes = body::read_json(&headers, body, LONGEST).await?;
        // What is wrong is not repeated: it may be the password.
        let read: Result<Credentials, _> = serde_json::from_slice(&bytes);
        let Credentials { username, password, code } = read.map_err(|_| bad(otherwise.to_owned()))?;
        (username, (password, code), None)
    };
    let next = local(next.as_deref().unwrap_or("/")).to_owned();
    if !cookie::is_safe(&headers, client, shared.public_url.as_ref()) {
        let error = not_encrypted();
        return Ok(if is_form {
            show(&headers, error.status(), Some(error.message()), &username, &next)
        } else {
            error.into_response()
        });
    }
    let before = cookie::session(&headers);
    let signed = shared.access.sign_in(&username, typed, client.address, before, ticker::now()).await;
    let signed = match signed {
        Ok(signed) => signed,
        Err(error) => {
            let known = shared.access.look_up(|book| book.user(&username).map(|user| user.name.clone()));
            match &error {
                SignInError::Wrong => actor.failed(known.as_deref(), "not signed in"),
                SignInError::Wait(_) => actor.failed(known.as_deref(), "kept waiting"),
                SignInError::Busy | SignInError::Fault(_) => {}
            }
            let (error, wait) = refused(error);
            let mut response = if is_form {
                show(&headers, error.status(), Some(error.message()), &username, &next)
            } else {
                error.into_response()
            };
            if let Some(seconds) = wait {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            return Ok(response);
        }
    };
    let name = &signed.pass.name;
    actor.known_as(Through::User, name).note(What::Session, "signed in", name, (None, None));
    tracing::info!(user = signed.pass.name, address = %client.address, "signed in");
    let person = Person { user: signed.pass.name, role: signed.pass.role };
    let mut response = if is_form { go_on(&next) } else { Envelope::of(person).into_response() };
    if let Some(cookie) = cookie::header(Some(&signed.secret), &headers, client, shared.public_url.as_ref()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Ends the session of the cookie, and its live connections.
#[utoipa::path(
    post,
    path = "/api/logout",
    tag = "server",
    responses(
        (status = 200, description = "There is no session now", body = Envelope<super::Done>),
        (status = 303, description = "The same, for a form")
    )
)]
pub(crate) async fn logout(
    State(shared): State<Shared>,
    Extension(client): Extension<Client>,
    pass: Option<Extension<Pass>>,
    actor: Actor,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(Extension(pass)) = pass {
        let (name, is_person) = (pass.name.clone(), matches!(pass.by, By::Session(_)));
        let access = shared.access;
        let ended = tokio::task::spawn_blocking(move || access.sign_out(pass.by)).await;
        if let Err(error) = ended
            .map_err(|error| error.to_string())
            .and_then(|ended| ended.map_err(|error| error.to_string()))
        {
            tracing::error!(error, "a session was not ended");
            return Err(ApiError::internal());
        }
        if is_person {
            actor.note(What::Session, "signed out", &name, (None, None));
        }
    }
    let mut response = if is_form(&headers) {
        (StatusCode::SEE_OTHER, [(LOCATION, super::refused::LOGIN)]).into_response()
    } else {
        Envelope::of(super::Done::default()).into_response()
    };
    if let Some(cookie) = cookie::header(None, &headers, client, shared.public_url.as_ref()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// A session would be read by whoever is on the way, and so would the password.
fn not_encrypted() -> ApiError {
    let message =
        "Signing in needs an encrypted connection: use https, or let the proxy send X-Forwarded-Proto"
            .to_owned();
    ApiError::new(StatusCode::FORBIDDEN, "not_encrypted", message)
}

/// What is answered, and after how many seconds another attempt makes sense.
fn refused(error: SignInError) -> (ApiError, Option<u64>) {
    match error {
        SignInError::Wrong => {
            let message = "The name, the password or the code is wrong".to_owned();
            (ApiError::new(StatusCode::UNAUTHORIZED, "bad_credentials", message), None)
        }
        SignInError::Wait(wait) => {
            let seconds = wait.as_millis().div_ceil(1000);
            let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
            let message = format!("Too many attempts failed: try again in {seconds} s");
            (ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message), Some(seconds))
        }
        SignInError::Busy => {
            let message = format!("Too many sign in at the same time: try again in {BUSY_SECONDS} s");
            (ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message), Some(BUSY_SECONDS))
        }
        SignInError::Fault(error) => {
            tracing::error!(%error, "nobody can sign in");
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

/// The address if it is one of this server's pages, or else that of the overview: no link to the sign-in leads elsewhere.
fn local(next: &str) -> &str {
    let is_plain =
        next.len() <= LONGEST_NEXT && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_local = next.starts_with('/') && !next.starts_with("//");
    let is_page = ["/login", "/api/login", "/api/logout"].iter().all(|path| !next.starts_with(path));
    if is_plain && is_local && is_page { next } else { "/" }
}

fn go_on(next: &str) -> Response {
    let place = HeaderValue::from_str(next).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

fn show(headers: &HeaderMap, status: StatusCode, mistake: Option<&str>, name: &str, next: &str) -> Response {
    let said = mistake.map_or_else(String::new, |mistake| {
        format!("<p class=\"said bad\" role=\"alert\">{}.</p>", escaped(mistake))
    });
    // After a mistake the name is there already, as a rule the right one.
    let (name_focus, password_focus) = if name.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
    let body = format!(
        "<main class=\"document deed\"><h1>Sign in to Watchglass</h1>{said}\
         <form method=\"post\" action=\"/api/login\"><input type=\"hidden\" name=\"next\" value=\"{}\">\
         <p><label>Name <input name=\"username\" value=\"{}\" autocomplete=\"username\" autocapitalize=\"none\" \
         spellcheck=\"false\" maxlength=\"64\" required{name_focus}></label></p>\
         <p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" \
         maxlength=\"256\" required{password_focus}></label></p>\
         <p><label>Code of your second factor, if you have one <input name=\"code\" autocomplete=\"one-time-code\" \
         autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"40\"></label></p>\
         <p><button class=\"button\">Sign in</button></p></form>\
         <p>Forgotten? On the server: <code>watchglass user password --name NAME</code></p></main>",
        escaped(next),
        escaped(&name.chars().take(64).collect::<String>()),
    );
    answer(headers, status, "Sign in", &body)
}

fn signed_in(person: &Pass) -> String {
    format!(
        "<main class=\"document deed\"><h1>Signed in</h1><p>You are {}, with the role {}.</p>\
         <form method=\"post\" action=\"/api/logout\"><p><button class=\"button\">Sign out</button></p></form>\
         <p class=\"ways\"><a href=\"/\">Overview</a></p></main>",
        escaped(&person.name),
        person.role
    )
}

fn answer(headers: &HeaderMap, status: StatusCode, title: &str, body: &str) -> Response {
    let html = document(title, &PAGE_ASSETS.styles, theme(headers), body);
    (status, Html(html)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere_after_signing_in() {
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
            assert_eq!(local(next), expected, "{next:?}");
        }
        let long = format!("/{}", "a".repeat(LONGEST_NEXT));
        assert_eq!(local(&long), "/");
    }

    #[test]
    fn the_wait_is_told_in_whole_seconds_and_never_as_none() {
        for (millis, seconds) in [(1, 1), (1000, 1), (1001, 2), (900_000, 900)] {
            let (error, wait) = refused(SignInError::Wait(std::time::Duration::from_millis(millis)));
            assert_eq!((error.status().as_u16(), wait), (429, Some(seconds)));
        }
    }
}
