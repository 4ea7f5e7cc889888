//! Everything a recorder has counted, at one moment.

use super::route::Route;
use super::routes::ALWAYS;
use super::{Counts, Recorder};
#[cfg(feature = "push")]
use crate::report::RouteReport;
use crate::sketch::{Sketch, SketchGrowth};
use std::sync::Arc;

/// Everything a recorder has counted since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The routes, in the order of their first requests. The first two are [`UNMATCHED`](super::UNMATCHED) and
    /// [`OTHER`](super::OTHER), which are there before they have requests.
    pub routes: Vec<RouteSnapshot>,
}

/// What was counted of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteSnapshot {
    /// Its template.
    pub route: Arc<str>,
    /// The methods that it was called with.
    pub methods: Vec<MethodSnapshot>,
    /// How long its answers took, of all methods together.
    pub latency: Sketch,
}

/// What was counted of a method of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodSnapshot {
    /// `GET`, or `other` for one that is in no standard.
    pub method: &'static str,
    /// Requests that ended.
    pub counts: Counts,
    /// Requests that had no answer yet.
    pub in_flight: u64,
}

/// What came to a route since it was last looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Growth {
    pub(crate) counts: Counts,
    pub(crate) latency: SketchGrowth,
}

impl Growth {
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
    /// Requests that had no answer yet.
    pub fn in_flight(&self) -> u64 {
        self.methods().fold(0, |sum, method| sum.saturating_add(method.in_flight))
    }

    /// Requests that ended, of all routes together.
    pub fn counts(&self) -> Counts {
        self.methods().fold(Counts::default(), |sum, method| sum.plus(&method.counts))
    }

    /// How many routes are told apart, [`UNMATCHED`](super::UNMATCHED) and [`OTHER`](super::OTHER) not counted.
    /// When it has reached the recorder's limit, the requests of further routes are `OTHER`.
    pub fn named_routes(&self) -> usize {
        self.routes.len().saturating_sub(ALWAYS)
    }

    /// What came between `earlier` and this, two snapshots of the same recorder; in flight are those of now.
    /// The quantiles of its latencies are those of that time alone.
    pub fn since(&self, earlier: &Self) -> Self {
        let mut before = earlier.routes.iter();
        let since =
            |now: &RouteSnapshot| before.next().map_or_else(|| now.clone(), |before| now.since(before));
        Self { routes: self.routes.iter().map(since).collect() }
    }

    /// Becomes what the recorder has counted by now, and calls `grew` for each route with its place and with
    /// what is new.
    pub(crate) fn follow(&mut self, recorder: &Recorder, mut grew: impl FnMut(usize, &Growth)) {
        let mut growth = Growth::default();
        for (place, route) in recorder.routes().iter().enumerate() {
            if place == self.routes.len() {
                self.routes.push(RouteSnapshot::new(route));
            }
            if let Some(kept) = self.routes.get_mut(place) {
                growth.clear();
                kept.follow(route, &mut growth);
                grew(place, &growth);
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

    /// Requests that ended, of all methods together.
    pub fn counts(&self) -> Counts {
        self.methods.iter().fold(Counts::default(), |sum, method| sum.plus(&method.counts))
    }

    /// What came between `earlier` and this as a report says it; everything, when there is nothing earlier. `None` when
    /// nothing came.
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
            latency: self.latency.growth_since(earlier.map(|earlier| &earlier.latency)),
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

    fn follow(&mut self, route: &Route, growth: &mut Growth) {
        let before = self.counts();
        self.methods.clear();
        self.methods.extend(route.methods().map(|(method, counts, in_flight)| MethodSnapshot {
            method,
            counts,
            in_flight,
        }));
        growth.counts = self.counts().since(&before);
        // Most routes are at rest most of the time, and a sketch has a thousand bins.
        if growth.counts.answered() > 0 {
            self.latency.follow(route.latency(), &mut growth.latency);
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
    fn a_difference_holds_what_came_between() {
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
    fn nothing_is_lost_and_nothing_ends_before_it_began_while_threads_record() {
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
                snapshot.follow(&recorder, |_, _| {});
                assert!(snapshot.in_flight() <= 20_000 - snapshot.counts().answered());
                for route in &snapshot.routes {
                    assert!(route.latency.count() >= route.counts().answered(), "{}", route.route);
                }
            }
            assert_eq!(snapshot, recorder.snapshot());
        });
    }
}
