//! Reporter: sends an application's request counts to a Watchglass server every second.
//!
//! Three lines instrument an application:
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use watchglass_instrument::push::{Destination, Reporter};
//! # use watchglass_instrument::requests::{Recorder, RequestLayer};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let recorder = Arc::new(Recorder::default());
//! let reporter = Reporter::start(Arc::clone(&recorder), "shop", Destination::parse("http://127.0.0.1:7070")?)?;
//! let layer = RequestLayer::new(recorder, |uri, _extensions| (uri.path() == "/").then_some("/"));
//! // … `router.layer(layer)`, and serve until it is time to stop …
//! # drop(layer);
//! reporter.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Guarantees:
//! - **No request waits for it.** It reads the recorder's counters from its own task.
//! - **No data is lost while the server is down**: the next report contains the counts since then, and the rate is
//!   right, because the server divides by the time without a report. Memory is bounded: as much as the recorder uses.
//! - **No request is counted twice.** A report that was sent completely but not answered within 5 s may or may not have
//!   arrived: it counts as sent, and increments [`Status::uncertain`]. At most that second is missing.
//!   If the server is killed, what it accepted but had not measured yet, its last second, is lost.
//! - **It ends with its owner.** Dropping it stops it at once; [`Reporter::stop`] deregisters first, so that the server
//!   does not report the application as down.
//!
//! HTTP/1.1, with TLS for `https://` (feature `tls`, on by default): the server's certificate must be signed by a CA of
//! the system, or one in the file `SSL_CERT_FILE`. The proxy is that of the environment (`HTTP_PROXY`, `HTTPS_PROXY`,
//! `ALL_PROXY`, `NO_PROXY`), except for localhost and loopback addresses.

mod destination;
mod http_post;
mod outbox;
mod schedule;

pub use destination::{Destination, DestinationError};

use crate::report::is_app_name;
use crate::requests::Recorder;
use http_post::{Outcome, post};
use outbox::Outbox;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use watchglass_http_client::Client;

/// Timeout of [`Reporter::stop`].
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// Error of starting a reporter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Invalid application name.
    #[error(
        "the application name must be 1 to 64 letters, digits, dots, underscores or hyphens, starting with a letter or digit"
    )]
    Name,
    /// No tokio runtime.
    #[error("a reporter must be started from within a tokio runtime")]
    NoRuntime,
    /// No CA certificates for `https://`.
    #[error("https:// cannot be used: {0}")]
    Certificates(String),
}

/// Status of reporting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Reports accepted by the server.
    pub delivered: u64,
    /// Reports sent without a response: they may or may not have arrived.
    pub uncertain: u64,
    /// Error of the last attempt; `None` after a success.
    pub problem: Option<String>,
}

/// Background task that reports an application's requests until it is stopped or dropped.
#[derive(Debug)]
pub struct Reporter {
    status: Arc<Mutex<Status>>,
    /// `None` after [`Reporter::stop`].
    stop_sender: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Reporter {
    /// Starts reporting the counts of `recorder` under the name `app`: 1 to 64 letters, digits, dots, underscores or
    /// hyphens. Several processes may share a name; the server adds them up.
    ///
    /// # Errors
    /// The name is invalid, there is no tokio runtime, or no CA certificates for `https://`.
    pub fn start(recorder: Arc<Recorder>, app: &str, destination: Destination) -> Result<Self, StartError> {
        if !is_app_name(app) {
            return Err(StartError::Name);
        }
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let client = http_post::client(&destination)?;
        let status = Arc::<Mutex<Status>>::default();
        let (stop_sender, stop_requested) = oneshot::channel();
        let outbox = Outbox::new(recorder, app.to_owned(), format!("{:016x}", random()));
        let task = runtime.spawn(run(outbox, client, destination, Arc::clone(&status), stop_requested));
        Ok(Self { status, stop_sender: Some(stop_sender), task })
    }

    /// Current status, for the application's own log.
    pub fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends the remaining counts, deregisters this process, and stops: within 3 s, even if the server hangs.
    pub async fn stop(mut self) {
        if let Some(stop_sender) = self.stop_sender.take() {
            // An error means that the task has ended already.
            let _ = stop_sender.send(());
        }
        // On a timeout, dropping aborts the task.
        let _ = timeout(STOP_TIMEOUT, &mut self.task).await;
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(
    mut outbox: Outbox,
    client: Client,
    destination: Destination,
    status: Arc<Mutex<Status>>,
    mut stop_requested: oneshot::Receiver<()>,
) {
    let start = Instant::now();
    let phase = schedule::phase(random_fraction());
    let mut failures = 0;
    loop {
        let pause = match failures {
            // The first failure is most likely a server restart: retry at the next second.
            0 | 1 => schedule::until_next(since_epoch(), phase),
            _ => schedule::backoff(failures, random_fraction()),
        };
        let leaving = tokio::select! {
            () = sleep(pause) => false,
            _ = &mut stop_requested => true,
        };
        failures = match send_pending(&mut outbox, &client, &destination, &status, start, leaving).await {
            true => 0,
            false => failures.saturating_add(1),
        };
        if leaving {
            return;
        }
    }
}

/// Sends all pending counts, in as many reports as needed. Returns whether the server accepted them.
async fn send_pending(
    outbox: &mut Outbox,
    client: &Client,
    destination: &Destination,
    status: &Mutex<Status>,
    start: Instant,
    leaving: bool,
) -> bool {
    loop {
        let mut prepared = outbox.prepare(start.elapsed(), leaving);
        let outcome = post(client, destination, std::mem::take(&mut prepared.body)).await;
        let mut status = status.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Outcome::Accepted => {
                outbox.mark_sent(&prepared);
                status.delivered = status.delivered.saturating_add(1);
                status.problem = None;
                if !prepared.more {
                    return true;
                }
            }
            Outcome::Unknown(problem) => {
                outbox.mark_sent(&prepared);
                status.uncertain = status.uncertain.saturating_add(1);
                status.problem = Some(problem);
                return false;
            }
            Outcome::Rejected(problem) => {
                status.problem = Some(problem);
                return false;
            }
        }
    }
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Random number, not for secrets.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// Random number from 0 to 1.
fn random_fraction() -> f64 {
    random() as f64 / u64::MAX as f64
}
