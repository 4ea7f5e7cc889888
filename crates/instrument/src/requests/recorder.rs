//! Recorder of requests.

use super::routes::{BUILTIN_ROUTES, Routes};
use super::{Snapshot, StatusClass, method};
use http::Method;
use std::time::Duration;

/// Concurrent recorder of requests; lock-free except for the first request of a route.
///
/// Uses 10 KB per route; routes are never removed.
#[derive(Debug)]
pub struct Recorder {
    routes: Routes,
}

/// Request in flight. It must be returned to its recorder; a dropped ticket stays in flight forever.
#[must_use = "a dropped ticket stays in flight forever"]
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
    /// Default route limit.
    pub const DEFAULT_ROUTE_LIMIT: usize = 200;

    /// A recorder for at most `route_limit` routes, up to 10,000. Requests of further routes count as
    /// [`OTHER`](super::OTHER).
    pub fn new(route_limit: usize) -> Self {
        Self { routes: Routes::new(route_limit) }
    }

    /// Records the start of a request. `route` is the matched template, or `None` for [`UNMATCHED`](super::UNMATCHED).
    /// Never pass the request path.
    pub fn start(&self, route: Option<&str>, method: &Method) -> Ticket {
        let ticket = Ticket { route: self.routes.number(route), method: method::index(method) };
        if let Some(route) = self.routes.get(ticket.route) {
            route.start(ticket.method);
        }
        ticket
    }

    /// Records a response.
    pub fn answered(&self, ticket: Ticket, class: StatusClass, latency: Duration) {
        if let Some(route) = self.routes.get(ticket.route) {
            route.answered(ticket.method, class, latency);
        }
    }

    /// Records a request that was cancelled before its response.
    pub fn cancelled(&self, ticket: Ticket) {
        if let Some(route) = self.routes.get(ticket.route) {
            route.cancelled(ticket.method);
        }
    }

    /// Totals by route, in the order of first requests. Concurrent recordings may or may not be included.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.update_from(self, |_, _| {});
        snapshot
    }

    /// Number of routes, excluding [`UNMATCHED`](super::UNMATCHED) and [`OTHER`](super::OTHER).
    pub fn named_routes(&self) -> usize {
        self.routes.iter().count().saturating_sub(BUILTIN_ROUTES)
    }

    pub(crate) fn routes(&self) -> &Routes {
        &self.routes
    }
}
