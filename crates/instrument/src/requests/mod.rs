//! Request metrics: count, outcome and latency by route.
//!
//! A [`RequestLayer`] around a service reports the start and end of each request to a [`Recorder`]. Read a [`Snapshot`]
//! of the totals, or a rolling [`LastMinute`].
//!
//! Definitions:
//! - **A request ends with the response headers.** The latency is the time from the call of the service until status
//!   and headers are available; then the request is no longer in flight. The body is excluded: it may be a stream or an
//!   upgraded connection that lives for days, and its speed depends on the client.
//! - **The outcome** is the status class. A service error or panic counts as 5xx. A request whose future is dropped
//!   before the response, as when the client disconnects, is cancelled: it has no class and no latency.
//! - **A route** is the template given by the application, such as `/users/{id}`, never the request path, because paths
//!   are unbounded. Requests without a template are [`UNMATCHED`]; beyond the recorder's route limit they are [`OTHER`].

mod class;
mod counts;
mod future;
mod last_minute;
mod layer;
#[cfg(feature = "axum")]
mod matched_path;
#[cfg(feature = "report")]
mod merge_report;
mod method;
mod pending;
mod recorder;
mod route;
mod routes;
mod snapshot;
mod window;

#[cfg(feature = "report")]
pub(crate) use class::CLASSES;
pub use class::StatusClass;
pub use counts::Counts;
pub use future::ResponseFuture;
pub use last_minute::LastMinute;
pub use layer::{RequestLayer, RequestService};
#[cfg(feature = "axum")]
pub use matched_path::matched_path;
#[cfg(feature = "report")]
pub(crate) use method::METHODS;
pub use recorder::{Recorder, Ticket};
pub use routes::{OTHER, UNMATCHED};
pub use snapshot::{MethodSnapshot, RouteSnapshot, Snapshot};
pub use window::Window;
