//! What pages of lists and forms ask of telling, beyond what the REST API does.

use super::Telling;
use watchglass_model::Timestamp;

impl Telling {
    /// An id that no silence has: the first that is free, from the time on.
    pub(crate) fn free_silence_id(&self, now: Timestamp) -> String {
        let taken = self.silences();
        let ids = (now.millis()..).map(|number| format!("s{number}"));
        let mut free = ids.filter(|id| !taken.iter().any(|silence| &silence.id == id));
        free.next().unwrap_or_default()
    }

    /// How many channels there are.
    pub(crate) fn channel_count(&self) -> usize {
        self.channels.len()
    }
}
