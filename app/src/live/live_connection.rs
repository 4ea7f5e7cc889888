//! Connection to the server, as the page shows it.

use crate::live::ConnectionStatus;
use leptos::prelude::*;

/// Signals of the live connection. The WebSocket client updates them.
#[derive(Clone, Copy)]
pub(crate) struct LiveConnection {
    /// Status, with the age of the data while it is not live.
    pub(crate) status: RwSignal<ConnectionStatus>,
    /// Whether the server is of another build than this page.
    pub(crate) outdated: RwSignal<bool>,
}

impl LiveConnection {
    /// Not connected yet.
    pub(super) fn new() -> Self {
        Self { status: RwSignal::new(ConnectionStatus::Snapshot), outdated: RwSignal::new(false) }
    }
}

/// The live connection of the page.
pub(crate) fn use_connection() -> LiveConnection {
    use_context().unwrap_or_else(LiveConnection::new)
}
