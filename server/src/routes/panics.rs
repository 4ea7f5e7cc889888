//! Panic handler of requests: returns 500 and keeps the server running.

use crate::http::ApiError;
use crate::web::pages::accepts_html;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;

/// Error page without scripts and styles, which may be the cause of the panic.
fn page() -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"dark light\">\
    <title>Internal error · Watchglass</title><body>\
    <h1>Internal error</h1>\
    <p>This page failed to load. Monitoring continues; see the server log.</p>\
    <p><a href=\"\">Try again</a> or <a href=\"{}\">go to the overview</a></p>",
        app::url("/")
    )
}

/// Returns 500 if the inner handler panics. The panic hook logs the panic itself.
pub(super) async fn catch(request: Request, next: Next) -> Response {
    let is_browser = accepts_html(request.headers());
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) if is_browser => (StatusCode::INTERNAL_SERVER_ERROR, Html(page())).into_response(),
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
    async fn panics_return_a_page_or_json() {
        let (status, page) = answer("text/html,*/*").await;
        assert!(status == 500 && page.contains("failed to load"), "{page}");
        let (status, json) = answer("*/*").await;
        assert!(status == 500 && json.contains(r#""code":"internal""#), "{json}");
    }
}
