//! Background probe: runs a probe in its own thread, for reads that can hang.

use crate::probe::run;
use crate::{Probe, ProbeError};
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use watchglass_model::{Declaration, SampleBuffer};

/// Monotonic clock.
type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// Runs a probe in its own thread at its own interval, so that the collector never waits for it.
///
/// Each call of [`Probe::collect`] takes the finished results and starts the next round when it is due. Values are
/// returned once, in the tick after they were measured; between rounds the probe returns no samples and succeeds. While
/// a round exceeds the deadline, the probe fails, and no new round starts until it has finished. An error of the probe
/// remains until a later round succeeds.
///
/// After a drop the thread ends with its current round. The drop does not wait for it, because it may hang.
pub struct BackgroundProbe {
    name: String,
    metrics: &'static [&'static Declaration],
    /// Sampling interval of each metric.
    intervals: Vec<(&'static str, Duration)>,
    interval: Duration,
    deadline: Duration,
    clock: Clock,
    thread: Result<Connection, ProbeError>,
    /// Start of the last round.
    round_start: Option<Duration>,
    is_running: bool,
    /// Whether a round has finished.
    has_result: bool,
    failure: Option<ProbeError>,
    /// Buffer for the next round.
    spare: SampleBuffer,
}

struct Connection {
    /// Each request carries the buffer to fill. The thread ends when this sender is dropped.
    requests: SyncSender<SampleBuffer>,
    results: Receiver<RoundResult>,
}

struct RoundResult {
    result: Result<(), ProbeError>,
    samples: SampleBuffer,
    finished: Duration,
}

impl BackgroundProbe {
    /// Starts a thread for `probe` with a round per `every`, each with a time limit of `deadline`.
    pub fn start(probe: impl Probe + 'static, every: Duration, deadline: Duration) -> Self {
        let start = Instant::now();
        Self::start_with_clock(probe, every, deadline, move || start.elapsed())
    }

    /// [`BackgroundProbe::start`] with a monotonic clock.
    pub fn start_with_clock(
        probe: impl Probe + 'static,
        every: Duration,
        deadline: Duration,
        clock: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        let clock: Clock = Arc::new(clock);
        let metrics = probe.metrics();
        Self {
            name: probe.name().to_owned(),
            metrics,
            // A metric cannot be measured more often than once per round.
            intervals: metrics
                .iter()
                .map(|metric| (metric.name, probe.interval_of(metric).max(every)))
                .collect(),
            interval: every,
            deadline,
            clock: Arc::clone(&clock),
            thread: connect(Box::new(probe), clock),
            round_start: None,
            is_running: false,
            has_result: false,
            failure: None,
            spare: SampleBuffer::new(),
        }
    }

    /// Whether a result is recent. After a long pause of the collector, old values must not count as current.
    fn is_fresh(&self, result: &RoundResult, now: Duration) -> bool {
        now.saturating_sub(result.finished) <= self.interval.saturating_add(self.deadline)
    }

    /// Whether the next round is due, with a tolerance of a tenth: otherwise a tick that comes a little early would delay
    /// the round by a whole tick.
    fn is_due(&self, now: Duration) -> bool {
        self.round_start.is_none_or(|start| now.saturating_sub(start) >= self.interval - self.interval / 10)
    }
}

/// Starts the thread. A panic of the probe is an error of the round.
fn connect(mut probe: Box<dyn Probe>, clock: Clock) -> Result<Connection, ProbeError> {
    // At most one round is running, so that neither side blocks on a full channel.
    let (requests, to_do) = sync_channel::<SampleBuffer>(1);
    let (done, results) = sync_channel(1);
    thread::Builder::new()
        // The standard library panics on a zero byte.
        .name(format!("probe-{}", probe.name()).replace('\0', ""))
        .spawn(move || {
            for mut samples in to_do {
                let result = run(probe.as_mut(), &mut samples);
                let finished = clock();
                if done.send(RoundResult { result, samples, finished }).is_err() {
                    return;
                }
            }
        })
        .map(|_detached| Connection { requests, results })
        .map_err(|error| ProbeError::ThreadFailed { reason: error.to_string() })
}

impl Probe for BackgroundProbe {
    fn name(&self) -> &str {
        &self.name
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        self.metrics
    }

    fn interval(&self) -> Duration {
        self.interval
    }

    fn interval_of(&self, metric: &Declaration) -> Duration {
        let found = self.intervals.iter().find(|(name, _)| *name == metric.name);
        found.map_or(self.interval, |&(_, interval)| interval)
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let now = (self.clock)();
        let thread = self.thread.as_ref().map_err(ProbeError::clone)?;
        if let Ok(mut result) = thread.results.try_recv() {
            if self.is_fresh(&result, now) {
                std::mem::swap(samples, &mut result.samples);
            }
            result.samples.clear();
            self.spare = result.samples;
            self.failure = result.result.err();
            (self.is_running, self.has_result) = (false, true);
        }
        if !self.is_running && self.is_due(now) {
            let request = std::mem::take(&mut self.spare);
            let ended = |_| ProbeError::ThreadFailed { reason: "thread has ended".to_owned() };
            thread.requests.try_send(request).map_err(ended)?;
            self.round_start = Some(now);
            self.is_running = true;
        }
        let waiting = self.round_start.map_or(Duration::ZERO, |start| now.saturating_sub(start));
        match &self.failure {
            _ if self.is_running && waiting > self.deadline => {
                Err(ProbeError::TimedOut { deadline: self.deadline })
            }
            Some(failure) => Err(failure.clone()),
            None => Ok(()),
        }
    }

    fn has_result(&self) -> bool {
        self.has_result
    }
}

impl fmt::Debug for BackgroundProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundProbe")
            .field("name", &self.name)
            .field("every", &self.interval)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
