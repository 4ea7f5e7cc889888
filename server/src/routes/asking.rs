//! How many programs may ask much of the history at the same time: an answer can take a hundred megabytes while it is made.
//! Pages do not wait with them.

use super::{ApiError, Shared};
use crate::core::Core;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// So many at a time. The others wait.
const AT_A_TIME: usize = 4;
/// So many may wait.
const WAITING: usize = 64;
/// And so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// When to try again.
const BUSY_SECONDS: u64 = 5;

/// Lets in a few at a time.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    /// Those that ask, and those that wait.
    all: Arc<Semaphore>,
    /// Those that ask.
    now: Arc<Semaphore>,
}

impl Default for Asking {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_A_TIME + WAITING)), now: Arc::new(Semaphore::new(AT_A_TIME)) }
    }
}

impl Shared {
    /// As [`ask`](Self::ask), for what may take long and much memory: a few at a time.
    ///
    /// # Errors
    /// 503 when too many ask; 500 when answering panicked.
    pub(super) async fn ask_much<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Core) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let place = Arc::clone(&self.asking.all).try_acquire_owned().map_err(|_| busy())?;
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.asking.now).acquire_owned());
        // The semaphore is never closed.
        let turn = turn.await.map_err(|_| busy())?.map_err(|_| busy())?;
        // Whoever does not wait for the answer does not make room for the next one before it is made.
        self.ask(move |core| {
            let answer = ask(core);
            drop((place, turn));
            answer
        })
        .await
    }
}

fn busy() -> ApiError {
    let message = format!(
        "{AT_A_TIME} others ask for the past, the most at a time, and more wait: try again in {BUSY_SECONDS} s"
    );
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).after(BUSY_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::RETRY_AFTER;
    use axum::response::IntoResponse;

    #[test]
    fn who_is_turned_away_is_told_when_to_come_back() {
        let response = busy().into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()[RETRY_AFTER]),
            (503, &"5".parse().unwrap())
        );
    }

    #[tokio::test]
    async fn only_so_many_at_a_time() {
        let asking = Asking::default();
        let turns: Vec<_> =
            (0..AT_A_TIME).map(|_| Arc::clone(&asking.now).try_acquire_owned().unwrap()).collect();
        assert!(asking.clone().now.try_acquire().is_err());
        drop(turns);
        assert!(asking.now.try_acquire().is_ok());
    }
}
