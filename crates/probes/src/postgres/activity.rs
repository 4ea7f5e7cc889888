//! PostgreSQL connections by state, and longest transactions.

use super::row::Row;
use crate::declare::{INSTANCE, gauge, panel};
use crate::reading::OrSkip;
use watchglass_model::{Declaration, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static CONNECTIONS_PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-connections", "Connections", Style::Stacked, Unit::Count).description(
    "Many idle connections: the pool is too large. Idle in transaction holds locks. At the limit nobody can connect.",
);
static LONGEST_PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-longest", "Longest transaction", Style::Line, Unit::Seconds).description(
    "A straight rise is one transaction left open: it holds locks and blocks vacuum. Idle ones were forgotten.",
);

static USED_RATIO: Declaration = gauge(
    "postgresql_connections_used_ratio",
    Unit::Ratio,
    INSTANCE,
    "Used share of max_connections.",
    Some((&CONNECTIONS_PANEL, PanelRole::Headline)),
    "of limit",
);
static CONNECTIONS: Declaration = gauge(
    "postgresql_connections",
    Unit::Count,
    &["instance", "state"],
    "Client connections by state, including Watchglass's own.",
    Some((&CONNECTIONS_PANEL, PanelRole::Chart)),
    "",
);
static MAX_CONNECTIONS: Declaration = gauge(
    "postgresql_connections_max",
    Unit::Count,
    INSTANCE,
    "Maximum number of connections (max_connections).",
    Some((&CONNECTIONS_PANEL, PanelRole::Detail)),
    "limit",
);
static LONGEST: Declaration = gauge(
    "postgresql_longest_transaction_seconds",
    Unit::Seconds,
    INSTANCE,
    "Age of the oldest client transaction; 0 without one. It keeps vacuum from removing dead tuples.",
    Some((&LONGEST_PANEL, PanelRole::HeadlineAndChart)),
    "open",
);
static LONGEST_IDLE: Declaration = gauge(
    "postgresql_longest_idle_in_transaction_seconds",
    Unit::Seconds,
    INSTANCE,
    "Longest time a client has been idle in transaction; 0 without one. It may hold locks.",
    Some((&LONGEST_PANEL, PanelRole::Chart)),
    "idle in transaction",
);

pub(super) static METRICS: [&Declaration; 5] =
    [&USED_RATIO, &CONNECTIONS, &MAX_CONNECTIONS, &LONGEST, &LONGEST_IDLE];

/// All states. A state without connections is recorded as zero.
const STATES: [&str; 6] = [
    "active",
    "idle",
    "idle in transaction",
    "idle in transaction (aborted)",
    "fastpath function call",
    "disabled",
];

/// State and number of connections; of other sessions, the age of the oldest transaction and of the oldest state change.
///
/// <https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW>
pub(super) const SQL: &str = "SELECT coalesce(state, 'disabled'), count(*), \
     extract(epoch FROM max(greatest(clock_timestamp() - xact_start, '0')) FILTER (WHERE pid <> pg_backend_pid())), \
     extract(epoch FROM max(greatest(clock_timestamp() - state_change, '0')) FILTER (WHERE pid <> pg_backend_pid())) \
     FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1";

/// Records the connection limit, which needs no privilege.
pub(super) fn record_limit(limit: f64, instance: &str, samples: &mut SampleBuffer) {
    samples.record(&MAX_CONNECTIONS, &[instance], limit);
}

/// Records the result of [`SQL`]; `limit` is max_connections. A value that cannot be used costs what is computed from it.
pub(super) fn record(rows: &[Row], limit: f64, instance: &str, samples: &mut SampleBuffer) {
    let (mut all, mut longest, mut longest_idle) = (Some(0.0), Some(0.0_f64), Some(0.0_f64));
    let mut counts = STATES.map(|state| (state, Some(0.0)));
    for row in rows {
        let mut values = row.values();
        let state = values.text("state").or_skip(samples).flatten().unwrap_or_default();
        let count = values.number("connections").or_skip(samples).map(Option::unwrap_or_default);
        let transaction =
            values.number("age of a transaction").or_skip(samples).map(Option::unwrap_or_default);
        let unchanged = values.number("age of a state").or_skip(samples).map(Option::unwrap_or_default);
        let sum = |known: Option<f64>| known.zip(count).map(|(known, count)| known + count);
        let max = |known: Option<f64>, age: Option<f64>| known.zip(age).map(|(known, age)| known.max(age));
        all = sum(all);
        longest = max(longest, transaction);
        if state.starts_with("idle in transaction") {
            longest_idle = max(longest_idle, unchanged);
        }
        if let Some((_, known)) = counts.iter_mut().find(|(known, _)| *known == state) {
            *known = sum(*known);
        }
    }
    for (state, count) in counts {
        if let Some(count) = count {
            samples.record(&CONNECTIONS, &[instance, state], count);
        }
    }
    for (metric, value) in
        [(&USED_RATIO, all.map(|all| all / limit)), (&LONGEST, longest), (&LONGEST_IDLE, longest_idle)]
    {
        if let Some(value) = value {
            samples.record(metric, &[instance], value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::{expected_rows, rows};

    #[test]
    fn states_are_counted_and_longest_ages_recorded() {
        let answer = given(&[
            "active|3|12.5|1.5",
            "idle|10|-|900",
            "idle in transaction|2|20|7",
            "idle in transaction (aborted)|1|3|9",
        ]);
        let mut samples = SampleBuffer::new();
        record(&answer, 32.0, "i", &mut samples);
        let expected = expected_rows(&[
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
        assert_eq!(rows(&samples), expected);
    }

    #[test]
    fn invalid_values_cost_what_is_computed_from_them() {
        for (row, missing, note) in [
            ("active|many|1|1", "connections_used_ratio", "connections not a number"),
            ("active|-3|1|1", "connections", "connections out of range"),
            ("active|3|nan|1", "longest_transaction_seconds", "age of a transaction not a number"),
        ] {
            let mut samples = SampleBuffer::new();
            record(&given(&[row, "idle|1|-|9"]), 32.0, "i", &mut samples);
            let is_missing = |(name, labels, _): &(String, String, String)| {
                name == &format!("postgresql_{missing}") && (labels == "i" || labels == "i active")
            };
            assert!(!rows(&samples).iter().any(is_missing), "{row}");
            assert!(
                rows(&samples).iter().any(|(_, labels, value)| labels == "i idle" && value == "1.000000")
            );
            assert_eq!(crate::testing::skipped(&samples), [note]);
        }
    }
}
