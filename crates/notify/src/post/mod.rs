//! The owner of outbox and channels: a thread of its own, in which each channel sends at its own pace.

mod worker;

use crate::outbox::{Counts, DeadLetter, Delivery, Enqueued, OpenError, Opened, Outbox, OutboxError};
use crate::{Channel, Message, SendError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::mpsc::{self as answers, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use watchglass_model::Timestamp;
use worker::{Order, Worker};

/// The most orders that wait for the thread. It works on them as fast as the disk takes them.
const MOST_ORDERS: usize = 1000;
/// How long is waited for the thread beyond what it was given: it then only writes down what became of things.
const GRACE: Duration = Duration::from_secs(5);
/// Threads that look up names of hosts. One that is stuck is not waited for.
const LOOKUPS: usize = 16;

/// The channels by their names.
pub type Channels = BTreeMap<String, Arc<dyn Channel>>;

/// What is not to be had from within: the time, and chance.
pub struct Environs {
    /// Tells the time.
    pub clock: Box<dyn Fn() -> Timestamp + Send>,
    /// Gives a random number from 0 to 1, another one each time.
    pub random: Box<dyn FnMut() -> f64 + Send>,
}

impl fmt::Debug for Environs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environs")
    }
}

/// Why the post does not do something. Free of secrets.
#[derive(Debug, Error)]
pub enum PostError {
    /// Its outbox cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is no thread for it.
    #[error("the system gives no thread to send messages with: {reason}")]
    NoThread {
        /// The system's words.
        reason: String,
    },
    /// More is asked of it than it can do: the disk is slow, or too much is tested at once.
    #[error("the post is busy: try again later")]
    Busy,
    /// It was stopped.
    #[error("the post was stopped")]
    Stopped,
    /// It did not answer in time; it may still do what it was asked to.
    #[error("no answer from the post within {} s", .0.as_secs_f64())]
    Late(Duration),
    /// The outbox does not do it.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// A test message did not go out.
    #[error(transparent)]
    Send(#[from] SendError),
    /// There is no such channel.
    #[error("there is no channel \"{name}\": there are {}", if .known.is_empty() { "none" } else { .known })]
    NoChannel {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },
}

/// All that is to be seen of the post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// The channels: their names, and whom they reach.
    pub channels: BTreeMap<String, String>,
    /// How many messages there are.
    pub counts: Counts,
    /// The delivery log, the newest first.
    pub deliveries: Vec<Delivery>,
    /// What did not arrive, the newest first.
    pub dead_letters: Vec<DeadLetter>,
    /// What is wrong with the disk, if anything is.
    pub problem: Option<String>,
}

/// An answer that is still to come. Who does not want it drops it: what was asked for is done all the same.
#[derive(Debug)]
pub struct Receipt<T>(answers::Receiver<Result<T, PostError>>);

impl<T> Receipt<T> {
    /// Waits for the answer. Blocks: a task of tokio's asks through `spawn_blocking`.
    ///
    /// # Errors
    /// It is one, or there is none within this time.
    pub fn wait(&self, within: Duration) -> Result<T, PostError> {
        self.0.recv_timeout(within).unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(PostError::Late(within)),
            RecvTimeoutError::Disconnected => Err(PostError::Stopped),
        })
    }
}

/// The post office. All its methods return at once.
///
/// When it is dropped it ends without waiting for what is under way, as if the program had been killed: that is then sent
/// again the next time. [`Post::stop`] is the kinder way.
#[derive(Debug)]
pub struct Post {
    /// `None` once it has been stopped.
    orders: Option<mpsc::Sender<Order>>,
    stop: Option<oneshot::Sender<Duration>>,
    ended: Mutex<answers::Receiver<()>>,
}

impl Post {
    /// Opens the outbox in a folder of its own and starts to send what is in it.
    ///
    /// # Errors
    /// The outbox cannot be opened, or the system gives no thread.
    pub fn start(folder: &Path, channels: Channels, environs: Environs) -> Result<(Self, Opened), PostError> {
        let no_thread = |error: std::io::Error| PostError::NoThread { reason: error.to_string() };
        let (outbox, opened) = Outbox::open(folder)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(LOOKUPS)
            .thread_name("post-lookup")
            .build()
            .map_err(no_thread)?;
        let (orders, to_do) = mpsc::channel(MOST_ORDERS);
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = answers::sync_channel(1);
        let worker = Worker::new(outbox, channels, environs);
        thread::Builder::new()
            .name("post".to_owned())
            .spawn(move || {
                runtime.block_on(worker.run(to_do, stopped));
                runtime.shutdown_background();
                // Nobody may be waiting for it.
                let _ = end.send(());
            })
            .map_err(no_thread)?;
        Ok((Self { orders: Some(orders), stop: Some(stop), ended: Mutex::new(ended) }, opened))
    }

    /// Puts a message in for channels. Once the answer is there it is written down and will be sent; the same message
    /// again is none. One for a channel that there is not becomes a dead letter.
    ///
    /// # Errors
    /// The post is busy or was stopped. The answer is an error where the message is none, or there is no room for it.
    pub fn enqueue(&self, message: Message, channels: Vec<String>) -> Result<Receipt<Enqueued>, PostError> {
        self.ask(move |worker| worker.enqueue(message, &channels))
    }

    /// Sends a message again over a channel that it was on, because `who` asks for it.
    ///
    /// # Errors
    /// The post is busy or was stopped. The answer is an error where there is no such message, or it waits already.
    pub fn resend(&self, id: &str, channel: &str, who: &str) -> Result<Receipt<()>, PostError> {
        let (id, channel, who) = (id.to_owned(), channel.to_owned(), who.to_owned());
        self.ask(move |worker| worker.resend(&id, &channel, &who))
    }

    /// Sends a test message over a channel, past the outbox: once, at once. The answer is what became of it.
    ///
    /// # Errors
    /// The post is busy or was stopped. The answer is an error where there is no such channel, or it does not work.
    pub fn test(&self, channel: &str) -> Result<Receipt<()>, PostError> {
        let channel = channel.to_owned();
        let (answer, receipt) = answers::sync_channel(1);
        self.order(Box::new(move |worker| worker.test(&channel, answer)))?;
        Ok(Receipt(receipt))
    }

    /// All that is to be seen; of the lists so many at most.
    ///
    /// # Errors
    /// The post is busy or was stopped.
    pub fn overview(&self, most: usize) -> Result<Receipt<Overview>, PostError> {
        self.ask(move |worker| Ok(worker.overview(most)))
    }

    /// Puts other channels in the place of those that there are. What is under way ends as it began.
    ///
    /// # Errors
    /// The post is busy or was stopped.
    pub fn set_channels(&self, channels: Channels) -> Result<Receipt<()>, PostError> {
        self.ask(move |worker| {
            worker.set_channels(channels);
            Ok(())
        })
    }

    /// Looks at the clock, for one that was set. By itself it looks once a minute.
    ///
    /// # Errors
    /// The post is busy or was stopped.
    pub fn wake(&self) -> Result<Receipt<()>, PostError> {
        self.ask(|_| Ok(()))
    }

    /// Takes in what was put in so far, waits so long for what is under way, writes down what became of it, and ends;
    /// whether it did in time. What was not done is sent the next time.
    pub fn stop(mut self, within: Duration) -> bool {
        if let Some(stop) = self.stop.take() {
            // Should it have ended by itself it is stopped.
            let _ = stop.send(within);
        }
        self.has_ended(within + GRACE)
    }

    fn has_ended(&self, within: Duration) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        !matches!(ended.recv_timeout(within), Err(RecvTimeoutError::Timeout))
    }

    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, PostError> + Send + 'static,
    ) -> Result<Receipt<T>, PostError> {
        let (answer, receipt) = answers::sync_channel(1);
        // Who asked may have gone.
        self.order(Box::new(move |worker| drop(answer.send(work(worker)))))?;
        Ok(Receipt(receipt))
    }

    fn order(&self, order: Order) -> Result<(), PostError> {
        let orders = self.orders.as_ref().ok_or(PostError::Stopped)?;
        orders.try_send(order).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => PostError::Busy,
            mpsc::error::TrySendError::Closed(_) => PostError::Stopped,
        })
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.orders = None;
        self.stop = None;
        // So that whoever opens the outbox next finds it closed.
        self.has_ended(GRACE);
    }
}
