//! Sessions that several servers have in common: what a book tells others of them, and what it believes of what they say.

use crate::book::MOST_SESSIONS;
use crate::session::LONGEST_SESSION;
use crate::{Book, Digest, Roll, Session, Word};
use std::time::Duration;
use watchglass_model::Timestamp;

/// The most ends that are remembered, those that matter longest: with more, somebody signs in by a program all the time, and
/// what is left out ended more than a day ago as a rule.
const MOST_ENDED: usize = 2000;
/// So far ahead the clock of another server may be.
const SKEW: Duration = Duration::from_secs(300);

/// What there was to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heard {
    /// Nothing new.
    Nothing,
    /// A session was used elsewhere.
    Use,
    /// A session was begun or ended elsewhere.
    Change,
}

impl Book {
    /// What this book knows of sessions that others need to know.
    pub fn roll(&self, now: Timestamp) -> Roll {
        let mut roll = Roll::default();
        for session in self.sessions.values().filter(|session| !session.is_over(now)) {
            let Session { digest, user, created, used, second } = session.clone();
            roll.hear(digest, Word::Begun { user, created, used, second });
        }
        for (digest, until) in &self.ended {
            roll.hear(*digest, Word::Ended { until: *until });
        }
        roll
    }

    /// Takes over what other servers say of sessions. One that was begun there is good here if its person is known here, can
    /// sign in, and has had the same password, second factor, role and right to sign in here since before it began; where they
    /// have a second factor here, it must have been begun with one.
    pub fn hear(&mut self, roll: &Roll, now: Timestamp) -> Heard {
        let mut heard = Heard::Nothing;
        let mut touched = Vec::new();
        let ended = self.ended.clone();
        for (digest, word) in roll.words() {
            let one = match word {
                Word::Ended { until } => self.hear_end(digest, (*until).min(now + LONGEST_SESSION), now),
                Word::Begun { user, created, used, second } => {
                    let (user_name, used) = (user.clone(), (*used).min(now));
                    let session =
                        Session { digest, user: user_name, created: *created, used, second: *second };
                    let one = self.hear_begun(session, now);
                    if one == Heard::Change {
                        touched.push(user.as_str());
                    }
                    one
                }
            };
            heard = heard.max(one);
        }
        touched.dedup();
        for user in touched {
            self.make_room(user, MOST_SESSIONS);
        }
        self.bound_ended();
        if self.ended == ended { heard } else { Heard::Change }
    }

    fn hear_end(&mut self, digest: Digest, until: Timestamp, now: Timestamp) -> Heard {
        if until > now && self.ended.get(&digest).is_none_or(|known| *known < until) {
            self.ended.insert(digest, until);
        }
        if self.sessions.remove(&digest).is_some() { Heard::Change } else { Heard::Nothing }
    }

    fn hear_begun(&mut self, session: Session, now: Timestamp) -> Heard {
        if self.ended.contains_key(&session.digest) || session.is_over(now) {
            return Heard::Nothing;
        }
        if let Some(known) = self.sessions.get_mut(&session.digest) {
            // Whose it is and since when is known here: nobody changes that.
            let is_same = known.user == session.user && known.created == session.created;
            let is_later = known.used < session.used;
            let is_proved = session.second && !known.second;
            if !is_same || !(is_later || is_proved) {
                return Heard::Nothing;
            }
            known.used = known.used.max(session.used);
            known.second |= session.second;
            return if is_proved { Heard::Change } else { Heard::Use };
        }
        let is_theirs = self.users.get(&session.user).is_some_and(|user| {
            let is_proved = session.second || user.factor.is_none();
            !user.disabled && is_proved && session.created >= user.since() && session.created <= now + SKEW
        });
        if !is_theirs || !self.has_room_for(&session) {
            return Heard::Nothing;
        }
        self.sessions.insert(session.digest, session);
        Heard::Change
    }

    /// Whether it would not be the first to go.
    fn has_room_for(&self, session: &Session) -> bool {
        let own = self.sessions.values().filter(|known| known.user == session.user);
        let (count, oldest) = own.fold((0, None), |(count, oldest), known| {
            let used = (known.used, known.digest);
            (count + 1, Some(oldest.map_or(used, |oldest: (Timestamp, Digest)| oldest.min(used))))
        });
        count < MOST_SESSIONS || oldest.is_some_and(|oldest| oldest < (session.used, session.digest))
    }

    /// Ends a session, so that other servers end it as well. Whether there was one.
    pub(crate) fn end(&mut self, digest: Digest) -> bool {
        let Some(session) = self.sessions.remove(&digest) else { return false };
        self.ended.insert(digest, session.created + LONGEST_SESSION);
        self.bound_ended();
        true
    }

    /// Ends those of a person's sessions that were used the longest time ago until there are `most`.
    pub(crate) fn make_room(&mut self, user: &str, most: usize) {
        let of_user = self.sessions.values().filter(|session| session.user == user);
        let mut own: Vec<(Timestamp, Digest)> = of_user.map(|own| (own.used, own.digest)).collect();
        own.sort_unstable();
        for (_, digest) in own.iter().take(own.len().saturating_sub(most)) {
            self.end(*digest);
        }
    }

    /// Forgets what has ended: there is no other server that would have to be told.
    pub fn forget_ended(&mut self) {
        self.ended.clear();
    }

    fn bound_ended(&mut self) {
        let more = self.ended.len().saturating_sub(MOST_ENDED);
        if more > 0 {
            let mut all: Vec<(Timestamp, Digest)> =
                self.ended.iter().map(|(digest, until)| (*until, *digest)).collect();
            all.sort_unstable();
            for (_, digest) in all.into_iter().take(more) {
                self.ended.remove(&digest);
            }
        }
    }
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
