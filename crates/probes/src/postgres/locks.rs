//! PostgreSQL locks and blocking sessions.

use super::redact::redact_literals;
use super::row::{Row, RowError, bytes_sql};
use super::top_queries::NO_TEXT;
use crate::declare::{INSTANCE, gauge, panel};
use crate::reading::OrSkip;
use crate::remote::MAX_DETAIL_ROWS;
use watchglass_model::{
    BlockedSession, Declaration, PanelDeclaration, PanelRole, SampleBuffer, SkipReason, Style, Unit,
};

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

/// Records the result of [`SQL`]; returns whether any session waits. A value that cannot be used costs what is computed
/// from it.
pub(super) fn record(rows: &[Row], instance: &str, samples: &mut SampleBuffer) -> bool {
    let mut waiting = Some(0.0);
    let mut counts = MODES.map(|mode| (mode, Some(0.0)));
    for row in rows {
        let mut values = row.values();
        let mode = values.text("mode").or_skip(samples).flatten().unwrap_or_default();
        let held = values.number("locks held").or_skip(samples).map(Option::unwrap_or_default);
        let waits = values.number("waiting locks").or_skip(samples).map(Option::unwrap_or_default);
        waiting = waiting.zip(waits).map(|(all, waits): (f64, f64)| all + waits);
        if let Some((_, known)) = counts.iter_mut().find(|(known, _)| *known == mode) {
            *known = known.zip(held).map(|(known, held): (f64, f64)| known + held);
        }
    }
    for (mode, count) in counts {
        if let Some(count) = count {
            samples.record(&HELD, &[instance, mode], count);
        }
    }
    if let Some(waiting) = waiting {
        samples.record(&WAITING, &[instance], waiting);
    }
    waiting.is_none_or(|waiting| waiting > 0.0)
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
        "SELECT a.pid, array_to_string(pg_blocking_pids(a.pid), ' '), {}, \
         left(a.query, {MAX_FETCHED_CHARS}), \
         coalesce(extract(epoch FROM greatest(clock_timestamp() - {since}, '0')), 0) \
         FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND NOT l.granted \
         ORDER BY 5 DESC LIMIT {MAX_DETAIL_ROWS}",
        bytes_sql("a.datname")
    )
}

/// Parses the result of [`blocked_sql`], without rows that cannot be used.
pub(super) fn blocked_sessions(rows: &[Row], samples: &mut SampleBuffer) -> Vec<BlockedSession> {
    let mut entry = |row: &Row| {
        let mut values = row.values();
        let blocked_pid = values.text("PID").and_then(pid).or_skip(samples);
        let blocking = values.text("blocking PIDs").or_skip(samples).flatten().unwrap_or_default();
        let pids = blocking.split_whitespace().filter_map(|number| pid(Some(number)).or_skip(samples));
        let blocking_pids = pids.collect();
        let database = values.bytes_name("database").or_skip(samples).unwrap_or_default();
        let query = values.text("query").or_skip(samples);
        let query = query
            .map_or(NO_TEXT.to_owned(), |query| redact_literals(query.unwrap_or_default(), MAX_QUERY_CHARS));
        let wait_seconds = values.take("wait time", samples).unwrap_or_default();
        Some(BlockedSession { blocked_pid: blocked_pid?, blocking_pids, database, query, wait_seconds })
    };
    rows.iter().take(MAX_DETAIL_ROWS).filter_map(&mut entry).collect()
}

fn pid(text: Option<&str>) -> Result<i32, RowError> {
    let number = text.and_then(|text| text.parse().ok());
    number.ok_or_else(|| RowError {
        field: "PID",
        expected: "a whole number",
        found: text.unwrap_or_default().to_owned(),
        reason: SkipReason::NotANumber,
    })
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::rows;

    #[test]
    fn modes_are_counted() {
        let mut samples = SampleBuffer::new();
        let waits = |answer: &[&str], samples: &mut SampleBuffer| record(&given(answer), "i", samples);
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
        let lines = [
            "x||617070|-|0",
            "7|8 0|617070|UPDATE t SET a = 'sesame'|1.5",
            "9||617070|-|0",
            "10|y|617070|?|nan",
        ];
        let mut samples = SampleBuffer::new();
        let found = blocked_sessions(&given(&lines), &mut samples);
        let notes =
            ["PID not a number", "PID not a number", "query invalid encoding", "wait time not a number"];
        assert_eq!(crate::testing::skipped(&samples), notes);
        assert_eq!((found.len(), found[0].database.as_str(), found[2].query.as_str()), (3, "app", NO_TEXT));
        assert_eq!(found[0].query, "UPDATE t SET a = ?");
        assert_eq!((found[0].blocked_pid, found[0].blocking_pids.as_slice()), (7, &[8, 0][..]));
        assert!(found[1].blocking_pids.is_empty());
    }
}
