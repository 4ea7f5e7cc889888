//! Notifications: dispatches alert changes after each tick and delivers the messages.
//!
//! A notification is enqueued in the outbox before the dispatcher state is saved. A crash in between repeats the
//! notification with the same id, which the outbox deduplicates.

mod acknowledgements;
mod alert_group;
mod compose;
mod error;
mod links;
mod message_chart;
mod outgoing;
mod peers;
mod queries;
mod restore;
mod smtp_name;

pub(crate) use links::{LINK_TTL, Links, alert_fingerprint};
pub(crate) use message_chart::ChartSource;
pub(crate) use outgoing::MessageContext;
pub(crate) use peers::Peers;
pub(crate) use smtp_name::smtp_name;

use crate::clock::now;
use crate::persist::atomic_file;
use crate::persist::background_writer::{BackgroundWriter, Persist};
pub(crate) use error::NotificationsError;
use outgoing::OutgoingMessage;
use restore::restore;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use watchglass_dispatch::{ALL_CHANNELS, DispatchSettings, Dispatcher, DispatcherState, FieldError, Silence};
use watchglass_model::Timestamp;
use watchglass_notify::{
    ChannelSettings, Channels, Context, DeliveryError, DeliveryService, Env, GivenUp, Overview,
};
use watchglass_rules::{Alert, Change};

/// File with the dispatcher state in the data folder.
const STATE: &str = "telling.json";
/// Folder of the outbox in the data folder.
const OUTBOX: &str = "outbox";
/// Timeout of the outbox for a command.
const OUTBOX_TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout for sends in flight on shutdown.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);
/// Timeout of a test message; every channel has a shorter one of its own.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Maximum deliveries shown.
const MAX_DELIVERIES: usize = 200;

/// Notification service. The default one has no data folder: it sends nothing and saves nothing.
#[derive(Debug, Default)]
pub(crate) struct Notifications {
    dispatcher: Mutex<Dispatcher>,
    message_context: MessageContext,
    /// Labels that define a group.
    group_by: Vec<String>,
    channels: Vec<String>,
    writer_context: Arc<WriterContext>,
    writer: Option<BackgroundWriter<PendingWrite>>,
    /// State of other servers.
    peers: Mutex<Arc<Peers>>,
}

/// Context of the background writer.
#[derive(Debug, Default)]
struct WriterContext {
    /// `None` after close.
    delivery: Mutex<Option<DeliveryService>>,
    folder: PathBuf,
}

/// Messages to enqueue, and the dispatcher state to save afterwards.
#[derive(Debug)]
struct PendingWrite {
    state: DispatcherState,
    messages: Vec<OutgoingMessage>,
    context: Arc<WriterContext>,
}

impl Persist for PendingWrite {
    fn merge(&mut self, newer: Self) {
        self.state = newer.state;
        self.messages.extend(newer.messages);
    }

    fn write(&mut self) -> io::Result<()> {
        while let Some(letter) = self.messages.first_mut() {
            let (message, channels) = letter.finish();
            self.context
                .with(|post| post.enqueue(message, channels))
                .and_then(|receiver| receiver.wait(OUTBOX_TIMEOUT))
                .map_err(io::Error::other)?;
            self.messages.remove(0);
        }
        let text = serde_json::to_string(&self.state)?;
        atomic_file::replace(&self.context.folder, STATE, text.as_bytes())
    }
}

impl WriterContext {
    fn with<T>(
        &self,
        call: impl FnOnce(&DeliveryService) -> Result<T, DeliveryError>,
    ) -> Result<T, DeliveryError> {
        let post = self.delivery.lock().unwrap_or_else(PoisonError::into_inner);
        post.as_ref().map_or(Err(DeliveryError::Stopped), call)
    }
}

impl Notifications {
    /// Opens the channels and the outbox in `folder`, and restores the dispatcher state. Messages are composed from
    /// `message_context`.
    ///
    /// # Errors
    /// Invalid settings, missing secrets, or an I/O error.
    pub(crate) fn open(
        settings: DispatchSettings,
        channels: &BTreeMap<String, ChannelSettings>,
        message_context: MessageContext,
        folder: &Path,
    ) -> Result<Self, NotificationsError> {
        let environment = |name: &str| std::env::var(name).ok();
        let helo = message_context.helo.as_deref();
        let open = |(name, settings): (&String, &ChannelSettings)| {
            let context = Context { name, environment: &environment, helo };
            let channel = settings.open(context);
            let channel =
                channel.map_err(|error| NotificationsError::Channel { name: name.clone(), error })?;
            Ok((name.clone(), channel))
        };
        let channels: Channels = channels.iter().map(open).collect::<Result<_, NotificationsError>>()?;
        let names = channels.keys().cloned().collect();
        let group_by = settings.group_by.clone();
        let dispatcher = restore(settings, folder)?;
        let outbox = folder.join(OUTBOX);
        std::fs::create_dir_all(&outbox)?;
        let env = Env { clock: Box::new(now), random: Box::new(random), on_given_up: Box::new(log_given_up) };
        let (post, opened) = DeliveryService::start(&outbox, channels, env)?;
        if opened.damaged > 0 {
            tracing::warn!(
                bytes = opened.damaged,
                "outbox damaged; the original file was kept as outbox.damaged"
            );
        }
        Ok(Self {
            dispatcher: Mutex::new(dispatcher),
            message_context,
            group_by,
            channels: names,
            writer_context: Arc::new(WriterContext {
                delivery: Mutex::new(Some(post)),
                folder: folder.to_owned(),
            }),
            writer: Some(BackgroundWriter::start("telling")?),
            peers: Mutex::default(),
        })
    }

    /// Dispatches the alert changes of a tick.
    pub(crate) fn dispatch(&self, now: Timestamp, changes: &[Change], active: &[Alert]) {
        let mut dispatcher = self.dispatcher();
        let notifications = dispatcher.step(now, changes, active);
        if notifications.is_empty() && changes.is_empty() {
            return;
        }
        let messages = notifications.into_iter().filter_map(|notification| {
            let channels = self.expand_channels(&notification.channels);
            // Without channels there is nothing to send.
            (!channels.is_empty()).then(|| self.outgoing_message(notification, channels))
        });
        self.save(&dispatcher, messages.collect());
    }

    /// Adds or replaces a silence.
    ///
    /// # Errors
    /// An invalid field, or too many silences.
    pub(crate) fn put_silence(&self, silence: Silence, now: Timestamp) -> Result<(), FieldError> {
        let mut dispatcher = self.dispatcher();
        dispatcher.put_silence(silence, now)?;
        self.save(&dispatcher, Vec::new());
        Ok(())
    }

    /// Expires a silence; false if there is no unexpired silence with this id.
    pub(crate) fn expire_silence(&self, id: &str, now: Timestamp) -> bool {
        let mut dispatcher = self.dispatcher();
        let expired = dispatcher.expire_silence(id, now);
        self.save(&dispatcher, Vec::new());
        expired
    }

    /// All silences.
    pub(crate) fn silences(&self) -> Vec<Silence> {
        self.dispatcher().silences().cloned().collect()
    }

    /// Channels, deliveries and dead letters. Blocks until the outbox replies.
    ///
    /// # Errors
    /// The outbox does not reply.
    pub(crate) fn overview(&self) -> Result<Overview, DeliveryError> {
        self.writer_context.with(|post| post.overview(MAX_DELIVERIES))?.wait(OUTBOX_TIMEOUT)
    }

    /// Sends a test message over a channel and waits for the result.
    ///
    /// # Errors
    /// The channel is unknown, or the send fails.
    pub(crate) fn test(&self, channel: &str) -> Result<(), DeliveryError> {
        self.writer_context.with(|post| post.test(channel))?.wait(TEST_TIMEOUT)
    }

    /// Resends a message. Blocks until the outbox replies.
    ///
    /// # Errors
    /// The message is unknown or already pending.
    pub(crate) fn resend(&self, id: &str, channel: &str, who: &str) -> Result<(), DeliveryError> {
        self.writer_context.with(|post| post.resend(id, channel, who))?.wait(OUTBOX_TIMEOUT)
    }

    /// Saves the state and waits for sends in flight.
    pub(crate) fn close(&self) {
        self.save(&self.dispatcher(), Vec::new());
        if let Some(writer) = &self.writer {
            writer.close();
        }
        let post = self.writer_context.delivery.lock().unwrap_or_else(PoisonError::into_inner).take();
        if post.is_some_and(|post| !post.stop(DRAIN_TIMEOUT)) {
            tracing::warn!("sends interrupted by shutdown; they are repeated after restart");
        }
    }

    fn save(&self, dispatcher: &Dispatcher, messages: Vec<OutgoingMessage>) {
        if let Some(writer) = &self.writer {
            writer.submit(PendingWrite {
                state: dispatcher.state(),
                messages,
                context: Arc::clone(&self.writer_context),
            });
        }
    }

    fn expand_channels(&self, channels: &[String]) -> Vec<String> {
        if channels.iter().any(|name| name == ALL_CHANNELS) {
            self.channels.clone()
        } else {
            channels.to_vec()
        }
    }

    fn dispatcher(&self) -> MutexGuard<'_, Dispatcher> {
        self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log_given_up(message: GivenUp<'_>) {
    let GivenUp { id, title, channel, reason } = message;
    tracing::warn!(channel, reason, title, id, "notification given up");
}

/// Random number from 0 to 1, from the random keys of the standard library's hashers.
fn random() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}
