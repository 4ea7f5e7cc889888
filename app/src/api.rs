//! Server functions and the types that server and page exchange.
//!
//! Every function has an explicit endpoint, because the default contains a hash of the build path.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use watchglass_live::State;
use watchglass_model::Severity;
use watchglass_model::{Catalogue, PostgresDetails, RedisDetails, Series, SeriesId, Timestamp};

/// Path prefix of all server functions.
pub const PREFIX: &str = "/api/fn";

/// The monitored host, as shown in the header of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostInfo {
    /// Value of the `host` label.
    pub name: String,
    /// Operating system and version, if known.
    pub os: Option<String>,
    /// Kernel version, if known.
    pub kernel: Option<String>,
    /// CPU model, if known.
    pub cpu: Option<String>,
    /// Number of logical CPUs.
    pub cores: Option<usize>,
}

/// Initial data of a page: everything it shows before its live connection is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageData {
    /// Time of the newest values; `None` before the first tick.
    pub time: Option<Timestamp>,
    /// Milliseconds between ticks.
    pub interval_ms: u32,
    /// The monitored host.
    pub host: HostInfo,
    /// All metrics and panels.
    pub catalogue: Catalogue,
    /// Milliseconds between the values of metrics that are not collected on every tick.
    #[serde(rename = "paces")]
    pub intervals: BTreeMap<String, u32>,
    /// Series and failing probes.
    pub state: State,
    /// The newest reading of each series that has a recent one.
    pub readings: Vec<Reading>,
    /// Short history for the charts that the server draws.
    pub history: History,
    /// Alerts, thresholds and annotations of the same time range.
    pub alerts: Alerts,
}

/// Alerts, thresholds and annotations that charts show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alerts {
    /// Number of firing alerts that are neither silenced, inhibited nor acknowledged.
    pub firing: usize,
    /// Alerts that fired in the time range and have a chart, latest first; then the thresholds of the rules; then annotations,
    /// latest first.
    #[serde(rename = "marks")]
    pub bands: Vec<ChartBand>,
}

/// An alert on the chart of its series, a threshold of its rule, or an annotation on all charts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChartBand {
    /// Id of the panel; empty for an annotation, which is on every chart.
    pub panel: String,
    /// When the alert began to fire, or the time of the annotation.
    pub start: Timestamp,
    /// When the alert was resolved; `None` while it is firing.
    pub end: Option<Timestamp>,
    /// Severity of the alert or threshold.
    pub severity: Severity,
    /// Message of the alert, text of the annotation, or the condition of a threshold: `warning above 80 %`.
    pub text: String,
    /// The threshold, in the unit of the panel; it has neither start nor end. `None` for alerts and annotations.
    #[serde(rename = "value")]
    pub threshold: Option<f64>,
    /// Kind of the annotation, such as `Deploy`; charts show its first letter. Empty for alerts and thresholds.
    #[serde(rename = "sign")]
    pub annotation: String,
}

/// The displayed value of a series at a time: the value of a gauge, or the rate per second of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The series.
    pub series: SeriesId,
    /// When it was measured.
    pub time: Timestamp,
    /// The value, in the reading unit of the metric.
    pub value: f64,
}

/// The time range of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangeQuery {
    /// Length in seconds.
    pub seconds: u32,
    /// End of the range; `None` for one that ends with the newest values.
    pub end: Option<Timestamp>,
}

/// Readings at regular intervals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Length of the requested range, in seconds.
    pub window_seconds: u32,
    /// End of the requested range; `None` for one that ends with the newest values.
    pub end: Option<Timestamp>,
    /// Requested level of detail; see [`DETAIL`].
    pub detail: u32,
    /// Time of the first row.
    pub start: Timestamp,
    /// Milliseconds from one row to the next.
    pub step_millis: i64,
    /// The series that have any reading.
    #[serde(rename = "tracks")]
    pub series: Vec<HistorySeries>,
    /// Time of the first row of the previous period, shifted onto the requested range for comparison.
    #[serde(rename = "before_start")]
    pub previous_start: Timestamp,
    /// The readings of the previous period; empty unless requested.
    #[serde(rename = "before")]
    pub previous: Vec<HistorySeries>,
    /// Series with readings that have ended, or were not collected since the server started. Their ids, from
    /// [`FIRST_ENDED`] on, are those of this reply only.
    #[serde(default)]
    pub ended: Vec<Series>,
    /// Panels that have more series than a chart draws. The reply has the readings of those with the highest values.
    #[serde(default)]
    pub limited: Vec<LimitedPanel>,
}

/// Maximum number of series that a chart draws.
pub const MAX_LINES: usize = 50;

/// Panel that has more than [`MAX_LINES`] series, with or without readings in the time range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitedPanel {
    /// Id of the panel.
    pub panel: String,
    /// Number of its series with readings in the time range.
    pub series: u32,
}

/// First id of the series that have ended.
pub const FIRST_ENDED: u32 = 1 << 31;

/// The readings of one series. `None` is a gap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistorySeries {
    /// The series.
    pub series: SeriesId,
    /// Minimum of each row.
    pub low: Vec<Option<f32>>,
    /// Maximum of each row; empty when it equals `low`.
    pub high: Vec<Option<f32>>,
    /// Statistics over the whole range; `None` unless requested.
    pub statistics: Option<SeriesStatistics>,
}

/// Statistics of a series over a time range, in the unit of its readings.
///
/// Computed from whole rows: at either end of the range up to one row more is included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesStatistics {
    /// Smallest reading; downsampling preserves it.
    pub min: f64,
    /// Average of all readings, all weighted equally.
    pub avg: f64,
    /// Largest reading.
    pub max: f64,
    /// Average of the newest row with data.
    pub last: f64,
    /// 95th percentile of the row averages, by nearest rank. With one reading per row it is that of the readings; with longer
    /// rows, one row average in twenty is higher.
    pub p95: f64,
    /// Increase of a counter, with resets handled, in the unit of the counter; `None` for a gauge.
    pub total: Option<f64>,
    /// Average over the previous period; `None` unless requested, and when the series had no data then.
    pub previous_avg: Option<f64>,
}

/// The monitored databases with details that are not metrics, in the order of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Services {
    /// PostgreSQL servers.
    pub postgres: Vec<Service<PostgresDetails>>,
    /// Redis servers.
    pub redis: Vec<Service<RedisDetails>>,
}

/// A monitored database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service<T> {
    /// Name of its probe; while the database is down, the problems list names it.
    pub probe: String,
    /// Its latest details; only its identity while it is down.
    pub details: T,
}

/// The valid range of an argument.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// Name of the argument.
    pub name: &'static str,
    /// Smallest valid value.
    pub min: u32,
    /// Largest valid value.
    pub max: u32,
}

/// Length of a time range in seconds: up to the retention of seven days and one more day.
pub const WINDOW: Bound = Bound { name: "window_seconds", min: 10, max: 8 * 86_400 };
/// Maximum number of rows of a reply, not counting an incomplete last row.
pub const ROWS: Bound = Bound { name: "rows", min: 2, max: 3600 };
/// Level of detail of a reply: [`READINGS`], [`STATISTICS`] or [`PREVIOUS_PERIOD`].
pub const DETAIL: Bound = Bound { name: "detail", min: READINGS, max: PREVIOUS_PERIOD };
/// Detail: readings only.
pub const READINGS: u32 = 0;
/// Detail: readings, and statistics over the whole range.
pub const STATISTICS: u32 = 1;
/// Detail: readings, statistics and the previous period.
pub const PREVIOUS_PERIOD: u32 = 2;

/// Initial data of a page.
///
/// # Errors
/// An argument out of bounds.
#[server(name = GetSnapshot, prefix = "/api/fn", endpoint = "snapshot", input = server_fn::codec::GetUrl, output = crate::encoding::PostcardBody)]
pub async fn page_data(
    /// Time range of the small charts, in seconds.
    window_seconds: u32,
    /// End of the range, in milliseconds since the Unix epoch; default: the newest values.
    #[server(default)]
    end: Option<i64>,
    /// Maximum number of rows; there are fewer when the reply would be too large.
    rows: u32,
    /// Level of detail: [`READINGS`], [`STATISTICS`] or [`PREVIOUS_PERIOD`].
    #[server(default)]
    detail: u32,
) -> Result<PageData, ServerFnError> {
    let range = RangeQuery::check(window_seconds, end)?;
    let (rows, detail) = (ROWS.check(rows)?, DETAIL.check(detail)?);
    Ok(crate::backend::backend()?.page_data(range, rows, detail))
}

/// The readings of a time range.
///
/// # Errors
/// An argument out of bounds.
#[server(name = GetHistory, prefix = "/api/fn", endpoint = "history", input = server_fn::codec::GetUrl, output = crate::encoding::PostcardBody)]
pub async fn history(
    /// Length of the range, in seconds.
    window_seconds: u32,
    /// End of the range, in milliseconds since the Unix epoch; default: the newest values.
    #[server(default)]
    end: Option<i64>,
    /// Maximum number of rows; there are fewer when the reply would be too large.
    rows: u32,
    /// Level of detail: [`READINGS`], [`STATISTICS`] or [`PREVIOUS_PERIOD`].
    #[server(default)]
    detail: u32,
) -> Result<History, ServerFnError> {
    let range = RangeQuery::check(window_seconds, end)?;
    let (rows, detail) = (ROWS.check(rows)?, DETAIL.check(detail)?);
    crate::backend::backend()?.history(range, rows, detail).map_err(ServerFnError::Args)
}

/// Alerts, thresholds and annotations of a time range.
///
/// # Errors
/// An argument out of bounds.
#[server(name = GetAlerts, prefix = "/api/fn", endpoint = "alerts", input = server_fn::codec::GetUrl, output = crate::encoding::PostcardBody)]
pub async fn alerts(
    /// Length of the range, in seconds.
    window_seconds: u32,
    /// End of the range, in milliseconds since the Unix epoch; default: the newest values.
    #[server(default)]
    end: Option<i64>,
) -> Result<Alerts, ServerFnError> {
    let range = RangeQuery::check(window_seconds, end)?;
    Ok(crate::backend::backend()?.alerts(range))
}

/// Details of the monitored databases that are not metrics: blocking sessions, slow queries.
///
/// # Errors
/// Only when the server is unreachable.
#[server(name = GetServices, prefix = "/api/fn", endpoint = "services", input = server_fn::codec::GetUrl, output = crate::encoding::PostcardBody)]
pub async fn services() -> Result<Services, ServerFnError> {
    Ok(crate::backend::backend()?.services())
}
