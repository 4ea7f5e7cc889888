//! Rules that several servers share: what this one says of its own, and what it takes over from others.

use super::book::RuleBook;
use super::{Judging, RuleEditError};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use watchglass_alerts::Rule;
use watchglass_alerts::sheet::{Sheet, Stamp};
use watchglass_model::Timestamp;

/// The most sayings that could not be used and are remembered, so that the log names each once.
const MOST_REFUSED: usize = 2000;

/// What is known of sharing.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    /// The id of this server; none as long as it shares with nobody.
    me: OnceLock<String>,
    version: AtomicU64,
    /// What could not be used, by the ids of the rules.
    refused: Mutex<BTreeMap<String, Stamp>>,
}

impl Sharing {
    fn me(&self) -> &str {
        self.me.get().map_or("", String::as_str)
    }

    /// Notes in a book that somebody has changed the rule `id`.
    pub(super) fn stamp(&self, book: &mut RuleBook, id: &str, now: Timestamp) {
        book.stamp(id, self.refused().get(id), self.me(), now);
    }

    /// Another book holds.
    pub(super) fn note_change(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }

    fn refused(&self) -> MutexGuard<'_, BTreeMap<String, Stamp>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says in the log why what another server said of a rule is left out, once.
    fn refuse(&self, id: &str, stamp: &Stamp, reason: &str) {
        let mut refused = self.refused();
        if refused.get(id) == Some(stamp) {
            return;
        }
        if refused.len() < MOST_REFUSED || refused.contains_key(id) {
            refused.insert(id.to_owned(), stamp.clone());
        }
        let rule: String = id.chars().take(100).collect();
        let server = &stamp.server;
        tracing::warn!(rule, server, reason, "a rule of another server cannot be used and is left out");
    }
}

impl Judging {
    /// Marks changes with the id of this server from now on.
    pub(crate) fn share_rules(&self, server: &str) {
        // It is said once, at the start.
        let _ = self.editing.sharing.me.set(server.to_owned());
    }

    /// Changes with each change of a rule.
    pub(crate) fn rules_version(&self) -> u64 {
        self.editing.sharing.version.load(Ordering::Acquire)
    }

    /// What this server says to others.
    pub(crate) fn rule_sheet(&self) -> Sheet {
        self.editing.book().sheet(self.editing.sharing.me())
    }

    /// Says in the log, once, that what stands for a rule among what is shared is no saying.
    pub(crate) fn refuse_rule(&self, id: &str, reason: &str) {
        self.editing.sharing.refuse(id, &Stamp::default(), reason);
    }

    /// Takes over what others said later than this server did, and hands all rules to `tell` just before they hold. What cannot
    /// be used, or what `check` refuses, is left out. The log says both. Blocks for the disk.
    ///
    /// # Errors
    /// It cannot be kept. Nothing has changed then.
    pub(crate) fn hear_rules(
        &self,
        sheet: &Sheet,
        check: impl Fn(&Rule) -> Result<(), RuleEditError>,
        tell: impl FnOnce(&[Rule]),
    ) -> Result<(), RuleEditError> {
        let (editing, sharing) = (&self.editing, &self.editing.sharing);
        let _one = editing.one_at_a_time();
        let before = editing.book();
        let mut book = RuleBook::clone(&before);
        let mut heard: Vec<(&str, &str)> = Vec::new();
        for (id, saying) in sheet.sayings().filter(|(id, saying)| before.is_news(id, saying, sharing.me())) {
            let rule = saying.rule(id).map_err(|error| error.to_string()).and_then(|rule| {
                let checked = rule.as_ref().map_or(Ok(()), &check);
                checked.map_err(|error| error.to_string())?;
                Ok(rule)
            });
            let stamp = saying.stamp();
            let adopted =
                rule.and_then(|rule| book.adopt(id, rule, stamp.clone()).map_err(|error| error.to_string()));
            match adopted {
                Ok(()) => heard.push((id, &stamp.server)),
                Err(reason) => sharing.refuse(id, stamp, &reason),
            }
        }
        if heard.is_empty() {
            return Ok(());
        }
        self.hold(book, tell)?;
        for (rule, server) in heard {
            tracing::info!(rule, server, "a rule is as another server has it");
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
