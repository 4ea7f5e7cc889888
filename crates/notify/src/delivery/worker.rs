//! Event loop of the delivery thread.

use super::{Channels, DeliveryError, Env, GivenUp, Overview};
use crate::message::test_message;
use crate::outbox::{Enqueued, Job, Outbox};
use crate::{Channel, Message, SendError};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use watchglass_model::Timestamp;

/// Command for the delivery thread.
pub(super) type Command = Box<dyn FnOnce(&mut Worker) + Send>;

/// Upper limit of one send. Channels have shorter timeouts of their own.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest sleep: a changed system clock is noticed after it.
const MAX_SLEEP: Duration = Duration::from_secs(60);
/// Maximum concurrent test messages.
const MAX_TESTS: usize = 8;

/// Purpose of a send in flight.
enum Purpose {
    Deliver { job: Box<Job>, channel: Arc<dyn Channel> },
    Test(SyncSender<Result<(), DeliveryError>>),
}

/// State of the delivery thread.
pub(super) struct Worker {
    outbox: Outbox,
    channels: Channels,
    env: Env,
    sends: JoinSet<Result<(), SendError>>,
    purposes: HashMap<Id, Purpose>,
    tests: u64,
}

impl Worker {
    pub(super) fn new(outbox: Outbox, channels: Channels, env: Env) -> Self {
        let (sends, purposes) = (JoinSet::new(), HashMap::new());
        Self { outbox, channels, env, sends, purposes, tests: 0 }
    }

    /// Runs until stopped or until the last handle is dropped.
    pub(super) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut stop: oneshot::Receiver<Duration>,
    ) {
        let stop_timeout = loop {
            self.start_due();
            let pause = self.outbox.wait(self.now()).unwrap_or(MAX_SLEEP).min(MAX_SLEEP);
            tokio::select! {
                // `stop` also drops the command sender: the stop timeout must be read first.
                biased;
                stop_timeout = &mut stop => break stop_timeout.unwrap_or_default(),
                Some(joined) = self.sends.join_next_with_id() => self.finish(joined),
                command = commands.recv() => match command {
                    Some(command) => command(&mut self),
                    None => break Duration::ZERO,
                },
                () = sleep(pause) => {}
            }
        };
        // Accepted messages are persisted before the end.
        commands.close();
        while let Some(command) = commands.recv().await {
            command(&mut self);
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

    pub(super) fn enqueue(
        &mut self,
        message: Message,
        channels: &[String],
    ) -> Result<Enqueued, DeliveryError> {
        let now = self.now();
        Ok(self.outbox.enqueue(now, message, channels)?)
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
            problem: self.outbox.problem().map(str::to_owned),
        }
    }
}
