//! Sessions of PostgreSQL: how many there are, in what state, and how long their transactions have been open.

use super::row::{Row, RowError};
use crate::declare::{INSTANCE, gauge, panel};
use watchglass_model::{Declaration, PanelDeclaration, Readings, Role, Style, Unit};

static CONNECTIONS_PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-connections", "Connections", Style::Stacked, Unit::Count).meaning(
    "Many idle are a pool that is too large; idle in transaction hold locks. At the limit nobody can connect.",
);
static LONGEST_PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-longest", "Longest transaction", Style::Line, Unit::Seconds).meaning(
    "A straight line upward is one transaction left open: it keeps dead rows and locks. Idle ones were forgotten.",
);

static USED_RATIO: Declaration = gauge(
    "postgresql_connections_used_ratio",
    Unit::Ratio,
    INSTANCE,
    "Part of the connections that the server allows that is in use.",
    Some((&CONNECTIONS_PANEL, Role::Headline)),
    "of the limit",
);
static CONNECTIONS: Declaration = gauge(
    "postgresql_connections",
    Unit::Count,
    &["instance", "state"],
    "Connections of clients by what they are doing, that of this program among them.",
    Some((&CONNECTIONS_PANEL, Role::Chart)),
    "",
);
static MOST: Declaration = gauge(
    "postgresql_connections_max",
    Unit::Count,
    INSTANCE,
    "Connections that the server allows (max_connections).",
    Some((&CONNECTIONS_PANEL, Role::Detail)),
    "limit",
);
static LONGEST: Declaration = gauge(
    "postgresql_longest_transaction_seconds",
    Unit::Seconds,
    INSTANCE,
    "How long the oldest transaction of a client has been open; 0 when none is. It keeps dead rows from being removed.",
    Some((&LONGEST_PANEL, Role::HeadlineAndChart)),
    "open",
);
static LONGEST_IDLE: Declaration = gauge(
    "postgresql_longest_idle_in_transaction_seconds",
    Unit::Seconds,
    INSTANCE,
    "How long a client has left its transaction idle, the longest of all; 0 when none has. It may hold locks.",
    Some((&LONGEST_PANEL, Role::Chart)),
    "idle in it",
);

pub(super) static METRICS: [&Declaration; 5] = [&USED_RATIO, &CONNECTIONS, &MOST, &LONGEST, &LONGEST_IDLE];

/// The states that there are. A state without connections has zero of them, which is known.
const STATES: [&str; 6] = [
    "active",
    "idle",
    "idle in transaction",
    "idle in transaction (aborted)",
    "fastpath function call",
    "disabled",
];

/// State; connections in it; of those that are not ours: age of the oldest transaction, and of the oldest state.
///
/// <https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW>
pub(super) const SQL: &str = "SELECT coalesce(state, 'disabled'), count(*), \
     extract(epoch FROM max(greatest(clock_timestamp() - xact_start, '0')) FILTER (WHERE pid <> pg_backend_pid())), \
     extract(epoch FROM max(greatest(clock_timestamp() - state_change, '0')) FILTER (WHERE pid <> pg_backend_pid())) \
     FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1";

/// Records the limit, which everyone may know.
pub(super) fn record_limit(most: f64, instance: &str, readings: &mut Readings) {
    readings.record(&MOST, &[instance], most);
}

/// Records the answer to [`SQL`]. `most` connections are allowed.
pub(super) fn record(
    rows: &[Row],
    most: f64,
    instance: &str,
    readings: &mut Readings,
) -> Result<(), RowError> {
    let (mut all, mut longest, mut longest_idle) = (0.0, 0.0_f64, 0.0_f64);
    let mut counts = STATES.map(|state| (state, 0.0));
    for row in rows {
        let mut values = row.values();
        let state = values.text("state")?.unwrap_or_default();
        let count = values.number("connections")?.unwrap_or_default();
        let transaction = values.number("age of a transaction")?.unwrap_or_default();
        let unchanged = values.number("age of a state")?.unwrap_or_default();
        all += count;
        longest = longest.max(transaction);
        if state.starts_with("idle in transaction") {
            longest_idle = longest_idle.max(unchanged);
        }
        if let Some((_, known)) = counts.iter_mut().find(|(known, _)| *known == state) {
            *known += count;
        }
    }
    for (state, count) in counts {
        readings.record(&CONNECTIONS, &[instance, state], count);
    }
    readings.record(&USED_RATIO, &[instance], all / most);
    readings.record(&LONGEST, &[instance], longest);
    readings.record(&LONGEST_IDLE, &[instance], longest_idle);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::{rows, written};

    #[test]
    fn states_are_counted_and_ages_are_the_longest() {
        let answer = given(&[
            "active|3|12.5|1.5",
            "idle|10|-|900",
            "idle in transaction|2|20|7",
            "idle in transaction (aborted)|1|3|9",
        ]);
        let mut readings = Readings::new();
        record(&answer, 32.0, "i", &mut readings).unwrap();
        let expected = written(&[
            ("postgresql_connections", "i active", 3.0),
            ("postgresql_connections", "i idle", 10.0),
            ("postgresql_connections", "i idle in transaction", 2.0),
            ("postgresql_connections", "i idle in transaction (aborted)", 1.0),
            ("postgresql_connections", "i fastpath function call", 0.0),
            ("postgresql_connections", "i disabled", 0.0),
            ("postgresql_connections_used_ratio", "i", 0.5),
            ("postgresql_longest_transaction_seconds", "i", 20.0),
            ("postgresql_longest_idle_in_transaction_seconds", "i", 9.0),
        ]);
        assert_eq!(rows(&readings), expected);
    }
}
