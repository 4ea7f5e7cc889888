//! Requests: how many, with what outcome, and how long they took, by route.
//!
//! A [`RequestLayer`] around a service tells a [`Recorder`] when a request begins and how it ends. Whoever shows
//! it takes a [`Snapshot`] of everything so far, or lets a [`LastMinute`] follow along.
//!
//! What is measured, and where it ends:
//! - **A request ends with the head of its answer.** Its latency is the time from the call of the service until
//!   the service has the status and the headers; then it is no longer in flight. The body is not waited for: it
//!   may be a stream or an upgraded connection that lives for days, and how fast it goes is up to the client.
//! - **Outcome** is the class of the status. A service that fails, or panics, counts as 5xx. A request whose
//!   future is dropped before there is an answer, as when the client goes away, is cancelled: it is in no class
//!   and not among the latencies.
//! - **A route** is the template that the application gives it, such as `/users/{id}`, never the path of a
//!   request: paths are without number. Requests without a template are [`UNMATCHED`]; once there are as many
//!   routes as a recorder takes, those of further routes are [`OTHER`].

#[cfg(feature = "report")]
mod absorb;
mod class;
mod counts;
mod future;
mod last_minute;
mod layer;
#[cfg(feature = "axum")]
mod matched_path;
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
