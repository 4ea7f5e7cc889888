//! Processes of the host, now and in the past. Reads the disk.

use super::{ErrorKind, ServiceError};
use crate::audit::{Actor, PermissionDenied};
use crate::processes::ProcessTables;
use std::sync::Arc;
use thiserror::Error;
use watchglass_auth::Permission;
use watchglass_model::{Process, ProcessTable, Timestamp};
use watchglass_process_table::{HistoryOptions, ProcessHistory, TableError};
use watchglass_records::QueryError;

/// Maximum number of processes of a history: those with the most CPU time.
const MAX_PROCESSES: usize = 50;
/// Maximum number of points of each of them.
const MAX_POINTS: i64 = 720;
/// Time between two readings, the shortest step.
const INTERVAL_MILLIS: i64 = 5000;
/// Maximum time range in milliseconds.
const MAX_RANGE_MILLIS: i64 = 7 * 86_400_000;
/// Maximum size in bytes of the records that a history reads, before compression: about a week of an ordinary host.
const MAX_READ_BYTES: u64 = 512 << 20;

/// Why processes cannot be shown.
#[derive(Debug, Error)]
pub(crate) enum ProcessError {
    #[error(transparent)]
    Denied(#[from] PermissionDenied),
    #[error("{0}")]
    Invalid(&'static str),
    #[error(transparent)]
    Records(#[from] TableError),
}

impl ServiceError for ProcessError {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        match self {
            Self::Denied(error) => error.kind_and_code(),
            Self::Invalid(_) => (ErrorKind::Invalid, "bad_parameter"),
            Self::Records(TableError::Query(QueryError::TooManyBytes(_) | QueryError::TooMuchMemory(_))) => {
                (ErrorKind::Invalid, "too_large")
            }
            Self::Records(_) => (ErrorKind::Internal, "internal_error"),
        }
    }
}

/// Which processes a history is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct HistoryRequest {
    pub(crate) pid: Option<u32>,
    /// Name of the command.
    pub(crate) command: Option<String>,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

/// Usage of processes over time.
#[derive(Clone, Debug)]
pub(crate) struct FoundHistory {
    /// Those with the most CPU time.
    pub(crate) processes: Vec<ProcessHistory>,
    /// Number of all that match.
    pub(crate) total: usize,
    /// Length in milliseconds of the time that a point is about.
    pub(crate) step_millis: i64,
}

/// Processes of the host.
#[derive(Clone, Debug)]
pub(crate) struct ProcessService {
    pub(crate) processes: Arc<ProcessTables>,
}

impl ProcessService {
    /// The processes at a time, or now; `None` if they were not read then. Only administrators see arguments of commands.
    ///
    /// # Errors
    /// The actor may not see pages, or the records cannot be read.
    pub(crate) fn table(
        &self,
        actor: &Actor,
        at: Option<Timestamp>,
    ) -> Result<Option<Arc<ProcessTable>>, ProcessError> {
        actor.require(Permission::Viewer)?;
        let table = match at {
            Some(time) => self.processes.at(time)?,
            None => self.processes.latest(),
        };
        if actor.allows(Permission::Admin) {
            return Ok(table);
        }
        Ok(table.map(|table| {
            let mut table = ProcessTable::clone(&table);
            table.processes.iter_mut().for_each(hide_arguments);
            Arc::new(table)
        }))
    }

    /// Usage of processes over time. Only administrators see arguments of commands.
    ///
    /// # Errors
    /// The actor may not see pages, an invalid request, or the records cannot be read.
    pub(crate) fn history(
        &self,
        actor: &Actor,
        request: &HistoryRequest,
    ) -> Result<FoundHistory, ProcessError> {
        actor.require(Permission::Viewer)?;
        if request.pid.is_none() && request.command.is_none() {
            return Err(ProcessError::Invalid("pid or command is required"));
        }
        let length = request.end.millis().saturating_sub(request.start.millis());
        if !(1..=MAX_RANGE_MILLIS).contains(&length) {
            return Err(ProcessError::Invalid("start must be before end, by at most seven days"));
        }
        let steps = (length / MAX_POINTS).max(INTERVAL_MILLIS) + INTERVAL_MILLIS - 1;
        let step_millis = steps / INTERVAL_MILLIS * INTERVAL_MILLIS;
        let options = HistoryOptions {
            start: request.start,
            end: request.end,
            step_millis,
            max_processes: MAX_PROCESSES,
            max_read_bytes: MAX_READ_BYTES,
        };
        let is_wanted = |process: &Process| {
            request.pid.is_none_or(|pid| pid == process.pid)
                && request.command.as_ref().is_none_or(|command| *command == process.command)
        };
        let (mut processes, total) = self.processes.history(&options, &is_wanted)?;
        if !actor.allows(Permission::Admin) {
            processes.iter_mut().for_each(|history| hide_arguments(&mut history.process));
        }
        Ok(FoundHistory { processes, total, step_millis })
    }
}

fn hide_arguments(process: &mut Process) {
    process.arguments.clear();
}
