//! What stands in Redis of rules: a hash with a field for each rule that somebody has changed, made or removed, and one with
//! a mark that is new whenever it is written. Only when the mark is another, or a rule was changed here, is the whole read; it
//! is written by nobody who has not read it just before (`WATCH`, `MULTI`, `EXEC`).

use crate::core::Core;
use crate::judging::RuleEditError;
use std::time::Duration;
use thiserror::Error;
use watchglass_alerts::sheet::{Saying, Sheet};
use watchglass_alerts::telling::LedgerError;
use watchglass_model::Timestamp;
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Commands, Link, Target, Value, bytes, list};

/// How long Redis may take for one of the one to three questions of a round.
const WITHIN: Duration = Duration::from_secs(1);
/// The most bytes of one answer.
const MOST_BYTES: usize = 64 << 20;
/// Seconds that Redis keeps what no server asks for any more.
const KEPT: u64 = 30 * 86_400;
/// The field of the mark: the version of the format, who wrote, when, and a number. No rule has this id.
const MARK: &str = "";
/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// The longest id of a rule, in bytes.
const MOST_ID: usize = 64;
/// How often a round is tried at once when another server was quicker.
const TRIES: usize = 4;

/// Why rules cannot be shared.
#[derive(Debug, Error)]
pub(super) enum ShelfError {
    /// Redis is away, or has something that cannot be understood.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// What others say cannot be kept here.
    #[error(transparent)]
    Edit(#[from] RuleEditError),
}

/// The key, a connection to where it is, and what is known of it.
#[derive(Debug)]
pub(super) struct Shelf {
    link: Link,
    key: String,
    me: String,
    /// The mark of what was read or written last; `None` before the first time.
    known: Option<Option<String>>,
    /// Which rules of this server that was compared with.
    version: u64,
    /// How many marks were made.
    marks: u64,
}

impl Shelf {
    pub(super) fn new(target: Target, prefix: &str, me: &str) -> Self {
        Self {
            link: Link::new(target, WITHIN, MOST_BYTES),
            key: format!("{{{prefix}}}:alerts:rules"),
            me: me.to_owned(),
            known: None,
            version: 0,
            marks: 0,
        }
    }

    /// Takes over what others have changed, and writes what was changed here.
    ///
    /// # Errors
    /// Redis is away or has another version, or the disk does not take what was heard.
    pub(super) fn round(&mut self, core: &Core, now: Timestamp) -> Result<(), ShelfError> {
        for _ in 0..TRIES {
            if self.is_as_known(core)? {
                return Ok(());
            }
            let mut look = Commands::default();
            look.add("WATCH", &[&self.key]);
            look.add("HGETALL", &[&self.key]);
            let answers = self.link.ask(&look)?;
            let fields = answers.get(1).map(list).unwrap_or_default();
            let Content { mark, sheet, rubbish } = self.content(fields)?;
            for (id, reason) in rubbish {
                core.refuse_rule(&id, &reason);
            }
            core.hear_rules(&sheet)?;
            let version = core.rules_version();
            let mine = core.rule_sheet();
            let news: Vec<(&str, &Saying)> = mine.news_for(&sheet, now).collect();
            let forgotten: Vec<&str> = sheet.forgotten(now).collect();
            let is_same = news.is_empty() && forgotten.is_empty();
            let mark = if is_same { mark } else { Some(self.new_mark(now)) };
            let mut commands = Commands::default();
            commands.add("MULTI", &[]);
            for (id, saying) in news {
                commands.add("HSET", &[&self.key, &id, &saying.to_json()]);
            }
            for id in forgotten {
                commands.add("HDEL", &[&self.key, &id]);
            }
            if let Some(mark) = mark.as_ref().filter(|_| !is_same) {
                commands.add("HSET", &[&self.key, &MARK, mark]);
            }
            // Where nothing is written, this ends the watch.
            commands.add("EXPIRE", &[&self.key, &KEPT]);
            commands.add("EXEC", &[]);
            let answers = self.link.ask_on(&commands)?;
            if answers.last().is_some_and(|exec| !list(exec).is_empty()) {
                (self.known, self.version) = (Some(mark), version);
                return Ok(());
            }
        }
        // Others were quicker: the next round comes soon.
        Ok(())
    }

    /// Whether neither side has changed anything since the last round.
    fn is_as_known(&mut self, core: &Core) -> Result<bool, RemoteError> {
        let mut look = Commands::default();
        look.add("HGET", &[&self.key, &MARK]);
        look.add("EXPIRE", &[&self.key, &KEPT]);
        let answers = self.link.ask(&look)?;
        let mark = answers.first().and_then(bytes).map(text);
        Ok(self.known == Some(mark) && self.version == core.rules_version())
    }

    fn new_mark(&mut self, now: Timestamp) -> String {
        self.marks += 1;
        format!("{VERSION} {} {} {}", self.me, now.millis(), self.marks)
    }

    /// Sorts what was read.
    ///
    /// # Errors
    /// A program of another version has written it.
    fn content(&self, fields: &[Value]) -> Result<Content, RemoteError> {
        let mut content = Content::default();
        for pair in fields.chunks(2) {
            let [id, value] = pair else { break };
            let (id, value) = (text(bytes(id).unwrap_or_default()), bytes(value).unwrap_or_default());
            if id == MARK {
                let mark = text(value);
                self.check_version(&mark)?;
                content.mark = Some(mark);
            } else if id.len() > MOST_ID {
                let reason = format!("its id has {} bytes: at most {MOST_ID} can be", id.len());
                content.rubbish.push((id, reason));
            } else {
                match Saying::from_json(value) {
                    Ok(saying) => content.sheet.hear(&id, saying),
                    Err(error) => content.rubbish.push((id, error.to_string())),
                }
            }
        }
        Ok(content)
    }

    fn check_version(&self, mark: &str) -> Result<(), RemoteError> {
        let written = mark.split(' ').next().unwrap_or_default();
        let error = match written.parse() {
            Ok(VERSION) => return Ok(()),
            Ok(found) => LedgerError::Version { found, known: VERSION },
            Err(_) => LedgerError::Damaged("its mark has no version".to_owned()),
        };
        let instance = self.link.instance().to_owned();
        Err(RemoteError::Unexpected { instance, reason: format!("{}: {error}", self.key) })
    }
}

/// What was read.
#[derive(Debug, Default)]
struct Content {
    mark: Option<String>,
    sheet: Sheet,
    /// Fields that are no sayings, and why not.
    rubbish: Vec<(String, String)>,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
#[path = "shelf_tests.rs"]
mod tests;
