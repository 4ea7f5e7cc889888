//! Retention of the outbox: limits and eviction order.

use super::record::Record;
use super::state::{Entry, OutboxState};
use crate::Message;
use std::time::Duration;
use watchglass_model::Timestamp;

/// Maximum messages, including the delivery log.
pub const MAX_MESSAGES: usize = 10_000;
/// Approximate maximum of their total bytes.
pub const MAX_BYTES: usize = 64 << 20;
/// Retention of finished messages in the delivery log.
pub const RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);

/// Retention limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct RetentionPolicy {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

impl Default for RetentionPolicy {
    fn default() -> Self {
        Self { messages: MAX_MESSAGES, bytes: MAX_BYTES }
    }
}

/// Result of an eviction.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Evicted {
    pub(super) records: Vec<Record>,
    /// Number of undelivered messages among them.
    pub(super) dead: usize,
}

impl RetentionPolicy {
    /// Messages to evict before `count` messages of together `bytes` bytes are added: first finished messages older than
    /// [`RETENTION`], then, if space is needed, the oldest delivered ones, then the oldest dead ones.
    ///
    /// # Errors
    /// Only pending messages are left: these are never evicted.
    pub(super) fn evict(
        &self,
        state: &OutboxState,
        now: Timestamp,
        (count, bytes): (usize, usize),
    ) -> Result<Evicted, ()> {
        let is_finished = |entry: &Entry| !entry.is_waiting();
        let mut finished: Vec<&Entry> = state.entries.values().filter(|entry| is_finished(entry)).collect();
        // Stable sort: the oldest first within each group.
        finished.sort_by_key(|entry| (entry.last() + RETENTION >= now, entry.is_dead()));
        let (mut messages, mut total) = (state.entries.len() + count, state.bytes + bytes);
        let mut cleared = Evicted::default();
        for entry in finished {
            let has_room = messages <= self.messages && total <= self.bytes;
            let is_old = entry.last() + RETENTION < now;
            if has_room && !is_old {
                break;
            }
            messages -= 1;
            total -= entry.bytes;
            cleared.dead += usize::from(entry.is_dead() && !is_old);
            cleared.records.push(Record::Dropped { id: entry.message.id.clone() });
        }
        if messages <= self.messages && total <= self.bytes { Ok(cleared) } else { Err(()) }
    }
}

/// Approximate size of a message in bytes.
pub(super) fn size(message: &Message) -> usize {
    let lines = message.lines.iter().map(|line| line.label.len() + line.text.len() + 64);
    let links = message.links.iter().map(|link| link.label.len() + link.url.len() + 64);
    let chart = message.chart_svg.as_ref().map_or(0, String::len);
    let group = message.group.as_ref().map_or(0, crate::AlertGroup::size);
    512 + message.title.len() + chart + group + lines.chain(links).sum::<usize>()
}
