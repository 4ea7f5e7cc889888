//! Rules on this server: its history, its limit of series, its data directory and its certificate.

use super::by;
use crate::{Aggregation, Comparison, Rule};

/// Rules on the server itself.
pub(super) fn self_monitoring() -> Vec<Rule> {
    let refused = Rule {
        aggregation: Aggregation::Increase,
        window_seconds: 300,
        warning: Some(0.0),
        ..Rule::new("history-refused", "Dropped samples", "watchglass_tsdb_refused_total", "history")
    };
    // A window has a value once half of it is covered: a short one fires soon, and goes on firing over short pauses.
    let left_out = Rule {
        aggregation: Aggregation::Increase,
        window_seconds: 20,
        warning: Some(0.0),
        keep_firing_seconds: 280,
        ..Rule::new("series-refused", "Series limit reached", "watchglass_series_refused_total", "probes")
    };
    const DAY: f64 = 86_400.0;
    let certificate = Rule {
        comparison: Comparison::Below,
        warning: Some(14.0 * DAY),
        critical: Some(3.0 * DAY),
        ..Rule::new(
            "certificate",
            "TLS certificate expires soon",
            "tls_certificate_remaining_seconds",
            "certificate",
        )
    };
    let data_directory = Rule {
        comparison: Comparison::Below,
        critical: Some(1.0),
        message: Some("cannot be written".to_owned()),
        ..Rule::new(
            "data-directory",
            "Data directory not writable",
            "watchglass_data_directory_writable",
            "history",
        )
    };
    let late = Rule {
        comparison: Comparison::Below,
        warning: Some(1.0),
        message: Some("is late, or its job reported a failure".to_owned()),
        resolve_when_gone: true,
        ..Rule::new("heartbeat-late", "Heartbeat late", "watchglass_heartbeat_up", "heartbeats")
    };
    vec![refused, data_directory, by("source", left_out), certificate, by("heartbeat", late)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Fake, at};
    use crate::{Change, Engine};

    /// Seconds in which the alert fires or resolves. `refused` says in which seconds a series is refused.
    fn changes(refused: impl Fn(i64) -> bool) -> Vec<(i64, &'static str)> {
        let mut rules = self_monitoring();
        rules.retain(|rule| rule.id == "series-refused");
        let (mut engine, mut fake) = (Engine::new(rules, 10).unwrap(), Fake::default());
        fake.meet("watchglass_series_refused_total", [("source", "network")].into_iter().collect());
        let mut found = Vec::new();
        for second in 0..2000 {
            fake.set(at(second), &[Some(if refused(second) { 1.0 } else { 0.0 })]);
            found.extend(engine.evaluate(at(second), &fake).iter().map(|change| match change {
                Change::Fired(_) => (second, "fired"),
                Change::Resolved(_) => (second, "resolved"),
                other => panic!("{other:?}"),
            }));
        }
        found
    }

    #[test]
    fn refused_series_fire_promptly_and_resolve_minutes_after_the_last_one() {
        for (name, refused, last) in [
            ("one series once", (|second| second == 1) as fn(i64) -> bool, 1),
            ("for ten minutes", |second| (1..=600).contains(&second), 600),
            ("once in four minutes", |second| second % 240 == 1 && second < 1000, 961),
        ] {
            let found = changes(refused);
            let [(fired, "fired"), (resolved, "resolved")] = found[..] else { panic!("{name}: {found:?}") };
            assert!((1..=15).contains(&fired), "{name}: {fired}");
            assert!((180..=360).contains(&(resolved - last)), "{name}: {resolved}");
        }
    }
}
