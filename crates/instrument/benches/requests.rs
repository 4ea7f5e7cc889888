//! Cost of instrumentation: one request on one and two threads, the rolling minute, and a quantile.

use divan::{Bencher, black_box};
use http::{Method, Request, Response};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;
use tower::{Layer, Service, service_fn};
use watchglass_instrument::requests::{LastMinute, Recorder, RequestLayer, StatusClass};
use watchglass_instrument::sketch::{LiveSketch, Sketch};

fn main() {
    divan::main();
}

const ROUTES: [&str; 8] = [
    "/",
    "/api/live",
    "/api/admin/system/metrics/",
    "/api/admin/rules/{id}",
    "/api/admin/silences/{id}",
    "/api/fn/{function}",
    "/ws/live",
    "/trends",
];

fn record(recorder: &Recorder, route: &str, nanos: u64) {
    let ticket = recorder.start(Some(route), &Method::GET);
    recorder.answered(ticket, StatusClass::Success, Duration::from_nanos(nanos));
}

/// A recorder with all routes registered.
fn recorder() -> Arc<Recorder> {
    let recorder = Arc::new(Recorder::default());
    ROUTES.iter().for_each(|route| record(&recorder, route, 1_000_000));
    recorder
}

#[divan::bench(threads = [1, 2], sample_size = 10_000)]
fn a_request_recorded(bencher: Bencher<'_, '_>) {
    let recorder = recorder();
    bencher.bench(|| record(&recorder, black_box("/api/admin/rules/{id}"), black_box(1_234_567)));
}

fn answer(_request: Request<()>) -> Ready<Result<Response<()>, Infallible>> {
    ready(Ok(Response::new(())))
}

fn call(service: &mut impl Service<Request<()>, Future: Unpin>) {
    let mut future = service.call(black_box(Request::new(())));
    let answered = Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop()));
    black_box(answered.is_ready());
}

/// A request without the layer.
#[divan::bench]
fn a_request_bare(bencher: Bencher<'_, '_>) {
    let mut service = service_fn(answer);
    bencher.bench_local(|| call(&mut service));
}

/// A request through the layer: two clock reads plus `a_request_recorded`.
#[divan::bench]
fn a_request_through_the_layer(bencher: Bencher<'_, '_>) {
    let layer = RequestLayer::new(recorder(), |_uri, _extensions| Some(black_box("/api/admin/rules/{id}")));
    let mut service = layer.layer(service_fn(answer));
    bencher.bench_local(|| call(&mut service));
}

#[divan::bench(threads = [1, 2], sample_size = 10_000)]
fn a_duration_into_the_sketch(bencher: Bencher<'_, '_>) {
    let sketch = LiveSketch::new();
    bencher.bench(|| sketch.record(Duration::from_nanos(black_box(1_234_567))));
}

#[divan::bench]
fn a_quantile(bencher: Bencher<'_, '_>) {
    let mut sketch = Sketch::new();
    (1..1000).for_each(|micros| sketch.record(Duration::from_micros(micros)));
    bencher.bench_local(|| black_box(&sketch).quantile(black_box(0.95)));
}

/// One tick after `requests` requests per route, with latencies from 0.1 ms to 100 ms.
#[divan::bench(args = [0, 10, 1000])]
fn a_tick_of_the_last_minute(bencher: Bencher<'_, '_>, requests: u64) {
    let recorder = recorder();
    let mut minute = LastMinute::new(Arc::clone(&recorder));
    let mut second = 0;
    bencher
        .with_inputs(|| {
            for route in ROUTES {
                (0..requests)
                    .for_each(|number| record(&recorder, route, 100_000 + number * 100_000_000 / requests));
            }
        })
        .bench_local_values(|()| {
            second += 1;
            minute.advance(Duration::from_secs(second));
        });
}
