//! How much the outbox keeps, and what goes first.

use super::record::Record;
use super::state::{Entry, State};
use std::time::Duration;
use watchglass_model::Timestamp;

/// The most messages that are kept, those of the delivery log among them.
pub const MOST_MESSAGES: usize = 10_000;
/// The most bytes that they have together, about.
pub const MOST_BYTES: usize = 64 << 20;
/// How long a message stays in the delivery log when nothing is to be done for it any more.
pub const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { messages: MOST_MESSAGES, bytes: MOST_BYTES }
    }
}

/// What has to go.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cleared {
    pub(super) records: Vec<Record>,
    /// How many of them never reached somebody whom they should have.
    pub(super) dead: usize,
}

impl Room {
    /// What must be forgotten before a message of so many bytes is taken in: first what is older than [`KEPT`] and
    /// waits for nothing, then, where room is needed, the oldest that was delivered, then the oldest that is dead.
    ///
    /// # Errors
    /// All that is left waits to be sent: nothing of that is ever forgotten.
    pub(super) fn clear(&self, state: &State, now: Timestamp, bytes: usize) -> Result<Cleared, ()> {
        let is_over = |entry: &Entry| !entry.is_waiting();
        let mut over: Vec<&Entry> = state.entries.values().filter(|entry| is_over(entry)).collect();
        // Stable: within each the oldest comes first.
        over.sort_by_key(|entry| (entry.last() + KEPT >= now, entry.is_dead()));
        let (mut messages, mut kept) = (state.entries.len() + 1, state.bytes + bytes);
        let mut cleared = Cleared::default();
        for entry in over {
            let has_room = messages <= self.messages && kept <= self.bytes;
            let is_old = entry.last() + KEPT < now;
            if has_room && !is_old {
                break;
            }
            messages -= 1;
            kept -= entry.bytes;
            cleared.dead += usize::from(entry.is_dead() && !is_old);
            cleared.records.push(Record::Dropped { id: entry.message.id.clone() });
        }
        if messages <= self.messages && kept <= self.bytes { Ok(cleared) } else { Err(()) }
    }
}
