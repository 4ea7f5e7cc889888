//! Locks of PostgreSQL: what is held, and who waits for whom.

use super::privacy::without_literals;
use super::row::{Row, RowError};
use crate::declare::{INSTANCE, gauge, panel};
use crate::remote::MOST_DETAILS;
use watchglass_model::{BlockedBy, Declaration, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-locks", "Locks", Style::Stacked, Unit::Count).meaning(
    "Waiting sessions should be none or gone at once. A plateau has one cause: the list of who waits for whom shows it.",
);

static WAITING: Declaration = gauge(
    "postgresql_locks_waiting",
    Unit::Count,
    INSTANCE,
    "Locks that sessions wait for.",
    Some((&PANEL, Role::Headline)),
    "waited for",
);
static HELD: Declaration = gauge(
    "postgresql_locks",
    Unit::Count,
    &["instance", "mode"],
    "Locks that sessions hold, by mode. Those of this program are left out.",
    Some((&PANEL, Role::Chart)),
    "",
);

pub(super) static METRICS: [&Declaration; 2] = [&WAITING, &HELD];

/// The modes that there are. A mode without locks has zero of them, which is known.
const MODES: [&str; 9] = [
    "AccessShare",
    "RowShare",
    "RowExclusive",
    "ShareUpdateExclusive",
    "Share",
    "ShareRowExclusive",
    "Exclusive",
    "AccessExclusive",
    "SIRead",
];

/// Mode, locks held, locks waited for.
///
/// <https://www.postgresql.org/docs/current/view-pg-locks.html>
pub(super) const SQL: &str = "SELECT replace(mode, 'Lock', ''), count(*) FILTER (WHERE granted), \
     count(*) FILTER (WHERE NOT granted) FROM pg_locks WHERE pid IS DISTINCT FROM pg_backend_pid() GROUP BY 1";

/// Records the answer to [`SQL`], and says whether anyone waits.
pub(super) fn record(rows: &[Row], instance: &str, readings: &mut Readings) -> Result<bool, RowError> {
    let mut waiting = 0.0;
    let mut counts = MODES.map(|mode| (mode, 0.0));
    for row in rows {
        let mut values = row.values();
        let mode = values.text("mode")?.unwrap_or_default();
        let held = values.number("locks held")?.unwrap_or_default();
        waiting += values.number("locks waited for")?.unwrap_or_default();
        if let Some((_, known)) = counts.iter_mut().find(|(known, _)| *known == mode) {
            *known += held;
        }
    }
    for (mode, count) in counts {
        readings.record(&HELD, &[instance, mode], count);
    }
    readings.record(&WAITING, &[instance], waiting);
    Ok(waiting > 0.0)
}

/// The most characters of a query that are shown, and that are asked for: what is left out takes room too.
const MOST_OF_QUERY: usize = 200;
const MOST_ASKED_FOR: usize = 1000;

/// Who waits: process number, those of whom it waits for, database, beginning of the query, and how long.
pub(super) fn blocked_sql(version: u32) -> String {
    // Since when is told from PostgreSQL 14 on.
    let since = if version >= 140_000 { "coalesce(l.waitstart, a.query_start)" } else { "a.query_start" };
    format!(
        "SELECT a.pid, array_to_string(pg_blocking_pids(a.pid), ' '), coalesce(a.datname, ''), \
         left(a.query, {MOST_ASKED_FOR}), \
         coalesce(extract(epoch FROM greatest(clock_timestamp() - {since}, '0')), 0) \
         FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND NOT l.granted \
         ORDER BY 5 DESC LIMIT {MOST_DETAILS}"
    )
}

/// Reads the answer to [`blocked_sql`].
pub(super) fn blocked(rows: &[Row]) -> Result<Vec<BlockedBy>, RowError> {
    let entry = |row: &Row| {
        let mut values = row.values();
        Ok(BlockedBy {
            blocked_pid: pid(values.text("process number")?)?,
            blocking_pids: values
                .text("process numbers of those waited for")?
                .unwrap_or_default()
                .split_whitespace()
                .map(|number| pid(Some(number)))
                .collect::<Result<_, _>>()?,
            database: values.name("database")?,
            query: without_literals(values.text("query")?.unwrap_or_default(), MOST_OF_QUERY),
            wait_seconds: values.number("time of waiting")?.unwrap_or_default(),
        })
    };
    rows.iter().take(MOST_DETAILS).map(entry).collect()
}

fn pid(text: Option<&str>) -> Result<i32, RowError> {
    let number = text.and_then(|text| text.parse().ok());
    number.ok_or(RowError { field: "process number", expected: "a whole number" })
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::rows;

    #[test]
    fn modes_are_counted() {
        let mut readings = Readings::new();
        let waits = |answer: &[&str], readings: &mut Readings| record(&given(answer), "i", readings).unwrap();
        assert!(waits(&["AccessShare|4|0", "AccessExclusive|1|2", "New|1|0"], &mut readings));
        let found = rows(&readings);
        assert_eq!(found.len(), 10);
        for (labels, value) in
            [("i AccessShare", "4.000000"), ("i AccessExclusive", "1.000000"), ("i", "2.000000")]
        {
            assert!(found.iter().any(|(_, found, number)| found == labels && number == value), "{found:?}");
        }
        assert!(!waits(&[], &mut readings));
    }

    #[test]
    fn those_who_wait_are_listed_without_literals() {
        let answer = given(&["7|8 0|app|UPDATE t SET a = 'sesame'|1.5", "9||app|-|0"]);
        let found = blocked(&answer).unwrap();
        assert_eq!(found[0].query, "UPDATE t SET a = ?");
        assert_eq!((found[0].blocked_pid, found[0].blocking_pids.as_slice()), (7, &[8, 0][..]));
        assert!(found[1].blocking_pids.is_empty());
        assert!(blocked(&given(&["x||app|-|0"])).is_err());
    }
}
