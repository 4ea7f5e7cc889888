//! Event loop of the delivery thread.

use super::commit::{Commit, CommitQueue, DrawChart, Outgoing};
use super::{Channels, DeliveryError, Env, GivenUp, Overview};
use crate::message::test_message;
use crate::outbox::{Job, Outbox};
use crate::{Channel, Message, SendError};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use watchglass_model::Timestamp;

/// Command for the delivery thread.
pub(super) type Command = Box<dyn FnOnce(&mut Worker) + Send>;

/// Upper limit of one send. Channels have shorter timeouts of their own.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest sleep: a changed system clock is noticed after it.
const MAX_SLEEP: Duration = Duration::from_secs(60);
/// Time for charts when the service stops. Messages are then persisted without them.
const LAST_CHARTS_TIMEOUT: Duration = Duration::from_secs(3);
/// Delay before a commit is retried that found no room in the outbox.
const COMMIT_RETRY_DELAY: Duration = Duration::from_secs(5);
/// Messages of a refused commit that are enqueued at once.
const MAX_BATCH: usize = 100;
/// Maximum concurrent test messages.
const MAX_TESTS: usize = 8;

/// Purpose of a send in flight.
enum Purpose {
    Deliver { job: Box<Job>, channel: Arc<dyn Channel> },
    Test(SyncSender<Result<(), DeliveryError>>),
}

/// Commit whose charts are being drawn.
struct Drawing {
    commit: Commit,
    /// Charts in the order of the messages.
    charts: JoinHandle<Vec<Option<String>>>,
}

/// State of the delivery thread.
pub(super) struct Worker {
    outbox: Outbox,
    channels: Channels,
    env: Env,
    commits: Arc<CommitQueue>,
    drawing: Option<Drawing>,
    /// Why the last commit was refused, and when it is retried.
    refused: Option<(String, Instant)>,
    /// Last problem that was reported.
    reported: Option<String>,
    sends: JoinSet<Result<(), SendError>>,
    purposes: HashMap<Id, Purpose>,
    tests: u64,
}

impl Worker {
    pub(super) fn new(outbox: Outbox, channels: Channels, env: Env, commits: Arc<CommitQueue>) -> Self {
        Self {
            outbox,
            channels,
            env,
            commits,
            drawing: None,
            refused: None,
            reported: None,
            sends: JoinSet::new(),
            purposes: HashMap::new(),
            tests: 0,
        }
    }

    /// Runs until stopped or until the last handle is dropped.
    pub(super) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut stop: oneshot::Receiver<Duration>,
    ) {
        let queue = Arc::clone(&self.commits);
        let stop_timeout = loop {
            self.start_commit();
            self.start_due();
            self.commits.set_durable(self.outbox.is_durable());
            self.report_problem();
            let retry = self.refused.as_ref().map(|(_, at)| at.saturating_duration_since(Instant::now()));
            let waits = self.outbox.wait(self.now()).into_iter().chain(retry);
            let pause = waits.fold(MAX_SLEEP, Duration::min);
            tokio::select! {
                // `stop` also drops the command sender: the stop timeout must be read first.
                biased;
                stop_timeout = &mut stop => break stop_timeout.unwrap_or_default(),
                Some(joined) = self.sends.join_next_with_id() => self.finish(joined),
                command = commands.recv() => match command {
                    Some(command) => command(&mut self),
                    None => break Duration::ZERO,
                },
                charts = drawn(&mut self.drawing) => self.add_charts(charts),
                () = queue.submitted.notified() => {}
                () = sleep(pause) => {}
            }
        };
        commands.close();
        while let Some(command) = commands.recv().await {
            command(&mut self);
        }
        // Submitted commits are persisted before the end.
        let deadline = Instant::now() + LAST_CHARTS_TIMEOUT;
        self.start_commit();
        while self.drawing.is_some() {
            let charts = timeout_at(deadline, drawn(&mut self.drawing)).await.unwrap_or_default();
            self.add_charts(charts);
            self.start_commit();
        }
        let rest = async {
            while let Some(joined) = self.sends.join_next_with_id().await {
                self.finish(joined);
            }
        };
        // Unfinished sends are dropped and repeated after the next start.
        let _ = timeout(stop_timeout, rest).await;
    }

    fn now(&self) -> Timestamp {
        (self.env.clock)()
    }

    /// Starts the sends that are due.
    fn start_due(&mut self) {
        let now = self.now();
        for job in self.outbox.plan(now) {
            let Some(channel) = self.channels.get(&job.channel).cloned() else {
                let reason = format!("unknown channel \"{}\": removed or never configured", job.channel);
                self.record_result(now, &job, "", Err(SendError::permanent(reason)), 0.0);
                continue;
            };
            let (message, sender) = (job.message.clone(), Arc::clone(&channel));
            self.spawn(sender, message, now, Purpose::Deliver { job: Box::new(job), channel });
        }
    }

    fn spawn(&mut self, channel: Arc<dyn Channel>, message: Message, now: Timestamp, purpose: Purpose) {
        let handle = self.sends.spawn(async move {
            let late = || SendError::temporary(format!("send timed out after {} s", SEND_TIMEOUT.as_secs()));
            timeout(SEND_TIMEOUT, channel.send(&message, now)).await.unwrap_or_else(|_elapsed| Err(late()))
        });
        self.purposes.insert(handle.id(), purpose);
    }

    /// Records the result of a send.
    fn finish(&mut self, joined: Result<(Id, Result<(), SendError>), JoinError>) {
        let (id, result) = match joined {
            Ok((id, result)) => (id, result),
            Err(error) => (error.id(), Err(SendError::temporary("internal error: the channel panicked"))),
        };
        match self.purposes.remove(&id) {
            Some(Purpose::Deliver { job, channel }) => {
                let (now, jitter) = (self.now(), (self.env.random)());
                let to = channel.take_recipients(&job.message.id).unwrap_or_else(|| channel.to());
                self.record_result(now, &job, &to, result, jitter);
            }
            // The requester may be gone.
            Some(Purpose::Test(reply)) => drop(reply.send(result.map_err(DeliveryError::from))),
            None => {}
        }
    }

    fn record_result(
        &mut self,
        now: Timestamp,
        job: &Job,
        to: &str,
        result: Result<(), SendError>,
        jitter: f64,
    ) {
        if let Some(reason) = self.outbox.record_result(now, job, to, result, jitter) {
            let (message, channel) = (&job.message, job.channel.as_str());
            (self.env.on_given_up)(GivenUp {
                id: &message.id,
                title: &message.title,
                channel,
                reason: &reason,
            });
        }
    }

    /// Takes the pending commits and draws their charts, which may wait for the disk, on another thread.
    fn start_commit(&mut self) {
        let is_refused = self.refused.as_ref().is_some_and(|(_, retry)| *retry > Instant::now());
        if self.drawing.is_some() || (is_refused && !self.commits.is_awaited()) {
            return;
        }
        let Some(mut commit) = self.commits.take() else { return };
        let charts: Vec<_> = commit.messages.iter_mut().map(|outgoing| outgoing.chart.take()).collect();
        if charts.iter().all(Option::is_none) {
            return self.save(commit);
        }
        // A panic costs one chart, not the message.
        let draw = |chart: Option<DrawChart>| catch_unwind(AssertUnwindSafe(chart?)).ok()?;
        let charts = spawn_blocking(move || charts.into_iter().map(draw).collect());
        self.drawing = Some(Drawing { commit, charts });
    }

    /// Saves the commit whose charts were drawn. Without charts, messages are sent without them.
    fn add_charts(&mut self, charts: Vec<Option<String>>) {
        let Some(Drawing { mut commit, .. }) = self.drawing.take() else { return };
        for (outgoing, chart) in commit.messages.iter_mut().zip(charts) {
            outgoing.message.chart_svg = chart.or(outgoing.message.chart_svg.take());
        }
        self.save(commit);
    }

    fn save(&mut self, mut commit: Commit) {
        let now = self.now();
        match self.outbox.commit(now, commit.messages.iter().map(Outgoing::parts), (commit.state)()) {
            Ok(()) => {
                self.refused = None;
                self.outbox.recover(now, self.commits.is_awaited());
                self.commits.finish(self.outbox.write_error());
            }
            Err(error) => {
                // Together they may never fit. Some messages without the state are safe: after a crash the dispatcher
                // makes them again, with the same ids.
                let batches = commit.messages.chunks(MAX_BATCH);
                let saved: usize = batches
                    .take_while(|batch| {
                        self.outbox.commit(now, batch.iter().map(Outgoing::parts), None).is_ok()
                    })
                    .map(<[Outgoing]>::len)
                    .sum();
                commit.messages.drain(..saved);
                let reason = error.to_string();
                self.commits.put_back(commit, &reason);
                self.refused = Some((reason, Instant::now() + COMMIT_RETRY_DELAY));
            }
        }
    }

    fn problem(&self) -> Option<&str> {
        self.outbox.problem().or(self.refused.as_ref().map(|(reason, _)| reason.as_str()))
    }

    /// Reports a problem that is new, and the end of one.
    fn report_problem(&mut self) {
        let problem = self.problem().map(str::to_owned);
        if problem.is_some() != self.reported.is_some() {
            (self.env.report)(problem.as_deref());
        }
        self.reported = problem;
    }

    pub(super) fn resend(&mut self, id: &str, channel: &str, who: &str) -> Result<(), DeliveryError> {
        let now = self.now();
        Ok(self.outbox.resend(now, id, channel, who)?)
    }

    pub(super) fn set_channels(&mut self, channels: Channels) {
        self.channels = channels;
    }

    pub(super) fn test(&mut self, name: &str, reply: SyncSender<Result<(), DeliveryError>>) {
        let running = self.purposes.values().filter(|purpose| matches!(purpose, Purpose::Test(_))).count();
        let reject = |error| drop(reply.send(Err(error)));
        let Some(channel) = self.channels.get(name).cloned() else {
            let known = self.channels.keys().cloned().collect::<Vec<_>>().join(", ");
            return reject(DeliveryError::UnknownChannel { name: name.to_owned(), known });
        };
        if running >= MAX_TESTS {
            return reject(DeliveryError::Busy);
        }
        self.tests += 1;
        let now = self.now();
        // Unique, also across restarts.
        let id = format!("test-{}-{}", now.millis(), self.tests);
        self.spawn(channel, Message { id, time: now, ..test_message() }, now, Purpose::Test(reply));
    }

    pub(super) fn overview(&self, limit: usize) -> Overview {
        Overview {
            channels: self.channels.iter().map(|(name, channel)| (name.clone(), channel.to())).collect(),
            counts: self.outbox.counts(),
            deliveries: self.outbox.deliveries(limit),
            dead_letters: self.outbox.dead_letters(limit),
            problem: self.problem().map(str::to_owned),
        }
    }
}

/// Charts of the commit whose charts are being drawn. Never ends if there is no such commit.
async fn drawn(drawing: &mut Option<Drawing>) -> Vec<Option<String>> {
    match drawing {
        Some(drawing) => (&mut drawing.charts).await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}
