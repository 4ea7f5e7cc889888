//! A request that has no answer yet.

use super::layer::Shared;
use super::{StatusClass, Ticket};
use http::{Extensions, Method, Uri};
use std::sync::Arc;
use std::time::Duration;

/// A request that has no answer yet. When it is dropped without one, it was cancelled; or the service panicked,
/// if it was at work just then.
#[derive(Debug)]
pub(crate) struct Pending {
    shared: Arc<Shared>,
    /// `None` once it has ended.
    ticket: Option<Ticket>,
    start: Duration,
    at_work: bool,
}

impl Pending {
    pub(crate) fn start(shared: &Arc<Shared>, method: &Method, uri: &Uri, extensions: &Extensions) -> Self {
        let start = (shared.clock)();
        let route = (shared.route)(uri, extensions);
        let ticket = Some(shared.recorder.start(route, method));
        Self { shared: Arc::clone(shared), ticket, start, at_work: false }
    }

    /// Lets the service work on it.
    pub(crate) fn work<T>(&mut self, service: impl FnOnce() -> T) -> T {
        self.at_work = true;
        let result = service();
        self.at_work = false;
        result
    }

    /// The answer is there. A second one does not count.
    pub(crate) fn answered(&mut self, class: StatusClass) {
        if let Some(ticket) = self.ticket.take() {
            let latency = (self.shared.clock)().saturating_sub(self.start);
            self.shared.recorder.answered(ticket, class, latency);
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.at_work {
            self.answered(StatusClass::ServerError);
        } else if let Some(ticket) = self.ticket.take() {
            self.shared.recorder.cancelled(ticket);
        }
    }
}
