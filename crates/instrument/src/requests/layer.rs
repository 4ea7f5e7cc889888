//! Tower layer that records requests.

use super::pending::PendingRequest;
use super::{Recorder, ResponseFuture};
use http::{Extensions, Request, Response, Uri};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower_layer::Layer;
use tower_service::Service;

/// Returns the route of a request.
type RouteOf = dyn for<'r> Fn(&'r Uri, &'r Extensions) -> Option<&'r str> + Send + Sync;

/// Monotonic clock.
type Clock = dyn Fn() -> Duration + Send + Sync;

/// Counts and times the requests to the wrapped services.
///
/// ```
/// use std::sync::Arc;
/// use tower::{Layer, service_fn};
/// use watchglass_instrument::requests::{Recorder, RequestLayer};
///
/// let recorder = Arc::new(Recorder::default());
/// let layer = RequestLayer::new(Arc::clone(&recorder), |uri, _extensions| match uri.path() {
///     "/" => Some("/"),
///     path if path.starts_with("/users/") => Some("/users/{id}"),
///     _ => None,
/// });
/// let service = layer.layer(service_fn(async |_request: http::Request<()>| {
///     Ok::<_, std::io::Error>(http::Response::new(()))
/// }));
/// # drop(service);
/// assert_eq!(recorder.snapshot().counts().answered(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct RequestLayer {
    shared: Arc<Shared>,
}

/// State shared by all services of a layer.
pub(crate) struct Shared {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) route: Box<RouteOf>,
    pub(crate) clock: Box<Clock>,
}

impl RequestLayer {
    /// Records in `recorder`. `route` returns the matched route template (`/users/{id}`, never the path itself), or
    /// `None`; it is called for every request, before the service. For axum use `matched_path` (feature `axum`).
    pub fn new(
        recorder: Arc<Recorder>,
        route: impl for<'r> Fn(&'r Uri, &'r Extensions) -> Option<&'r str> + Send + Sync + 'static,
    ) -> Self {
        let start = Instant::now();
        Self::with_clock(recorder, route, move || start.elapsed())
    }

    /// [`RequestLayer::new`] with a monotonic clock.
    pub fn with_clock(
        recorder: Arc<Recorder>,
        route: impl for<'r> Fn(&'r Uri, &'r Extensions) -> Option<&'r str> + Send + Sync + 'static,
        clock: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        Self { shared: Arc::new(Shared { recorder, route: Box::new(route), clock: Box::new(clock) }) }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl<S> Layer<S> for RequestLayer {
    type Service = RequestService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestService { inner, shared: Arc::clone(&self.shared) }
    }
}

/// Service wrapped by a [`RequestLayer`].
#[derive(Clone, Debug)]
pub struct RequestService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, B, R> Service<Request<B>> for RequestService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut pending =
            PendingRequest::start(&self.shared, request.method(), request.uri(), request.extensions());
        let inner = pending.call_service(|| self.inner.call(request));
        ResponseFuture::new(inner, pending)
    }
}

#[cfg(test)]
mod tests;
