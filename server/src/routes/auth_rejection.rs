//! Rejection of unauthorized requests: browsers are redirected to the sign-in page, API clients get an error.

use super::authorize::METRICS_PATH;
use crate::http::ApiError;
use crate::web::login::LOGIN_URL;
use crate::web::pages::{accepts_html, is_below_api};
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, LOCATION, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded::byte_serialize;
use watchglass_auth::{AuthError, Permission, Principal};

/// Reason of a rejection.
#[derive(Clone, Copy, Debug)]
pub(super) enum AuthRejection {
    /// No credential.
    MissingCredential,
    /// Invalid credential.
    InvalidCredential(AuthError),
    /// The role does not have this permission.
    MissingPermission(Permission),
    /// The route is missing from the permission table.
    UnlistedRoute,
}

impl AuthRejection {
    /// Response to the request. `pass` is its principal, if known.
    pub(super) fn respond(self, request: &Request, pass: Option<&Principal>) -> Response {
        let (uri, headers) = (request.uri(), request.headers());
        let is_session = !headers.contains_key(AUTHORIZATION);
        if let (Self::MissingCredential | Self::InvalidCredential(_), true, Some(url)) =
            (self, is_session, sign_in_url(request))
        {
            return (StatusCode::SEE_OTHER, [(LOCATION, url)]).into_response();
        }
        let message = match self {
            Self::MissingCredential => format!(
                "{} needs authentication: sign in at {}, or send a token in the header Authorization: Bearer",
                short_path(uri),
                app::url(LOGIN_URL)
            ),
            Self::InvalidCredential(refusal) => sentence(&refusal.to_string()),
            Self::MissingPermission(permission) => {
                let needed = permission.required_role().map_or("nobody", |role| role.name());
                let who =
                    pass.map_or(String::new(), |pass| format!("{} has the role {}", pass.name, pass.role));
                format!("This needs the role {needed}; {who}")
            }
            Self::UnlistedRoute => format!("No permission is defined for {}", short_path(uri)),
        };
        match self {
            Self::MissingCredential | Self::InvalidCredential(_) => {
                let error = ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message);
                ([(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))], error).into_response()
            }
            Self::MissingPermission(_) | Self::UnlistedRoute => {
                ApiError::new(StatusCode::FORBIDDEN, "forbidden", message)
                    .into_response_for(accepts_html(headers))
            }
        }
    }
}

/// URL of the sign-in page with the page to return to; `None` for API clients.
fn sign_in_url(request: &Request) -> Option<HeaderValue> {
    let (uri, path) = (request.uri(), request.uri().path());
    let is_page = (!is_below_api(path) && path != METRICS_PATH) || path == "/api/docs";
    // Scripts of a page request fragments: they get an error instead of a redirect.
    if !is_page || request.headers().contains_key("x-fragment") {
        return None;
    }
    let next = match *request.method() {
        Method::GET | Method::HEAD => uri.path_and_query().map_or(path, |whole| whole.as_str()),
        // The form data is lost, so it returns to the page of the form.
        _ => path,
    };
    let url = match next {
        "/" => LOGIN_URL.to_owned(),
        next => format!("{LOGIN_URL}?next={}", byte_serialize(next.as_bytes()).collect::<String>()),
    };
    HeaderValue::from_str(&url).ok()
}

fn short_path(uri: &Uri) -> String {
    uri.path().chars().take(200).collect()
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    first + characters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn browsers_are_redirected_to_sign_in_and_clients_are_not() {
        for (method, uri, fragment, expected) in [
            ("GET", "/", false, Some("/login")),
            ("GET", "/database?a=b&c=d", false, Some("/login?next=%2Fdatabase%3Fa%3Db%26c%3Dd")),
            ("POST", "/alerts?view=rules", false, Some("/login?next=%2Falerts")),
            ("POST", "/alerts", true, None),
            ("GET", "/api/docs", false, Some("/login?next=%2Fapi%2Fdocs")),
            ("GET", "/api/admin/rules", false, None),
            ("GET", "/metrics", false, None),
            ("GET", "/ws/live", false, None),
        ] {
            let mut request = Request::builder().method(method).uri(uri);
            if fragment {
                request = request.header("x-fragment", "1");
            }
            let url = sign_in_url(&request.body(Body::empty()).unwrap());
            assert_eq!(url.as_ref().map(|url| url.to_str().unwrap()), expected, "{method} {uri}");
        }
    }
}
