//! Queries of pages and forms beyond the REST API.

use super::Notifications;
use watchglass_model::Timestamp;

impl Notifications {
    /// Unused silence id: the first free number from the current time in milliseconds.
    pub(crate) fn free_silence_id(&self, now: Timestamp) -> String {
        let taken = self.silences();
        let ids = (now.millis()..).map(|number| format!("s{number}"));
        let mut free = ids.filter(|id| !taken.iter().any(|silence| &silence.id == id));
        free.next().unwrap_or_default()
    }

    /// Kind of a channel; empty for an unknown one.
    pub(crate) fn channel_kind(&self, name: &str) -> &'static str {
        self.channels.get(name).copied().unwrap_or_default()
    }

    /// Number of channels.
    pub(crate) fn channel_count(&self) -> usize {
        self.channels.len()
    }
}
