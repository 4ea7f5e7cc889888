//! What is measured of requests, of this server's own and of every application that reports.
//!
//! Each series carries the label `app`, but those of this server's own requests: an empty label is none.

use crate::declare::Place;
use std::time::Duration;
use watchglass_model::{APP, Declaration, Kind, PanelDeclaration, Role, Style, Unit};

static ANSWERED_PANEL: PanelDeclaration = panel("requests", "Requests", Style::Stacked, Unit::PerSecond).meaning(
    "A drop is as telling as a peak: users who cannot get in. Look whether errors or latency moved first.",
);
static LATENCY_PANEL: PanelDeclaration =
    panel("request-latency", "Latency, last minute", Style::Line, Unit::Seconds).meaning(
    "P50 is what most feel, P99 the unlucky: all up is the machine or a database, only P99 up is one route or a lock.",
);
static DISTRIBUTION_PANEL: PanelDeclaration =
    panel("request-distribution", "Latency, distribution", Style::Heat, Unit::PerSecond).meaning(
    "Each row is a range of latencies, ending at its label. Two bands are two kinds of answers: from a cache and not.",
);
// No ceiling: on a scale up to 100 % the first percent of errors, which is the one to see, is a flat line.
static ERRORS_PANEL: PanelDeclaration =
    panel("request-errors", "Server errors, last minute", Style::Area, Unit::Ratio).meaning(
    "Any step that begins with a deploy is that deploy. Compare with the response times of database and cache.",
);
static IN_FLIGHT_PANEL: PanelDeclaration =
    panel("requests-in-flight", "Requests in flight", Style::Line, Unit::Count).meaning(
    "It grows when answers take longer than requests come: a slope that steepens is a queue that will not empty.",
);

const fn panel(id: &'static str, title: &'static str, style: Style, unit: Unit) -> PanelDeclaration {
    PanelDeclaration { id, section: "Requests", title, style, unit, ceiling: None, meaning: "" }
}

const fn gauge(
    name: &'static str,
    unit: Unit,
    help: &'static str,
    panel: Place,
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
    panel: Place,
) -> Declaration {
    Declaration { name, kind: Kind::Counter, unit: Unit::Count, help, labels, panel, legend: "" }
}

pub(super) static RESPONSES: Declaration = counter(
    "http_responses_total",
    "Requests that were answered, of all routes together, by the class of the status.",
    &[APP, "status_class"],
    Some((&ANSWERED_PANEL, Role::HeadlineAndChart)),
);
pub(super) static LAST_MINUTE: Declaration = gauge(
    "http_requests_last_minute",
    Unit::Count,
    "Requests that were answered in the last minute, or since measuring began if that is shorter.",
    Some((&ANSWERED_PANEL, Role::Detail)),
    "last minute",
);
pub(super) static PER_SECOND: Declaration = gauge(
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
pub(super) static ERROR_RATIO: Declaration = gauge(
    "http_requests_error_ratio",
    Unit::Ratio,
    "Part of the answers of the last minute that were faults of the server (5xx).",
    Some((&ERRORS_PANEL, Role::HeadlineAndChart)),
    "",
);
pub(super) static CLIENT_ERRORS: Declaration = gauge(
    "http_client_errors_last_minute",
    Unit::Count,
    "Answers of the last minute that were faults of the request (4xx).",
    Some((&ERRORS_PANEL, Role::Detail)),
    "4xx",
);
pub(super) static SERVER_ERRORS: Declaration = gauge(
    "http_server_errors_last_minute",
    Unit::Count,
    "Answers of the last minute that were faults of the server (5xx).",
    Some((&ERRORS_PANEL, Role::Detail)),
    "5xx",
);
pub(super) static IN_FLIGHT: Declaration = gauge(
    "http_requests_in_flight",
    Unit::Count,
    "Requests that have no answer yet. A stream or WebSocket counts until it begins.",
    Some((&IN_FLIGHT_PANEL, Role::HeadlineAndChart)),
    "",
);
pub(super) static ROUTES: Declaration = gauge(
    "http_routes",
    Unit::Count,
    "Routes that are told apart. Beyond a limit, requests of further routes have the route \"other\".",
    None,
    "routes",
);
pub(super) static REQUESTS: Declaration = counter(
    "http_requests_total",
    "Requests that were answered, by the template of their route, their method and the class of the status.",
    &[APP, "route", "method", "status_class"],
    None,
);
pub(super) static CANCELLED: Declaration = counter(
    "http_requests_cancelled_total",
    "Requests that were given up before there was an answer, as when the client goes away.",
    &[APP, "route", "method"],
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

pub(super) static DURATIONS: Declaration = counter(
    "http_requests_by_duration_total",
    "Requests that were answered, of all routes together, by how long the answer took until its head: at most as long as \
     the bucket says and longer than the one before.",
    &[APP, "bucket"],
    Some((&DISTRIBUTION_PANEL, Role::Chart)),
);

pub(super) static METRICS: [&Declaration; 19] = [
    &RESPONSES,
    &LAST_MINUTE,
    &PER_SECOND,
    &P50,
    &P95,
    &P99,
    &MEAN,
    &DURATIONS,
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

/// The buckets of [`DURATIONS`] in their order: what they are called, and the longest durations in them. What is longer than all
/// of them is in one more, [`LONGER`].
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
pub(super) const LONGER: &str = "longer";

/// P50, P95, P99 and mean.
pub(super) type Durations = [&'static Declaration; 4];
pub(super) static OF_ALL: Durations = [&P50, &P95, &P99, &MEAN];
pub(super) static OF_A_ROUTE: Durations = [&ROUTE_P50, &ROUTE_P95, &ROUTE_P99, &ROUTE_MEAN];
