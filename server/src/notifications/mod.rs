//! Notifications: dispatches alert changes after each tick and delivers the messages.
//!
//! The messages of a tick and the dispatcher state that says that they were notified go into the outbox as one commit,
//! which the delivery service writes: a crash leaves both or neither, and no tick waits for the disk.

mod acknowledgements;
mod alert_group;
mod compose;
mod error;
mod links;
mod message_chart;
mod outgoing;
mod peers;
mod pending_save;
mod queries;
mod restore;
mod smtp_name;
mod suppression;

pub(crate) use links::{KEY as LINK_KEY, LINK_TTL, Links, alert_fingerprint};
pub(crate) use message_chart::ChartSource;
pub(crate) use outgoing::MessageContext;
pub(crate) use peers::Peers;
pub(crate) use pending_save::PendingSave;
pub(crate) use smtp_name::smtp_name;
pub(crate) use suppression::Suppression;

use crate::clock::now;
use crate::persist::NotSaved;
pub(crate) use error::NotificationsError;
use restore::restore;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use watchglass_dispatch::{ALL_CHANNELS, DispatchSettings, Dispatcher, DispatcherState, FieldError, Silence};
use watchglass_model::Timestamp;
use watchglass_notify::{
    ChannelSettings, Channels, Commit, Context, DeliveryError, DeliveryService, Env, GivenUp, Outgoing,
    Overview,
};
use watchglass_rules::{Alert, Change};

/// File in which version 0.1.0 saved the dispatcher state.
const OLD_STATE: &str = "telling.json";
/// Folder of the outbox in the data directory.
const OUTBOX: &str = "outbox";
/// Timeout of the outbox for a command.
const OUTBOX_TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout for sends in flight on shutdown.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);
/// Timeout of a test message; every channel has a shorter one of its own.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Maximum deliveries shown.
const MAX_DELIVERIES: usize = 200;

/// Notification service. The default one has no data directory: it sends nothing and saves nothing.
#[derive(Debug, Default)]
pub(crate) struct Notifications {
    dispatcher: Mutex<Dispatcher>,
    message_context: MessageContext,
    /// Labels that define a group.
    group_by: Vec<String>,
    /// Kinds of the channels, by name.
    channels: BTreeMap<String, &'static str>,
    /// `None` without a data directory, and after close.
    delivery: Mutex<Option<DeliveryService>>,
    /// State of other servers.
    peers: Mutex<Arc<Peers>>,
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
        let kinds = channels.iter().map(|(name, settings)| (name.clone(), settings.kind())).collect();
        let channels: Channels = channels.iter().map(open).collect::<Result<_, NotificationsError>>()?;
        let group_by = settings.group_by.clone();
        // An error in the settings is not one in the state, and must come before anything is sent.
        drop(Dispatcher::new(settings.clone())?);
        let outbox = folder.join(OUTBOX);
        std::fs::create_dir_all(&outbox)?;
        let env = Env {
            clock: Box::new(now),
            random: Box::new(random),
            report: Box::new(report),
            on_given_up: Box::new(log_given_up),
        };
        let (delivery, opened) = DeliveryService::start(&outbox, channels, env)?;
        if opened.damaged > 0 {
            tracing::warn!(
                bytes = opened.damaged,
                "outbox damaged; the original file was kept as outbox.damaged"
            );
        }
        Ok(Self {
            dispatcher: Mutex::new(restore(settings, opened.dispatcher_state, folder)?),
            message_context,
            group_by,
            channels: kinds,
            delivery: Mutex::new(Some(delivery)),
            peers: Mutex::default(),
        })
    }

    /// Dispatches the alert changes of a tick.
    pub(crate) fn dispatch(&self, now: Timestamp, changes: &[Change], active: &[Alert]) -> Suppression {
        let mut dispatcher = self.dispatcher();
        let keys = || changes.iter().map(|change| &change.alert().key);
        // The alert of a resolution is not active after the step.
        let unannounced: Vec<bool> = keys().map(|key| dispatcher.is_unannounced(key)).collect();
        let notifications = dispatcher.step(now, changes, active);
        let suppression = Suppression::new(&dispatcher, changes, &unannounced);
        if !notifications.is_empty() || !changes.is_empty() {
            let messages = notifications.into_iter().filter_map(|notification| self.outgoing(notification));
            self.save(&dispatcher, messages.collect());
        }
        suppression
    }

    /// Firing alerts that this server knew at the last tick before it was stopped or killed.
    pub(crate) fn firing(&self) -> Vec<Alert> {
        self.dispatcher().firing().cloned().collect()
    }

    /// Adds or replaces a silence.
    ///
    /// # Errors
    /// An invalid field, or too many silences.
    pub(crate) fn put_silence(&self, silence: Silence, now: Timestamp) -> Result<PendingSave, FieldError> {
        let mut dispatcher = self.dispatcher();
        dispatcher.put_silence(silence, now)?;
        Ok(self.save_change(&dispatcher))
    }

    /// Expires a silence; `None` if there is no unexpired silence with this id.
    pub(crate) fn expire_silence(&self, id: &str, now: Timestamp) -> Option<PendingSave> {
        let mut dispatcher = self.dispatcher();
        dispatcher.expire_silence(id, now).then(|| self.save_change(&dispatcher))
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
        self.with_delivery(|delivery| delivery.overview(MAX_DELIVERIES))?.wait(OUTBOX_TIMEOUT)
    }

    /// Sends a test message over a channel and waits for the result.
    ///
    /// # Errors
    /// The channel is unknown, or the send fails.
    pub(crate) fn test(&self, channel: &str) -> Result<(), DeliveryError> {
        self.with_delivery(|delivery| delivery.test(channel))?.wait(TEST_TIMEOUT)
    }

    /// Resends a message. Blocks until the outbox replies.
    ///
    /// # Errors
    /// The message is unknown or already pending.
    pub(crate) fn resend(&self, id: &str, channel: &str, who: &str) -> Result<(), DeliveryError> {
        self.with_delivery(|delivery| delivery.resend(id, channel, who))?.wait(OUTBOX_TIMEOUT)
    }

    /// Saves the state and waits for sends in flight.
    ///
    /// # Errors
    /// The newest state is not on disk, and will be lost.
    pub(crate) fn close(&self) -> Result<(), NotSaved> {
        let newest = self.save_change(&self.dispatcher());
        let delivery = self.delivery().take();
        if delivery.is_some_and(|delivery| !delivery.stop(DRAIN_TIMEOUT)) {
            tracing::warn!("sends interrupted by shutdown; they are repeated after restart");
        }
        newest.wait()
    }

    /// Commits messages and the state of the dispatcher, which is locked so that commits are in the order of the changes.
    /// Saves the outbox and the dispatcher state into a new data directory, in the background.
    pub(crate) fn save_all(&self) {
        self.save(&self.dispatcher(), Vec::new());
    }

    fn save(&self, dispatcher: &Dispatcher, messages: Vec<Outgoing>) {
        if let Some(delivery) = &*self.delivery() {
            delivery.commit(commit(dispatcher, messages));
        }
    }

    /// Commits a change by a user, who waits for it.
    fn save_change(&self, dispatcher: &Dispatcher) -> PendingSave {
        let delivery = self.delivery();
        PendingSave::new(
            delivery.as_ref().map(|delivery| delivery.commit_awaited(commit(dispatcher, Vec::new()))),
        )
    }

    /// Whether all commits are on disk, or nothing is saved at all.
    fn is_saved(&self) -> bool {
        self.delivery().as_ref().is_none_or(DeliveryService::is_saved)
    }

    fn with_delivery<T>(
        &self,
        call: impl FnOnce(&DeliveryService) -> Result<T, DeliveryError>,
    ) -> Result<T, DeliveryError> {
        self.delivery().as_ref().map_or(Err(DeliveryError::Stopped), call)
    }

    fn delivery(&self) -> MutexGuard<'_, Option<DeliveryService>> {
        self.delivery.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expand_channels(&self, channels: &[String]) -> Vec<String> {
        if channels.iter().any(|name| name == ALL_CHANNELS) {
            self.channels.keys().cloned().collect()
        } else {
            channels.to_vec()
        }
    }

    fn dispatcher(&self) -> MutexGuard<'_, Dispatcher> {
        self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn commit(dispatcher: &Dispatcher, messages: Vec<Outgoing>) -> Commit {
    let state = dispatcher.state();
    Commit { messages, state: Box::new(move || state_text(&state)) }
}

fn log_given_up(message: GivenUp<'_>) {
    let GivenUp { id, title, channel, reason } = message;
    tracing::warn!(channel, reason, title, id, "notification given up");
}

/// Random number from 0 to 1, from the random keys of the standard library's hashers.
fn random() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}

/// State of the dispatcher as it is saved.
fn state_text(state: &DispatcherState) -> Option<String> {
    serde_json::to_string(state)
        .inspect_err(|error| tracing::error!(%error, "notification state not saved"))
        .ok()
}

fn report(problem: Option<&str>) {
    match problem {
        Some(problem) => tracing::warn!(problem, "outbox write failed"),
        None => tracing::info!("outbox write recovered"),
    }
}

#[cfg(test)]
mod tests;
