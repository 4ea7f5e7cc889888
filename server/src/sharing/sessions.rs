//! Sessions that are shared with other servers: a thread of their own, so that nothing else makes somebody wait who signs in
//! or out.
//!
//! In Redis stands a hash with a field for each session, named by its digest, and one with a mark that is new whenever it is
//! written. Only when the mark is another, or something has happened here, is the whole read; it is written by nobody who has
//! not read it just before (`WATCH`, `MULTI`, `EXEC`). What counts of two words is decided in `watchglass_access`.

use crate::access::{Access, AccessError, Turns};
use crate::ticker::now;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use watchglass_access::{Digest, Roll, Word, WordError};
use watchglass_model::Timestamp;
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Commands, Link, Target, Value, bytes, list, number};

/// How long Redis may take for one of the one to three questions of a round.
const WITHIN: Duration = Duration::from_secs(1);
/// The most bytes of one answer.
const MOST_BYTES: usize = 32 << 20;
/// More fields are not read: it is twice as many as servers of ours write, [`watchglass_access::MOST_WORDS`].
const MOST_FIELDS: i64 = 40_000;
/// Seconds that Redis keeps what nobody writes any more. No session lives as long.
const KEPT: u64 = 32 * 86_400;
/// The field of the mark: who wrote, when, and a number. No digest is empty.
const MARK: &str = "";
/// How often a round is tried at once when another server was quicker.
const TRIES: usize = 4;

/// Why sessions cannot be shared.
#[derive(Debug, Error)]
pub(super) enum SessionsError {
    /// Redis is away, or has something that cannot be understood.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// There is more than all servers together can have written.
    #[error(
        "{key} in Redis has {fields} fields: at most {MOST_FIELDS} can be; `DEL` it, and every server writes what it knows"
    )]
    Full {
        /// The key.
        key: String,
        /// How many there are.
        fields: i64,
    },
    /// What others say cannot be kept here.
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// Exchanges sessions until the server stops; the log says when that begins to fail, and when it goes again.
pub(super) fn run(access: &Arc<Access>, mut desk: Desk, turns: &Turns) {
    let mut is_failing = false;
    loop {
        let turn = turns.begin();
        let outcome = desk.round(access, now());
        match &outcome {
            Err(error) if !is_failing => {
                tracing::warn!(%error, "sessions are not shared: those that this server knows go on meanwhile");
            }
            Ok(()) if is_failing => tracing::info!("sessions are shared with other servers again"),
            _ => {}
        }
        is_failing = outcome.is_err();
        if !turns.next(&turn, is_failing) {
            break;
        }
    }
    // What somebody did last. It is in the file as well, and told after the next start.
    if !is_failing && let Err(error) = desk.round(access, now()) {
        tracing::debug!(%error, "what happened last is told after the next start");
    }
}

/// The key, a connection to where it is, and what is known of it.
#[derive(Debug)]
pub(super) struct Desk {
    link: Link,
    key: String,
    me: String,
    /// What was read or written last, with its mark; `None` before the first time.
    known: Option<Content>,
    /// How many marks were made.
    marks: u64,
    /// What was said last of fields that cannot be used.
    said: Option<String>,
}

/// What stands in Redis.
#[derive(Debug, Default)]
struct Content {
    mark: Option<String>,
    roll: Roll,
    /// Sessions of which a later version of this program says something: it is not written over.
    foreign: BTreeSet<Digest>,
}

impl Content {
    /// What is to be written that a server knows.
    fn news<'a>(&'a self, mine: &'a Roll, now: Timestamp) -> impl Iterator<Item = (Digest, &'a Word)> {
        mine.news_for(&self.roll, now).filter(|(session, _)| !self.foreign.contains(session))
    }
}

impl Desk {
    pub(super) fn new(target: Target, prefix: &str, me: &str) -> Self {
        Self {
            link: Link::new(target, WITHIN, MOST_BYTES),
            key: format!("{{{prefix}}}:access:sessions"),
            me: me.to_owned(),
            known: None,
            marks: 0,
            said: None,
        }
    }

    /// Takes over what others have done, and writes what was done here.
    ///
    /// # Errors
    /// Redis is away or has too much, or the disk does not take what was heard.
    pub(super) fn round(&mut self, access: &Access, now: Timestamp) -> Result<(), SessionsError> {
        for _ in 0..TRIES {
            if self.is_as_known(access, now)? {
                return Ok(());
            }
            self.known = None;
            let mut look = Commands::default();
            look.add("WATCH", &[&self.key]);
            look.add("HGETALL", &[&self.key]);
            let answers = self.link.ask(&look)?;
            let mut content = self.content(answers.get(1).map(list).unwrap_or_default());
            access.hear(&content.roll, now)?;
            let mine = access.roll(now);
            let forgotten: Vec<Digest> = content.roll.forgotten(now).collect();
            let news: Vec<(Digest, Word)> =
                content.news(&mine, now).map(|(session, word)| (session, word.clone())).collect();
            let is_same = news.is_empty() && forgotten.is_empty();
            let mut commands = Commands::default();
            commands.add("MULTI", &[]);
            for (session, word) in &news {
                commands.add("HSET", &[&self.key, &session.to_string(), &word.to_json()]);
            }
            for session in &forgotten {
                commands.add("HDEL", &[&self.key, &session.to_string()]);
            }
            if !is_same {
                let mark = self.new_mark(now);
                commands.add("HSET", &[&self.key, &MARK, &mark]);
                content.mark = Some(mark);
            }
            // Where nothing is written, this ends the watch.
            commands.add("EXPIRE", &[&self.key, &KEPT]);
            commands.add("EXEC", &[]);
            let answers = self.link.ask_on(&commands)?;
            if answers.last().is_some_and(|exec| !list(exec).is_empty()) {
                news.into_iter().for_each(|(session, word)| content.roll.hear(session, word));
                content.roll.forget(now);
                self.known = Some(content);
                return Ok(());
            }
        }
        // Others were quicker: the next round comes soon.
        Ok(())
    }

    /// Whether neither side has anything to tell since the last round.
    fn is_as_known(&mut self, access: &Access, now: Timestamp) -> Result<bool, SessionsError> {
        let mut look = Commands::default();
        look.add("HGET", &[&self.key, &MARK]);
        look.add("HLEN", &[&self.key]);
        let answers = self.link.ask(&look)?;
        let mark = answers.first().and_then(bytes).map(text);
        let fields = answers.get(1).and_then(number).unwrap_or_default();
        if fields > MOST_FIELDS {
            return Err(SessionsError::Full { key: self.key.clone(), fields });
        }
        let Some(known) = self.known.as_ref().filter(|known| known.mark == mark) else { return Ok(false) };
        let mine = access.roll(now);
        let is_same = known.news(&mine, now).next().is_none();
        Ok(is_same && known.roll.forgotten(now).next().is_none())
    }

    fn new_mark(&mut self, now: Timestamp) -> String {
        self.marks += 1;
        format!("{} {} {}", self.me, now.millis(), self.marks)
    }

    /// Sorts what was read. What cannot be used is left out, and the log says so once.
    fn content(&mut self, fields: &[Value]) -> Content {
        let mut content = Content::default();
        let (mut count, mut first) = (0_usize, None);
        for pair in fields.chunks(2) {
            let [field, value] = pair else { break };
            let (field, value) = (text(bytes(field).unwrap_or_default()), bytes(value).unwrap_or_default());
            if field == MARK {
                content.mark = Some(text(value));
                continue;
            }
            let reason = match Digest::parse(&field) {
                None => "its name is no digest: it must be 64 hexadecimal digits".to_owned(),
                Some(session) => match Word::from_json(value) {
                    Ok(word) => {
                        content.roll.hear(session, word);
                        continue;
                    }
                    Err(error) => {
                        if matches!(error, WordError::Version(_)) {
                            content.foreign.insert(session);
                        }
                        error.to_string()
                    }
                },
            };
            count += 1;
            first.get_or_insert((field.chars().take(8).collect::<String>(), reason));
        }
        let said = first.map(|(field, reason)| format!("{count} fields, such as {field}: {reason}"));
        if let Some(fields) = said.as_ref().filter(|_| said != self.said) {
            tracing::warn!(
                key = self.key,
                fields,
                "what stands in Redis of some sessions cannot be used and is left out"
            );
        }
        self.said = said;
        content
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
#[path = "sessions_tests.rs"]
mod tests;
