//! Tells people: decides after each tick who is told what, and has it sent.
//!
//! A notice goes into the outbox first, and only then is it written down that it was told. A crash in between makes the
//! same notice again, with the same id, which the outbox knows.

mod acknowledging;
mod compose;
mod error;
mod letter;
mod links;
mod lists;
mod restore;
mod sharing;
mod sketch;

pub(crate) use links::{GOOD_FOR, Links, mark};
pub(crate) use sharing::Others;
pub(crate) use sketch::Archive;

use crate::files;
use crate::keeper::{Keep, Keeper};
use crate::ticker::now;
use compose::Texts;
pub(crate) use error::TellingError;
use letter::{Extras, Letter};
use restore::restore;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use watchglass_alerts::telling::{ALL_CHANNELS, Desk, DeskState, FieldError, Silence, TellingSettings};
use watchglass_alerts::{Alert, Change, Rule};
use watchglass_model::Timestamp;
use watchglass_notify::{ChannelSettings, Channels, Environs, Overview, Post, PostError};

/// The file in the data folder that says who was told what.
const STATE: &str = "telling.json";
/// The folder in it of what is to be sent.
const OUTBOX: &str = "outbox";
/// How long the outbox may take to write a message down.
const WRITTEN_WITHIN: Duration = Duration::from_secs(5);
/// How long the end waits for messages that are under way.
const SENT_WITHIN: Duration = Duration::from_secs(3);
/// How long a channel that is tried may take; every channel has a shorter deadline of its own.
const TRIED_WITHIN: Duration = Duration::from_secs(60);
/// How many deliveries are shown.
const MOST_DELIVERIES: usize = 200;

/// Who is told what. Without a folder nobody is told, and nothing outlives the process.
#[derive(Debug, Default)]
pub(crate) struct Telling {
    desk: Mutex<Desk>,
    texts: Texts,
    extras: Extras,
    channels: Vec<String>,
    office: Arc<Office>,
    keeper: Option<Keeper<Told>>,
    /// What other servers find.
    others: Mutex<Arc<Others>>,
}

/// What the thread that writes needs.
#[derive(Debug, Default)]
struct Office {
    /// `None` once it is closed.
    post: Mutex<Option<Post>>,
    folder: PathBuf,
}

/// What is to be sent, and what is written down once that is safe.
#[derive(Debug)]
struct Told {
    state: DeskState,
    messages: Vec<Letter>,
    office: Arc<Office>,
}

impl Keep for Told {
    fn absorb(&mut self, newer: Self) {
        self.state = newer.state;
        self.messages.extend(newer.messages);
    }

    fn write(&mut self) -> io::Result<()> {
        while let Some(letter) = self.messages.first_mut() {
            let (message, channels) = letter.finished();
            self.office
                .with(|post| post.enqueue(message, channels))
                .and_then(|receipt| receipt.wait(WRITTEN_WITHIN))
                .map_err(io::Error::other)?;
            self.messages.remove(0);
        }
        let text = serde_json::to_string(&self.state)?;
        files::replace(&self.office.folder, STATE, text.as_bytes())
    }
}

impl Office {
    fn with<T>(&self, ask: impl FnOnce(&Post) -> Result<T, PostError>) -> Result<T, PostError> {
        let post = self.post.lock().unwrap_or_else(PoisonError::into_inner);
        post.as_ref().map_or(Err(PostError::Stopped), ask)
    }
}

impl Telling {
    /// Opens the channels and the outbox in `folder`, and goes on where the last run stopped.
    ///
    /// # Errors
    /// Settings that are wrong, secrets that are missing, a folder or a system that does not allow it.
    pub(crate) fn open(
        settings: TellingSettings,
        channels: &BTreeMap<String, ChannelSettings>,
        rules: impl IntoIterator<Item = Rule>,
        folder: &Path,
    ) -> Result<Self, TellingError> {
        let environment = |name: &str| std::env::var(name).ok();
        let open = |(name, settings): (&String, &ChannelSettings)| match settings.open(&environment) {
            Ok(channel) => Ok((name.clone(), channel)),
            Err(error) => Err(TellingError::Channel { name: name.clone(), error }),
        };
        let channels: Channels = channels.iter().map(open).collect::<Result<_, _>>()?;
        let names = channels.keys().cloned().collect();
        let desk = restore(settings, folder)?;
        let outbox = folder.join(OUTBOX);
        std::fs::create_dir_all(&outbox)?;
        let environs = Environs { clock: Box::new(now), random: Box::new(random) };
        let (post, opened) = Post::start(&outbox, channels, environs)?;
        if opened.damaged > 0 {
            tracing::warn!(
                bytes = opened.damaged,
                "a part of the outbox cannot be read: the file was set aside"
            );
        }
        Ok(Self {
            desk: Mutex::new(desk),
            texts: Texts::new(rules),
            extras: Extras::default(),
            channels: names,
            office: Arc::new(Office { post: Mutex::new(Some(post)), folder: folder.to_owned() }),
            keeper: Some(Keeper::start("telling")?),
            others: Mutex::default(),
        })
    }

    /// Takes its sentences from these rules from now on.
    pub(crate) fn set_rules(&self, rules: &[Rule]) {
        self.texts.set(rules.iter().cloned());
    }

    /// Decides who is told what after a tick, and has it sent.
    pub(crate) fn step(&self, now: Timestamp, changes: &[Change], active: &[Alert]) {
        let mut desk = self.desk();
        let notices = desk.step(now, changes, active);
        if notices.is_empty() && changes.is_empty() {
            return;
        }
        let messages = notices.into_iter().filter_map(|notice| {
            let channels = self.expand(&notice.channels);
            // Where there is no channel, there is nobody to tell.
            (!channels.is_empty()).then(|| self.letter(notice, channels))
        });
        self.keep(&desk, messages.collect());
    }

    /// Adds or replaces a silence.
    ///
    /// # Errors
    /// A field that cannot be used, or too many silences.
    pub(crate) fn put_silence(&self, silence: Silence, now: Timestamp) -> Result<(), FieldError> {
        let mut desk = self.desk();
        desk.put_silence(silence, now)?;
        self.keep(&desk, Vec::new());
        Ok(())
    }

    /// Ends a silence; false when there is none with that id that is not over.
    pub(crate) fn end_silence(&self, id: &str, now: Timestamp) -> bool {
        let mut desk = self.desk();
        let has_ended = desk.end_silence(id, now);
        self.keep(&desk, Vec::new());
        has_ended
    }

    /// All silences.
    pub(crate) fn silences(&self) -> Vec<Silence> {
        self.desk().silences().cloned().collect()
    }

    /// Channels, deliveries, what did not arrive. Blocks for the outbox.
    ///
    /// # Errors
    /// The outbox does not answer.
    pub(crate) fn overview(&self) -> Result<Overview, PostError> {
        self.office.with(|post| post.overview(MOST_DELIVERIES))?.wait(WRITTEN_WITHIN)
    }

    /// Sends a test message over a channel and tells what became of it. Blocks until then.
    ///
    /// # Errors
    /// There is no such channel, or it does not work.
    pub(crate) fn test(&self, channel: &str) -> Result<(), PostError> {
        self.office.with(|post| post.test(channel))?.wait(TRIED_WITHIN)
    }

    /// Sends a message again. Blocks for the outbox.
    ///
    /// # Errors
    /// There is no such message, or it waits already.
    pub(crate) fn resend(&self, id: &str, channel: &str, who: &str) -> Result<(), PostError> {
        self.office.with(|post| post.resend(id, channel, who))?.wait(WRITTEN_WITHIN)
    }

    /// Writes down what is known, and gives what is under way a while to arrive.
    pub(crate) fn close(&self) {
        self.keep(&self.desk(), Vec::new());
        if let Some(keeper) = &self.keeper {
            keeper.close();
        }
        let post = self.office.post.lock().unwrap_or_else(PoisonError::into_inner).take();
        if post.is_some_and(|post| !post.stop(SENT_WITHIN)) {
            tracing::warn!("messages that are under way are cut off, and sent again at the next start");
        }
    }

    fn keep(&self, desk: &Desk, messages: Vec<Letter>) {
        if let Some(keeper) = &self.keeper {
            keeper.keep(Told { state: desk.state(), messages, office: Arc::clone(&self.office) });
        }
    }

    fn expand(&self, channels: &[String]) -> Vec<String> {
        if channels.iter().any(|name| name == ALL_CHANNELS) {
            self.channels.clone()
        } else {
            channels.to_vec()
        }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number from 0 to 1. Each hasher of the standard library begins with a random key.
fn random() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}
