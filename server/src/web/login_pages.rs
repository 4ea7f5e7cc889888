//! HTML of the sign-in pages.

use super::pages::theme;
use crate::assets::PAGE_ASSETS;
use crate::http::ApiError;
use crate::http::html::{document, escaped};
use crate::persist::NotSaved;
use app::url;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use watchglass_auth::Principal;

/// Sign-in page, with a warning about the connection, and the error of the previous attempt.
pub(super) fn sign_in_page(
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
         <form method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"next\" value=\"{}\">\
         <p><label>Username <input name=\"username\" value=\"{}\" autocomplete=\"username\" autocapitalize=\"none\" \
         spellcheck=\"false\" maxlength=\"64\" required{name_focus}></label></p>\
         <p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" \
         maxlength=\"256\" required{password_focus}></label></p>\
         <p><label>Two-factor code (if enabled) <input name=\"code\" autocomplete=\"one-time-code\" \
         autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"40\"></label></p>\
         <p><button type=\"submit\" class=\"button\">Sign in</button></p></form>\
         <p>Forgot password? Run <code>watchglass user password --name NAME</code> on the server.</p></main>",
        url("/api/login"),
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

/// Page between sign-in and `next` that says that the session is in memory only.
pub(super) fn unsaved_session_page(
    headers: &HeaderMap,
    user: &Principal,
    reason: &NotSaved,
    next: &str,
) -> Response {
    let body = format!(
        "<main class=\"document standalone\"><h1>Signed in</h1><p class=\"flash bad\" role=\"alert\">Signed in as {}, \
         but the session cannot be saved and ends when the server restarts: {}.</p>\
         <p class=\"ways\"><a href=\"{}\">Continue</a></p></main>",
        escaped(&user.name),
        escaped(reason.reason()),
        escaped(&url(next)),
    );
    page_response(headers, StatusCode::OK, "Signed in", &body)
}

/// Page of a user who is signed in already.
pub(super) fn signed_in_page(user: &Principal) -> String {
    format!(
        "<main class=\"document standalone\"><h1>Signed in</h1><p>Signed in as {} (role {}).</p>\
         <form method=\"post\" action=\"{}\"><p><button type=\"submit\" class=\"button\">Sign out</button></p></form>\
         <p class=\"ways\"><a href=\"{}\">Overview</a></p></main>",
        escaped(&user.name),
        user.role,
        url("/api/logout"),
        url("/")
    )
}

/// A page without navigation.
pub(super) fn page_response(headers: &HeaderMap, status: StatusCode, title: &str, body: &str) -> Response {
    let html = document(title, &PAGE_ASSETS.styles, theme(headers), body);
    (status, Html(html)).into_response()
}
