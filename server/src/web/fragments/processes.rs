//! View model of the process table, from the local history.

use super::FragmentError;
use super::skipped_values::notes;
use crate::app_state::AppState;
use std::time::Duration;
use watchglass_model::{TimeRange, Timestamp, Unit};
use watchglass_pages::processes::Processes;
use watchglass_pages::ui::{Cell, Column, Row, Sort, SortableTable, TableQuery, number_column, text_column};
use watchglass_reports::parse_time;
use watchglass_reports::processes::{Command, METRICS, OTHER, commands};
use watchglass_tsdb::{Columns, QueryError};

/// Path of the page.
pub(super) const PATH: &str = "/processes";

static COLUMNS: [Column; 4] =
    [text_column("Command"), number_column("Processes"), number_column("CPU"), number_column("Memory")];

/// Two and a half collection intervals of the probe: older values do not belong to the requested time.
const MAX_AGE: Duration = Duration::from_millis(12_500);
/// Coarser resolutions, for times beyond the retention of the finest: step in milliseconds and note.
const COARSER: [(i64, &str); 2] = [(60_000, "1-minute averages."), (900_000, "15-minute averages.")];

/// Table for the parameters of `query`.
///
/// # Errors
/// Invalid parameter, or the history query failed.
pub(super) fn processes(state: &AppState, query: &str) -> Result<Processes, FragmentError> {
    let question = TableQuery::parse(query, &COLUMNS, Sort::largest_first(2))?;
    let at = requested_time(&question)?;
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
    let mut address = question.url(PATH, &["filter", "sort", "dir"]);
    if let Some(at) = at {
        address.params.push(("at", at.millis().to_string()));
    }
    Ok(Processes {
        now,
        at,
        note: if all == 0 { String::new() } else { note.to_owned() },
        total: all,
        table: SortableTable {
            id: "commands".to_owned(),
            label: "Commands".to_owned(),
            columns: &COLUMNS,
            sort: question.sort,
            rows,
            url: address,
            empty: empty_text(all, at, now, &question.filter),
        },
        filter: question.filter,
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
