//! Databases of PostgreSQL: what is done in each, how large it is, and how old its oldest transaction id.

use super::row::{Row, RowError};
use crate::declare::{INSTANCE, Place, counter, gauge, panel};
use crate::remote::{HitRatio, MOST_DATABASES};
use watchglass_model::{Declaration, PanelDeclaration, Readings, Role, Style, Unit};

const LABELS: &[&str] = &["instance", "database"];

static TRANSACTIONS: PanelDeclaration =
    panel("PostgreSQL", "postgresql-transactions", "Transactions", Style::Line, Unit::PerSecond).meaning(
    "A drop while requests go on means that they wait: look at locks. More rollbacks are errors of the application.",
);
static CACHE: PanelDeclaration =
    panel("PostgreSQL", "postgresql-cache", "Cache hit rate", Style::Line, Unit::Ratio).meaning(
    "Below 99 % the data in use no longer fits into memory, or a new query reads a whole table: look at top statements.",
);
static ROWS_PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-rows", "Rows", Style::Line, Unit::PerSecond).meaning(
    "Many rows returned by scans and few fetched by index are searches through whole tables: look at the top statements.",
);
// Bars: a query that spills is a burst among seconds without any, and how much is written of all databases together counts.
static TEMPORARY: PanelDeclaration =
    panel("PostgreSQL", "postgresql-temporary", "Temporary files", Style::Bars, Unit::BytesPerSecond).meaning(
    "Sorts and joins that do not fit into work_mem go to disk: bursts have the time of a report or of a bad query.",
);
static SIZE_PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-size", "Database size", Style::Stacked, Unit::Bytes).meaning(
    "The slope tells when the disk is full. Growth without new data is bloat: look at dead rows and at vacuum.",
);
static AGE_PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-age", "Age of transaction ids", Style::Line, Unit::Count).meaning(
    "It falls with each vacuum. A line that only rises ends with a server that refuses writes: look for old transactions.",
);

/// A count of each database.
const fn count(name: &'static str, help: &'static str, panel: Place, legend: &'static str) -> Declaration {
    counter(name, Unit::Count, LABELS, help, panel, legend)
}

static COMMITS: Declaration = count(
    "postgresql_commits_total",
    "Transactions that were committed.",
    Some((&TRANSACTIONS, Role::HeadlineAndChart)),
    "committed",
);
static ROLLBACKS: Declaration = count(
    "postgresql_rollbacks_total",
    "Transactions that were rolled back.",
    Some((&TRANSACTIONS, Role::HeadlineAndChart)),
    "rolled back",
);
static DEADLOCKS: Declaration = count(
    "postgresql_deadlocks_total",
    "Deadlocks, each of which ended a transaction.",
    Some((&TRANSACTIONS, Role::Detail)),
    "deadlocks",
);
static HIT_RATIO: Declaration = gauge(
    "postgresql_cache_hit_ratio",
    Unit::Ratio,
    INSTANCE,
    "Part of the blocks read since the last value that were in the server's cache, of all databases. The system's \
     cache is not seen. Missing when nothing was read.",
    Some((&CACHE, Role::HeadlineAndChart)),
    "",
);
static HITS: Declaration = count(
    "postgresql_blocks_hit_total",
    "Blocks that were in the server's cache when they were read.",
    Some((&CACHE, Role::Detail)),
    "in the cache",
);
static READS: Declaration = count(
    "postgresql_blocks_read_total",
    "Blocks that were not in the server's cache when they were read.",
    Some((&CACHE, Role::Detail)),
    "from elsewhere",
);
static ROWS: Declaration = counter(
    "postgresql_rows_total",
    Unit::Count,
    &["instance", "database", "operation"],
    "Rows by what was done with them: returned by scans, fetched by index, inserted, updated, deleted.",
    Some((&ROWS_PANEL, Role::Chart)),
    "",
);
static TEMPORARY_FILES: Declaration = count(
    "postgresql_temporary_files_total",
    "Temporary files that queries wrote because work_mem was too small for them.",
    Some((&TEMPORARY, Role::Detail)),
    "files",
);
static TEMPORARY_BYTES: Declaration = counter(
    "postgresql_temporary_bytes_total",
    Unit::Bytes,
    LABELS,
    "Bytes that queries wrote to temporary files.",
    Some((&TEMPORARY, Role::HeadlineAndChart)),
    "",
);
static SIZE: Declaration = gauge(
    "postgresql_database_size_bytes",
    Unit::Bytes,
    LABELS,
    "Size of a database on disk.",
    Some((&SIZE_PANEL, Role::HeadlineAndChart)),
    "",
);
static AGE: Declaration = gauge(
    "postgresql_transaction_id_age",
    Unit::Count,
    LABELS,
    "Transactions since the oldest one that a database still has to tell apart. The server stops taking writes shortly \
     before 2,147 million; vacuum brings it down, from 200 million on by itself.",
    Some((&AGE_PANEL, Role::HeadlineAndChart)),
    "",
);

pub(super) static METRICS: [&Declaration; 11] = [
    &COMMITS,
    &ROLLBACKS,
    &DEADLOCKS,
    &HIT_RATIO,
    &HITS,
    &READS,
    &ROWS,
    &TEMPORARY_BYTES,
    &TEMPORARY_FILES,
    &SIZE,
    &AGE,
];

/// The metrics that are measured in some rounds only.
pub(super) static SLOW: [&Declaration; 2] = [&SIZE, &AGE];

/// One more than are measured, so that it is known whether there are more. The oldest come first: they stay.
const LIMIT: usize = MOST_DATABASES + 1;

/// Name, transactions committed and rolled back, deadlocks, blocks hit and read, temporary files and bytes, and rows
/// by operation.
///
/// <https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-DATABASE-VIEW>
pub(super) fn sql() -> String {
    format!(
        "SELECT d.datname, s.xact_commit, s.xact_rollback, s.deadlocks, s.blks_hit, s.blks_read, s.temp_files, \
         s.temp_bytes, s.tup_returned, s.tup_fetched, s.tup_inserted, s.tup_updated, s.tup_deleted \
         FROM pg_stat_database s JOIN pg_database d ON d.oid = s.datid \
         WHERE d.datallowconn AND NOT d.datistemplate ORDER BY d.oid LIMIT {LIMIT}"
    )
}

/// Records the answer to [`sql`], and gives a note when there are more databases than are measured. `ratio`
/// remembers the last round.
pub(super) fn record(
    rows: &[Row],
    ratio: &mut HitRatio,
    instance: &str,
    readings: &mut Readings,
) -> Result<Option<String>, RowError> {
    let (mut all_hits, mut all_reads) = (0.0, 0.0);
    for row in rows.iter().take(MOST_DATABASES) {
        let mut values = row.values();
        let name = values.name("database")?;
        let labels = [instance, &name];
        let mut counter = |metric: &'static Declaration, field| {
            let value = values.number(field)?;
            if let Some(value) = value {
                readings.record(metric, &labels, value);
            }
            Ok(value.unwrap_or_default())
        };
        counter(&COMMITS, "transactions committed")?;
        counter(&ROLLBACKS, "transactions rolled back")?;
        counter(&DEADLOCKS, "deadlocks")?;
        all_hits += counter(&HITS, "blocks hit")?;
        all_reads += counter(&READS, "blocks read")?;
        counter(&TEMPORARY_FILES, "temporary files")?;
        counter(&TEMPORARY_BYTES, "temporary bytes")?;
        for operation in ["returned", "fetched", "inserted", "updated", "deleted"] {
            if let Some(value) = values.number("rows")? {
                readings.record(&ROWS, &[instance, &name, operation], value);
            }
        }
    }
    if let Some(ratio) = ratio.since_last(all_hits, all_reads) {
        readings.record(&HIT_RATIO, &[instance], ratio);
    }
    let more = (rows.len() > MOST_DATABASES)
        .then(|| format!("only the first {MOST_DATABASES} databases are measured, there are more"));
    Ok(more)
}

/// Name, size where it may be asked for, and age of the oldest transaction id.
pub(super) fn sizes_sql() -> String {
    format!(
        "SELECT datname, CASE WHEN has_database_privilege(oid, 'CONNECT') \
         OR pg_has_role('pg_read_all_stats', 'USAGE') THEN pg_database_size(oid) END, age(datfrozenxid) \
         FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY oid LIMIT {MOST_DATABASES}"
    )
}

/// Records the answer to [`sizes_sql`].
pub(super) fn record_sizes(rows: &[Row], instance: &str, readings: &mut Readings) -> Result<(), RowError> {
    for row in rows.iter().take(MOST_DATABASES) {
        let mut values = row.values();
        let name = values.name("database")?;
        if let Some(size) = values.number("size")? {
            readings.record(&SIZE, &[instance, &name], size);
        }
        if let Some(age) = values.number("age of transaction ids")? {
            readings.record(&AGE, &[instance, &name], age);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::rows;

    fn value(readings: &Readings, metric: &str, labels: &str) -> Option<f64> {
        let found = rows(readings).into_iter().find(|(name, found, _)| name == metric && found == labels);
        found.map(|(_, _, value)| value.parse().unwrap())
    }

    #[test]
    fn counters_are_those_of_each_database_and_the_ratio_is_that_of_all() {
        let mut ratio = HitRatio::default();
        let mut round = |lines: &[&str]| {
            let mut readings = Readings::new();
            let note = record(&given(lines), &mut ratio, "i", &mut readings).unwrap();
            assert_eq!(note, None);
            readings
        };
        let first = round(&["a|1|2|3|100|10|4|5|6|7|8|9|10", "b|-|2|3|0|0|4|5|6|7|8|9|10"]);
        assert_eq!(value(&first, "postgresql_cache_hit_ratio", "i"), None);
        assert_eq!(value(&first, "postgresql_commits_total", "i a"), Some(1.0));
        assert_eq!(value(&first, "postgresql_commits_total", "i b"), None);
        assert_eq!(value(&first, "postgresql_temporary_bytes_total", "i b"), Some(5.0));
        assert_eq!(value(&first, "postgresql_rows_total", "i a returned"), Some(6.0));
        assert_eq!(value(&first, "postgresql_rows_total", "i a deleted"), Some(10.0));
        let second = round(&["a|1|2|3|104|10|4|5|6|7|8|9|10", "b|1|2|3|2|2|4|5|6|7|8|9|10"]);
        assert_eq!(value(&second, "postgresql_cache_hit_ratio", "i"), Some(0.75));
    }

    #[test]
    fn too_many_databases_are_said_to_be() {
        let lines: Vec<String> =
            (0..=MOST_DATABASES).map(|i| format!("d{i}|1|1|1|1|1|1|1|1|1|1|1|1")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut readings = Readings::new();
        let note = record(&given(&lines), &mut HitRatio::default(), "i", &mut readings).unwrap();
        assert!(note.is_some());
        assert_eq!(value(&readings, "postgresql_commits_total", "i d49"), Some(1.0));
        assert_eq!(value(&readings, "postgresql_commits_total", "i d50"), None);
    }

    #[test]
    fn a_size_that_may_not_be_asked_for_is_missing() {
        let mut readings = Readings::new();
        record_sizes(&given(&["a|7|8", "b|-|9"]), "i", &mut readings).unwrap();
        assert_eq!(value(&readings, "postgresql_database_size_bytes", "i a"), Some(7.0));
        assert_eq!(value(&readings, "postgresql_database_size_bytes", "i b"), None);
        assert_eq!(value(&readings, "postgresql_transaction_id_age", "i b"), Some(9.0));
        assert!(record_sizes(&given(&["a|7|-8"]), "i", &mut readings).is_err());
    }
}
