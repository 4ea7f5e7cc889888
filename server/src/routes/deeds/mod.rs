//! `/do/TOKEN`: where the links of messages lead. GET shows what would be done and changes nothing, since programs that
//! look for harm in mails follow every link; POST does it.
//!
//! The token alone lets people in: it is in no log, and in no header that browsers send on.

mod errand;
mod page;

use super::html::document;
use super::pages::{PAGE_ASSETS, theme};
use super::{ApiError, Shared, body};
use crate::audit::Actor;
use crate::ticker;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::REFERRER_POLICY;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use errand::Errand;
use page::{Page, Typed, forgotten, question, refusal, result};
use watchglass_notify::DeedError;

/// The longest form that is read, in bytes: room for all that the desk takes, each character escaped as twelve.
const LONGEST: usize = 8 << 10;

/// Shows what would be done.
pub(crate) async fn show(
    State(shared): State<Shared>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, ApiError> {
    let token = token(&uri);
    let found = shared.ask(move |core| Errand::open(core, &token, ticker::now())).await?;
    let (status, page) = match found {
        Ok(errand) if errand.subjects.is_empty() => (StatusCode::NOT_FOUND, forgotten()),
        Ok(errand) => (StatusCode::OK, question(&errand, Typed::default(), None)),
        Err(error) => (refused(error), refusal(error)),
    };
    Ok(answer(&headers, status, page))
}

/// Does it, and shows how it is then.
pub(crate) async fn carry_out(
    State(shared): State<Shared>,
    actor: Actor,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Result<Response, ApiError> {
    let token = token(&uri);
    let form = body::read_form(&headers, body, LONGEST).await?;
    let done = shared.ask(move |core| {
        let field =
            |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let (who, why) = (field("who"), field("why"));
        // The spaces around a name that was typed are not part of it.
        let typed = Typed { who: who.trim(), why: why.trim() };
        let now = ticker::now();
        // Without links no token is good, and there is nothing to take turns at.
        let _turn = core.telling().links().map(|links| links.turn());
        let errand = match Errand::open(core, &token, now) {
            Ok(errand) if errand.subjects.is_empty() => return (StatusCode::NOT_FOUND, forgotten()),
            Ok(errand) => errand,
            Err(error) => return (refused(error), refusal(error)),
        };
        let count = match errand.carry_out(core, &actor, typed.who, typed.why) {
            Ok(count) => count,
            Err(mistake) => return (StatusCode::BAD_REQUEST, question(&errand, typed, Some(&mistake))),
        };
        let status = if count == 0 { StatusCode::CONFLICT } else { StatusCode::OK };
        match Errand::open(core, &token, now) {
            Ok(after) => (status, result(&after, count)),
            Err(error) => (refused(error), refusal(error)),
        }
    });
    let (status, page) = done.await?;
    Ok(answer(&headers, status, page))
}

fn token(uri: &Uri) -> String {
    uri.path().strip_prefix("/do/").unwrap_or_default().to_owned()
}

fn refused(error: DeedError) -> StatusCode {
    match error {
        DeedError::NotOurs => StatusCode::FORBIDDEN,
        DeedError::Expired { .. } => StatusCode::GONE,
    }
}

fn answer(headers: &HeaderMap, status: StatusCode, page: Page) -> Response {
    let html = document(&page.title, &PAGE_ASSETS.styles, theme(headers), &page.body);
    let header = |name: HeaderName, value| (name, HeaderValue::from_static(value));
    let headers = [
        // No address with a token is sent on. Not "no-referrer": then browsers send forms with the origin "null".
        header(REFERRER_POLICY, "strict-origin"),
        header(HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    (status, headers, Html(html)).into_response()
}
