//! What the thread of the post does.

use super::{Channels, Environs, Overview, PostError};
use crate::message::everything;
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

/// What the thread is told to do.
pub(super) type Order = Box<dyn FnOnce(&mut Worker) + Send>;

/// The longest that a sending takes. Channels have deadlines of their own, all of them shorter.
const MOST_SENDING: Duration = Duration::from_secs(60);
/// The longest sleep: a clock that was set is noticed after it.
const MOST_SLEEP: Duration = Duration::from_secs(60);
/// The most test messages under way.
const MOST_TESTS: usize = 8;

/// What a sending is for.
#[derive(Debug)]
enum Purpose {
    Deliver { job: Job, to: String },
    Test(SyncSender<Result<(), PostError>>),
}

/// The thread's own.
pub(super) struct Worker {
    outbox: Outbox,
    channels: Channels,
    environs: Environs,
    sendings: JoinSet<Result<(), SendError>>,
    purposes: HashMap<Id, Purpose>,
    tests: u64,
}

impl Worker {
    pub(super) fn new(outbox: Outbox, channels: Channels, environs: Environs) -> Self {
        let (sendings, purposes) = (JoinSet::new(), HashMap::new());
        Self { outbox, channels, environs, sendings, purposes, tests: 0 }
    }

    /// Works until it is stopped or nobody is left who could give orders.
    pub(super) async fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut stop: oneshot::Receiver<Duration>,
    ) {
        let within = loop {
            self.begin();
            let pause = self.outbox.wait(self.now()).unwrap_or(MOST_SLEEP).min(MOST_SLEEP);
            tokio::select! {
                // Those who stop it let go of it at the same time: what it is to wait for must not be overlooked.
                biased;
                within = &mut stop => break within.unwrap_or_default(),
                Some(end) = self.sendings.join_next_with_id() => self.end(end),
                order = orders.recv() => match order {
                    Some(order) => order(&mut self),
                    None => break Duration::ZERO,
                },
                () = sleep(pause) => {}
            }
        };
        // What was accepted is written down before the end.
        orders.close();
        while let Some(order) = orders.recv().await {
            order(&mut self);
        }
        let rest = async {
            while let Some(end) = self.sendings.join_next_with_id().await {
                self.end(end);
            }
        };
        // What is not done by now is given up, and sent the next time.
        let _ = timeout(within, rest).await;
    }

    fn now(&self) -> Timestamp {
        (self.environs.clock)()
    }

    /// Begins to send what is due.
    fn begin(&mut self) {
        let now = self.now();
        for job in self.outbox.plan(now) {
            let Some(channel) = self.channels.get(&job.channel).cloned() else {
                let reason = format!("there is no channel \"{}\" any more, or never was", job.channel);
                self.outbox.done(now, &job, "", Err(SendError::permanent(reason)), 0.0);
                continue;
            };
            let (message, to) = (job.message.clone(), channel.to());
            self.spawn(channel, message, now, Purpose::Deliver { job, to });
        }
    }

    fn spawn(&mut self, channel: Arc<dyn Channel>, message: Message, now: Timestamp, purpose: Purpose) {
        let handle = self.sendings.spawn(async move {
            let late = || SendError::temporary(format!("not done within {} s", MOST_SENDING.as_secs()));
            timeout(MOST_SENDING, channel.send(&message, now)).await.unwrap_or_else(|_elapsed| Err(late()))
        });
        self.purposes.insert(handle.id(), purpose);
    }

    /// Takes down what became of a sending.
    fn end(&mut self, end: Result<(Id, Result<(), SendError>), JoinError>) {
        let (id, result) = match end {
            Ok((id, result)) => (id, result),
            Err(error) => (error.id(), Err(SendError::temporary("the channel failed within itself"))),
        };
        match self.purposes.remove(&id) {
            Some(Purpose::Deliver { job, to }) => {
                let (now, jitter) = (self.now(), (self.environs.random)());
                self.outbox.done(now, &job, &to, result, jitter);
            }
            // Who asked may have gone.
            Some(Purpose::Test(answer)) => drop(answer.send(result.map_err(PostError::from))),
            None => {}
        }
    }

    pub(super) fn enqueue(&mut self, message: Message, channels: &[String]) -> Result<Enqueued, PostError> {
        let now = self.now();
        Ok(self.outbox.enqueue(now, message, channels)?)
    }

    pub(super) fn resend(&mut self, id: &str, channel: &str, who: &str) -> Result<(), PostError> {
        let now = self.now();
        Ok(self.outbox.resend(now, id, channel, who)?)
    }

    pub(super) fn set_channels(&mut self, channels: Channels) {
        self.channels = channels;
    }

    pub(super) fn test(&mut self, name: &str, answer: SyncSender<Result<(), PostError>>) {
        let under_way = self.purposes.values().filter(|purpose| matches!(purpose, Purpose::Test(_))).count();
        let refuse = |error| drop(answer.send(Err(error)));
        let Some(channel) = self.channels.get(name).cloned() else {
            let known = self.channels.keys().cloned().collect::<Vec<_>>().join(", ");
            return refuse(PostError::NoChannel { name: name.to_owned(), known });
        };
        if under_way >= MOST_TESTS {
            return refuse(PostError::Busy);
        }
        self.tests += 1;
        let now = self.now();
        // No two tests are the same message, also after a restart.
        let id = format!("test-{}-{}", now.millis(), self.tests);
        self.spawn(channel, Message { id, time: now, ..everything() }, now, Purpose::Test(answer));
    }

    pub(super) fn overview(&self, most: usize) -> Overview {
        Overview {
            channels: self.channels.iter().map(|(name, channel)| (name.clone(), channel.to())).collect(),
            counts: self.outbox.counts(),
            deliveries: self.outbox.deliveries(most),
            dead_letters: self.outbox.dead_letters(most),
            problem: self.outbox.problem().map(str::to_owned),
        }
    }
}
