//! Pending report: the difference between the recorder's counts and what the server has accepted.

use crate::report::{MAX_REPORT_BYTES, MAX_REPORT_DURATION, Report, RouteReport};
use crate::requests::{Recorder, RouteSnapshot, Snapshot};
use std::sync::Arc;
use std::time::Duration;

/// Maximum size of the routes in a report, in bytes; further routes go into the next report. The rest of the limit is
/// for the common fields.
const MAX_ROUTES_BYTES: usize = MAX_REPORT_BYTES - 4096;

/// Keeps the accepted counts next to the current ones. A report that did not arrive needs no storage: its requests
/// are still in the difference.
///
/// Uses twice the memory of the recorder, however long the server is down.
#[derive(Debug)]
pub(crate) struct Outbox {
    recorder: Arc<Recorder>,
    app: String,
    instance: String,
    current: Snapshot,
    /// Counts accepted by the server, by route index; `None` for a new route.
    accepted: Vec<Option<RouteSnapshot>>,
    accepted_at: Duration,
}

/// Report ready to be sent.
#[derive(Debug)]
pub(crate) struct PreparedReport {
    pub(crate) body: String,
    /// Whether more routes are pending than fit.
    pub(crate) more: bool,
    at: Duration,
    /// Indices of the routes in the report.
    indices: Vec<usize>,
}

impl Outbox {
    /// Creates an outbox; nothing of `recorder` is reported yet. Times are relative to the start.
    pub(crate) fn new(recorder: Arc<Recorder>, app: String, instance: String) -> Self {
        Self {
            recorder,
            app,
            instance,
            current: Snapshot::default(),
            accepted: Vec::new(),
            accepted_at: Duration::ZERO,
        }
    }

    /// Builds the report of everything the server has not accepted by `now`.
    pub(crate) fn prepare(&mut self, now: Duration, leaving: bool) -> PreparedReport {
        self.current.update_from(&self.recorder, |_, _| {});
        let (mut routes, mut indices, mut length) = (Vec::new(), Vec::new(), 0);
        let mut more = false;
        for (index, route) in self.current.routes.iter().enumerate() {
            let accepted = self.accepted.get(index).and_then(Option::as_ref);
            let Some(delta) = route.report_since(accepted) else { continue };
            length += max_json_bytes(&delta);
            if length > MAX_ROUTES_BYTES {
                more = true;
                break;
            }
            routes.push(delta);
            indices.push(index);
        }
        let report = Report {
            app: self.app.clone(),
            instance: self.instance.clone(),
            covers: now.saturating_sub(self.accepted_at).min(MAX_REPORT_DURATION),
            in_flight: self.current.in_flight(),
            leaving: leaving && !more,
            routes,
        };
        PreparedReport { body: report.to_json(), more, at: now, indices }
    }

    /// Marks the report as accepted, or as sent with unknown outcome.
    pub(crate) fn mark_sent(&mut self, prepared: &PreparedReport) {
        self.accepted.resize(self.current.routes.len().max(self.accepted.len()), None);
        for &index in &prepared.indices {
            if let (Some(accepted), Some(route)) =
                (self.accepted.get_mut(index), self.current.routes.get(index))
            {
                *accepted = Some(route.clone());
            }
        }
        self.accepted_at = prepared.at;
    }
}

/// Maximum JSON size of a route in bytes.
fn max_json_bytes(route: &RouteReport) -> usize {
    // Each byte of a name may be escaped; a method has six outcomes of up to 28 bytes; a bin is `[1101,4294967295],`.
    128 + 6 * route.route.len() + 200 * route.methods.len() + 18 * route.latency.bins.len()
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

    fn parsed(prepared: &PreparedReport) -> Report {
        Report::parse(prepared.body.as_bytes()).unwrap()
    }

    #[test]
    fn lost_reports_are_included_in_the_next_with_their_time() {
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
        outbox.mark_sent(&third);
        let fourth = parsed(&outbox.prepare(Duration::from_secs(4), true));
        assert_eq!((fourth.routes.len(), fourth.in_flight, fourth.leaving), (0, 1, true));
        assert_eq!(fourth.covers, Duration::from_secs(1));
        assert_eq!(parsed(&first).routes[0].methods[0].1.ended(), 1);
    }

    #[test]
    fn surplus_routes_go_into_the_next_report() {
        let recorder = Arc::new(Recorder::new(200));
        let routes: Vec<String> = (0..200).map(|route| format!("/{route}{}", "\"".repeat(200))).collect();
        for route in &routes {
            // Each duration falls into its own bin.
            (0..1000).for_each(|step| answer(&recorder, Some(route), (1.02_f64.powi(step)) as u64));
        }
        let (mut outbox, received, mut sent) = (outbox(&recorder), Recorder::new(200), 0);
        loop {
            let prepared = outbox.prepare(Duration::from_secs(1), true);
            assert!(prepared.body.len() <= MAX_REPORT_BYTES, "{}", prepared.body.len());
            let report = parsed(&prepared);
            assert_eq!(report.leaving, !prepared.more, "only the last report deregisters");
            received.merge_report(&report);
            outbox.mark_sent(&prepared);
            sent += 1;
            if !prepared.more {
                break;
            }
        }
        assert!(sent > 1);
        assert_eq!(received.snapshot(), recorder.snapshot());
    }

    proptest! {
        /// The server's sums equal the recorder's counts, whichever reports arrive.
        #[test]
        fn nothing_is_lost_and_nothing_counted_twice(
            rounds in vec((vec((0_usize..4, 1_u64..1_000_000), 0..8), any::<bool>()), 1..30),
        ) {
            let recorder = Arc::new(Recorder::new(2));
            let (mut outbox, received) = (outbox(&recorder), Recorder::new(2));
            let arrives = rounds.iter().map(|(_, arrives)| *arrives).chain([true]);
            let requests = rounds.iter().map(|(requests, _)| requests.as_slice()).chain([&[][..]]);
            for ((second, requests), arrives) in (0..).zip(requests).zip(arrives) {
                for (route, micros) in requests {
                    answer(&recorder, Some(["/a", "/b", "/c", ""][*route]), *micros);
                }
                let prepared = outbox.prepare(Duration::from_secs(second), false);
                if arrives {
                    received.merge_report(&parsed(&prepared));
                    outbox.mark_sent(&prepared);
                }
            }
            let sorted = |recorder: &Recorder| {
                let mut snapshot = recorder.snapshot();
                // Routes may arrive in another order.
                snapshot.routes.sort_by(|left, right| left.route.cmp(&right.route));
                snapshot
            };
            prop_assert_eq!(sorted(&received), sorted(&recorder));
        }
    }
}
