//! Rows of the connected PostgreSQL database that are dead: space that vacuum has not won back.

use super::row::{Row, RowError};
use crate::declare::{gauge, panel};
use watchglass_model::{Declaration, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-dead-rows", "Dead rows", Style::Line, Unit::Count).meaning(
    "A sawtooth is vacuum at work. A line that only rises is vacuum kept from it, mostly by a transaction left open.",
);

static DEAD: Declaration = gauge(
    "postgresql_dead_rows",
    Unit::Count,
    &["instance", "database"],
    "Rows of the connected database that nobody can see any more and vacuum has not removed, as far as is known.",
    Some((&PANEL, Role::HeadlineAndChart)),
    "dead",
);
static LIVE: Declaration = gauge(
    "postgresql_live_rows",
    Unit::Count,
    &["instance", "database"],
    "Rows of the connected database, as far as is known.",
    Some((&PANEL, Role::Detail)),
    "alive",
);

pub(super) static METRICS: [&Declaration; 2] = [&DEAD, &LIVE];

/// Rows that are dead, and rows that are not.
///
/// <https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW>
pub(super) const SQL: &str =
    "SELECT coalesce(sum(n_dead_tup), 0), coalesce(sum(n_live_tup), 0) FROM pg_stat_user_tables";

/// Records the answer to [`SQL`].
pub(super) fn record(
    rows: &[Row],
    database: &str,
    instance: &str,
    readings: &mut Readings,
) -> Result<(), RowError> {
    for row in rows.iter().take(1) {
        let mut values = row.values();
        for metric in METRICS {
            if let Some(count) = values.number("rows")? {
                readings.record(metric, &[instance, database], count);
            }
        }
    }
    Ok(())
}
