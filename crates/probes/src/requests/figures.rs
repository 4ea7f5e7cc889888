//! What is recorded of the requests of one application.

use super::declarations::{
    BUCKETS, CANCELLED, CLIENT_ERRORS, DURATIONS, Durations, ERROR_RATIO, IN_FLIGHT, LAST_MINUTE, LONGER,
    OF_A_ROUTE, OF_ALL, PER_SECOND, REQUESTS, RESPONSES, ROUTES, SERVER_ERRORS,
};
use watchglass_instrument::requests::{LastMinute, StatusClass};
use watchglass_instrument::sketch::Sketch;
use watchglass_model::Readings;

/// Records what is known of an application's requests: by route since they are counted, and over the last minute.
pub(super) fn record(app: &str, minute: &LastMinute, in_flight: u64, readings: &mut Readings) {
    let snapshot = minute.snapshot();
    let counts = snapshot.counts();
    for class in StatusClass::ALL {
        readings.record(&RESPONSES, &[app, class.as_str()], counts.of(class) as f64);
    }
    readings.record(&IN_FLIGHT, &[app], in_flight as f64);
    readings.record(&ROUTES, &[app], snapshot.named_routes() as f64);
    distribution(app, minute.latency(), readings);
    last_minute(app, minute, readings);
    routes(app, minute, readings);
}

/// Records how many answers took how long since they are counted. Each bucket is there from the start, for they are the rows of
/// a chart, and a row that comes later would stand above those of longer durations.
fn distribution(app: &str, latency: &Sketch, readings: &mut Readings) {
    let mut below = 0;
    for (name, bound) in BUCKETS {
        let count = latency.count_up_to(bound);
        readings.record(&DURATIONS, &[app, name], count.saturating_sub(below) as f64);
        below = count;
    }
    readings.record(&DURATIONS, &[app, LONGER], latency.count().saturating_sub(below) as f64);
}

fn last_minute(app: &str, minute: &LastMinute, readings: &mut Readings) {
    let Some(span) = minute.span() else { return };
    let counts = minute.all().counts();
    let answered = counts.answered() as f64;
    readings.record(&LAST_MINUTE, &[app], answered);
    readings.record(&PER_SECOND, &[app], answered / span.as_secs_f64());
    durations(&OF_ALL, &[app], minute.all().latency(), readings);
    if let Some(ratio) = counts.error_ratio() {
        readings.record(&ERROR_RATIO, &[app], ratio);
    }
    readings.record(&CLIENT_ERRORS, &[app], counts.of(StatusClass::ClientError) as f64);
    readings.record(&SERVER_ERRORS, &[app], counts.of(StatusClass::ServerError) as f64);
}

fn routes(app: &str, minute: &LastMinute, readings: &mut Readings) {
    for route in &minute.snapshot().routes {
        for method in &route.methods {
            let labels = [app, &*route.route, method.method];
            for class in StatusClass::ALL {
                let count = method.counts.of(class);
                if count > 0 {
                    let [app, route, method] = labels;
                    readings.record(&REQUESTS, &[app, route, method, class.as_str()], count as f64);
                }
            }
            let cancelled = method.counts.cancelled();
            if cancelled > 0 {
                readings.record(&CANCELLED, &labels, cancelled as f64);
            }
        }
    }
    for (route, window) in minute.routes() {
        // Spares the routes at rest, which are most of them, the walk through their bins.
        if window.counts().answered() > 0 {
            durations(&OF_A_ROUTE, &[app, &route.route], window.latency(), readings);
        }
    }
}

/// Records what a sketch knows; of an empty one, nothing.
fn durations(metrics: &Durations, labels: &[&str], sketch: &Sketch, readings: &mut Readings) {
    let values = [sketch.quantile(0.5), sketch.quantile(0.95), sketch.quantile(0.99), sketch.mean()];
    for (metric, value) in metrics.iter().zip(values) {
        if let Some(value) = value {
            readings.record(metric, labels, value);
        }
    }
}
