//! `GET /api/admin/system/history/`.

use super::row_limits::{MAX_STEP_SECONDS, check_rows, check_series};
use crate::app_state::AppState;
use crate::http::{ApiError, Envelope, Parameters, bad_request};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use watchglass_model::time_text::parse_duration;
use watchglass_model::{Metric, TimeRange, Timestamp};
use watchglass_reports::points::{Point, points, points_csv};
use watchglass_reports::series::{SeriesColumns, csv, series_columns};
use watchglass_reports::{format_rfc3339, parse_time};
use watchglass_tsdb::{Columns, step_for};

/// Default step of the system history: one minute, 10,080 points in seven days.
const DEFAULT_STEP_MILLIS: i64 = 60_000;
/// Page size limit: seven days of minutes.
const MAX_PAGE_SIZE: u64 = 10_080;
/// Default number of rows of a metric.
const DEFAULT_ROWS: usize = 1_000;

/// Query parameters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// Time range that ends now: `1h`, `24h` (default without `start`) or `7d`.
    #[param(example = "24h")]
    period: Option<String>,
    /// Start of the time range: RFC 3339, or seconds since 1970.
    #[param(example = "2026-11-22T02:00:00Z")]
    start: Option<String>,
    /// End of the time range; defaults to now.
    end: Option<String>,
    /// Step between rows, such as `1s`, `30s`, `5m`, or a number of seconds.
    #[param(example = "1m")]
    step: Option<String>,
    /// Metric name, for the series of one metric; without it the whole system.
    metric: Option<String>,
    /// `json` or `csv`.
    format: Option<Format>,
    /// Page number, from 1; not with `metric`.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// Points per page, from 1 to 10080; not with `metric`.
    #[param(minimum = 1, maximum = 10080, default = 100)]
    page_size: Option<u64>,
}

/// Response format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// JSON.
    #[default]
    Json,
    /// Comma-separated values, one line per row.
    Csv,
}

/// System history or metric history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum History {
    /// Without a metric.
    System(SystemHistory),
    /// Of one metric.
    Metric(MetricHistory),
}

/// Page of system history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemHistory {
    /// Requested period; `null` if start or end were given.
    period: Option<&'static str>,
    /// Start, in RFC 3339, rounded down to the step.
    start: String,
    /// End, in RFC 3339.
    end: String,
    /// Step between points, in seconds.
    step_seconds: f64,
    /// Number of points on all pages.
    total: u64,
    /// Number of points on this page.
    count: usize,
    /// Page number.
    page: u64,
    /// Points per page.
    page_size: u64,
    /// Number of pages.
    total_pages: u64,
    /// Points, oldest first.
    data_points: Vec<Point>,
}

/// History of a metric.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricHistory {
    /// Metric name.
    metric: String,
    /// `gauge` or `counter`; values of counters are rates per second.
    kind: watchglass_reports::MetricKind,
    /// Unit of the values.
    unit: &'static str,
    /// Start, in RFC 3339, rounded down to the step.
    start: String,
    /// End, in RFC 3339.
    end: String,
    /// Step between rows, in seconds.
    step_seconds: f64,
    /// Time of each row, in seconds since 1970.
    timestamps: Vec<f64>,
    /// Series with data in the time range.
    series: Vec<SeriesColumns>,
}

/// Returns the history of the system, or of one metric.
#[utoipa::path(
    get,
    path = "/api/admin/system/history/",
    tag = "system",
    params(HistoryQuery),
    responses(
        (status = 200, description = "Points of the system, or series of the metric; JSON or CSV",
            content((Envelope<History> = "application/json"), (String = "text/csv"))),
        (status = 400, description = "Invalid parameter", body = crate::http::Failure),
        (status = 404, description = "Unknown metric", body = crate::http::Failure),
        (status = 503, description = "Too many concurrent history queries; see Retry-After", body = crate::http::Failure)
    )
)]
pub(crate) async fn system_history(
    State(state): State<AppState>,
    Parameters(query): Parameters<HistoryQuery>,
) -> Result<Response, ApiError> {
    state.query_limiter.clone().run(move || answer(&state, &query)).await?
}

fn answer(state: &AppState, query: &HistoryQuery) -> Result<Response, ApiError> {
    let (period, range) = range(query, state.metrics.newest_time())?;
    let step = query.step.as_deref().map(step).transpose()?;
    let format = query.format.unwrap_or_default();
    match &query.metric {
        Some(name) => {
            if query.page.or(query.page_size).is_some() {
                return Err(bad_request(
                    "page and page_size cannot be combined with metric: use a shorter time range or a longer step"
                        .to_owned(),
                ));
            }
            let metric = state.metrics.metric(name).ok_or_else(|| unknown_metric(name))?;
            let step = step.unwrap_or_else(|| step_for(range, DEFAULT_ROWS));
            metric_response(state, metric, range, step, format)
        }
        None => system_response(state, query, period, range, step.unwrap_or(DEFAULT_STEP_MILLIS), format),
    }
}

fn unknown_metric(name: &str) -> ApiError {
    let shown: String = name.chars().take(100).collect();
    let message = format!("Unknown metric {shown:?}: see /metrics for all metrics");
    ApiError::new(StatusCode::NOT_FOUND, "unknown_metric", message)
}

/// Time range, and the name of its period if there is one.
fn range(
    query: &HistoryQuery,
    newest: Option<Timestamp>,
) -> Result<(Option<&'static str>, TimeRange), ApiError> {
    // The newest sample is included.
    let now = newest.unwrap_or_default() + Duration::from_millis(1);
    let parse = |name: &str, text: &Option<String>| {
        text.as_deref().map(parse_time).transpose().map_err(|error| bad_request(format!("{name}: {error}")))
    };
    let (start, end) = (parse("start", &query.start)?, parse("end", &query.end)?);
    if let Some(start) = start {
        if query.period.is_some() {
            return Err(bad_request("period and start exclude each other".to_owned()));
        }
        let end = end.unwrap_or(now);
        if end <= start {
            return Err(bad_request("start must be before end".to_owned()));
        }
        return Ok((None, TimeRange { start, end }));
    }
    let (name, hours) = match query.period.as_deref() {
        Some("1h") => ("1h", 1),
        None | Some("24h") => ("24h", 24),
        Some("7d") => ("7d", 7 * 24),
        Some(other) => {
            let shown: String = other.chars().take(40).collect();
            return Err(bad_request(format!("period is {shown:?}: must be 1h, 24h or 7d")));
        }
    };
    let range = TimeRange::ending_at(end.unwrap_or(now), Duration::from_secs(hours * 3600));
    Ok((end.is_none().then_some(name), range))
}

/// Parses a step, in milliseconds.
fn step(text: &str) -> Result<i64, ApiError> {
    let invalid_step = || {
        let shown: String = text.chars().take(40).collect();
        bad_request(format!(
            "step is {shown:?}: must be from 1s to 7d, such as 30s or 5m, or a whole number of seconds"
        ))
    };
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let duration = parse_duration(text).ok_or_else(invalid_step)?;
            if duration.subsec_nanos() != 0 {
                return Err(invalid_step());
            }
            duration.as_secs()
        }
    };
    i64::try_from(seconds)
        .ok()
        .filter(|seconds| (1..=MAX_STEP_SECONDS).contains(seconds))
        .map(|seconds| seconds * 1000)
        .ok_or_else(invalid_step)
}

fn metric_response(
    state: &AppState,
    metric: &Metric,
    range: TimeRange,
    step: i64,
    format: Format,
) -> Result<Response, ApiError> {
    check_rows(range, step)?;
    let result = query_metric(state, &metric.name, range, step)?;
    check_series(range, step, result.columns.len())?;
    if format == Format::Csv {
        return Ok(csv_response(csv(&metric.name, &result)));
    }
    let history = MetricHistory {
        metric: metric.name.clone(),
        kind: metric.kind.into(),
        unit: watchglass_reports::unit_name(metric.display_unit()),
        start: format_rfc3339(result.start),
        end: format_rfc3339(range.end),
        step_seconds: step as f64 / 1e3,
        timestamps: result.times().map(|time| time.millis() as f64 / 1e3).collect(),
        series: series_columns(&result),
    };
    Ok(Envelope::of(History::Metric(history)).into_response())
}

fn system_response(
    state: &AppState,
    query: &HistoryQuery,
    period: Option<&'static str>,
    range: TimeRange,
    step: i64,
    format: Format,
) -> Result<Response, ApiError> {
    let (page, page_size) = (query.page.unwrap_or(1), query.page_size.unwrap_or(100));
    if !(1..=MAX_PAGE_SIZE).contains(&page_size) {
        return Err(bad_request(format!("page_size is {page_size}: must be from 1 to {MAX_PAGE_SIZE}")));
    }
    if page == 0 {
        return Err(bad_request("page is 0: the first page is 1".to_owned()));
    }
    let start = range.start.floor(step);
    let rows = range.end.millis_since(start);
    let total = u64::try_from(rows / step + i64::from(rows % step != 0)).unwrap_or(0);
    let shown = page_range(start, range.end, step, page, page_size);
    let data_points = match shown {
        Some(shown) => points(|metric| query_metric(state, metric, shown, step))?,
        // Pages after the last one are empty.
        None => Vec::new(),
    };
    if format == Format::Csv {
        return Ok(csv_response(points_csv(&data_points)));
    }
    let history = SystemHistory {
        period,
        start: format_rfc3339(start),
        end: format_rfc3339(range.end),
        step_seconds: step as f64 / 1e3,
        total,
        count: data_points.len(),
        page,
        page_size,
        total_pages: total.div_ceil(page_size),
        data_points,
    };
    Ok(Envelope::of(History::System(history)).into_response())
}

/// Time range of a page; `None` after the last page.
fn page_range(start: Timestamp, end: Timestamp, step: i64, page: u64, page_size: u64) -> Option<TimeRange> {
    let rows = |rows: u64| i64::try_from(rows).ok()?.checked_mul(step);
    let first = start.millis().checked_add(rows((page - 1).checked_mul(page_size)?)?)?;
    let last = first.saturating_add(rows(page_size)?).min(end.millis());
    (first < last)
        .then_some(TimeRange { start: Timestamp::from_millis(first), end: Timestamp::from_millis(last) })
}

fn query_metric(state: &AppState, metric: &str, range: TimeRange, step: i64) -> Result<Columns, ApiError> {
    state.metrics.query_shared(metric, range, step).map_err(|error| bad_request(error.to_string()))
}

fn csv_response(text: String) -> Response {
    ([(CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_durations_or_seconds() {
        for (text, expected) in
            [("60", Some(60_000)), ("1s", Some(1000)), ("5m", Some(300_000)), ("7d", Some(604_800_000))]
        {
            assert_eq!(step(text).ok(), expected, "{text}");
        }
        for text in ["", "0", "0s", "500ms", "8d", "-1", "1e3", "long", "99999999999999999999"] {
            assert_eq!(step(text).unwrap_err().status(), StatusCode::BAD_REQUEST, "{text}");
        }
    }

    #[test]
    fn pages_cover_the_time_range_once() {
        let at = Timestamp::from_millis;
        let page = |page| {
            page_range(at(0), at(250), 10, page, 10).map(|range| (range.start.millis(), range.end.millis()))
        };
        assert_eq!(
            [page(1), page(2), page(3), page(4)],
            [Some((0, 100)), Some((100, 200)), Some((200, 250)), None]
        );
        assert_eq!(page(u64::MAX), None);
    }
}
