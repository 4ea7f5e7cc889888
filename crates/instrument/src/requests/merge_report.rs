//! Merging of reports into a recorder.

use super::Recorder;
use crate::report::Report;

impl Recorder {
    /// Adds the counts of a report. Requests in flight are a current state and not added.
    ///
    /// Routes beyond this recorder's limit count as [`OTHER`](super::OTHER).
    pub fn merge_report(&self, report: &Report) {
        for reported in &report.routes {
            let number = self.routes().number(Some(&reported.route));
            let Some(route) = self.routes().get(number) else { continue };
            route.latency().add(&reported.latency);
            for (method, counts) in &reported.methods {
                route.add(method, counts);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::{OTHER, StatusClass};

    fn report(routes: &str) -> Report {
        Report::parse(format!(r#"{{"version":1,"app":"a","routes":[{routes}]}}"#).as_bytes()).unwrap()
    }

    #[test]
    fn two_reports_add_up() {
        let recorder = Recorder::new(1);
        for routes in [
            r#"{"route":"/a","methods":{"GET":{"2xx":3,"5xx":1,"cancelled":2}},"durations":[0.01,0.01,0.01,0.03]}"#,
            r#"{"route":"/a","methods":{"GET":{"2xx":1},"QUERY":{"4xx":1}},"durations":[0.02,0.02]},
               {"route":"/b","methods":{"GET":{"2xx":7}}}"#,
        ] {
            recorder.merge_report(&report(routes));
        }
        let snapshot = recorder.snapshot();
        let found: Vec<_> = snapshot
            .routes
            .iter()
            .flat_map(|route| {
                route.methods.iter().map(|method| (&*route.route, method.method, method.counts))
            })
            .map(|(route, method, counts)| (route, method, counts.ended(), counts.cancelled()))
            .collect();
        assert_eq!(found, [(OTHER, "GET", 7, 0), ("/a", "GET", 7, 2), ("/a", "other", 1, 0)]);
        assert_eq!(snapshot.counts().of(StatusClass::ServerError), 1);
        assert_eq!((snapshot.in_flight(), snapshot.named_routes()), (0, 1));
        let latency = &snapshot.routes[2].latency;
        assert_eq!(latency.count(), 6);
        assert!((latency.sum() - 0.10).abs() < 1e-9, "{}", latency.sum());
    }

    #[test]
    fn sums_saturate_instead_of_panicking() {
        let recorder = Recorder::default();
        let most = r#"{"route":"/a","methods":{"GET":{"2xx":9007199254740992,"cancelled":9007199254740992}},
            "latency":{"sum":1e300,"bins":[[1,4294967295],[1101,4294967295]]}}"#;
        (0..5_000).for_each(|_| recorder.merge_report(&report(most)));
        let snapshot = recorder.snapshot();
        assert!(snapshot.routes[2].latency.quantile(0.5).is_some());
        assert_eq!(snapshot.in_flight(), 0);
    }
}
