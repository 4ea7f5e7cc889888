//! Log of the sync of a map: when it starts to fail, and when it recovers.

use std::fmt::Display;

/// Whether the last sync failed.
#[derive(Debug)]
pub(super) struct SyncState {
    /// What is synced, such as `rule`.
    name: &'static str,
    is_failing: bool,
}

impl SyncState {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, is_failing: false }
    }

    /// Records the outcome of a round.
    pub(super) fn record<E: Display>(&mut self, outcome: &Result<(), E>) {
        let name = self.name;
        match outcome {
            Err(error) if !self.is_failing => {
                tracing::warn!(%error, "{name} sync failed; keeping the known {name}s");
            }
            Ok(()) if self.is_failing => tracing::info!("{name} sync restored"),
            _ => {}
        }
        self.is_failing = outcome.is_err();
    }

    pub(super) fn is_failing(&self) -> bool {
        self.is_failing
    }
}
