//! Applications that start, report each second for some minutes, and stop; every third without a word.

use crate::context::{Context, now_millis};
use crate::http;
use serde_json::json;
use std::time::Duration;

/// Seconds between two starts.
const START_INTERVAL: u64 = 20;
/// Every second application has one of these names again, as after a deployment; the others are new.
const NAMES: u64 = 10;
const ROUTES: usize = 5;

struct Application {
    name: String,
    /// Remaining reports.
    seconds: u64,
    /// Whether it says in its last report that it stops.
    says_goodbye: bool,
}

/// Starts and stops applications.
pub(crate) fn applications(context: &Context) {
    let mut running: Vec<Application> = Vec::new();
    let mut second: u64 = 0;
    while context.is_running() {
        if second.is_multiple_of(START_INTERVAL) {
            let application = nth(second / START_INTERVAL);
            context.record(|record| record.add_application(&application.name));
            running.retain(|other| other.name != application.name);
            running.push(application);
        }
        for application in &mut running {
            application.seconds = application.seconds.saturating_sub(1);
            let is_last = application.seconds == 0;
            if is_last && !application.says_goodbye {
                context.record(|record| record.add_silent(&application.name, now_millis() / 1000));
                continue;
            }
            let report = report(&application.name, is_last);
            let answer =
                http::send(context.address, "POST", "/api/ingest", &context.tokens.ingest, Some(&report));
            context.record(|record| record.reports.add(answer.is_ok_and(|answer| answer.status == 200)));
        }
        running.retain(|application| application.seconds > 0);
        second += 1;
        context.pause(Duration::from_secs(1));
    }
}

/// The application of the given number, with a life of one to ten minutes.
fn nth(number: u64) -> Application {
    let name = if number.is_multiple_of(2) {
        format!("app-{}", number / 2 % NAMES)
    } else {
        format!("job-{number}")
    };
    // Any spread is good enough.
    Application { name, seconds: 60 + number * 97 % 540, says_goodbye: !number.is_multiple_of(3) }
}

fn report(name: &str, is_last: bool) -> String {
    let route = |at: usize| {
        json!({
            "route": format!("/items/{at}/{{id}}"),
            "methods": { "GET": { "2xx": 2, "4xx": u8::from(at == 0) } },
            "durations": [0.010, 0.020],
        })
    };
    let routes: Vec<_> = (0..ROUTES).map(route).collect();
    json!({ "version": 1, "app": name, "in_flight": 1, "leaving": is_last, "routes": routes }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_have_names_and_lives() {
        let names: Vec<_> = [0, 1, 2, 3, 20].map(|number| nth(number).name).into();
        assert_eq!(names, ["app-0", "job-1", "app-1", "job-3", "app-0"]);
        assert!((0..100).all(|number| (60..600).contains(&nth(number).seconds)));
        assert!(report("a", true).contains("\"leaving\":true"));
    }
}
