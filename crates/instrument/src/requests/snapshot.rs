//! Snapshot of a recorder.

use super::route::Route;
use super::routes::BUILTIN_ROUTES;
use super::{Counts, Recorder};
#[cfg(feature = "push")]
use crate::report::RouteReport;
use crate::sketch::{Sketch, SketchDelta};
use std::sync::Arc;

/// Totals of a recorder since its creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Routes in the order of their first requests. The first two are always [`UNMATCHED`](super::UNMATCHED) and
    /// [`OTHER`](super::OTHER).
    pub routes: Vec<RouteSnapshot>,
}

/// Counts of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteSnapshot {
    /// Route template.
    pub route: Arc<str>,
    /// Methods used.
    pub methods: Vec<MethodSnapshot>,
    /// Latencies of all methods.
    pub latency: Sketch,
}

/// Counts of a method of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodSnapshot {
    /// Method name, or `other` for a non-standard one.
    pub method: &'static str,
    /// Finished requests.
    pub counts: Counts,
    /// Requests in flight.
    pub in_flight: u64,
}

/// Increase of a route since it was last read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delta {
    pub(crate) counts: Counts,
    pub(crate) latency: SketchDelta,
}

impl Delta {
    fn clear(&mut self) {
        self.counts = Counts::default();
        self.latency.clear();
    }

    pub(crate) fn append(&mut self, later: &Self) {
        self.counts = self.counts.plus(&later.counts);
        self.latency.append(&later.latency);
    }
}

impl Snapshot {
    /// Requests in flight.
    pub fn in_flight(&self) -> u64 {
        self.methods().fold(0, |sum, method| sum.saturating_add(method.in_flight))
    }

    /// Finished requests of all routes.
    pub fn counts(&self) -> Counts {
        self.methods().fold(Counts::default(), |sum, method| sum.plus(&method.counts))
    }

    /// Number of routes, excluding [`UNMATCHED`](super::UNMATCHED) and [`OTHER`](super::OTHER). At the recorder's limit,
    /// requests of further routes count as `OTHER`.
    pub fn named_routes(&self) -> usize {
        self.routes.len().saturating_sub(BUILTIN_ROUTES)
    }

    /// Increase since `earlier`, a snapshot of the same recorder; requests in flight are the current ones. Latency
    /// quantiles cover only the time between.
    pub fn since(&self, earlier: &Self) -> Self {
        let mut before = earlier.routes.iter();
        let since =
            |now: &RouteSnapshot| before.next().map_or_else(|| now.clone(), |before| now.since(before));
        Self { routes: self.routes.iter().map(since).collect() }
    }

    /// Updates the snapshot from the recorder, and calls `on_route` for each route with its index and increase.
    pub(crate) fn update_from(&mut self, recorder: &Recorder, mut on_route: impl FnMut(usize, &Delta)) {
        let mut growth = Delta::default();
        for (index, route) in recorder.routes().iter().enumerate() {
            if index == self.routes.len() {
                self.routes.push(RouteSnapshot::new(route));
            }
            if let Some(kept) = self.routes.get_mut(index) {
                growth.clear();
                kept.update_from(route, &mut growth);
                on_route(index, &growth);
            }
        }
    }

    fn methods(&self) -> impl Iterator<Item = &MethodSnapshot> {
        self.routes.iter().flat_map(|route| &route.methods)
    }
}

impl RouteSnapshot {
    fn new(route: &Route) -> Self {
        Self { route: Arc::clone(route.name()), methods: Vec::new(), latency: Sketch::new() }
    }

    /// Finished requests of all methods.
    pub fn counts(&self) -> Counts {
        self.methods.iter().fold(Counts::default(), |sum, method| sum.plus(&method.counts))
    }

    /// Increase since `earlier` as a report entry, or the totals without `earlier`. `None` without new requests.
    #[cfg(feature = "push")]
    pub(crate) fn report_since(&self, earlier: Option<&Self>) -> Option<RouteReport> {
        let before = |method: &MethodSnapshot| {
            let known =
                earlier.and_then(|earlier| earlier.methods.iter().find(|old| old.method == method.method));
            known.map_or_else(Counts::default, |known| known.counts)
        };
        let methods: Vec<_> = self
            .methods
            .iter()
            .map(|method| (method.method, method.counts.since(&before(method))))
            .filter(|(_, counts)| counts.ended() > 0)
            .collect();
        (!methods.is_empty()).then(|| RouteReport {
            route: self.route.to_string(),
            methods,
            latency: self.latency.delta_since(earlier.map(|earlier| &earlier.latency)),
        })
    }

    fn since(&self, earlier: &Self) -> Self {
        let before = |method: &MethodSnapshot| earlier.methods.iter().find(|old| old.method == method.method);
        let since = |now: &MethodSnapshot| MethodSnapshot {
            counts: before(now).map_or(now.counts, |before| now.counts.since(&before.counts)),
            ..*now
        };
        Self {
            route: Arc::clone(&self.route),
            methods: self.methods.iter().map(since).collect(),
            latency: self.latency.since(&earlier.latency),
        }
    }

    fn update_from(&mut self, route: &Route, growth: &mut Delta) {
        let before = self.counts();
        self.methods.clear();
        self.methods.extend(route.methods().map(|(method, counts, in_flight)| MethodSnapshot {
            method,
            counts,
            in_flight,
        }));
        growth.counts = self.counts().since(&before);
        // Most routes are idle, and a sketch has a thousand bins.
        if growth.counts.answered() > 0 {
            self.latency.update_from(route.latency(), &mut growth.latency);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::StatusClass::{self, ClientError, Success};
    use http::Method;
    use std::thread;
    use std::time::Duration;

    fn answer(recorder: &Recorder, route: &str, method: &Method, class: StatusClass, millis: u64) {
        let ticket = recorder.start(Some(route), method);
        recorder.answered(ticket, class, Duration::from_millis(millis));
    }

    #[test]
    fn counts_by_route_method_and_outcome() {
        let recorder = Recorder::default();
        answer(&recorder, "/a", &Method::GET, Success, 10);
        answer(&recorder, "/a", &Method::POST, ClientError, 30);
        recorder.cancelled(recorder.start(Some("/a"), &Method::GET));
        let _waiting = recorder.start(Some("/b"), &Method::GET);

        let snapshot = recorder.snapshot();
        let method = |method, answered, cancelled, in_flight| MethodSnapshot {
            method,
            counts: Counts::new(answered, cancelled),
            in_flight,
        };
        let found: Vec<_> =
            snapshot.routes.iter().map(|route| (route.route.as_ref(), route.methods.as_slice())).collect();
        let of_a = [method("GET", [0, 1, 0, 0, 0], 1, 0), method("POST", [0, 0, 0, 1, 0], 0, 0)];
        let of_b = [method("GET", [0; 5], 0, 1)];
        assert_eq!(found, [("unmatched", &[][..]), ("other", &[]), ("/a", &of_a), ("/b", &of_b)]);
        assert_eq!((snapshot.in_flight(), snapshot.counts()), (1, Counts::new([0, 1, 0, 1, 0], 1)));
        assert_eq!((snapshot.named_routes(), Snapshot::default().named_routes()), (2, 0));
        assert_eq!(snapshot.routes[2].latency.mean(), Some(0.020));
    }

    #[test]
    fn differences_cover_the_time_between_snapshots() {
        let recorder = Recorder::default();
        answer(&recorder, "/a", &Method::GET, Success, 1000);
        let earlier = recorder.snapshot();
        answer(&recorder, "/a", &Method::GET, Success, 10);
        answer(&recorder, "/a", &Method::PUT, Success, 20);
        answer(&recorder, "/b", &Method::GET, Success, 30);
        let between = recorder.snapshot().since(&earlier);
        assert_eq!(between.counts(), Counts::new([0, 3, 0, 0, 0], 0));
        assert_eq!(between.routes[2].counts(), Counts::new([0, 2, 0, 0, 0], 0));
        assert_eq!(between.routes[2].latency.mean(), Some(0.015));
        assert_eq!(between.routes[3].latency.mean(), Some(0.030));
        assert_eq!(recorder.snapshot().since(&recorder.snapshot()).counts(), Counts::default());
    }

    #[test]
    fn concurrent_recording_is_consistent() {
        let recorder = Recorder::default();
        thread::scope(|scope| {
            for route in ["/a", "/b", "/a", "/c"] {
                let recorder = &recorder;
                scope.spawn(move || {
                    (0..5_000).for_each(|_| answer(recorder, route, &Method::GET, Success, 1))
                });
            }
            let mut snapshot = Snapshot::default();
            while snapshot.counts().answered() < 20_000 {
                snapshot.update_from(&recorder, |_, _| {});
                assert!(snapshot.in_flight() <= 20_000 - snapshot.counts().answered());
                for route in &snapshot.routes {
                    assert!(route.latency.count() >= route.counts().answered(), "{}", route.route);
                }
            }
            assert_eq!(snapshot, recorder.snapshot());
        });
    }
}
