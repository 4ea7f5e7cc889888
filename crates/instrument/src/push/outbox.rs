//! What is still to be told: the difference between what was counted and what the server knows.

use crate::report::{LONGEST, MOST_BYTES, Report, RouteReport};
use crate::requests::{Recorder, RouteSnapshot, Snapshot};
use std::sync::Arc;
use std::time::Duration;

/// A report ends before it is longer, in bytes; what is left comes in the next. The rest up to the limit is for what
/// every report has.
const FULL: usize = MOST_BYTES - 4096;

/// Keeps what the server knows beside what was counted, so that nothing is kept of a report that did not arrive: its
/// requests are in the difference still.
///
/// It holds twice the memory of the recorder, however long the server is away.
#[derive(Debug)]
pub(crate) struct Outbox {
    recorder: Arc<Recorder>,
    app: String,
    instance: String,
    counted: Snapshot,
    /// What the server knows, by the places of the routes; `None` of a route it knows nothing of.
    known: Vec<Option<RouteSnapshot>>,
    known_at: Duration,
}

/// A report that is ready to be sent.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) body: String,
    /// Whether there is more than fits into it.
    pub(crate) more: bool,
    at: Duration,
    /// The places of the routes that it tells of.
    places: Vec<usize>,
}

impl Outbox {
    /// Nothing of `recorder` is told yet. Times are since the start.
    pub(crate) fn new(recorder: Arc<Recorder>, app: String, instance: String) -> Self {
        Self {
            recorder,
            app,
            instance,
            counted: Snapshot::default(),
            known: Vec::new(),
            known_at: Duration::ZERO,
        }
    }

    /// What the server does not know by `now`.
    pub(crate) fn prepare(&mut self, now: Duration, leaving: bool) -> Prepared {
        self.counted.follow(&self.recorder, |_, _| {});
        let (mut routes, mut places, mut length) = (Vec::new(), Vec::new(), 0);
        let mut more = false;
        for (place, route) in self.counted.routes.iter().enumerate() {
            let known = self.known.get(place).and_then(Option::as_ref);
            let Some(told) = route.report_since(known) else { continue };
            length += longest(&told);
            if length > FULL {
                more = true;
                break;
            }
            routes.push(told);
            places.push(place);
        }
        let report = Report {
            app: self.app.clone(),
            instance: self.instance.clone(),
            covers: now.saturating_sub(self.known_at).min(LONGEST),
            in_flight: self.counted.in_flight(),
            leaving: leaving && !more,
            routes,
        };
        Prepared { body: report.to_json(), more, at: now, places }
    }

    /// The server knows what the report says, or nobody can tell.
    pub(crate) fn sent(&mut self, prepared: &Prepared) {
        self.known.resize(self.counted.routes.len().max(self.known.len()), None);
        for &place in &prepared.places {
            if let (Some(known), Some(route)) = (self.known.get_mut(place), self.counted.routes.get(place)) {
                *known = Some(route.clone());
            }
        }
        self.known_at = prepared.at;
    }
}

/// How long the JSON of a route is at most, in bytes.
fn longest(told: &RouteReport) -> usize {
    // Of a name every byte may be escaped; a method has six outcomes of up to 28 bytes; a bin is `[1101,4294967295],`.
    128 + 6 * told.route.len() + 200 * told.methods.len() + 18 * told.latency.bins.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::{StatusClass, UNMATCHED};
    use http::Method;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn outbox(recorder: &Arc<Recorder>) -> Outbox {
        Outbox::new(Arc::clone(recorder), "shop".to_owned(), "1".to_owned())
    }

    fn answer(recorder: &Recorder, route: Option<&str>, micros: u64) {
        let ticket = recorder.start(route, &Method::GET);
        recorder.answered(ticket, StatusClass::Success, Duration::from_micros(micros));
    }

    fn parsed(prepared: &Prepared) -> Report {
        Report::parse(prepared.body.as_bytes()).unwrap()
    }

    #[test]
    fn what_did_not_arrive_is_part_of_the_next_with_its_time() {
        let recorder = Arc::new(Recorder::default());
        let mut outbox = outbox(&recorder);
        answer(&recorder, None, 10);
        let first = outbox.prepare(Duration::from_secs(1), false);
        answer(&recorder, None, 10);
        let second = parsed(&outbox.prepare(Duration::from_secs(2), false));
        assert_eq!((second.covers, second.routes[0].methods[0].1.ended()), (Duration::from_secs(2), 2));
        assert_eq!(second.routes[0].route, UNMATCHED);

        let _waiting = recorder.start(Some("/a"), &Method::GET);
        let third = outbox.prepare(Duration::from_secs(3), false);
        outbox.sent(&third);
        let fourth = parsed(&outbox.prepare(Duration::from_secs(4), true));
        assert_eq!((fourth.routes.len(), fourth.in_flight, fourth.leaving), (0, 1, true));
        assert_eq!(fourth.covers, Duration::from_secs(1));
        assert_eq!(parsed(&first).routes[0].methods[0].1.ended(), 1);
    }

    #[test]
    fn what_does_not_fit_comes_in_the_next() {
        let recorder = Arc::new(Recorder::new(200));
        let routes: Vec<String> = (0..200).map(|route| format!("/{route}{}", "\"".repeat(200))).collect();
        for route in &routes {
            // Each duration in a bin of its own.
            (0..1000).for_each(|step| answer(&recorder, Some(route), (1.02_f64.powi(step)) as u64));
        }
        let (mut outbox, told, mut sent) = (outbox(&recorder), Recorder::new(200), 0);
        loop {
            let prepared = outbox.prepare(Duration::from_secs(1), true);
            assert!(prepared.body.len() <= MOST_BYTES, "{}", prepared.body.len());
            let report = parsed(&prepared);
            assert_eq!(report.leaving, !prepared.more, "who leaves has said everything");
            told.absorb(&report);
            outbox.sent(&prepared);
            sent += 1;
            if !prepared.more {
                break;
            }
        }
        assert!(sent > 1);
        assert_eq!(told.snapshot(), recorder.snapshot());
    }

    proptest! {
        /// Whatever arrives and whatever does not: what the server adds up is what was counted.
        #[test]
        fn nothing_is_lost_and_nothing_counted_twice(
            rounds in vec((vec((0_usize..4, 1_u64..1_000_000), 0..8), any::<bool>()), 1..30),
        ) {
            let recorder = Arc::new(Recorder::new(2));
            let (mut outbox, told) = (outbox(&recorder), Recorder::new(2));
            let arrives = rounds.iter().map(|(_, arrives)| *arrives).chain([true]);
            let requests = rounds.iter().map(|(requests, _)| requests.as_slice()).chain([&[][..]]);
            for ((second, requests), arrives) in (0..).zip(requests).zip(arrives) {
                for (route, micros) in requests {
                    answer(&recorder, Some(["/a", "/b", "/c", ""][*route]), *micros);
                }
                let prepared = outbox.prepare(Duration::from_secs(second), false);
                if arrives {
                    told.absorb(&parsed(&prepared));
                    outbox.sent(&prepared);
                }
            }
            let sorted = |recorder: &Recorder| {
                let mut snapshot = recorder.snapshot();
                // Told in another order, routes have other places.
                snapshot.routes.sort_by(|left, right| left.route.cmp(&right.route));
                snapshot
            };
            prop_assert_eq!(sorted(&told), sorted(&recorder));
        }
    }
}
