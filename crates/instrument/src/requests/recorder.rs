//! Where requests are recorded.

use super::routes::{ALWAYS, Routes};
use super::{Snapshot, StatusClass, method};
use http::Method;
use std::time::Duration;

/// Where requests are recorded, from any number of threads at once and without a lock, except for the first
/// request of a route.
///
/// It holds 10 KB for each route that it has met, and forgets none.
#[derive(Debug)]
pub struct Recorder {
    routes: Routes,
}

/// A request in flight. It must be handed back to its recorder: one that is dropped stays in flight for ever.
#[must_use = "a request that never ends stays in flight for ever"]
#[derive(Debug)]
pub struct Ticket {
    route: u16,
    method: u8,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new(Self::DEFAULT_ROUTE_LIMIT)
    }
}

impl Recorder {
    /// How many routes are told apart, unless asked otherwise.
    pub const DEFAULT_ROUTE_LIMIT: usize = 200;

    /// A recorder that tells `route_limit` routes apart, 10,000 at most. Requests of those that come later count
    /// as the route [`OTHER`](super::OTHER).
    pub fn new(route_limit: usize) -> Self {
        Self { routes: Routes::new(route_limit) }
    }

    /// A request begins. `route` is the template that it matched; without one it is
    /// [`UNMATCHED`](super::UNMATCHED). Never hand in the path of a request.
    pub fn start(&self, route: Option<&str>, method: &Method) -> Ticket {
        let ticket = Ticket { route: self.routes.number(route), method: method::index(method) };
        if let Some(route) = self.routes.get(ticket.route) {
            route.start(ticket.method);
        }
        ticket
    }

    /// A request ends with an answer.
    pub fn answered(&self, ticket: Ticket, class: StatusClass, latency: Duration) {
        if let Some(route) = self.routes.get(ticket.route) {
            route.answered(ticket.method, class, latency);
        }
    }

    /// A request ends without an answer, because nobody waits for it any longer.
    pub fn cancelled(&self, ticket: Ticket) {
        if let Some(route) = self.routes.get(ticket.route) {
            route.cancelled(ticket.method);
        }
    }

    /// Everything so far, by route in the order of their first requests. What is recorded meanwhile may be in it
    /// or not.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.follow(self, |_, _| {});
        snapshot
    }

    /// How many routes are told apart, [`UNMATCHED`](super::UNMATCHED) and [`OTHER`](super::OTHER) not counted.
    pub fn named_routes(&self) -> usize {
        self.routes.iter().count().saturating_sub(ALWAYS)
    }

    pub(crate) fn routes(&self) -> &Routes {
        &self.routes
    }
}
