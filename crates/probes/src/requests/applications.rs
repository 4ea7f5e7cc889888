//! The applications that report their requests, and what they have reported.

use super::figures;
use crate::ProbeError;
use crate::probe::Part;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use watchglass_instrument::report::{LONGEST, Report, ReportError};
use watchglass_instrument::requests::{LastMinute, Recorder};
use watchglass_model::Readings;

/// The most applications at a time.
const MOST_APPLICATIONS: usize = 50;
/// The most processes of one application at a time.
const MOST_INSTANCES: usize = 100;
/// An application that has not reported for so long is down.
const SILENT: Duration = Duration::from_secs(10);
/// A process that has not reported for so long, while others of its application have, is gone.
const GONE: Duration = Duration::from_secs(60);

/// Why a report is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// It is none.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// One application too many.
    #[error(
        "{MOST_APPLICATIONS} applications report already, the most that this server takes: let one leave, or use one name for all processes of an application"
    )]
    Applications,
    /// One process too many.
    #[error("{MOST_INSTANCES} processes of this application report already, the most that this server takes")]
    Instances,
}

/// What was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The application.
    pub app: String,
    /// How many of its routes are told apart; beyond 200, further ones count as `other`.
    pub routes: usize,
}

/// The applications that report their requests: 50 at most, 200 routes of each told apart. An application takes about
/// 30 KB for each of its routes.
///
/// Reports come in at any time; [`Reported`](super::Reported) reads at each tick what they have said since.
pub struct Applications {
    clock: Box<dyn Fn() -> Duration + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    applications: BTreeMap<String, Application>,
    taken: u64,
    refused: u64,
}

#[derive(Debug)]
struct Application {
    recorder: Arc<Recorder>,
    minute: LastMinute,
    instances: BTreeMap<String, Instance>,
    reported_at: Duration,
    /// Whether it has reported since the last tick.
    is_fresh: bool,
}

#[derive(Debug)]
struct Instance {
    in_flight: u64,
    reported_at: Duration,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) applications: usize,
    pub(super) taken: u64,
    pub(super) refused: u64,
}

impl Default for Applications {
    fn default() -> Self {
        let start = Instant::now();
        Self::with_clock(move || start.elapsed())
    }
}

impl Applications {
    /// No application yet. The clock tells the time since some fixed moment, and never steps back.
    pub fn with_clock(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        // The first report may cover a time before that moment.
        Self { clock: Box::new(move || LONGEST + clock()), state: Mutex::default() }
    }

    /// Takes a report as it was sent.
    ///
    /// # Errors
    /// Why it is not taken. Nothing of it is counted then.
    pub fn ingest(&self, body: &[u8]) -> Result<Taken, IngestError> {
        let report = Report::parse(body);
        let mut state = self.state();
        let outcome =
            report.map_err(IngestError::from).and_then(|report| state.take(&report, (self.clock)()));
        let count = if outcome.is_ok() { &mut state.taken } else { &mut state.refused };
        *count = count.saturating_add(1);
        outcome
    }

    /// Records what applications have reported since this was last called, and says of each whether it reports. One
    /// that has said goodbye is forgotten.
    pub(super) fn tick(&self, readings: &mut Readings) -> (Totals, Vec<Part>) {
        let now = (self.clock)();
        let mut state = self.state();
        let parts = state
            .applications
            .iter_mut()
            .map(|(app, application)| Part {
                name: format!("app:{app}"),
                problem: application.tick(app, now, readings),
            })
            .collect();
        state.applications.retain(|_, application| !application.instances.is_empty());
        let totals =
            Totals { applications: state.applications.len(), taken: state.taken, refused: state.refused };
        (totals, parts)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, report: &Report, now: Duration) -> Result<Taken, IngestError> {
        if !self.applications.contains_key(&report.app) && self.applications.len() >= MOST_APPLICATIONS {
            return Err(IngestError::Applications);
        }
        let application = self
            .applications
            .entry(report.app.clone())
            .or_insert_with(|| Application::new(now, now.saturating_sub(report.covers)));
        if report.leaving {
            application.instances.remove(&report.instance);
            if report.instance.is_empty() {
                // Somebody speaks for those that cannot any more.
                application.instances.retain(|_, one| now.saturating_sub(one.reported_at) < SILENT);
            }
        } else {
            application.note(report, now)?;
        }
        application.recorder.absorb(report);
        (application.reported_at, application.is_fresh) = (now, true);
        Ok(Taken { app: report.app.clone(), routes: application.recorder.named_routes() })
    }
}

impl Application {
    /// One whose requests are counted from `since` on.
    fn new(now: Duration, since: Duration) -> Self {
        let recorder = Arc::<Recorder>::default();
        let mut minute = LastMinute::new(Arc::clone(&recorder));
        minute.advance(since);
        Self { recorder, minute, instances: BTreeMap::new(), reported_at: now, is_fresh: false }
    }

    fn note(&mut self, report: &Report, now: Duration) -> Result<(), IngestError> {
        if !self.instances.contains_key(&report.instance) && self.instances.len() >= MOST_INSTANCES {
            return Err(IngestError::Instances);
        }
        let instance = Instance { in_flight: report.in_flight, reported_at: now };
        self.instances.insert(report.instance.clone(), instance);
        Ok(())
    }

    /// Records what is new, if anything is: a value that was recorded already is not recorded again. What is wrong
    /// with the application, if anything is.
    fn tick(&mut self, app: &str, now: Duration, readings: &mut Readings) -> Option<ProbeError> {
        // One that has said goodbye may be silent.
        if now.saturating_sub(self.reported_at) >= SILENT && !self.instances.is_empty() {
            let reason = format!(
                "no report for more than {} s: the application has stopped, or cannot reach this server",
                SILENT.as_secs()
            );
            return Some(ProbeError::Reported { reason });
        }
        self.instances.retain(|_, instance| now.saturating_sub(instance.reported_at) < GONE);
        if std::mem::take(&mut self.is_fresh) {
            // Called only then, a pause between reports is known for the time that the next one covers.
            self.minute.advance(now);
            figures::record(app, &self.minute, self.in_flight(now), readings);
        }
        None
    }

    fn in_flight(&self, now: Duration) -> u64 {
        let reporting = self.instances.values().filter(|one| now.saturating_sub(one.reported_at) < SILENT);
        reporting.fold(0, |sum, one| sum.saturating_add(one.in_flight))
    }
}

impl fmt::Debug for Applications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Applications").field("state", &self.state).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "applications_tests.rs"]
mod tests;
