//! A probe in a thread of its own, for reads that can hang.

use crate::probe::run;
use crate::{Probe, ProbeError};
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use watchglass_model::{Declaration, Readings};

/// Time since some fixed moment; it never steps back.
type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// Runs a probe in a thread of its own, at a pace of its own, so that the collector never waits for it.
///
/// Each call of [`Probe::collect`] takes what the thread has finished since the call before, and asks for the
/// next round when it is due. Values are therefore handed over once, in the tick after they were measured; in
/// between there is nothing new and all is well. While the thread takes longer than its deadline the probe
/// fails, and it is not asked again before it has come back. An error of the probe itself stays until a later
/// round succeeds.
///
/// When this is dropped the thread ends after the round that it is in. Nobody waits for it: it may hang.
pub struct OwnThread {
    name: String,
    metrics: &'static [&'static Declaration],
    /// How far apart the values of each metric are.
    paces: Vec<(&'static str, Duration)>,
    every: Duration,
    deadline: Duration,
    clock: Clock,
    thread: Result<Connection, ProbeError>,
    /// When the round began that is due or under way.
    asked: Option<Duration>,
    under_way: bool,
    failure: Option<ProbeError>,
    /// Memory for the next round.
    spare: Readings,
}

struct Connection {
    /// Each request carries the memory to record in. The thread ends when this is dropped.
    requests: SyncSender<Readings>,
    answers: Receiver<Answer>,
}

struct Answer {
    result: Result<(), ProbeError>,
    readings: Readings,
    finished: Duration,
}

impl OwnThread {
    /// Starts a thread for `probe` that measures `every` so often and has until `deadline` for it, counted
    /// from when it was asked.
    pub fn start(probe: impl Probe + 'static, every: Duration, deadline: Duration) -> Self {
        let start = Instant::now();
        Self::start_with_clock(probe, every, deadline, move || start.elapsed())
    }

    /// [`OwnThread::start`] with a clock that tells the time since some fixed moment, and never steps back.
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
            // A metric is measured in some of the rounds; it cannot be measured more often than there are rounds.
            paces: metrics.iter().map(|metric| (metric.name, probe.every_of(metric).max(every))).collect(),
            every,
            deadline,
            clock: Arc::clone(&clock),
            thread: connect(Box::new(probe), clock),
            asked: None,
            under_way: false,
            failure: None,
            spare: Readings::new(),
        }
    }

    /// Whether an answer is of now. The collector may have been away for long, and what was measured then
    /// must not pass for what is now.
    fn is_fresh(&self, answer: &Answer, now: Duration) -> bool {
        now.saturating_sub(answer.finished) <= self.every.saturating_add(self.deadline)
    }

    /// Whether the next round is due. Ticks come a little early or late; without the tolerance of a tenth,
    /// one that comes early would delay the round by a whole tick.
    fn is_due(&self, now: Duration) -> bool {
        self.asked.is_none_or(|asked| now.saturating_sub(asked) >= self.every - self.every / 10)
    }
}

/// Starts the thread. A panic of the probe is an error of its round.
fn connect(mut probe: Box<dyn Probe>, clock: Clock) -> Result<Connection, ProbeError> {
    // One round is under way at most, so that neither side ever waits for room.
    let (requests, to_do) = sync_channel::<Readings>(1);
    let (done, answers) = sync_channel(1);
    thread::Builder::new()
        // The standard library panics at a zero byte.
        .name(format!("probe-{}", probe.name()).replace('\0', ""))
        .spawn(move || {
            for mut readings in to_do {
                let result = run(probe.as_mut(), &mut readings);
                let finished = clock();
                if done.send(Answer { result, readings, finished }).is_err() {
                    return;
                }
            }
        })
        .map(|_detached| Connection { requests, answers })
        .map_err(|error| ProbeError::NoThread { reason: error.to_string() })
}

impl Probe for OwnThread {
    fn name(&self) -> &str {
        &self.name
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        self.metrics
    }

    fn every(&self) -> Duration {
        self.every
    }

    fn every_of(&self, metric: &Declaration) -> Duration {
        let found = self.paces.iter().find(|(name, _)| *name == metric.name);
        found.map_or(self.every, |&(_, pace)| pace)
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        let now = (self.clock)();
        let thread = self.thread.as_ref().map_err(ProbeError::clone)?;
        if let Ok(mut answer) = thread.answers.try_recv() {
            if self.is_fresh(&answer, now) {
                std::mem::swap(readings, &mut answer.readings);
            }
            answer.readings.clear();
            self.spare = answer.readings;
            self.failure = answer.result.err();
            self.under_way = false;
        }
        if !self.under_way && self.is_due(now) {
            let request = std::mem::take(&mut self.spare);
            let ended = |_| ProbeError::NoThread { reason: "it has ended".to_owned() };
            thread.requests.try_send(request).map_err(ended)?;
            self.asked = Some(now);
            self.under_way = true;
        }
        let waiting = self.asked.map_or(Duration::ZERO, |asked| now.saturating_sub(asked));
        match &self.failure {
            _ if self.under_way && waiting > self.deadline => {
                Err(ProbeError::Late { deadline: self.deadline })
            }
            Some(failure) => Err(failure.clone()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for OwnThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnThread")
            .field("name", &self.name)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
