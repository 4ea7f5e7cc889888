//! View model of the process table: the recorded processes, or for older times the commands in the local history.

use super::FragmentError;
use super::process_rows::{CPU, PROCESS_COLUMNS, process_row};
use super::skipped_values::notes;
use crate::app_state::AppState;
use crate::audit::Actor;
use crate::services::{ProcessService, ServiceError};
use std::time::Duration;
use watchglass_auth::Permission;
use watchglass_model::{Process, ProcessTable, TimeRange, Timestamp, Unit};
use watchglass_pages::processes::Processes;
use watchglass_pages::ui::{
    Cell, Column, PageUrl, Row, Sort, SortableTable, TableQuery, number_column, text_column,
};
use watchglass_reports::parse_time;
use watchglass_reports::processes::{Command, METRICS, OTHER, commands};
use watchglass_tsdb::{Columns, QueryError};

/// Path of the page.
pub(super) const PATH: &str = "/processes";

/// Columns of commands.
static COLUMNS: [Column; 4] =
    [text_column("Command"), number_column("Processes"), number_column("CPU"), number_column("Memory")];
/// Two and a half collection intervals of the probe: older values do not belong to the requested time.
const MAX_AGE: Duration = Duration::from_millis(12_500);
/// Coarser resolutions, for times beyond the retention of the finest: step in milliseconds and note.
const COARSER: [(i64, &str); 2] = [(60_000, "1-minute averages."), (900_000, "15-minute averages.")];

/// Table for the parameters of `query`.
///
/// # Errors
/// Invalid parameter, or the records or the history cannot be read.
pub(super) fn processes(state: &AppState, actor: &Actor, query: &str) -> Result<Processes, FragmentError> {
    let is_admin = actor.allows(Permission::Admin);
    let shown = PROCESS_COLUMNS.len() - usize::from(!is_admin);
    let columns = PROCESS_COLUMNS.get(..shown).unwrap_or_default();
    // Of commands as well, so that a link can be used for any time.
    let known: Vec<Column> = columns.iter().chain(&COLUMNS).copied().collect();
    let question = TableQuery::parse(query, &known, Sort::largest_first(CPU))?;
    let at = requested_time(&question)?;
    let service: ProcessService = state.service();
    match service.table(actor, at) {
        Ok(Some(table)) => Ok(process_page(state, &question, at, &table, columns)),
        Ok(None) => commands_page(state, &question, query, at),
        Err(error) => Err(FragmentError::InvalidParameter(error.user_message().into_owned())),
    }
}

/// The recorded processes of a time.
fn process_page(
    state: &AppState,
    question: &TableQuery,
    at: Option<Timestamp>,
    table: &ProcessTable,
    columns: &'static [Column],
) -> Processes {
    let is_wanted = |process: &&Process| {
        let Process { command, arguments, user, unit, container, .. } = process;
        let texts = [command, arguments, user, unit, container].into_iter();
        texts.into_iter().any(|text| question.matches(text)) || question.matches(&process.pid.to_string())
    };
    let rows: Vec<Row> =
        table.processes.iter().filter(is_wanted).map(|process| process_row(process, columns.len())).collect();
    let unlisted = table.unlisted;
    let note = match unlisted.count {
        0 => String::new(),
        count => format!(
            "{count} other processes: CPU {}, memory {}.",
            Unit::Ratio.format(unlisted.cpu_ratio),
            Unit::Bytes.format(unlisted.memory_bytes as f64)
        ),
    };
    let sort = if question.sort.column < columns.len() { question.sort } else { Sort::largest_first(CPU) };
    Processes {
        now: if at.is_none() { Some(table.time) } else { state.metrics.last_collected() },
        at,
        note,
        rows_are: "processes",
        total: table.processes.len(),
        table: SortableTable {
            id: "commands".to_owned(),
            label: "Processes".to_owned(),
            columns,
            sort,
            rows,
            url: page_url(question, at),
            empty: format!("No process matches {:?}.", question.filter),
        },
        filter: question.filter.clone(),
        notes: if at.is_none() { notes(&state.metrics, PATH) } else { Vec::new() },
    }
}

/// URL with the parameters that links keep.
fn page_url(question: &TableQuery, at: Option<Timestamp>) -> PageUrl {
    let mut address = question.url(PATH, &["filter", "sort", "dir"]);
    if let Some(at) = at {
        address.params.push(("at", at.millis().to_string()));
    }
    address
}

/// The commands in the history, for times without recorded processes.
fn commands_page(
    state: &AppState,
    question: &TableQuery,
    query: &str,
    at: Option<Timestamp>,
) -> Result<Processes, FragmentError> {
    // A column of processes does not sort commands.
    let sort = TableQuery::parse(query, &COLUMNS, Sort::largest_first(2)).map(|question| question.sort);
    let now = state.metrics.last_collected();
    let end = at.or(now).unwrap_or_default();
    let wrong = |error: QueryError| FragmentError::InvalidParameter(error.to_string());
    let recent = TimeRange::ending_at(end + Duration::from_millis(1), MAX_AGE);
    let mut found = commands(&ask(state, recent, 1000).map_err(wrong)?);
    let mut note = "";
    for (step, resolution) in COARSER {
        // Only for a time in the past: for now, a missing value is missing.
        if !found.is_empty() || at.is_none() {
            break;
        }
        let start = end.floor(step);
        let row = TimeRange { start, end: Timestamp::from_millis(start.millis().saturating_add(step)) };
        (found, note) = (commands(&ask(state, row, step).map_err(wrong)?), resolution);
    }
    let all = found.len();
    let rows = found.iter().filter(|command| question.matches(&command.name)).map(row).collect();
    Ok(Processes {
        now,
        at,
        note: if all == 0 { String::new() } else { note.to_owned() },
        rows_are: "commands",
        total: all,
        table: SortableTable {
            id: "commands".to_owned(),
            label: "Commands".to_owned(),
            columns: &COLUMNS,
            sort: sort.unwrap_or(Sort::largest_first(2)),
            rows,
            url: page_url(question, at),
            empty: empty_text(all, at, now, &question.filter),
        },
        filter: question.filter.clone(),
        // Of this moment: they do not belong to a past one.
        notes: if at.is_none() { notes(&state.metrics, PATH) } else { Vec::new() },
    })
}

fn ask(state: &AppState, range: TimeRange, step: i64) -> Result<[Columns; 3], QueryError> {
    let [cpu, memory, count] = METRICS;
    Ok([
        state.metrics.query_local(cpu, range, step)?,
        state.metrics.query_local(memory, range, step)?,
        state.metrics.query_local(count, range, step)?,
    ])
}

/// Requested time: `when` in the format of a `datetime-local` field, in UTC, or else `at` in milliseconds.
fn requested_time(question: &TableQuery) -> Result<Option<Timestamp>, FragmentError> {
    let wrong = |name: &str, text: &str, right: &str| {
        let text: String = text.chars().take(40).collect();
        FragmentError::InvalidParameter(format!("{name} is {text:?}: it must be {right}"))
    };
    if let Some(text) = question.get("when") {
        // Browsers leave out seconds that are zero.
        let seconds = if text.len() == "2026-11-22T02:20".len() { ":00" } else { "" };
        let whole = format!("{text}{seconds}Z");
        let time =
            parse_time(&whole).map_err(|_| wrong("when", text, "such as 2026-11-22T02:20:30, in UTC"))?;
        return Ok(Some(time));
    }
    let Some(text) = question.get("at") else { return Ok(None) };
    match text.parse() {
        Ok(millis @ 0..=253_402_300_799_000) => Ok(Some(Timestamp::from_millis(millis))),
        _ => Err(wrong("at", text, "milliseconds since 1970")),
    }
}

fn row(command: &Command) -> Row {
    let number = |unit, value: Option<f64>| Cell::Number(unit, value.unwrap_or(f64::NAN));
    let name = if command.name == OTHER { "other" } else { &command.name };
    vec![
        Cell::Text(name.to_owned()),
        number(Unit::Count, command.instances),
        number(Unit::Ratio, command.cpu),
        number(Unit::Bytes, command.memory),
    ]
}

/// Text of an empty table.
fn empty_text(all: usize, at: Option<Timestamp>, now: Option<Timestamp>, filter: &str) -> String {
    match (at, now) {
        _ if all > 0 => format!("No command matches {filter:?}."),
        (Some(at), Some(now)) if at > now => "This time is in the future.".to_owned(),
        (Some(_), _) => {
            "No data for this time: it is beyond the retention, or the server was not running.".to_owned()
        }
        (None, _) => "No data yet: the first values take a few seconds.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Option<i64>, String> {
        let question = TableQuery::parse(query, &COLUMNS, Sort::largest_first(2)).unwrap();
        requested_time(&question).map(|time| time.map(Timestamp::millis)).map_err(|error| error.to_string())
    }

    #[test]
    fn times_are_parsed_in_both_formats() {
        for (query, expected) in [
            ("", None),
            ("at=&when=", None),
            ("at=1795314030000", Some(1_795_314_030_000)),
            ("when=2026-11-22T02%3A20%3A30", Some(1_795_314_030_000)),
            ("when=2026-11-22T02:20&at=5", Some(1_795_314_000_000)),
        ] {
            assert_eq!(parse(query), Ok(expected), "{query}");
        }
        for (query, expected) in [
            ("at=now", "at is \"now\": it must be milliseconds since 1970"),
            ("at=-1", "at is \"-1\""),
            ("at=99999999999999999999", "at is"),
            ("at=253402300800000", "at is"),
            ("when=yesterday", "when is \"yesterday\": it must be such as 2026-11-22T02:20:30, in UTC"),
            ("when=2026-13-22T02:20", "when is"),
        ] {
            assert!(parse(query).unwrap_err().contains(expected), "{query}");
        }
    }

    #[test]
    fn rows_match_the_columns_and_missing_values_stay_missing() {
        let row = row(&Command { name: OTHER.to_owned(), cpu: Some(0.5), ..Command::default() });
        assert_eq!(row.len(), COLUMNS.len());
        assert_eq!(row[0], Cell::Text("other".to_owned()));
        assert_eq!(row[2], Cell::Number(Unit::Ratio, 0.5));
        assert!(matches!(row[3], Cell::Number(Unit::Bytes, memory) if memory.is_nan()));
    }

    #[test]
    fn empty_tables_say_why() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        for (all, moment, now, expected) in [
            (3, None, at(5), "No command matches \"x\""),
            (0, at(9), at(5), "in the future"),
            (0, at(1), at(5), "No data for this time"),
            (0, None, None, "first values take"),
        ] {
            assert!(empty_text(all, moment, now, "x").contains(expected));
        }
    }
}
