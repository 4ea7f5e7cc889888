//! `GET /api/admin/system/history/`.

use super::rows::{LONGEST_STEP, check_rows, check_series};
use crate::core::Core;
use crate::routes::{ApiError, Envelope, Parameters, Shared, bad};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use watchglass_export::series::{Point, SeriesColumns, Table, columns, csv, points, points_csv};
use watchglass_export::{parse_time, written};
use watchglass_history::step_for;
use watchglass_model::{Metric, TimeRange, Timestamp};

/// Time between the points of the system's history, unless another is asked for: a minute, as in the seven days that
/// are 10,080 points.
const MINUTE: i64 = 60_000;
/// The most points that one page has: seven days of minutes.
const MOST_ON_A_PAGE: u64 = 10_080;
/// How many rows of a metric are answered with, unless a step is asked for.
const USUAL_ROWS: usize = 1_000;

/// What can be asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// The stretch of time that ends now: `1h`, `24h` or `7d`. 24h, unless there is a `start`.
    #[param(example = "24h")]
    period: Option<String>,
    /// The beginning of the stretch: RFC 3339 in UTC, or seconds since 1970.
    #[param(example = "2026-11-22T02:00:00Z")]
    start: Option<String>,
    /// The end of the stretch; now, unless given.
    end: Option<String>,
    /// Time from one row to the next, such as `1s`, `30s`, `5m`, or a number of seconds.
    #[param(example = "1m")]
    step: Option<String>,
    /// Name of the metric to answer with, series by series; the whole system without it.
    metric: Option<String>,
    /// `json` or `csv`.
    format: Option<Format>,
    /// Which page of points, from 1; not for a metric.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// How many points are on a page, from 1 to 10080; not for a metric.
    #[param(minimum = 1, maximum = 10080, default = 100)]
    page_size: Option<u64>,
}

/// How the answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// JSON.
    #[default]
    Json,
    /// Comma-separated values, a line for each row.
    Csv,
}

/// Either answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum History {
    /// Without a metric.
    System(SystemHistory),
    /// Of one metric.
    Metric(MetricHistory),
}

/// A page of points.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemHistory {
    /// The period that was asked for; `null` when start or end were given.
    period: Option<&'static str>,
    /// The beginning, in RFC 3339, rounded down to the step.
    start: String,
    /// The end, in RFC 3339.
    end: String,
    /// Time from one point to the next.
    step_seconds: f64,
    /// Points on all pages together.
    total: u64,
    /// Points on this page.
    count: usize,
    /// The number of this page.
    page: u64,
    /// How many points are on a page.
    page_size: u64,
    /// How many pages there are.
    total_pages: u64,
    /// The points, the oldest first.
    data_points: Vec<Point>,
}

/// A metric's series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricHistory {
    /// The metric.
    metric: String,
    /// `gauge`, or `counter`: then the values are rates per second.
    kind: watchglass_export::KindWord,
    /// The unit of the values.
    unit: &'static str,
    /// The beginning, in RFC 3339, rounded down to the step.
    start: String,
    /// The end, in RFC 3339.
    end: String,
    /// Time from one row to the next.
    step_seconds: f64,
    /// The time of each row, in seconds since 1970.
    timestamps: Vec<f64>,
    /// The series that have any value in that time.
    series: Vec<SeriesColumns>,
}

/// The past of the system, or of one metric.
#[utoipa::path(
    get,
    path = "/api/admin/system/history/",
    tag = "system",
    params(Question),
    responses(
        (status = 200, description = "The points, or the series of the metric; as CSV where that was asked for",
            content((Envelope<History> = "application/json"), (String = "text/csv"))),
        (status = 400, description = "A parameter that cannot be understood", body = crate::routes::Failure),
        (status = 404, description = "There is no such metric", body = crate::routes::Failure),
        (status = 503, description = "Too many ask for the past at the same time: Retry-After says when to try again", body = crate::routes::Failure)
    )
)]
pub(crate) async fn system_history(
    State(shared): State<Shared>,
    Parameters(question): Parameters<Question>,
) -> Result<Response, ApiError> {
    shared.ask_much(move |core| answer(core, &question)).await?
}

fn answer(core: &Core, question: &Question) -> Result<Response, ApiError> {
    let (period, range) = range(question, core.newest())?;
    let step = question.step.as_deref().map(step).transpose()?;
    let format = question.format.unwrap_or_default();
    match &question.metric {
        Some(name) => {
            if question.page.or(question.page_size).is_some() {
                return Err(bad(
                    "page and page_size are not for a metric: take a shorter stretch or a longer step"
                        .to_owned(),
                ));
            }
            let metric = core.metric(name).ok_or_else(|| unknown_metric(name))?;
            let step = step.unwrap_or_else(|| step_for(range, USUAL_ROWS));
            of_metric(core, metric, range, step, format)
        }
        None => of_system(core, question, period, range, step.unwrap_or(MINUTE), format),
    }
}

fn unknown_metric(name: &str) -> ApiError {
    let shown: String = name.chars().take(100).collect();
    let message = format!("There is no metric {shown:?}; /metrics lists all there are");
    ApiError::new(StatusCode::NOT_FOUND, "unknown_metric", message)
}

/// The stretch of time, and the name of the period if it is one.
fn range(
    question: &Question,
    newest: Option<Timestamp>,
) -> Result<(Option<&'static str>, TimeRange), ApiError> {
    // The newest moment belongs to the answer.
    let now = newest.unwrap_or_default() + Duration::from_millis(1);
    let moment = |name: &str, text: &Option<String>| {
        text.as_deref().map(parse_time).transpose().map_err(|error| bad(format!("{name}: {error}")))
    };
    let (start, end) = (moment("start", &question.start)?, moment("end", &question.end)?);
    if let Some(start) = start {
        if question.period.is_some() {
            return Err(bad("period and start exclude each other".to_owned()));
        }
        let end = end.unwrap_or(now);
        if end <= start {
            return Err(bad("start must be before end".to_owned()));
        }
        return Ok((None, TimeRange { start, end }));
    }
    let (name, hours) = match question.period.as_deref() {
        Some("1h") => ("1h", 1),
        None | Some("24h") => ("24h", 24),
        Some("7d") => ("7d", 7 * 24),
        Some(other) => {
            let shown: String = other.chars().take(40).collect();
            return Err(bad(format!("period is {shown:?}: it must be 1h, 24h or 7d")));
        }
    };
    let range = TimeRange::before(end.unwrap_or(now), Duration::from_secs(hours * 3600));
    Ok((end.is_none().then_some(name), range))
}

/// A step in milliseconds.
fn step(text: &str) -> Result<i64, ApiError> {
    let wrong = || {
        let shown: String = text.chars().take(40).collect();
        bad(format!(
            "step is {shown:?}: it must be from 1s to 7d, such as 30s or 5m, or a whole number of seconds"
        ))
    };
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let duration = humantime::parse_duration(text).map_err(|_| wrong())?;
            if duration.subsec_nanos() != 0 {
                return Err(wrong());
            }
            duration.as_secs()
        }
    };
    i64::try_from(seconds)
        .ok()
        .filter(|seconds| (1..=LONGEST_STEP).contains(seconds))
        .map(|seconds| seconds * 1000)
        .ok_or_else(wrong)
}

fn of_metric(
    core: &Core,
    metric: &Metric,
    range: TimeRange,
    step: i64,
    format: Format,
) -> Result<Response, ApiError> {
    check_rows(range, step)?;
    let table = ask(core, &metric.name, range, step)?;
    check_series(range, step, table.tracks.len())?;
    if format == Format::Csv {
        return Ok(as_csv(csv(&metric.name, &table)));
    }
    let history = MetricHistory {
        metric: metric.name.clone(),
        kind: metric.kind.into(),
        unit: watchglass_export::unit_word(metric.reading_unit()),
        start: written(table.start),
        end: written(range.end),
        step_seconds: step as f64 / 1e3,
        timestamps: table.times().map(|time| time.millis() as f64 / 1e3).collect(),
        series: columns(&table),
    };
    Ok(Envelope::of(History::Metric(history)).into_response())
}

fn of_system(
    core: &Core,
    question: &Question,
    period: Option<&'static str>,
    range: TimeRange,
    step: i64,
    format: Format,
) -> Result<Response, ApiError> {
    let (page, page_size) = (question.page.unwrap_or(1), question.page_size.unwrap_or(100));
    if !(1..=MOST_ON_A_PAGE).contains(&page_size) {
        return Err(bad(format!("page_size is {page_size}: it must be from 1 to {MOST_ON_A_PAGE}")));
    }
    if page == 0 {
        return Err(bad("page is 0: the first page is 1".to_owned()));
    }
    let start = range.start.floor(step);
    let rows = range.end.millis_since(start);
    let total = u64::try_from(rows / step + i64::from(rows % step != 0)).unwrap_or(0);
    let shown = page_range(start, range.end, step, page, page_size);
    let data_points = match shown {
        Some(shown) => points(|metric| ask(core, metric, shown, step))?,
        // Behind the last page there is nothing, and that is no mistake.
        None => Vec::new(),
    };
    if format == Format::Csv {
        return Ok(as_csv(points_csv(&data_points)));
    }
    let history = SystemHistory {
        period,
        start: written(start),
        end: written(range.end),
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

/// The part of a stretch that a page shows; `None` behind its end.
fn page_range(start: Timestamp, end: Timestamp, step: i64, page: u64, page_size: u64) -> Option<TimeRange> {
    let rows = |rows: u64| i64::try_from(rows).ok()?.checked_mul(step);
    let first = start.millis().checked_add(rows((page - 1).checked_mul(page_size)?)?)?;
    let last = first.saturating_add(rows(page_size)?).min(end.millis());
    (first < last)
        .then_some(TimeRange { start: Timestamp::from_millis(first), end: Timestamp::from_millis(last) })
}

fn ask(core: &Core, metric: &str, range: TimeRange, step: i64) -> Result<Table, ApiError> {
    core.table(metric, range, step).map_err(|error| bad(error.to_string()))
}

fn as_csv(text: String) -> Response {
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
    fn pages_cover_the_stretch_once() {
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
