//! Blocking queries of handlers, and the concurrency limit of heavy history queries of the REST API, each of which can take
//! 100 MB of memory. Pages have no such limit.

use super::ApiError;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Concurrent queries; further ones are queued.
const MAX_CONCURRENT: usize = 4;
/// Queued queries; further ones are rejected.
const MAX_QUEUED: usize = 64;
/// Limit of the wait in the queue.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);
/// Value of `Retry-After`, in seconds.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Limiter of concurrent queries.
#[derive(Clone, Debug)]
pub(crate) struct QueryLimiter {
    /// Permits of running and queued queries.
    admitted: Arc<Semaphore>,
    /// Permits of running queries.
    running: Arc<Semaphore>,
}

impl Default for QueryLimiter {
    fn default() -> Self {
        Self {
            admitted: Arc::new(Semaphore::new(MAX_CONCURRENT + MAX_QUEUED)),
            running: Arc::new(Semaphore::new(MAX_CONCURRENT)),
        }
    }
}

impl QueryLimiter {
    /// Runs a query that may need much time and memory on a blocking thread, within the concurrency limit.
    ///
    /// # Errors
    /// 503 when the queue is full or the wait timed out; 500 when the query panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let admission = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| busy())?;
        let permit = tokio::time::timeout(QUEUE_TIMEOUT, Arc::clone(&self.running).acquire_owned());
        // The semaphore is never closed.
        let permit = permit.await.map_err(|_| busy())?.map_err(|_| busy())?;
        // A disconnected client keeps its permit until its query has finished.
        run_blocking(move || {
            let answer = query();
            drop((admission, permit));
            answer
        })
        .await
    }
}

/// Runs a query on a blocking thread: disk reads take milliseconds or more, and would delay live frames on the async workers.
///
/// # Errors
/// 500 when the query panicked.
pub(crate) async fn run_blocking<T: Send + 'static>(
    query: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(query).await.map_err(|error| {
        tracing::error!(%error, "blocking query panicked");
        ApiError::internal()
    })
}

fn busy() -> ApiError {
    let message = format!(
        "Too many concurrent history queries (limit {MAX_CONCURRENT}, with a full queue): try again in {RETRY_AFTER_SECONDS} s"
    );
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).with_retry_after(RETRY_AFTER_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::RETRY_AFTER;
    use axum::response::IntoResponse;

    #[test]
    fn rejected_queries_have_a_retry_after_header() {
        let response = busy().into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()[RETRY_AFTER]),
            (503, &"5".parse().unwrap())
        );
    }

    #[tokio::test]
    async fn concurrency_is_limited() {
        let limiter = QueryLimiter::default();
        let permits: Vec<_> =
            (0..MAX_CONCURRENT).map(|_| Arc::clone(&limiter.running).try_acquire_owned().unwrap()).collect();
        assert!(limiter.clone().running.try_acquire().is_err());
        drop(permits);
        assert!(limiter.running.try_acquire().is_ok());
    }
}
