//! Request in flight.

use super::layer::Shared;
use super::{StatusClass, Ticket};
use http::{Extensions, Method, Uri};
use std::sync::Arc;
use std::time::Duration;

/// Request in flight. Dropped without a response, it was cancelled, or the service panicked if it was being polled.
#[derive(Debug)]
pub(crate) struct PendingRequest {
    shared: Arc<Shared>,
    /// `None` after the end of the request.
    ticket: Option<Ticket>,
    start: Duration,
    in_service: bool,
}

impl PendingRequest {
    pub(crate) fn start(shared: &Arc<Shared>, method: &Method, uri: &Uri, extensions: &Extensions) -> Self {
        let start = (shared.clock)();
        let route = (shared.route)(uri, extensions);
        let ticket = Some(shared.recorder.start(route, method));
        Self { shared: Arc::clone(shared), ticket, start, in_service: false }
    }

    /// Calls or polls the service, marking a panic in it.
    pub(crate) fn call_service<T>(&mut self, service: impl FnOnce() -> T) -> T {
        self.in_service = true;
        let result = service();
        self.in_service = false;
        result
    }

    /// Records the response; only the first call counts.
    pub(crate) fn answered(&mut self, class: StatusClass) {
        if let Some(ticket) = self.ticket.take() {
            let latency = (self.shared.clock)().saturating_sub(self.start);
            self.shared.recorder.answered(ticket, class, latency);
        }
    }
}

impl Drop for PendingRequest {
    fn drop(&mut self) {
        if self.in_service {
            self.answered(StatusClass::ServerError);
        } else if let Some(ticket) = self.ticket.take() {
            self.shared.recorder.cancelled(ticket);
        }
    }
}
