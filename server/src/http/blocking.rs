//! Blocking work of handlers.

use super::ApiError;

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
