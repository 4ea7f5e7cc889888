//! How requests are answered that are not let through: people are sent to sign in, programs are told what is missing.

use super::ApiError;
use super::doors::METRICS;
use super::pages::{has_no_pages, takes_html};
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, LOCATION, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded::byte_serialize;
use watchglass_access::{Door, Pass, Refusal};

/// The page on which people sign in.
pub(super) const LOGIN: &str = "/login";

/// Why a request is not let through.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refused {
    /// It has nothing to show.
    Nobody,
    /// What it has to show is nothing.
    NoProof(Refusal),
    /// Whoever it is may not do this.
    Role(Door),
    /// Nobody has said who may.
    Unknown,
}

impl Refused {
    /// The answer to give instead. `pass` is who asked, if that is known.
    pub(super) fn answer(self, request: &Request, pass: Option<&Pass>) -> Response {
        let (uri, headers) = (request.uri(), request.headers());
        let is_session = !headers.contains_key(AUTHORIZATION);
        if let (Self::Nobody | Self::NoProof(_), true, Some(place)) =
            (self, is_session, sign_in_place(request))
        {
            return (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response();
        }
        let message = match self {
            Self::Nobody => format!(
                "{} needs a token in the header Authorization: Bearer, or a session: sign in at {LOGIN}",
                shown(uri)
            ),
            Self::NoProof(refusal) => sentence(&refusal.to_string()),
            Self::Role(door) => {
                let needed = door.least().map_or("nobody", |role| role.name());
                let who = pass.map_or(String::new(), |pass| format!("{} is {}", pass.name, pass.role));
                format!("This needs the role {needed}, and {who}: ask an administrator")
            }
            Self::Unknown => format!("Nobody has said who may use {}: nobody may", shown(uri)),
        };
        match self {
            Self::Nobody | Self::NoProof(_) => {
                let error = ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message);
                ([(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))], error).into_response()
            }
            Self::Role(_) | Self::Unknown => ApiError::new(StatusCode::FORBIDDEN, "forbidden", message)
                .into_response_for(takes_html(headers)),
        }
    }
}

/// Where a person is sent to sign in, and to come back from; `None` for programs.
fn sign_in_place(request: &Request) -> Option<HeaderValue> {
    let (uri, path) = (request.uri(), request.uri().path());
    let is_page = (!has_no_pages(path) && path != METRICS) || path == "/api/docs";
    // The program of a page asks for parts of one: it is no person.
    if !is_page || request.headers().contains_key("x-fragment") {
        return None;
    }
    let back = match *request.method() {
        Method::GET | Method::HEAD => uri.path_and_query().map_or(path, |whole| whole.as_str()),
        // What was sent is lost; the page that it was sent from is not.
        _ => path,
    };
    let place = match back {
        "/" => LOGIN.to_owned(),
        back => format!("{LOGIN}?next={}", byte_serialize(back.as_bytes()).collect::<String>()),
    };
    HeaderValue::from_str(&place).ok()
}

fn shown(uri: &Uri) -> String {
    uri.path().chars().take(200).collect()
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn people_are_sent_to_sign_in_and_programs_are_not() {
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
            let place = sign_in_place(&request.body(Body::empty()).unwrap());
            assert_eq!(place.as_ref().map(|place| place.to_str().unwrap()), expected, "{method} {uri}");
        }
    }
}
