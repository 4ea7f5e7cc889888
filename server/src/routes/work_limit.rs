//! Heavy requests: they wait for the limit of concurrent work, and are answered on a thread and a task of their own.

use crate::http::{ApiError, body};
use crate::rate_limit::Caller;
use crate::web::pages::accepts_html;
use crate::work_limit::{Busy, RETRY_AFTER_SECONDS, WorkLimiter};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::panic::resume_unwind;
use tokio::runtime::Handle;

/// Answers a heavy request with `answer` as soon as the limit allows it.
///
/// The work holds its permit until the body is complete in memory. It does not depend on the client: one that reads slowly holds
/// no permit, and one that leaves does not end a page half way, whose parts would then find nothing of the rest. It runs on a
/// blocking thread, so that it delays nothing else on the async workers, such as live frames and health checks.
pub(super) async fn run<F: Future<Output = Response>>(
    limiter: &WorkLimiter,
    caller: Caller,
    request: Request,
    answer: impl FnOnce(Request) -> F + Send + 'static,
) -> Response {
    let takes_html = accepts_html(request.headers());
    // Before the wait: a client that sends slowly must not hold a permit.
    let request = match with_complete_body(request).await {
        Ok(request) => request,
        Err(error) => return error.into_response_for(takes_html),
    };
    let permit = match limiter.acquire(caller).await {
        Ok(permit) => permit,
        Err(busy) => return refusal(busy).into_response_for(takes_html),
    };
    let runtime = Handle::current();
    let work = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        runtime.block_on(async { complete(answer(request).await).await })
    });
    match work.await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            // Goes on to the panic handler of requests.
            Ok(panic) => resume_unwind(panic),
            // The server stops.
            Err(_) => refusal(Busy).into_response_for(takes_html),
        },
    }
}

/// 503 response.
fn refusal(busy: Busy) -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", busy.to_string())
        .with_retry_after(RETRY_AFTER_SECONDS)
}

/// The request with its body in memory.
async fn with_complete_body(request: Request) -> Result<Request, ApiError> {
    let (parts, body) = request.into_parts();
    let body = body::read_any(&parts.headers, body).await?;
    Ok(Request::from_parts(parts, body))
}

/// The response with its body in memory.
async fn complete(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(bytes) => Response::from_parts(parts, Body::from(bytes)),
        Err(error) => {
            tracing::error!(%error, "response body failed");
            ApiError::internal().into_response()
        }
    }
}

#[cfg(test)]
#[path = "work_limit_tests.rs"]
mod tests;
