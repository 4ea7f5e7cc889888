//! Tells a Watchglass server of an application's requests, once a second.
//!
//! Three lines make an application's requests seen:
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
//! What is promised:
//! - **No request waits for it.** It reads the recorder's counters from a task of its own.
//! - **While the server is away nothing is lost**: what comes meanwhile is part of the report that arrives, and its rate
//!   is right, for the server divides by the time without a report. It takes as much memory as the recorder, however long it lasts.
//! - **No request is counted twice.** A report that was sent whole and not answered within five seconds may have arrived
//!   or not: it counts as sent, and [`Status::uncertain`] as one more. Such a second is all that can be missing.
//!   What the server had taken and not yet measured when it was killed, its last second, is gone with it.
//! - **It ends with its owner.** Dropped, it stops at once; [`Reporter::stop`] says goodbye first, so that the server
//!   does not take the silence for a failure.
//!
//! It speaks HTTP/1.1 without TLS: to a server on another machine, go through a tunnel or a proxy of your own.

mod destination;
mod exchange;
mod outbox;
mod schedule;

pub use destination::{Destination, DestinationError};

use crate::report::is_app_name;
use crate::requests::Recorder;
use exchange::{Outcome, post};
use outbox::Outbox;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(3);

/// Why a reporter cannot start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The application's name cannot be one.
    #[error(
        "the application's name must be 1 to 64 letters, digits, dots, underscores or hyphens, the first a letter or digit"
    )]
    Name,
    /// There is no tokio to run on.
    #[error("a reporter must be started from within a tokio runtime")]
    NoRuntime,
}

/// How reporting goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Reports that the server has taken.
    pub delivered: u64,
    /// Reports that were sent and not answered: nobody knows whether they count.
    pub uncertain: u64,
    /// Why the last attempt failed; `None` while all is well.
    pub problem: Option<String>,
}

/// Tells a server of an application's requests until it is stopped or dropped.
#[derive(Debug)]
pub struct Reporter {
    status: Arc<Mutex<Status>>,
    /// `None` once it is asked to stop.
    goodbye: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Reporter {
    /// Starts reporting what `recorder` has counted and will count, under the name `app`: 1 to 64 letters, digits, dots,
    /// underscores or hyphens. Several processes may share a name; the server adds them up.
    ///
    /// # Errors
    /// A name that cannot be one, or no tokio runtime around the call.
    pub fn start(recorder: Arc<Recorder>, app: &str, destination: Destination) -> Result<Self, StartError> {
        if !is_app_name(app) {
            return Err(StartError::Name);
        }
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let status = Arc::<Mutex<Status>>::default();
        let (goodbye, asked) = oneshot::channel();
        let outbox = Outbox::new(recorder, app.to_owned(), format!("{:016x}", random()));
        let task = runtime.spawn(run(outbox, destination, Arc::clone(&status), asked));
        Ok(Self { status, goodbye: Some(goodbye), task })
    }

    /// How it goes, for the application's own log.
    pub fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends what is left, tells the server that this process ends, and stops: within three seconds, whatever the
    /// server does.
    pub async fn stop(mut self) {
        if let Some(goodbye) = self.goodbye.take() {
            // An error means that the task is gone already.
            let _ = goodbye.send(());
        }
        // An error means that it takes too long: dropping ends it.
        let _ = timeout(GOODBYE, &mut self.task).await;
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(
    mut outbox: Outbox,
    destination: Destination,
    status: Arc<Mutex<Status>>,
    mut asked: oneshot::Receiver<()>,
) {
    let start = Instant::now();
    let phase = schedule::phase(part());
    let mut failures = 0;
    loop {
        let pause = match failures {
            // The first failure is most likely a restart: it is tried again at the next second.
            0 | 1 => schedule::until_next(since_epoch(), phase),
            _ => schedule::backoff(failures, part()),
        };
        let leaving = tokio::select! {
            () = sleep(pause) => false,
            _ = &mut asked => true,
        };
        failures = match tell(&mut outbox, &destination, &status, start, leaving).await {
            true => 0,
            false => failures.saturating_add(1),
        };
        if leaving {
            return;
        }
    }
}

/// Sends what there is, in as many reports as it takes. Whether the server has taken it.
async fn tell(
    outbox: &mut Outbox,
    destination: &Destination,
    status: &Mutex<Status>,
    start: Instant,
    leaving: bool,
) -> bool {
    loop {
        let prepared = outbox.prepare(start.elapsed(), leaving);
        let outcome = post(destination, &prepared.body).await;
        let mut status = status.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Outcome::Taken => {
                outbox.sent(&prepared);
                status.delivered = status.delivered.saturating_add(1);
                status.problem = None;
                if !prepared.more {
                    return true;
                }
            }
            Outcome::Uncertain(problem) => {
                outbox.sent(&prepared);
                status.uncertain = status.uncertain.saturating_add(1);
                status.problem = Some(problem);
                return false;
            }
            Outcome::NotTaken(problem) => {
                status.problem = Some(problem);
                return false;
            }
        }
    }
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Hardly the same twice. Nothing secret depends on it.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// A random part of one.
fn part() -> f64 {
    random() as f64 / u64::MAX as f64
}
