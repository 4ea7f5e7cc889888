//! Server functions, and the types that travel between server and page.
//!
//! Every function has an explicit endpoint: the default contains a hash of the build's path.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use watchglass_live::State;
use watchglass_model::Severity;
use watchglass_model::{Catalogue, PostgresDetails, RedisDetails, SeriesId, Timestamp};

/// The path below which all server functions lie.
pub const PREFIX: &str = "/api/fn";

/// The machine that is being watched, as the head of a page names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostInfo {
    /// Its name: the value of the `host` label.
    pub name: String,
    /// Operating system and version, as far as known.
    pub os: Option<String>,
    /// Kernel version, as far as known.
    pub kernel: Option<String>,
    /// Processor model, as far as known.
    pub cpu: Option<String>,
    /// Number of logical processors.
    pub cores: Option<usize>,
}

/// Everything a page shows before its live connection is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When the newest values were measured; `None` before the first tick.
    pub time: Option<Timestamp>,
    /// Milliseconds between ticks.
    pub interval_ms: u32,
    /// The machine.
    pub host: HostInfo,
    /// All metrics and panels.
    pub catalogue: Catalogue,
    /// Milliseconds between the values of metrics that are not measured with every tick.
    pub paces: BTreeMap<String, u32>,
    /// Series and failing probes.
    pub state: State,
    /// The newest reading of each series that has a recent one, with its time.
    pub readings: Vec<Reading>,
    /// A small history for the charts that the server draws.
    pub history: History,
    /// What was wrong in the same stretch of time.
    pub alerts: Alerts,
}

/// What is wrong, and what was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alerts {
    /// How many alerts fire now.
    pub firing: usize,
    /// Those that fired at any time of the stretch that was asked for and have a chart, the latest first; then the levels of
    /// the rules; then annotations, the latest first.
    pub marks: Vec<Mark>,
}

/// An alert on the chart of its series, a level of its rule, or an annotation on all charts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Id of the panel; empty for what is on every chart.
    pub panel: String,
    /// When it began to fire, or was.
    pub start: Timestamp,
    /// When it was over; `None` while it fires.
    pub end: Option<Timestamp>,
    /// How bad it was.
    pub severity: Severity,
    /// What was wrong; of a level, when it is passed: `warning above 80 %`.
    pub text: String,
    /// The level, in the unit of the panel: such a mark has neither beginning nor end. `None` for what was wrong.
    pub value: Option<f64>,
    /// The word for an annotation, such as `Deploy`, the first letter of which is its sign on charts; empty for alerts and levels.
    pub sign: String,
}

/// What is shown of a series at a moment: a gauge's value, or a counter's rate per second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The series.
    pub series: SeriesId,
    /// When it was measured.
    pub time: Timestamp,
    /// In the metric's reading unit.
    pub value: f64,
}

/// A stretch of time that a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its length, in seconds.
    pub seconds: u32,
    /// When it ended; `None` for one that ends with the newest values.
    pub end: Option<Timestamp>,
}

/// Readings at regular times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The stretch of time that was asked for, in seconds.
    pub window_seconds: u32,
    /// When that stretch ended; `None` for one that ends with the newest values.
    pub end: Option<Timestamp>,
    /// Time of the first row.
    pub start: Timestamp,
    /// Milliseconds from one row to the next.
    pub step_millis: i64,
    /// The series that have any reading.
    pub tracks: Vec<TrackHistory>,
    /// The stretch before, moved to where its rows are compared: the time of its first row.
    pub before_start: Timestamp,
    /// The readings of the stretch before; none where it was not asked for.
    pub before: Vec<TrackHistory>,
}

/// The readings of one series. `None` is a gap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackHistory {
    /// The series.
    pub series: SeriesId,
    /// The smallest reading of each row.
    pub low: Vec<Option<f32>>,
    /// The largest reading of each row; empty where it would be the same as `low`.
    pub high: Vec<Option<f32>>,
    /// What it was like over the whole stretch, as HTML; empty where that was not asked for.
    pub note: String,
}

/// The servers that are watched, with what is known of them beyond numbers, in the order of the settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Services {
    /// Each PostgreSQL.
    pub postgres: Vec<Service<PostgresDetails>>,
    /// Each Redis.
    pub redis: Vec<Service<RedisDetails>>,
}

/// A server that is watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service<T> {
    /// Name of its probe, under which it stands among the problems while it is down.
    pub probe: String,
    /// What it told last; nothing but which server it is while it is down.
    pub details: T,
}

/// A limit of an argument.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// The argument.
    pub name: &'static str,
    /// The smallest value allowed.
    pub least: u32,
    /// The largest value allowed.
    pub most: u32,
}

/// How long a stretch of time is that a page shows: at most what is kept, and a day more.
pub const WINDOW: Bound = Bound { name: "window_seconds", least: 10, most: 8 * 86_400 };
/// How many rows an answer has at most, one more aside that may only have begun.
pub const ROWS: Bound = Bound { name: "rows", least: 2, most: 3600 };
/// How much is told of each series: its readings; and what it was like over the whole; and the stretch before.
pub const DETAIL: Bound = Bound { name: "detail", least: READINGS, most: BEFORE };
/// Readings alone.
pub const READINGS: u32 = 0;
/// What they were like over the whole stretch as well.
pub const STATISTICS: u32 = 1;
/// The stretch before as well.
pub const BEFORE: u32 = 2;

/// The current snapshot.
///
/// # Errors
/// An argument out of bounds.
#[server(name = GetSnapshot, prefix = "/api/fn", endpoint = "snapshot", input = server_fn::codec::GetUrl, output = crate::encoding::Compact)]
pub async fn snapshot(
    /// How much the small charts show, in seconds.
    window_seconds: u32,
    /// When that ended, in milliseconds since the Unix epoch; without it, it ends with the newest values.
    #[server(default)]
    end: Option<i64>,
    /// How many rows they have at most.
    rows: u32,
    /// How much is told of each series: [`READINGS`], [`STATISTICS`] or [`BEFORE`].
    #[server(default)]
    detail: u32,
) -> Result<Snapshot, ServerFnError> {
    let stretch = Stretch::check(window_seconds, end)?;
    let (rows, detail) = (ROWS.check(rows)?, DETAIL.check(detail)?);
    Ok(crate::backend::backend()?.snapshot(stretch, rows, detail))
}

/// The readings of a stretch of time.
///
/// # Errors
/// An argument out of bounds.
#[server(name = GetHistory, prefix = "/api/fn", endpoint = "history", input = server_fn::codec::GetUrl, output = crate::encoding::Compact)]
pub async fn history(
    /// How long it is, in seconds.
    window_seconds: u32,
    /// When it ended, in milliseconds since the Unix epoch; without it, it ends with the newest values.
    #[server(default)]
    end: Option<i64>,
    /// How many rows at most.
    rows: u32,
    /// How much is told of each series: [`READINGS`], [`STATISTICS`] or [`BEFORE`].
    #[server(default)]
    detail: u32,
) -> Result<History, ServerFnError> {
    let stretch = Stretch::check(window_seconds, end)?;
    let (rows, detail) = (ROWS.check(rows)?, DETAIL.check(detail)?);
    crate::backend::backend()?.history(stretch, rows, detail).map_err(ServerFnError::Args)
}

/// What is wrong, and what was in a stretch of time.
///
/// # Errors
/// An argument out of bounds.
#[server(name = GetAlerts, prefix = "/api/fn", endpoint = "alerts", input = server_fn::codec::GetUrl, output = crate::encoding::Compact)]
pub async fn alerts(
    /// How long it is, in seconds.
    window_seconds: u32,
    /// When it ended, in milliseconds since the Unix epoch; without it, it ends with the newest values.
    #[server(default)]
    end: Option<i64>,
) -> Result<Alerts, ServerFnError> {
    let stretch = Stretch::check(window_seconds, end)?;
    Ok(crate::backend::backend()?.alerts(stretch))
}

/// What is known of the servers that are watched, beyond numbers: who waits for whom, and what was slow.
///
/// # Errors
/// None but that the server is not there.
#[server(name = GetServices, prefix = "/api/fn", endpoint = "services", input = server_fn::codec::GetUrl, output = crate::encoding::Compact)]
pub async fn services() -> Result<Services, ServerFnError> {
    Ok(crate::backend::backend()?.services())
}
