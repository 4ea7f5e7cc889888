//! Tests of the layer with a scripted service and a manual clock.

use super::*;
use crate::requests::{Counts, Snapshot};
use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;
use tower::service_fn;

type Answer = Result<Response<()>, &'static str>;
type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Layer with recorder and manual clock.
struct Bench {
    recorder: Arc<Recorder>,
    layer: RequestLayer,
    millis: Arc<AtomicU64>,
}

fn named<'r>(uri: &'r Uri, _extensions: &'r Extensions) -> Option<&'r str> {
    uri.path().starts_with("/users/").then_some("/users/{id}")
}

fn status(status: u16) -> Answering {
    Box::pin(ready(Ok(Response::builder().status(status).body(()).unwrap())))
}

/// A future that is pending once and then returns the result of `then`.
fn later(then: impl FnOnce() -> Answer + Send + 'static) -> Answering {
    let mut then = Some(then);
    let mut waited = false;
    Box::pin(std::future::poll_fn(move |_context| {
        if !std::mem::replace(&mut waited, true) {
            return Poll::Pending;
        }
        Poll::Ready(then.take().unwrap()())
    }))
}

impl Bench {
    fn new() -> Self {
        let (recorder, millis) = (Arc::new(Recorder::default()), Arc::new(AtomicU64::new(0)));
        let clock = Arc::clone(&millis);
        let layer = RequestLayer::with_clock(Arc::clone(&recorder), named, move || {
            Duration::from_millis(clock.load(Ordering::SeqCst))
        });
        Self { recorder, layer, millis }
    }

    /// Sends a request that `answer` responds to.
    fn send(&self, answer: impl FnOnce() -> Answering) -> ResponseFuture<Answering> {
        let answer = Mutex::new(Some(answer));
        let mut service = self.layer.layer(service_fn(|_request: Request<()>| {
            let answer = answer.lock().unwrap().take().unwrap();
            answer()
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(service.poll_ready(&mut context).is_ready());
        service.call(Request::get("/users/7?secret=1").body(()).unwrap())
    }

    fn pass(&self, millis: u64) {
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }

    /// Finished requests and requests in flight.
    fn seen(&self) -> (Counts, u64) {
        let snapshot = self.recorder.snapshot();
        (snapshot.counts(), snapshot.in_flight())
    }
}

fn poll(future: &mut ResponseFuture<Answering>) -> Poll<Answer> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn requests_are_in_flight_and_timed_until_the_response() {
    let bench = Bench::new();
    bench.pass(1000);
    let mut future = bench.send(|| later(|| Err("gone")));
    assert_eq!(bench.seen(), (Counts::default(), 1));
    bench.pass(5);
    assert!(poll(&mut future).is_pending());
    assert_eq!(bench.seen(), (Counts::default(), 1));
    bench.pass(15);
    assert!(poll(&mut future).is_ready());
    assert_eq!(bench.seen(), (Counts::new([0, 0, 0, 0, 1], 0), 0), "a service error counts as 5xx");
    drop(future);
    let Snapshot { routes } = bench.recorder.snapshot();
    assert_eq!(routes[2].route.as_ref(), "/users/{id}");
    assert_eq!(routes[2].latency.mean(), Some(0.020));
    assert_eq!(bench.seen(), (Counts::new([0, 0, 0, 0, 1], 0), 0), "it is counted once");
}

#[test]
fn responses_count_by_status_class() {
    let bench = Bench::new();
    for code in [101, 200, 204, 301, 404, 429, 499, 500] {
        assert!(poll(&mut bench.send(|| status(code))).is_ready());
    }
    assert_eq!(bench.seen(), (Counts::new([1, 2, 1, 3, 1], 0), 0));
}

#[test]
fn dropped_requests_are_cancelled_without_latency() {
    let bench = Bench::new();
    drop(bench.send(|| Box::pin(pending())));
    assert_eq!(bench.seen(), (Counts::new([0; 5], 1), 0), "never polled");
    let mut future = bench.send(|| Box::pin(pending()));
    assert!(poll(&mut future).is_pending());
    drop(future);
    assert_eq!(bench.seen(), (Counts::new([0; 5], 2), 0), "polled once");
    assert_eq!(bench.recorder.snapshot().routes[2].latency.count(), 0);
}

#[test]
fn panics_count_as_server_errors() {
    let bench = Bench::new();
    assert!(catch_unwind(AssertUnwindSafe(|| bench.send(|| panic!("a test of a panic")))).is_err());
    assert_eq!(bench.seen(), (Counts::new([0, 0, 0, 0, 1], 0), 0), "in the call");
    let mut future = bench.send(|| later(|| panic!("a test of a panic")));
    assert!(poll(&mut future).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut future))).is_err());
    // The caller that caught the panic drops the future later, outside of a poll.
    drop(future);
    assert_eq!(bench.seen(), (Counts::new([0, 0, 0, 0, 2], 0), 0), "in the future");
}
