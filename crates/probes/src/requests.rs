//! Requests: how many an application answers, how long it takes and how often it fails.

use crate::declare::Place;
use crate::{Probe, ProbeError};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use watchglass_instrument::requests::{LastMinute, Recorder, StatusClass};
use watchglass_instrument::sketch::Sketch;
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static ANSWERED_PANEL: PanelDeclaration = panel("requests", "Requests", Style::Stacked, Unit::PerSecond);
static LATENCY_PANEL: PanelDeclaration =
    panel("request-latency", "Latency, last minute", Style::Line, Unit::Seconds);
// No ceiling: on a scale up to 100 % the first percent of errors, which is the one to see, is a flat line.
static ERRORS_PANEL: PanelDeclaration =
    panel("request-errors", "Server errors, last minute", Style::Area, Unit::Ratio);
static IN_FLIGHT_PANEL: PanelDeclaration =
    panel("requests-in-flight", "Requests in flight", Style::Line, Unit::Count);

const fn panel(id: &'static str, title: &'static str, style: Style, unit: Unit) -> PanelDeclaration {
    PanelDeclaration { id, section: "Requests", title, style, unit, ceiling: None }
}

const fn gauge(
    name: &'static str,
    unit: Unit,
    help: &'static str,
    panel: Place,
    legend: &'static str,
) -> Declaration {
    Declaration { name, kind: Kind::Gauge, unit, help, labels: &[], panel, legend }
}

const fn by_route(name: &'static str, help: &'static str) -> Declaration {
    Declaration { labels: &["route"], ..gauge(name, Unit::Seconds, help, None, "") }
}

const fn counter(
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    panel: Place,
) -> Declaration {
    Declaration { name, kind: Kind::Counter, unit: Unit::Count, help, labels, panel, legend: "" }
}

static RESPONSES: Declaration = counter(
    "http_responses_total",
    "Requests that were answered, of all routes together, by the class of the status.",
    &["status_class"],
    Some((&ANSWERED_PANEL, Role::HeadlineAndChart)),
);
static LAST_MINUTE: Declaration = gauge(
    "http_requests_last_minute",
    Unit::Count,
    "Requests that were answered in the last minute, or since measuring began if that is shorter.",
    Some((&ANSWERED_PANEL, Role::Detail)),
    "last minute",
);
static PER_SECOND: Declaration = gauge(
    "http_requests_per_second",
    Unit::PerSecond,
    "Requests that were answered per second, averaged over the last minute.",
    None,
    "requests",
);
static P50: Declaration = gauge(
    "http_request_duration_p50_seconds",
    Unit::Seconds,
    "Half of the answers of the last minute took no longer than this, until their head.",
    Some((&LATENCY_PANEL, Role::Chart)),
    "P50",
);
static P95: Declaration = gauge(
    "http_request_duration_p95_seconds",
    Unit::Seconds,
    "95 % of the answers of the last minute took no longer than this, until their head.",
    Some((&LATENCY_PANEL, Role::HeadlineAndChart)),
    "P95",
);
static P99: Declaration = gauge(
    "http_request_duration_p99_seconds",
    Unit::Seconds,
    "99 % of the answers of the last minute took no longer than this, until their head.",
    Some((&LATENCY_PANEL, Role::Chart)),
    "P99",
);
static MEAN: Declaration = gauge(
    "http_request_duration_mean_seconds",
    Unit::Seconds,
    "How long the answers of the last minute took on average, until their head.",
    Some((&LATENCY_PANEL, Role::Detail)),
    "average",
);
static ERROR_RATIO: Declaration = gauge(
    "http_requests_error_ratio",
    Unit::Ratio,
    "Part of the answers of the last minute that were faults of the server (5xx).",
    Some((&ERRORS_PANEL, Role::HeadlineAndChart)),
    "",
);
static CLIENT_ERRORS: Declaration = gauge(
    "http_client_errors_last_minute",
    Unit::Count,
    "Answers of the last minute that were faults of the request (4xx).",
    Some((&ERRORS_PANEL, Role::Detail)),
    "4xx",
);
static SERVER_ERRORS: Declaration = gauge(
    "http_server_errors_last_minute",
    Unit::Count,
    "Answers of the last minute that were faults of the server (5xx).",
    Some((&ERRORS_PANEL, Role::Detail)),
    "5xx",
);
static IN_FLIGHT: Declaration = gauge(
    "http_requests_in_flight",
    Unit::Count,
    "Requests that have no answer yet. A stream or WebSocket counts until it begins.",
    Some((&IN_FLIGHT_PANEL, Role::HeadlineAndChart)),
    "",
);
static ROUTES: Declaration = gauge(
    "http_routes",
    Unit::Count,
    "Routes that are told apart. Beyond a limit, requests of further routes have the route \"other\".",
    None,
    "routes",
);
static REQUESTS: Declaration = counter(
    "http_requests_total",
    "Requests that were answered, by the template of their route, their method and the class of the status.",
    &["route", "method", "status_class"],
    None,
);
static CANCELLED: Declaration = counter(
    "http_requests_cancelled_total",
    "Requests that were given up before there was an answer, as when the client goes away.",
    &["route", "method"],
    None,
);
static ROUTE_P50: Declaration = by_route(
    "http_route_duration_p50_seconds",
    "Half of a route's answers of the last minute took no longer than this, until their head.",
);
static ROUTE_P95: Declaration = by_route(
    "http_route_duration_p95_seconds",
    "95 % of a route's answers of the last minute took no longer than this, until their head.",
);
static ROUTE_P99: Declaration = by_route(
    "http_route_duration_p99_seconds",
    "99 % of a route's answers of the last minute took no longer than this, until their head.",
);
static ROUTE_MEAN: Declaration = by_route(
    "http_route_duration_mean_seconds",
    "How long a route's answers of the last minute took on average, until their head.",
);

static METRICS: [&Declaration; 18] = [
    &RESPONSES,
    &LAST_MINUTE,
    &PER_SECOND,
    &P50,
    &P95,
    &P99,
    &MEAN,
    &ERROR_RATIO,
    &CLIENT_ERRORS,
    &SERVER_ERRORS,
    &IN_FLIGHT,
    &ROUTES,
    &REQUESTS,
    &CANCELLED,
    &ROUTE_P50,
    &ROUTE_P95,
    &ROUTE_P99,
    &ROUTE_MEAN,
];

/// P50, P95, P99 and mean.
type Durations = [&'static Declaration; 4];
static OF_ALL: Durations = [&P50, &P95, &P99, &MEAN];
static OF_A_ROUTE: Durations = [&ROUTE_P50, &ROUTE_P95, &ROUTE_P99, &ROUTE_MEAN];

/// Reads what a [`Recorder`] has counted: by route since it was made, and over the last minute.
///
/// A route's counters begin with its first request of that kind, and its latencies are missing in a minute
/// without requests; so is the part of errors. What is said of the last minute is missing in the first tick.
pub struct Requests {
    minute: LastMinute,
    clock: Box<dyn Fn() -> Duration + Send>,
}

impl Requests {
    /// The probe of that recorder.
    pub fn new(recorder: Arc<Recorder>) -> Self {
        let start = Instant::now();
        Self::with_clock(recorder, move || start.elapsed())
    }

    /// [`Requests::new`] with a clock that tells the time since some fixed moment, and never steps back.
    pub fn with_clock(recorder: Arc<Recorder>, clock: impl Fn() -> Duration + Send + 'static) -> Self {
        Self { minute: LastMinute::new(recorder), clock: Box::new(clock) }
    }

    fn record_last_minute(&self, readings: &mut Readings) {
        let Some(span) = self.minute.span() else { return };
        let counts = self.minute.all().counts();
        let answered = counts.answered() as f64;
        readings.record(&LAST_MINUTE, &[], answered);
        readings.record(&PER_SECOND, &[], answered / span.as_secs_f64());
        durations(&OF_ALL, &[], self.minute.all().latency(), readings);
        if let Some(ratio) = counts.error_ratio() {
            readings.record(&ERROR_RATIO, &[], ratio);
        }
        readings.record(&CLIENT_ERRORS, &[], counts.of(StatusClass::ClientError) as f64);
        readings.record(&SERVER_ERRORS, &[], counts.of(StatusClass::ServerError) as f64);
    }

    fn record_routes(&self, readings: &mut Readings) {
        for route in &self.minute.snapshot().routes {
            for method in &route.methods {
                let labels = [&*route.route, method.method];
                for class in StatusClass::ALL {
                    let count = method.counts.of(class);
                    if count > 0 {
                        let [route, method] = labels;
                        readings.record(&REQUESTS, &[route, method, class.as_str()], count as f64);
                    }
                }
                let cancelled = method.counts.cancelled();
                if cancelled > 0 {
                    readings.record(&CANCELLED, &labels, cancelled as f64);
                }
            }
        }
        for (route, window) in self.minute.routes() {
            // Spares the routes at rest, which are most of them, the walk through their bins.
            if window.counts().answered() > 0 {
                durations(&OF_A_ROUTE, &[&route.route], window.latency(), readings);
            }
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

impl Probe for Requests {
    fn name(&self) -> &'static str {
        "requests"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        self.minute.advance((self.clock)());
        let snapshot = self.minute.snapshot();
        let counts = snapshot.counts();
        for class in StatusClass::ALL {
            readings.record(&RESPONSES, &[class.as_str()], counts.of(class) as f64);
        }
        readings.record(&IN_FLIGHT, &[], snapshot.in_flight() as f64);
        readings.record(&ROUTES, &[], snapshot.named_routes() as f64);
        self.record_last_minute(readings);
        self.record_routes(readings);
        Ok(())
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").field("minute", &self.minute).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
