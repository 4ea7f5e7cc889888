//! `/api/processes`: processes of the host, now and in the past.

use crate::audit::Actor;
use crate::http::{ApiError, Envelope, Failure, Parameters, bad_request, run_blocking};
use crate::metric_store::MetricStore;
use crate::services::{HistoryRequest, ProcessService};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use watchglass_model::{Process, ProcessTable, Timestamp};
use watchglass_process_table::{Point, ProcessHistory};
use watchglass_reports::{format_rfc3339, parse_time};

/// Time range of a history without a start, in milliseconds.
const DEFAULT_RANGE_MILLIS: i64 = 3_600_000;
/// Maximum length of a command, in characters.
const MAX_COMMAND_CHARS: usize = 64;

/// Query parameters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProcessQuery {
    /// Time, in RFC 3339 or seconds since 1970; defaults to now.
    #[param(example = "2026-11-22T02:00:00Z")]
    at: Option<String>,
}

/// Query parameters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProcessHistoryQuery {
    /// Process id. It or `command` is required.
    pid: Option<u32>,
    /// Name of the command, such as `postgres`.
    command: Option<String>,
    /// Start of the time range, in RFC 3339 or seconds since 1970; defaults to an hour before its end.
    #[param(example = "2026-11-22T02:00:00Z")]
    start: Option<String>,
    /// End of the time range, at most seven days after its start; defaults to now.
    end: Option<String>,
}

/// Process.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProcessRow {
    /// Process id.
    pid: u32,
    /// Process id of the parent.
    parent: u32,
    /// Name of the command.
    command: String,
    /// Command line with secrets masked and shortened; `null` if unknown, and for users without the admin role.
    arguments: Option<String>,
    /// User name or id; `null` if unknown.
    user: Option<String>,
    /// systemd unit; `null` if there is none.
    unit: Option<String>,
    /// First 12 digits of the container id; `null` outside of containers.
    container: Option<String>,
    /// State as one letter, such as `R` (running), `S` (sleeping) or `D` (waiting for I/O).
    state: String,
    /// Start, in RFC 3339.
    started: String,
    /// CPU usage over the five seconds before, in cores; `null` if unknown.
    cpu_ratio: Option<f64>,
    /// Resident memory in bytes.
    memory_bytes: u64,
    /// Number of threads.
    threads: u32,
    /// Bytes per second read from storage; `null` without the right to see it.
    read_bytes_per_second: Option<u64>,
    /// Bytes per second written to storage; `null` without the right to see it.
    write_bytes_per_second: Option<u64>,
}

/// Processes that are not listed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnlistedRow {
    /// Number of processes.
    count: u32,
    /// CPU usage of all of them, in cores.
    cpu_ratio: f64,
    /// Resident memory of all of them, in bytes.
    memory_bytes: u64,
}

/// Processes at a point in time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProcessList {
    /// Time of the reading, in RFC 3339; `null` if there was none at the requested time.
    time: Option<String>,
    /// Processes by id; on a host with many, those with the highest usage, and new ones.
    processes: Vec<ProcessRow>,
    /// All others.
    unlisted: UnlistedRow,
}

/// Usage of a process in a step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProcessPoint {
    /// Start of the step, in RFC 3339.
    time: String,
    /// Mean CPU usage in cores; `null` if unknown.
    cpu_ratio: Option<f64>,
    /// Maximum of the resident memory in bytes.
    memory_bytes: u64,
    /// Maximum number of threads.
    threads: u32,
    /// Mean of the bytes per second read from storage; `null` if unknown.
    read_bytes_per_second: Option<f64>,
    /// Mean of the bytes per second written to storage; `null` if unknown.
    write_bytes_per_second: Option<f64>,
}

/// Usage of a process over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProcessHistoryRow {
    /// The process as it was last.
    process: ProcessRow,
    /// Time of its last reading in the range, in RFC 3339.
    last_seen: String,
    /// Steps in which it ran.
    points: Vec<ProcessPoint>,
}

/// Usage of processes over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProcessHistories {
    /// Number of processes that match.
    total: usize,
    /// Length of a step in seconds.
    step_seconds: i64,
    /// At most 50 of them, those with the most CPU time.
    processes: Vec<ProcessHistoryRow>,
}

fn known(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl From<&Process> for ProcessRow {
    fn from(process: &Process) -> Self {
        Self {
            pid: process.pid,
            parent: process.parent,
            command: process.command.clone(),
            arguments: known(&process.arguments),
            user: known(&process.user),
            unit: known(&process.unit),
            container: known(&process.container),
            state: process.state.to_string(),
            started: format_rfc3339(process.started),
            cpu_ratio: process.cpu_ratio,
            memory_bytes: process.memory_bytes,
            threads: process.threads,
            read_bytes_per_second: process.read_bytes_per_second,
            write_bytes_per_second: process.write_bytes_per_second,
        }
    }
}

impl ProcessList {
    fn new(table: Option<&ProcessTable>) -> Self {
        let unlisted = table.map(|table| table.unlisted).unwrap_or_default();
        let processes = table.map(|table| table.processes.as_slice()).unwrap_or_default();
        Self {
            time: table.map(|table| format_rfc3339(table.time)),
            processes: processes.iter().map(ProcessRow::from).collect(),
            unlisted: UnlistedRow {
                count: unlisted.count,
                cpu_ratio: unlisted.cpu_ratio,
                memory_bytes: unlisted.memory_bytes,
            },
        }
    }
}

impl From<ProcessHistory> for ProcessHistoryRow {
    fn from(history: ProcessHistory) -> Self {
        let point = |point: Point| ProcessPoint {
            time: format_rfc3339(point.time),
            cpu_ratio: point.cpu_ratio,
            memory_bytes: point.memory_bytes,
            threads: point.threads,
            read_bytes_per_second: point.read_bytes_per_second,
            write_bytes_per_second: point.write_bytes_per_second,
        };
        Self {
            process: ProcessRow::from(&history.process),
            last_seen: format_rfc3339(history.last_seen),
            points: history.points.into_iter().map(point).collect(),
        }
    }
}

fn time(name: &str, text: Option<&String>) -> Result<Option<Timestamp>, ApiError> {
    let time = text.map(|text| parse_time(text)).transpose();
    time.map_err(|error| bad_request(format!("{name}: {error}")))
}

/// Lists the processes of this host, now or at a time of the last days.
#[utoipa::path(
    get,
    path = "/api/processes",
    tag = "system",
    params(ProcessQuery),
    responses(
        (status = 200, description = "The processes", body = Envelope<ProcessList>),
        (status = 400, description = "Invalid parameter", body = Failure)
    )
)]
pub(crate) async fn processes(
    State(processes): State<ProcessService>,
    actor: Actor,
    Parameters(query): Parameters<ProcessQuery>,
) -> Result<Json<Envelope<ProcessList>>, ApiError> {
    let at = time("at", query.at.as_ref())?;
    let table = run_blocking(move || processes.table(&actor, at)).await??;
    Ok(Envelope::of(ProcessList::new(table.as_deref())))
}

/// Usage over time of a process, or of all processes of a command.
#[utoipa::path(
    get,
    path = "/api/processes/history",
    tag = "system",
    params(ProcessHistoryQuery),
    responses(
        (status = 200, description = "The usage", body = Envelope<ProcessHistories>),
        (status = 400, description = "Invalid parameter", body = Failure)
    )
)]
pub(crate) async fn process_history(
    State(processes): State<ProcessService>,
    State(metrics): State<Arc<MetricStore>>,
    actor: Actor,
    Parameters(query): Parameters<ProcessHistoryQuery>,
) -> Result<Json<Envelope<ProcessHistories>>, ApiError> {
    if query.command.as_ref().is_some_and(|command| command.chars().count() > MAX_COMMAND_CHARS) {
        return Err(bad_request(format!("command has more than {MAX_COMMAND_CHARS} characters")));
    }
    let end = match time("end", query.end.as_ref())? {
        Some(end) => end,
        // The newest reading is included.
        None => Timestamp::from_millis(metrics.current_time().millis().saturating_add(1000)),
    };
    let start = time("start", query.start.as_ref())?;
    let start = start.unwrap_or(Timestamp::from_millis(end.millis().saturating_sub(DEFAULT_RANGE_MILLIS)));
    let request = HistoryRequest { pid: query.pid, command: query.command, start, end };
    let found = run_blocking(move || processes.history(&actor, &request)).await??;
    Ok(Envelope::of(ProcessHistories {
        total: found.total,
        step_seconds: found.step_millis / 1000,
        processes: found.processes.into_iter().map(ProcessHistoryRow::from).collect(),
    }))
}
