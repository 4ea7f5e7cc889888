//! `/action/TOKEN`: action links of messages. GET only shows the action, since mail scanners follow every link; POST runs it.
//!
//! The token alone authorizes the action: it is never logged, and browsers do not send it in the referrer.

mod page;

use super::pages::theme;
use crate::assets::PAGE_ASSETS;
use crate::audit::Actor;
use crate::clock;
use crate::http::html::document;
use crate::http::{ApiError, body, run_blocking};
use crate::service_errors::status_of;
use crate::services::{ActionLinkService, ServiceError};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::REFERRER_POLICY;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use page::{FormInput, Page, confirmation_page, error_page, not_found_page, result_page};
use watchglass_notify::ActionTokenError;

/// Form size limit, in bytes: enough for the longest valid name and comment, with each character escaped as twelve.
const MAX_FORM_BYTES: usize = 8 << 10;

/// Shows the action.
pub(crate) async fn show(
    State(links): State<ActionLinkService>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, ApiError> {
    let token = token(&uri);
    let found = run_blocking(move || links.open(&token, clock::now())).await?;
    let (status, page) = match found {
        Ok(link) if link.alerts.is_empty() => (StatusCode::NOT_FOUND, not_found_page()),
        Ok(link) => (StatusCode::OK, confirmation_page(&link, FormInput::default(), None)),
        Err(error) => (error_status(error), error_page(error)),
    };
    Ok(answer(&headers, status, page))
}

/// Runs the action, and shows the result.
pub(crate) async fn execute(
    State(links): State<ActionLinkService>,
    actor: Actor,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Result<Response, ApiError> {
    let token = token(&uri);
    let form = body::read_form(&headers, body, MAX_FORM_BYTES).await?;
    let outcome = run_blocking(move || {
        let field =
            |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let (who, why) = (field("who"), field("why"));
        // Spaces around the name are not part of it.
        let typed = FormInput { who: who.trim(), why: why.trim() };
        let now = clock::now();
        // Without links no token is valid, so no lock is needed.
        let _turn = links.silences.notifications.links().map(|links| links.lock_actions());
        let link = match links.open(&token, now) {
            Ok(link) if link.alerts.is_empty() => return (StatusCode::NOT_FOUND, not_found_page()),
            Ok(link) => link,
            Err(error) => return (error_status(error), error_page(error)),
        };
        let count = match links.run(&actor, &link, (typed.who, typed.why)) {
            Ok(count) => count,
            Err(error) => {
                let status = status_of(error.kind_and_code().0);
                return (status, confirmation_page(&link, typed, Some(&error.user_message())));
            }
        };
        let status = if count == 0 { StatusCode::CONFLICT } else { StatusCode::OK };
        match links.open(&token, now) {
            Ok(after) => (status, result_page(&after, count)),
            Err(error) => (error_status(error), error_page(error)),
        }
    });
    let (status, page) = outcome.await?;
    Ok(answer(&headers, status, page))
}

fn token(uri: &Uri) -> String {
    uri.path().rsplit_once('/').map_or_else(String::new, |(_, token)| token.to_owned())
}

fn error_status(error: ActionTokenError) -> StatusCode {
    match error {
        ActionTokenError::Invalid => StatusCode::FORBIDDEN,
        ActionTokenError::Expired { .. } => StatusCode::GONE,
    }
}

fn answer(headers: &HeaderMap, status: StatusCode, page: Page) -> Response {
    let html = document(&page.title, &PAGE_ASSETS.styles, theme(headers), &page.body);
    let header = |name: HeaderName, value| (name, HeaderValue::from_static(value));
    let headers = [
        // The referrer must not contain the token. Not "no-referrer": browsers would then send forms with the origin "null".
        header(REFERRER_POLICY, "strict-origin"),
        header(HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    (status, headers, Html(html)).into_response()
}
