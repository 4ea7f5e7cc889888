//! PostgreSQL locks and blocking sessions.

use super::redact::redact_literals;
use super::row::{Row, RowError};
use crate::declare::{INSTANCE, gauge, panel};
use crate::remote::MAX_DETAIL_ROWS;
use watchglass_model::{BlockedSession, Declaration, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-locks", "Locks", Style::Stacked, Unit::Count).description(
        "Lock waits should be rare and short. A plateau has one cause: see the list of blocking sessions.",
    );

static WAITING: Declaration = gauge(
    "postgresql_locks_waiting",
    Unit::Count,
    INSTANCE,
    "Lock requests that are waiting.",
    Some((&PANEL, PanelRole::Headline)),
    "waiting",
);
static HELD: Declaration = gauge(
    "postgresql_locks",
    Unit::Count,
    &["instance", "mode"],
    "Held locks by mode, excluding Watchglass's own.",
    Some((&PANEL, PanelRole::Chart)),
    "",
);

pub(super) static METRICS: [&Declaration; 2] = [&WAITING, &HELD];

/// All modes. A mode without locks is recorded as zero.
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

/// Mode, held locks, waiting locks.
///
/// <https://www.postgresql.org/docs/current/view-pg-locks.html>
pub(super) const SQL: &str = "SELECT replace(mode, 'Lock', ''), count(*) FILTER (WHERE granted), \
     count(*) FILTER (WHERE NOT granted) FROM pg_locks WHERE pid IS DISTINCT FROM pg_backend_pid() GROUP BY 1";

/// Records the result of [`SQL`]; returns whether any session waits.
pub(super) fn record(rows: &[Row], instance: &str, samples: &mut SampleBuffer) -> Result<bool, RowError> {
    let mut waiting = 0.0;
    let mut counts = MODES.map(|mode| (mode, 0.0));
    for row in rows {
        let mut values = row.values();
        let mode = values.text("mode")?.unwrap_or_default();
        let held = values.number("locks held")?.unwrap_or_default();
        waiting += values.number("waiting locks")?.unwrap_or_default();
        if let Some((_, known)) = counts.iter_mut().find(|(known, _)| *known == mode) {
            *known += held;
        }
    }
    for (mode, count) in counts {
        samples.record(&HELD, &[instance, mode], count);
    }
    samples.record(&WAITING, &[instance], waiting);
    Ok(waiting > 0.0)
}

/// Maximum length of a displayed query.
const MAX_QUERY_CHARS: usize = 200;
/// Maximum length of a fetched query; longer, because literals are removed.
const MAX_FETCHED_CHARS: usize = 1000;

/// Waiting sessions: PID, blocking PIDs, database, start of the query, and wait time.
pub(super) fn blocked_sql(version: u32) -> String {
    // waitstart exists since PostgreSQL 14.
    let since = if version >= 140_000 { "coalesce(l.waitstart, a.query_start)" } else { "a.query_start" };
    format!(
        "SELECT a.pid, array_to_string(pg_blocking_pids(a.pid), ' '), coalesce(a.datname, ''), \
         left(a.query, {MAX_FETCHED_CHARS}), \
         coalesce(extract(epoch FROM greatest(clock_timestamp() - {since}, '0')), 0) \
         FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND NOT l.granted \
         ORDER BY 5 DESC LIMIT {MAX_DETAIL_ROWS}"
    )
}

/// Parses the result of [`blocked_sql`].
pub(super) fn blocked_sessions(rows: &[Row]) -> Result<Vec<BlockedSession>, RowError> {
    let entry = |row: &Row| {
        let mut values = row.values();
        Ok(BlockedSession {
            blocked_pid: pid(values.text("PID")?)?,
            blocking_pids: values
                .text("blocking PIDs")?
                .unwrap_or_default()
                .split_whitespace()
                .map(|number| pid(Some(number)))
                .collect::<Result<_, _>>()?,
            database: values.name("database")?,
            query: redact_literals(values.text("query")?.unwrap_or_default(), MAX_QUERY_CHARS),
            wait_seconds: values.number("wait time")?.unwrap_or_default(),
        })
    };
    rows.iter().take(MAX_DETAIL_ROWS).map(entry).collect()
}

fn pid(text: Option<&str>) -> Result<i32, RowError> {
    let number = text.and_then(|text| text.parse().ok());
    number.ok_or(RowError { field: "PID", expected: "a whole number" })
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::rows;

    #[test]
    fn modes_are_counted() {
        let mut samples = SampleBuffer::new();
        let waits =
            |answer: &[&str], samples: &mut SampleBuffer| record(&given(answer), "i", samples).unwrap();
        assert!(waits(&["AccessShare|4|0", "AccessExclusive|1|2", "New|1|0"], &mut samples));
        let found = rows(&samples);
        assert_eq!(found.len(), 10);
        for (labels, value) in
            [("i AccessShare", "4.000000"), ("i AccessExclusive", "1.000000"), ("i", "2.000000")]
        {
            assert!(found.iter().any(|(_, found, number)| found == labels && number == value), "{found:?}");
        }
        assert!(!waits(&[], &mut samples));
    }

    #[test]
    fn waiting_sessions_are_listed_without_literals() {
        let answer = given(&["7|8 0|app|UPDATE t SET a = 'sesame'|1.5", "9||app|-|0"]);
        let found = blocked_sessions(&answer).unwrap();
        assert_eq!(found[0].query, "UPDATE t SET a = ?");
        assert_eq!((found[0].blocked_pid, found[0].blocking_pids.as_slice()), (7, &[8, 0][..]));
        assert!(found[1].blocking_pids.is_empty());
        assert!(blocked_sessions(&given(&["x||app|-|0"])).is_err());
    }
}
