//! Declarations of the request metrics of this server and of reporting applications.
//!
//! Each series has the label `app`, except for this server's own requests, where the label is empty.

use crate::declare::PanelRef;
use std::time::Duration;
use watchglass_model::{APP, Declaration, Kind, PanelDeclaration, PanelRole, Style, Unit};

static ANSWERED_PANEL: PanelDeclaration = panel("requests", "Requests", Style::Stacked, Unit::PerSecond).description(
    "A drop can be as serious as a peak: users cannot reach the application. Check whether errors or latency changed first.",
);
static LATENCY_PANEL: PanelDeclaration =
    panel("request-latency", "Latency (1 min)", Style::Line, Unit::Seconds).description(
    "p50: typical request; p99: slowest 1 %. All rise: host or database. Only p99 rises: a single route or a lock.",
);
static DISTRIBUTION_PANEL: PanelDeclaration =
    panel("request-distribution", "Latency distribution", Style::Heat, Unit::PerSecond).description(
    "Each row is a latency range up to its label. Two bands are two kinds of responses, such as cached and uncached.",
);
// No fixed maximum: on a scale up to 100 % the important first percent of errors would be a flat line.
static ERRORS_PANEL: PanelDeclaration =
    panel("request-errors", "5xx rate (1 min)", Style::Area, Unit::Ratio).description(
    "A step right after a deploy points to the deploy. Compare with the response times of database and cache.",
);
static IN_FLIGHT_PANEL: PanelDeclaration =
    panel("requests-in-flight", "Requests in flight", Style::Line, Unit::Count).description(
    "Rises when requests arrive faster than they are answered. An accelerating rise is a queue that will not drain.",
);

const fn panel(id: &'static str, title: &'static str, style: Style, unit: Unit) -> PanelDeclaration {
    PanelDeclaration { id, section: "Requests", title, style, unit, ceiling: None, description: "" }
}

const fn gauge(
    name: &'static str,
    unit: Unit,
    help: &'static str,
    panel: PanelRef,
    legend: &'static str,
) -> Declaration {
    Declaration { name, kind: Kind::Gauge, unit, help, labels: &[APP], panel, legend }
}

const fn by_route(name: &'static str, help: &'static str) -> Declaration {
    Declaration { labels: &[APP, "route"], ..gauge(name, Unit::Seconds, help, None, "") }
}

const fn counter(
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    panel: PanelRef,
) -> Declaration {
    Declaration { name, kind: Kind::Counter, unit: Unit::Count, help, labels, panel, legend: "" }
}

pub(super) static RESPONSES: Declaration = counter(
    "http_responses_total",
    "Responses of all routes by status class.",
    &[APP, "status_class"],
    Some((&ANSWERED_PANEL, PanelRole::HeadlineAndChart)),
);
pub(super) static LAST_MINUTE: Declaration = gauge(
    "http_requests_last_minute",
    Unit::Count,
    "Responses in the last minute, or since the start if that is shorter.",
    Some((&ANSWERED_PANEL, PanelRole::Detail)),
    "last minute",
);
pub(super) static PER_SECOND: Declaration = gauge(
    "http_requests_per_second",
    Unit::PerSecond,
    "Responses per second, averaged over the last minute.",
    None,
    "requests",
);
static P50: Declaration = gauge(
    "http_request_duration_p50_seconds",
    Unit::Seconds,
    "Median latency of the last minute, until the response headers.",
    Some((&LATENCY_PANEL, PanelRole::Chart)),
    "p50",
);
static P95: Declaration = gauge(
    "http_request_duration_p95_seconds",
    Unit::Seconds,
    "95th percentile of the latency of the last minute, until the response headers.",
    Some((&LATENCY_PANEL, PanelRole::HeadlineAndChart)),
    "p95",
);
static P99: Declaration = gauge(
    "http_request_duration_p99_seconds",
    Unit::Seconds,
    "99th percentile of the latency of the last minute, until the response headers.",
    Some((&LATENCY_PANEL, PanelRole::Chart)),
    "p99",
);
static MEAN: Declaration = gauge(
    "http_request_duration_mean_seconds",
    Unit::Seconds,
    "Mean latency of the last minute, until the response headers.",
    Some((&LATENCY_PANEL, PanelRole::Detail)),
    "average",
);
pub(super) static ERROR_RATIO: Declaration = gauge(
    "http_requests_error_ratio",
    Unit::Ratio,
    "Share of 5xx responses in the last minute.",
    Some((&ERRORS_PANEL, PanelRole::HeadlineAndChart)),
    "",
);
pub(super) static CLIENT_ERRORS: Declaration = gauge(
    "http_client_errors_last_minute",
    Unit::Count,
    "4xx responses in the last minute.",
    Some((&ERRORS_PANEL, PanelRole::Detail)),
    "4xx",
);
pub(super) static SERVER_ERRORS: Declaration = gauge(
    "http_server_errors_last_minute",
    Unit::Count,
    "5xx responses in the last minute.",
    Some((&ERRORS_PANEL, PanelRole::Detail)),
    "5xx",
);
pub(super) static IN_FLIGHT: Declaration = gauge(
    "http_requests_in_flight",
    Unit::Count,
    "Requests without a response yet. A stream or WebSocket counts until it starts.",
    Some((&IN_FLIGHT_PANEL, PanelRole::HeadlineAndChart)),
    "",
);
pub(super) static ROUTES: Declaration = gauge(
    "http_routes",
    Unit::Count,
    "Number of routes. Beyond a limit, requests of further routes have the route \"other\".",
    None,
    "routes",
);
pub(super) static REQUESTS: Declaration = counter(
    "http_requests_total",
    "Responses by route template, method and status class.",
    &[APP, "route", "method", "status_class"],
    None,
);
pub(super) static CANCELLED: Declaration = counter(
    "http_requests_cancelled_total",
    "Requests cancelled before a response, for example because the client disconnected.",
    &[APP, "route", "method"],
    None,
);
static ROUTE_P50: Declaration = by_route(
    "http_route_duration_p50_seconds",
    "Median latency of a route in the last minute, until the response headers.",
);
static ROUTE_P95: Declaration = by_route(
    "http_route_duration_p95_seconds",
    "95th percentile of a route's latency in the last minute, until the response headers.",
);
static ROUTE_P99: Declaration = by_route(
    "http_route_duration_p99_seconds",
    "99th percentile of a route's latency in the last minute, until the response headers.",
);
static ROUTE_MEAN: Declaration = by_route(
    "http_route_duration_mean_seconds",
    "Mean latency of a route in the last minute, until the response headers.",
);

pub(super) static DURATIONS: Declaration = counter(
    "http_requests_by_duration_total",
    "Responses of all routes by latency bucket, until the response headers: at most the bucket's bound and above the \
     previous one. The counts are not cumulative.",
    &[APP, "bucket"],
    Some((&DISTRIBUTION_PANEL, PanelRole::Chart)),
);

/// With [`DURATIONS`] a histogram of Prometheus.
pub(super) static DURATION_SUM: Declaration = Declaration {
    unit: Unit::Seconds,
    ..counter(
        "http_responses_seconds_total",
        "Sum of the latencies of all responses, until the response headers.",
        &[APP],
        None,
    )
};

pub(super) static METRICS: [&Declaration; 20] = [
    &RESPONSES,
    &LAST_MINUTE,
    &PER_SECOND,
    &P50,
    &P95,
    &P99,
    &MEAN,
    &DURATIONS,
    &DURATION_SUM,
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

/// Buckets of [`DURATIONS`] in ascending order: name and upper bound. Longer durations are in the bucket [`LONGER`].
pub(super) static BUCKETS: [(&str, Duration); 13] = [
    ("1 ms", Duration::from_millis(1)),
    ("2 ms", Duration::from_millis(2)),
    ("5 ms", Duration::from_millis(5)),
    ("10 ms", Duration::from_millis(10)),
    ("20 ms", Duration::from_millis(20)),
    ("50 ms", Duration::from_millis(50)),
    ("100 ms", Duration::from_millis(100)),
    ("200 ms", Duration::from_millis(200)),
    ("500 ms", Duration::from_millis(500)),
    ("1 s", Duration::from_secs(1)),
    ("2 s", Duration::from_secs(2)),
    ("5 s", Duration::from_secs(5)),
    ("10 s", Duration::from_secs(10)),
];
pub(super) const OVERFLOW_BUCKET: &str = "longer";

/// p50, p95, p99 and mean.
pub(super) type Durations = [&'static Declaration; 4];
pub(super) static TOTAL_DURATIONS: Durations = [&P50, &P95, &P99, &MEAN];
pub(super) static ROUTE_DURATIONS: Durations = [&ROUTE_P50, &ROUTE_P95, &ROUTE_P99, &ROUTE_MEAN];
