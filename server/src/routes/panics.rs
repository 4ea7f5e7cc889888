//! A panic while a request is answered ends that answer, with an apology, and nothing else.

use super::{ApiError, pages::takes_html};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;

/// Shown without scripts, styles or anything else that might be what broke.
const PAGE: &str = "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"dark light\">\
    <title>Fault · Watchglass</title><body>\
    <h1>This page could not be made</h1>\
    <p>The server ran into a fault of its own. It goes on watching; its log says what happened.</p>\
    <p><a href=\"\">Try again</a> or <a href=\"/\">go to the overview</a></p>";

/// Answers with 500 when what is behind panics. The panic itself is logged by the hook that logging sets.
pub(super) async fn catch(request: Request, next: Next) -> Response {
    let for_a_person = takes_html(request.headers());
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) if for_a_person => (StatusCode::INTERNAL_SERVER_ERROR, Html(PAGE)).into_response(),
        Err(_) => ApiError::internal().into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::get;
    use axum::{Router, middleware};
    use tower::ServiceExt;

    async fn answer(accept: &str) -> (StatusCode, String) {
        let router = Router::new()
            .route(
                "/",
                get(|| async {
                    if true {
                        panic!("on purpose")
                    }
                }),
            )
            .layer(middleware::from_fn(catch));
        let request = Request::get("/").header("accept", accept).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_answered_with_a_page_or_with_json() {
        let (status, page) = answer("text/html,*/*").await;
        assert!(status == 500 && page.contains("could not be made"), "{page}");
        let (status, json) = answer("*/*").await;
        assert!(status == 500 && json.contains(r#""code":"internal""#), "{json}");
    }
}
