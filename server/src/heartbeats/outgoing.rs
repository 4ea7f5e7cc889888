//! Sender of heartbeats: a request to the configured URL at each interval, while collection and rule evaluation progress.

use super::Progress;
use axum::http::header::USER_AGENT;
use axum::http::{Request, Uri};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use watchglass_http_client::{Bytes, Client, Limits, Proxies};

/// Time within which a stage must be completed, well above the interval of ticks.
const STALL_LIMIT: Duration = Duration::from_secs(10);
/// Delay after a failed request, if the interval is longer.
const RETRY_DELAY: Duration = Duration::from_secs(10);
/// Delay of the next check of a stalled stage, if the interval is longer.
const STALL_CHECK_DELAY: Duration = Duration::from_secs(1);
/// Timeouts of a request. A new connection each time: the interval is usually longer than servers keep connections.
const LIMITS: Limits =
    Limits { total: Duration::from_secs(10), body_bytes: 0, idle: Duration::ZERO, ..Limits::DEFAULT };

/// Intervals of a sender.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SendTiming {
    /// Interval of requests.
    pub(crate) interval: Duration,
    /// Time within which a stage must be completed.
    stall_limit: Duration,
}

impl SendTiming {
    /// Timing with this interval of requests.
    pub(crate) fn every(interval: Duration) -> Self {
        Self { interval, stall_limit: STALL_LIMIT }
    }
}

/// Counts of heartbeats since the start.
#[derive(Debug, Default)]
pub(crate) struct SentCounts {
    pub(super) accepted: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) withheld: AtomicU64,
    pub(super) is_up: AtomicBool,
}

/// Outcome of one interval.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// A response with a status of success.
    Accepted,
    /// Another status, or no response.
    Failed(String),
    /// Not sent, because this stage has stalled.
    Withheld(&'static str),
}

/// Sender of heartbeats.
#[derive(Debug)]
pub(crate) struct HeartbeatSender {
    client: Client,
    /// Often contains a secret: it must not be logged.
    url: Uri,
    timing: SendTiming,
    progress: Arc<Progress>,
    counts: Arc<SentCounts>,
}

impl HeartbeatSender {
    /// Creates a sender, which [`Self::run`] starts. Uses the proxy of the environment.
    ///
    /// # Errors
    /// The system has no CA certificates, which an `https` URL needs.
    pub(crate) fn new(url: Uri, timing: SendTiming, progress: Arc<Progress>) -> io::Result<Self> {
        let client = Client::new(LIMITS, Proxies::from_env());
        let client = if url.scheme_str() == Some("https") { client.with_system_tls()? } else { client };
        Ok(Self { client, url, timing, progress, counts: Arc::default() })
    }

    /// Counts, for the probe.
    pub(super) fn counts(&self) -> Arc<SentCounts> {
        Arc::clone(&self.counts)
    }

    /// Sends heartbeats until the server stops.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut last = None;
        loop {
            let started = Instant::now();
            let outcome = tokio::select! {
                _ = stopping.wait_for(|is_stopping| *is_stopping) => return,
                outcome = self.attempt(started) => outcome,
            };
            self.record(&mut last, &outcome);
            let next = started + self.delay_after(&outcome);
            tokio::select! {
                _ = stopping.wait_for(|is_stopping| *is_stopping) => return,
                () = tokio::time::sleep_until(next.into()) => {}
            }
            last = Some(outcome);
        }
    }

    async fn attempt(&self, now: Instant) -> Outcome {
        if let Some(stage) = self.progress.stalled_stage(now, self.timing.stall_limit) {
            return Outcome::Withheld(stage);
        }
        let agent = concat!("watchglass/", env!("CARGO_PKG_VERSION"));
        let request = Request::get(self.url.clone()).header(USER_AGENT, agent).body(Bytes::new());
        let Ok(request) = request else { return Outcome::Failed("invalid URL".to_owned()) };
        match self.client.send(request).await {
            Ok(response) if response.status.is_success() => Outcome::Accepted,
            Ok(response) => Outcome::Failed(format!("status {}", response.status.as_u16())),
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    fn delay_after(&self, outcome: &Outcome) -> Duration {
        let interval = self.timing.interval;
        match outcome {
            Outcome::Accepted => interval,
            Outcome::Failed(_) => interval.min(RETRY_DELAY),
            Outcome::Withheld(_) => interval.min(STALL_CHECK_DELAY),
        }
    }

    /// Counts an outcome, and logs it if it is not the last one.
    fn record(&self, last: &mut Option<Outcome>, outcome: &Outcome) {
        let counts = &self.counts;
        match outcome {
            Outcome::Accepted => counts.accepted.fetch_add(1, Ordering::Relaxed),
            Outcome::Failed(_) => counts.failed.fetch_add(1, Ordering::Relaxed),
            Outcome::Withheld(_) => counts.withheld.fetch_add(1, Ordering::Relaxed),
        };
        counts.is_up.store(*outcome == Outcome::Accepted, Ordering::Relaxed);
        // Before the first tick is completed, no stage has stalled yet.
        let is_starting = last.is_none() && matches!(outcome, Outcome::Withheld(_));
        if last.as_ref() == Some(outcome) || is_starting {
            return;
        }
        match outcome {
            Outcome::Accepted => tracing::info!("heartbeat accepted"),
            Outcome::Failed(reason) => tracing::warn!(reason, "heartbeat failed"),
            Outcome::Withheld(stage) => tracing::warn!(stage, "heartbeat withheld: a stage has stalled"),
        }
    }
}

#[cfg(test)]
#[path = "outgoing_tests.rs"]
mod tests;
