//! Recording of the request metrics of an application.

use super::declarations::{
    BUCKETS, CANCELLED, CLIENT_ERRORS, DURATION_SUM, DURATIONS, Durations, ERROR_RATIO, IN_FLIGHT,
    LAST_MINUTE, OVERFLOW_BUCKET, PER_SECOND, REQUESTS, RESPONSES, ROUTE_DURATIONS, ROUTES, SERVER_ERRORS,
    TOTAL_DURATIONS,
};
use watchglass_instrument::requests::{LastMinute, StatusClass};
use watchglass_instrument::sketch::Sketch;
use watchglass_model::SampleBuffer;

/// Records an application's request metrics: totals by route, and the last minute.
pub(super) fn record(app: &str, minute: &LastMinute, in_flight: u64, samples: &mut SampleBuffer) {
    let snapshot = minute.snapshot();
    let counts = snapshot.counts();
    for class in StatusClass::ALL {
        samples.record(&RESPONSES, &[app, class.as_str()], counts.of(class) as f64);
    }
    samples.record(&IN_FLIGHT, &[app], in_flight as f64);
    samples.record(&ROUTES, &[app], snapshot.named_routes() as f64);
    distribution(app, minute.latency(), samples);
    last_minute(app, minute, samples);
    routes(app, minute, samples);
}

/// Records the latency distribution. All buckets exist from the start: they are the rows of a heatmap, and a row added
/// later would be above those of longer durations.
fn distribution(app: &str, latency: &Sketch, samples: &mut SampleBuffer) {
    let mut below = 0;
    for (name, bound) in BUCKETS {
        let count = latency.count_up_to(bound);
        samples.record(&DURATIONS, &[app, name], count.saturating_sub(below) as f64);
        below = count;
    }
    samples.record(&DURATIONS, &[app, OVERFLOW_BUCKET], latency.count().saturating_sub(below) as f64);
    samples.record(&DURATION_SUM, &[app], latency.sum());
}

fn last_minute(app: &str, minute: &LastMinute, samples: &mut SampleBuffer) {
    let Some(span) = minute.span() else { return };
    let counts = minute.all().counts();
    let answered = counts.answered() as f64;
    samples.record(&LAST_MINUTE, &[app], answered);
    samples.record(&PER_SECOND, &[app], answered / span.as_secs_f64());
    durations(&TOTAL_DURATIONS, &[app], minute.all().latency(), samples);
    if let Some(ratio) = counts.error_ratio() {
        samples.record(&ERROR_RATIO, &[app], ratio);
    }
    samples.record(&CLIENT_ERRORS, &[app], counts.of(StatusClass::ClientError) as f64);
    samples.record(&SERVER_ERRORS, &[app], counts.of(StatusClass::ServerError) as f64);
}

fn routes(app: &str, minute: &LastMinute, samples: &mut SampleBuffer) {
    for route in &minute.snapshot().routes {
        for method in &route.methods {
            let labels = [app, &*route.route, method.method];
            for class in StatusClass::ALL {
                let count = method.counts.of(class);
                if count > 0 {
                    let [app, route, method] = labels;
                    samples.record(&REQUESTS, &[app, route, method, class.as_str()], count as f64);
                }
            }
            let cancelled = method.counts.cancelled();
            if cancelled > 0 {
                samples.record(&CANCELLED, &labels, cancelled as f64);
            }
        }
    }
    for (route, window) in minute.routes() {
        // Skips idle routes, which are most of them, to avoid iterating over their bins.
        if window.counts().answered() > 0 {
            durations(&ROUTE_DURATIONS, &[app, &route.route], window.latency(), samples);
        }
    }
}

/// Records percentiles and mean of a sketch; nothing if it is empty.
fn durations(metrics: &Durations, labels: &[&str], sketch: &Sketch, samples: &mut SampleBuffer) {
    let values = [sketch.quantile(0.5), sketch.quantile(0.95), sketch.quantile(0.99), sketch.mean()];
    for (metric, value) in metrics.iter().zip(values) {
        if let Some(value) = value {
            samples.record(metric, labels, value);
        }
    }
}
