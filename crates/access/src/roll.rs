//! What several servers know of sessions. Pure.
//!
//! A [`Word`] says of a session, by its digest, that it was begun and used, or that it has ended. Of two words the greater
//! counts, by an order in which the end comes last: two [`Roll`]s are joined in any order and any number of times with the same
//! outcome, and no use brings back what was ended.

use crate::session::{LONGEST_SESSION, UNUSED_SESSION};
use crate::{Digest, user_name};
use serde::{Deserialize, Serialize};
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::time::Duration;
use thiserror::Error;
use watchglass_model::Timestamp;

/// The most sessions of which servers tell each other, those that have ended included.
pub const MOST_WORDS: usize = 20_000;
/// Uses are told to other servers so often: of what ends after twelve unused hours, that is exact enough.
const TOLD_EVERY: Duration = Duration::from_secs(300);
/// So long after its end nobody asks for a session any more, even where uses are told late and clocks differ.
const REMEMBERED: Duration = Duration::from_secs(86_400);
/// The most bytes of a word as JSON: none that this program writes has as many.
const MOST_BYTES: usize = 512;
/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// What is said of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// It was begun, and has not been ended.
    Begun {
        /// Whose it is.
        user: String,
        /// When they signed in.
        created: Timestamp,
        /// When it was used last.
        used: Timestamp,
        /// Whether it was begun with a second factor.
        second: bool,
    },
    /// It was ended: by signing out, by a new password, by an administrator, or to make room.
    Ended {
        /// When it would have been over whatever had happened: from then on nobody needs to be told.
        until: Timestamp,
    },
}

/// Why a text is no word.
#[derive(Debug, Error)]
pub enum WordError {
    /// It has too many bytes.
    #[error("it has {0} bytes: at most {MOST_BYTES} can be")]
    TooLong(usize),
    /// It is something else.
    #[error("it cannot be understood: {0}")]
    Json(#[from] serde_json::Error),
    /// A program of another version wrote it.
    #[error("version {0} is not known, {VERSION} is: let all servers have the same version of this program")]
    Version(u32),
    /// It says both, or neither.
    #[error("it must have either `user`, `created` and `used`, or `until`")]
    Mixed,
    /// Nobody can have that name.
    #[error("it is of somebody whose name cannot be")]
    User,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    second: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Head {
    version: u32,
}

impl Word {
    /// As it is written: `{"version":1,"user":"ada","created":…,"used":…}`, with `"second":true` of a session that was begun
    /// with a second factor, or `{"version":1,"until":…}` of what has ended.
    pub fn to_json(&self) -> String {
        let mut written =
            Written { version: VERSION, user: None, created: None, used: None, second: false, until: None };
        match self.clone() {
            Self::Begun { user, created, used, second } => {
                (written.user, written.created, written.used) = (Some(user), Some(created), Some(used));
                written.second = second;
            }
            Self::Ended { until } => written.until = Some(until),
        }
        // Nothing in it can fail to be JSON.
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// Reads one; whether it can be believed is not asked.
    ///
    /// # Errors
    /// See [`WordError`].
    pub fn from_json(text: &[u8]) -> Result<Self, WordError> {
        if text.len() > MOST_BYTES {
            return Err(WordError::TooLong(text.len()));
        }
        let Head { version } = serde_json::from_slice(text)?;
        if version != VERSION {
            return Err(WordError::Version(version));
        }
        match serde_json::from_slice(text)? {
            Written {
                user: Some(user),
                created: Some(created),
                used: Some(used),
                second,
                until: None,
                ..
            } => {
                let is_name = user_name(&user).is_ok_and(|name| name == user);
                if is_name { Ok(Self::Begun { user, created, used, second }) } else { Err(WordError::User) }
            }
            Written { user: None, created: None, used: None, second: false, until: Some(until), .. } => {
                Ok(Self::Ended { until })
            }
            _ => Err(WordError::Mixed),
        }
    }

    /// Whether this is what counts of the two: the end before all else, then the second
    /// factor, and then the later use. Two who say different things of
    /// how it began are no servers of ours; then all take the one that began first.
    fn is_after(&self, other: &Self) -> bool {
        let order = match (self, other) {
            (Self::Ended { until }, Self::Ended { until: known }) => until.cmp(known),
            (Self::Ended { .. }, Self::Begun { .. }) => Ordering::Greater,
            (Self::Begun { .. }, Self::Ended { .. }) => Ordering::Less,
            (
                Self::Begun { user, created, used, second },
                Self::Begun { user: whose, created: since, used: known, second: was },
            ) => (Reverse(created), Reverse(user), second, used).cmp(&(
                Reverse(since),
                Reverse(whose),
                was,
                known,
            )),
        };
        order == Ordering::Greater
    }

    /// Whether others must be told this who have said `known`: not of every minute.
    fn is_news(&self, known: &Self) -> bool {
        let is_use = match (self, known) {
            (
                Self::Begun { user, created, used, second },
                Self::Begun { user: whose, created: since, used: known, second: was },
            ) => user == whose && created == since && second == was && *used < *known + TOLD_EVERY,
            _ => false,
        };
        self.is_after(known) && !is_use
    }

    /// From when on nobody needs to be told.
    fn forgotten_from(&self) -> Timestamp {
        let end = match self {
            Self::Begun { created, used, .. } => (*used + UNUSED_SESSION).min(*created + LONGEST_SESSION),
            Self::Ended { until } => *until,
        };
        end + REMEMBERED
    }
}

/// What is known of sessions, by their digests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roll(BTreeMap<Digest, Word>);

impl Roll {
    /// Takes in what is said of a session, unless something greater is known.
    pub fn hear(&mut self, session: Digest, word: Word) {
        match self.0.get_mut(&session) {
            Some(known) if word.is_after(known) => *known = word,
            Some(_) => {}
            None => drop(self.0.insert(session, word)),
        }
    }

    /// Takes in what others know.
    pub fn join(&mut self, other: &Self) {
        for (session, word) in &other.0 {
            self.hear(*session, word.clone());
        }
    }

    /// What is said, in the order of the digests.
    pub fn words(&self) -> impl Iterator<Item = (Digest, &Word)> {
        self.0.iter().map(|(session, word)| (*session, word))
    }

    /// What is said of one.
    pub fn word(&self, session: Digest) -> Option<&Word> {
        self.0.get(&session)
    }

    /// What this roll has and `other` lacks or has older by more than five minutes, without what nobody needs any more. Of
    /// what would be more than [`MOST_WORDS`] the rest is left out; what corrects something never is.
    pub fn news_for<'a>(
        &'a self,
        other: &'a Self,
        now: Timestamp,
    ) -> impl Iterator<Item = (Digest, &'a Word)> {
        let mut room = MOST_WORDS.saturating_sub(other.0.len());
        self.words().filter(move |(session, word)| match other.0.get(session) {
            Some(known) => word.is_news(known),
            None if word.forgotten_from() <= now || room == 0 => false,
            None => {
                room -= 1;
                true
            }
        })
    }

    /// Leaves out what has been over for so long that nobody needs to be told.
    pub fn forget(&mut self, now: Timestamp) {
        self.0.retain(|_, word| word.forgotten_from() > now);
    }

    /// What has been over for so long that nobody needs to be told.
    pub fn forgotten(&self, now: Timestamp) -> impl Iterator<Item = Digest> {
        self.0.iter().filter(move |(_, word)| word.forgotten_from() <= now).map(|(session, _)| *session)
    }
}

#[cfg(test)]
#[path = "roll_tests.rs"]
mod tests;
