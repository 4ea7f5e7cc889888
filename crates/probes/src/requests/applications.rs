//! Registry of reporting applications and their requests.

use super::recording;
use crate::ProbeError;
use crate::probe::SubProbe;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use watchglass_instrument::report::{MAX_REPORT_DURATION, Report, ReportError};
use watchglass_instrument::requests::{LastMinute, Recorder};
use watchglass_model::{RefusedSeries, SampleBuffer};

/// Maximum number of applications.
const MAX_APPLICATIONS: usize = 50;
/// Maximum number of processes per application.
const MAX_INSTANCES: usize = 100;
/// Time without reports after which an application is down.
const DOWN_AFTER: Duration = Duration::from_secs(10);
/// Time without reports after which a process is removed while others of its application report.
const REMOVE_AFTER: Duration = Duration::from_secs(60);

/// Reason for rejecting a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// Invalid report.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Too many applications.
    #[error(
        "limit of {MAX_APPLICATIONS} applications reached: stop one, or use one name for all processes of an application"
    )]
    Applications,
    /// Too many processes.
    #[error("limit of {MAX_INSTANCES} processes per application reached")]
    Instances,
}

/// Accepted report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedReport {
    /// Application name.
    pub app: String,
    /// Number of routes of the application; beyond 200, further routes count as `other`.
    pub routes: usize,
    /// Series of the application that were refused at its last tick with data, because of the series limit.
    pub refused_series: u64,
}

/// Registry of reporting applications: at most 50, each with up to 200 routes. Uses about 30 KB per route.
///
/// Reports may arrive at any time; [`Reported`](super::Reported) reads the new ones at each tick.
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
    /// Whether a report arrived since the last tick.
    is_fresh: bool,
    /// Whether its data was recorded in this tick.
    is_recorded: bool,
    refused_series: u64,
}

#[derive(Debug)]
struct Instance {
    in_flight: u64,
    reported_at: Duration,
}

/// Totals for self-monitoring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) applications: usize,
    pub(super) accepted: u64,
    pub(super) rejected: u64,
}

impl Default for Applications {
    fn default() -> Self {
        let start = Instant::now();
        Self::with_clock(move || start.elapsed())
    }
}

impl Applications {
    /// An empty registry with a monotonic clock.
    pub fn with_clock(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        // The first report may cover a time before the start of the clock.
        Self { clock: Box::new(move || MAX_REPORT_DURATION + clock()), state: Mutex::default() }
    }

    /// Parses and counts a report.
    ///
    /// # Errors
    /// The report is rejected; nothing of it is counted.
    pub fn ingest(&self, body: &[u8]) -> Result<AcceptedReport, IngestError> {
        let report = Report::parse(body);
        let mut state = self.state();
        let outcome =
            report.map_err(IngestError::from).and_then(|report| state.accept(&report, (self.clock)()));
        let count = if outcome.is_ok() { &mut state.taken } else { &mut state.refused };
        *count = count.saturating_add(1);
        outcome
    }

    /// Records the reports since the last call, and returns the state of each application. Deregistered applications are
    /// removed.
    pub(super) fn tick(&self, samples: &mut SampleBuffer) -> (Totals, Vec<SubProbe>) {
        let now = (self.clock)();
        let mut state = self.state();
        let parts = state
            .applications
            .iter_mut()
            .map(|(app, application)| SubProbe {
                name: format!("app:{app}"),
                problem: application.tick(app, now, samples),
            })
            .collect();
        state.applications.retain(|_, application| !application.instances.is_empty());
        let totals =
            Totals { applications: state.applications.len(), accepted: state.taken, rejected: state.refused };
        (totals, parts)
    }

    /// Sets the number of refused series of the applications that had data in this tick.
    pub(super) fn set_refused_series(&self, refused: &RefusedSeries) {
        for (app, application) in &mut self.state().applications {
            if std::mem::take(&mut application.is_recorded) {
                application.refused_series = refused.of_app(app);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn accept(&mut self, report: &Report, now: Duration) -> Result<AcceptedReport, IngestError> {
        if !self.applications.contains_key(&report.app) && self.applications.len() >= MAX_APPLICATIONS {
            return Err(IngestError::Applications);
        }
        let application = self
            .applications
            .entry(report.app.clone())
            .or_insert_with(|| Application::new(now, now.saturating_sub(report.covers)));
        if report.leaving {
            application.instances.remove(&report.instance);
            if report.instance.is_empty() {
                // A deregistration without instance also removes processes that stopped reporting.
                application.instances.retain(|_, one| now.saturating_sub(one.reported_at) < DOWN_AFTER);
            }
        } else {
            application.register_instance(report, now)?;
        }
        application.recorder.merge_report(report);
        (application.reported_at, application.is_fresh) = (now, true);
        Ok(AcceptedReport {
            app: report.app.clone(),
            routes: application.recorder.named_routes(),
            refused_series: application.refused_series,
        })
    }
}

impl Application {
    /// An application whose requests are counted since `since`.
    fn new(now: Duration, since: Duration) -> Self {
        let recorder = Arc::<Recorder>::default();
        let mut minute = LastMinute::new(Arc::clone(&recorder));
        minute.advance(since);
        Self {
            recorder,
            minute,
            instances: BTreeMap::new(),
            reported_at: now,
            is_fresh: false,
            is_recorded: false,
            refused_series: 0,
        }
    }

    fn register_instance(&mut self, report: &Report, now: Duration) -> Result<(), IngestError> {
        if !self.instances.contains_key(&report.instance) && self.instances.len() >= MAX_INSTANCES {
            return Err(IngestError::Instances);
        }
        let instance = Instance { in_flight: report.in_flight, reported_at: now };
        self.instances.insert(report.instance.clone(), instance);
        Ok(())
    }

    /// Records new data, if any; returns the failure of the application, if any.
    fn tick(&mut self, app: &str, now: Duration, samples: &mut SampleBuffer) -> Option<ProbeError> {
        // Deregistered applications may be silent.
        if now.saturating_sub(self.reported_at) >= DOWN_AFTER && !self.instances.is_empty() {
            let reason = format!(
                "no report for more than {} s: the application has stopped, or cannot reach this server",
                DOWN_AFTER.as_secs()
            );
            return Some(ProbeError::Reported { reason });
        }
        self.instances.retain(|_, instance| now.saturating_sub(instance.reported_at) < REMOVE_AFTER);
        self.is_recorded = std::mem::take(&mut self.is_fresh);
        if self.is_recorded {
            // Only with new data, so that a pause is attributed to the time covered by the next report.
            self.minute.advance(now);
            recording::record(app, &self.minute, self.in_flight(now), samples);
        }
        None
    }

    fn in_flight(&self, now: Duration) -> u64 {
        let reporting =
            self.instances.values().filter(|one| now.saturating_sub(one.reported_at) < DOWN_AFTER);
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
