//! `GET /api/admin/system/history/`.

use super::history_page::{Page, row_count};
use super::history_range::{Times, parse_step};
use super::row_limits::{check_rows, check_series};
use crate::app_state::AppState;
use crate::http::{ApiError, Envelope, Parameters, attachment, bad_request, next_link, run_blocking};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};
use watchglass_model::{Metric, TimeRange};
use watchglass_reports::format_with_offset;
use watchglass_reports::points::{Point, points, points_csv};
use watchglass_reports::series::{SeriesColumns, csv, series_columns};
use watchglass_tsdb::{Columns, step_for};

/// Default step of the system history: one minute, 10,080 points in seven days.
const DEFAULT_STEP_MILLIS: i64 = 60_000;
/// Default number of rows of a metric.
const DEFAULT_ROWS: usize = 1_000;

/// Query parameters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// Time range that ends with the current step, or at `end`: `1h`, `24h` (default without `start`) or `7d`.
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
    /// Page number, from 1; not with `metric`. Request the pages after the first one with the `end` of its response, or
    /// as its `next` says: otherwise the time range moves on in between, and points are skipped or repeated.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// Points per page, from 1 to 10080; not with `metric`. The default is all points.
    #[param(minimum = 1, maximum = 10080, default = 10080)]
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

impl Format {
    const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
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
    /// Requested period; `null` if the start was given.
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
    /// Query string of the next page, also as the header `Link`; `null` on the last page.
    next: Option<String>,
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
        (status = 503, description = "The server is busy; see Retry-After", body = crate::http::Failure)
    )
)]
pub(crate) async fn system_history(
    State(state): State<AppState>,
    Parameters(query): Parameters<HistoryQuery>,
) -> Result<Response, ApiError> {
    run_blocking(move || answer(&state, &query)).await?
}

fn answer(state: &AppState, query: &HistoryQuery) -> Result<Response, ApiError> {
    let step = query.step.as_deref().map(parse_step).transpose()?;
    let now = state.metrics.newest_time();
    let usual_step = if query.metric.is_some() { None } else { Some(DEFAULT_STEP_MILLIS) };
    let times = Times { period: &query.period, start: &query.start, end: &query.end };
    let (period, range) = times.range(now, step.or(usual_step))?;
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
        return Ok(csv_response(&metric.name, csv(&metric.name, &result)));
    }
    let history = MetricHistory {
        metric: metric.name.clone(),
        kind: metric.kind.into(),
        unit: watchglass_reports::unit_name(metric.display_unit()),
        start: format_with_offset(result.start),
        end: format_with_offset(range.end),
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
    let page = Page::of(query.page, query.page_size)?;
    let start = range.start.floor(step);
    let total = row_count(start, range.end, step);
    let data_points = match page.range(start, range.end, step) {
        Some(shown) => points(|metric| query_metric(state, metric, shown, step))?,
        // Pages after the last one are empty.
        None => Vec::new(),
    };
    let total_pages = total.div_ceil(page.size);
    let next = (page.number < total_pages).then(|| next_page(query, period, range, page));
    let link = next.as_deref().map(next_link);
    if format == Format::Csv {
        return Ok((link, csv_response("history", points_csv(&data_points))).into_response());
    }
    let history = SystemHistory {
        period,
        start: format_with_offset(start),
        end: format_with_offset(range.end),
        step_seconds: step as f64 / 1e3,
        total,
        count: data_points.len(),
        page: page.number,
        page_size: page.size,
        total_pages,
        next,
        data_points,
    };
    Ok((link, Envelope::of(History::System(history))).into_response())
}

/// Query string of the next page of the same rows: its end does not move on with the time.
fn next_page(query: &HistoryQuery, period: Option<&'static str>, range: TimeRange, page: Page) -> String {
    let mut next = form_urlencoded::Serializer::new(String::new());
    match period {
        Some(period) => next.append_pair("period", period),
        None => next.append_pair("start", &format_with_offset(range.start)),
    };
    next.append_pair("end", &format_with_offset(range.end));
    for (name, value) in [("step", query.step.as_deref()), ("format", query.format.map(Format::name))] {
        if let Some(value) = value {
            next.append_pair(name, value);
        }
    }
    next.append_pair("page", &(page.number + 1).to_string());
    next.append_pair("page_size", &page.size.to_string());
    format!("?{}", next.finish())
}

fn query_metric(state: &AppState, metric: &str, range: TimeRange, step: i64) -> Result<Columns, ApiError> {
    state.metrics.query_shared(metric, range, step).map_err(|error| bad_request(error.to_string()))
}

/// CSV to save as a file. A colon, which a metric name may have, is not allowed in all file names.
fn csv_response(name: &str, text: String) -> Response {
    let file_name = format!("watchglass-{}.csv", name.replace(':', "_"));
    ([(CONTENT_TYPE, "text/csv; charset=utf-8")], attachment(&file_name), text).into_response()
}
