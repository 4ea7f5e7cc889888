//! The processes of a moment, from the history of this server.

use super::FragmentError;
use super::question::Question;
use crate::core::Core;
use app::fragments::{Cell, Column, Processes, Row, Sort, Sorted, numbers, words};
use std::time::Duration;
use watchglass_export::parse_time;
use watchglass_export::processes::{Command, METRICS, OTHER, commands};
use watchglass_history::{Columns, QueryError};
use watchglass_model::{TimeRange, Timestamp, Unit};

/// Where the page is.
pub(super) const PATH: &str = "/processes";

static COLUMNS: [Column; 4] = [words("Command"), numbers("Processes"), numbers("CPU"), numbers("Memory")];

/// Two and a half of the probe's rounds: what is older is not of the moment.
const ROUND: Duration = Duration::from_millis(12_500);
/// What the history keeps when seconds are gone: the milliseconds of its rows, and what is said of them.
const COARSER: [(i64, &str); 2] =
    [(60_000, "Values are means of that minute."), (900_000, "Values are means of that quarter of an hour.")];

/// The table that `query` asks for.
///
/// # Errors
/// A parameter cannot be used, or the history cannot answer.
pub(super) fn processes(core: &Core, query: &str) -> Result<Processes, FragmentError> {
    let question = Question::parse(query, &COLUMNS, Sort::largest(2))?;
    let at = moment(&question)?;
    let now = core.measured();
    let end = at.or(now).unwrap_or_default();
    let wrong = |error: QueryError| FragmentError::Parameter(error.to_string());
    let recent = TimeRange::before(end + Duration::from_millis(1), ROUND);
    let mut found = commands(&ask(core, recent, 1000).map_err(wrong)?);
    let mut note = "";
    for (step, words) in COARSER {
        // Only of a moment of the past; now what is not measured is missing.
        if !found.is_empty() || at.is_none() {
            break;
        }
        let start = end.floor(step);
        let row = TimeRange { start, end: Timestamp::from_millis(start.millis().saturating_add(step)) };
        (found, note) = (commands(&ask(core, row, step).map_err(wrong)?), words);
    }
    let all = found.len();
    let rows = found.iter().filter(|command| question.takes(&command.name)).map(row).collect();
    let mut address = question.address(PATH, &["filter", "sort", "dir"]);
    if let Some(at) = at {
        address.kept.push(("at", at.millis().to_string()));
    }
    Ok(Processes {
        now,
        at,
        note: if all == 0 { String::new() } else { note.to_owned() },
        all,
        table: Sorted {
            id: "commands".to_owned(),
            label: "Commands".to_owned(),
            columns: &COLUMNS,
            sort: question.sort,
            rows,
            address,
            empty: empty(all, at, now, &question.filter),
        },
        filter: question.filter,
    })
}

fn ask(core: &Core, range: TimeRange, step: i64) -> Result<[Columns; 3], QueryError> {
    let [cpu, memory, count] = METRICS;
    Ok([core.ask(cpu, range, step)?, core.ask(memory, range, step)?, core.ask(count, range, step)?])
}

/// The moment that is asked for: `when` as a field for date and time has it, in UTC, or else `at` in milliseconds.
fn moment(question: &Question) -> Result<Option<Timestamp>, FragmentError> {
    let wrong = |name: &str, text: &str, right: &str| {
        let text: String = text.chars().take(40).collect();
        FragmentError::Parameter(format!("{name} is {text:?}: it must be {right}"))
    };
    if let Some(text) = question.get("when") {
        // Seconds are left out where they are none.
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
    let name = if command.name == OTHER { "all others together" } else { &command.name };
    vec![
        Cell::Text(name.to_owned()),
        number(Unit::Count, command.instances),
        number(Unit::Ratio, command.cpu),
        number(Unit::Bytes, command.memory),
    ]
}

/// What is said where there is no row.
fn empty(all: usize, at: Option<Timestamp>, now: Option<Timestamp>, filter: &str) -> String {
    match (at, now) {
        _ if all > 0 => format!("No command has {filter:?} in its name."),
        (Some(at), Some(now)) if at > now => "This moment is still to come.".to_owned(),
        (Some(_), _) => {
            "Nothing is kept of this moment: it is too old, or the server did not run.".to_owned()
        }
        (None, _) => "Processes have not been looked at yet: the first values take some seconds.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Option<i64>, String> {
        let question = Question::parse(query, &COLUMNS, Sort::largest(2)).unwrap();
        moment(&question).map(|time| time.map(Timestamp::millis)).map_err(|error| error.to_string())
    }

    #[test]
    fn moments_are_read_in_both_forms() {
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
    fn a_row_has_a_cell_for_each_column_and_missing_is_missing() {
        let row = row(&Command { name: OTHER.to_owned(), cpu: Some(0.5), ..Command::default() });
        assert_eq!(row.len(), COLUMNS.len());
        assert_eq!(row[0], Cell::Text("all others together".to_owned()));
        assert_eq!(row[2], Cell::Number(Unit::Ratio, 0.5));
        assert!(matches!(row[3], Cell::Number(Unit::Bytes, memory) if memory.is_nan()));
    }

    #[test]
    fn where_nothing_is_shown_it_says_why() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        for (all, moment, now, expected) in [
            (3, None, at(5), "No command has \"x\""),
            (0, at(9), at(5), "still to come"),
            (0, at(1), at(5), "Nothing is kept"),
            (0, None, None, "first values take"),
        ] {
            assert!(empty(all, moment, now, "x").contains(expected));
        }
    }
}
