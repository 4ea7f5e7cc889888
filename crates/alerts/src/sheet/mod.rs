//! What several servers agree on about rules: for each id what was said of it last. Pure.
//!
//! A [`Saying`] is a rule as somebody wanted it, or that nobody wants it any more, with a [`Stamp`]: when that was said, and
//! on which server. Of two the later counts. Two [`Sheet`]s are joined in any order and any number of times with the same
//! outcome. A saying of a rule that this program cannot judge is carried on as it is; whoever uses it asks
//! [`Saying::rule`], which refuses it.

mod saying;

#[cfg(test)]
mod law_tests;

pub use saying::{Saying, SayingError, Stamp};

use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;

/// The most rules that are shared, those that are gone included.
pub const MOST_SAYINGS: usize = 1000;
/// How long it is remembered that a rule is gone. A server that was away for longer brings it back.
const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);

/// What was said last, by the ids of rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet(BTreeMap<String, Saying>);

impl Sheet {
    /// Takes in what was said of a rule, unless something later is known.
    pub fn hear(&mut self, id: &str, saying: Saying) {
        match self.0.get_mut(id) {
            Some(known) if saying.is_after(known) => *known = saying,
            Some(_) => {}
            None => drop(self.0.insert(id.to_owned(), saying)),
        }
    }

    /// Takes in what others know.
    pub fn join(&mut self, other: &Self) {
        for (id, saying) in &other.0 {
            self.hear(id, saying.clone());
        }
    }

    /// What was said, in the order of the ids.
    pub fn sayings(&self) -> impl Iterator<Item = (&str, &Saying)> {
        self.0.iter().map(|(id, saying)| (id.as_str(), saying))
    }

    /// What this sheet has and `other` lacks or has older, without what nobody needs any more. Of what would be more than
    /// [`MOST_SAYINGS`] the last ids are left out.
    pub fn news_for<'a>(
        &'a self,
        other: &'a Self,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'a str, &'a Saying)> {
        let mut room = MOST_SAYINGS.saturating_sub(other.0.len());
        self.sayings().filter(move |(id, saying)| match other.0.get(*id) {
            Some(known) => saying.is_after(known),
            None if is_forgotten(saying, now) || room == 0 => false,
            None => {
                room -= 1;
                true
            }
        })
    }

    /// The ids of rules that have been gone for so long that nobody needs to be told.
    pub fn forgotten(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        self.sayings().filter(move |(_, saying)| is_forgotten(saying, now)).map(|(id, _)| id)
    }
}

fn is_forgotten(saying: &Saying, now: Timestamp) -> bool {
    saying.is_gone() && saying.stamp().is_old(now)
}

impl Stamp {
    /// Whether what it is on need not be passed on when it says that something is gone.
    pub fn is_old(&self, now: Timestamp) -> bool {
        self.time + REMEMBERED <= now
    }
}
