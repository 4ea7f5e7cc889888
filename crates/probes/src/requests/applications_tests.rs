//! Model-based test of the application registry with arbitrary sequences of reports and ticks.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

const APPS: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
enum Step {
    /// Time passes, in milliseconds.
    Pass(u64),
    /// A process reports a number of responses.
    Report {
        app: usize,
        instance: u8,
        answers: u64,
        leaving: bool,
    },
    Tick,
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u64..15_000).prop_map(Step::Pass),
        (60_000_u64..90_000).prop_map(Step::Pass),
        (0..APPS.len(), 0_u8..3, 0_u64..50, any::<bool>())
            .prop_map(|(app, instance, answers, leaving)| Step::Report { app, instance, answers, leaving }),
        Just(Step::Tick),
        Just(Step::Tick),
    ]
}

/// Expected state of an application.
#[derive(Clone, Debug, Default)]
struct Expected {
    answers: u64,
    reported_at: u64,
    is_fresh: bool,
    /// Processes and their last report time.
    instances: BTreeMap<u8, u64>,
}

/// Recorded responses by application.
fn answered(samples: &SampleBuffer) -> BTreeMap<String, u64> {
    let rows = samples.raw_samples().filter(|row| row.metric.name == "http_responses_total");
    rows.filter(|row| row.label_values().nth(1) == Some("2xx"))
        .map(|row| (row.label_values().next().unwrap().to_owned(), row.value as u64))
        .collect()
}

proptest! {
    #[test]
    fn reports_are_recorded_once_and_silence_has_no_value(steps in vec(steps(), 1..80)) {
        let millis = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&millis);
        let applications = Applications::with_clock(move || Duration::from_millis(clock.load(Ordering::SeqCst)));
        let mut model: BTreeMap<&str, Expected> = BTreeMap::new();
        for step in steps {
            let now = millis.load(Ordering::SeqCst);
            match step {
                Step::Pass(pause) => millis.store(now + pause, Ordering::SeqCst),
                Step::Report { app, instance, answers, leaving } => {
                    let name = APPS[app];
                    let body = format!(
                        r#"{{"version":1,"app":"{name}","instance":"i{instance}","leaving":{leaving},
                            "routes":[{{"route":"/r","methods":{{"GET":{{"2xx":{answers}}}}}}}]}}"#
                    );
                    prop_assert!(applications.ingest(body.as_bytes()).is_ok());
                    let app = model.entry(name).or_default();
                    app.answers += answers;
                    (app.reported_at, app.is_fresh) = (now, true);
                    if leaving {
                        app.instances.remove(&instance);
                    } else {
                        app.instances.insert(instance, now);
                    }
                }
                Step::Tick => {
                    let mut samples = SampleBuffer::new();
                    let (_, parts) = applications.tick(&mut samples);
                    let is_silent = |app: &Expected| now - app.reported_at >= 10_000 && !app.instances.is_empty();
                    let parts: Vec<_> = parts.iter().map(|part| (part.name.as_str(), part.problem.is_some())).collect();
                    let names: Vec<_> =
                        model.iter().map(|(name, app)| (format!("app:{name}"), is_silent(app))).collect();
                    let names: Vec<_> = names.iter().map(|(name, silent)| (name.as_str(), *silent)).collect();
                    prop_assert_eq!(parts, names);
                    let values: BTreeMap<String, u64> = model
                        .iter()
                        .filter(|(_, app)| app.is_fresh && !is_silent(app))
                        .map(|(name, app)| ((*name).to_owned(), app.answers))
                        .collect();
                    prop_assert_eq!(answered(&samples), values);
                    model.retain(|_, app| {
                        if !is_silent(app) {
                            app.is_fresh = false;
                            app.instances.retain(|_, at| now - *at < 60_000);
                        }
                        !app.instances.is_empty()
                    });
                }
            }
        }
    }
}
