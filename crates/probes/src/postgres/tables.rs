//! Dead and live tuples of the connected PostgreSQL database.

use super::row::Row;
use crate::declare::{gauge, panel};
use watchglass_model::{Declaration, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-dead-rows", "Dead tuples", Style::Line, Unit::Count).description(
    "A sawtooth is vacuum at work. A line that only rises means that vacuum is blocked, usually by an open transaction.",
);

static DEAD: Declaration = gauge(
    "postgresql_dead_rows",
    Unit::Count,
    &["instance", "database"],
    "Estimated dead tuples of the connected database, not yet removed by vacuum.",
    Some((&PANEL, PanelRole::HeadlineAndChart)),
    "dead",
);
static LIVE: Declaration = gauge(
    "postgresql_live_rows",
    Unit::Count,
    &["instance", "database"],
    "Estimated live tuples of the connected database.",
    Some((&PANEL, PanelRole::Detail)),
    "live",
);

pub(super) static METRICS: [&Declaration; 2] = [&DEAD, &LIVE];

/// Dead and live tuples.
///
/// <https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW>
pub(super) const SQL: &str =
    "SELECT coalesce(sum(n_dead_tup), 0), coalesce(sum(n_live_tup), 0) FROM pg_stat_user_tables";

/// Records the result of [`SQL`].
pub(super) fn record(rows: &[Row], database: &str, instance: &str, samples: &mut SampleBuffer) {
    for row in rows.iter().take(1) {
        let mut values = row.values();
        for metric in METRICS {
            if let Some(count) = values.take("rows", samples) {
                samples.record(metric, &[instance, database], count);
            }
        }
    }
}
